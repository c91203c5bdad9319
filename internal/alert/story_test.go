package alert

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"mokabot/moka"
)

// A story is told line by line: a time ("10:00", "10:00:30", "2d10:00" for the
// third day), what is read or done then, and what is said, after an arrow.
//
//	10:00     $19
//	10:00:30  $19              -> raised balance/low
//
// "$19" is what is left on the key; see words for the rest.

func usd(dollars float64) moka.Amount {
	a, err := moka.FromUSD(dollars)
	if err != nil {
		panic(err)
	}
	return a
}

func storyRules() Rules {
	return Rules{
		ChannelID: "1",
		Levels: []Level{
			{Name: "low", Below: moka.Known(usd(20)), Runway: 72 * time.Hour, RemindEvery: 24 * time.Hour},
			{Name: "critical", Below: moka.Known(usd(5)), Runway: 24 * time.Hour, RemindEvery: 6 * time.Hour, MentionRoles: []string{"7"}},
		},
		ConfirmAfter:     30 * time.Second,
		Margin:           0.05,
		UnreachableAfter: 15 * time.Minute,
		KeyExpiry:        7 * 24 * time.Hour,
		SpikeFactor:      5,
		SpikeAtLeast:     usd(1),
	}
}

// rulebook holds the rules that a story can change to.
var rulebook = map[string]func(*Rules){
	"at-once":        func(r *Rules) { r.ConfirmAfter = 0 },
	"no-levels":      func(r *Rules) { r.Levels = nil },
	"no-low":         func(r *Rules) { r.Levels = r.Levels[1:] },
	"no-critical":    func(r *Rules) { r.Levels = r.Levels[:1] },
	"renamed":        func(r *Rules) { r.Levels[0].Name, r.Levels[1].Name = "warn", "page" },
	"low-at-10":      func(r *Rules) { r.Levels[0].Below = moka.Known(usd(10)) },
	"low-at-40":      func(r *Rules) { r.Levels[0].Below = moka.Known(usd(40)) },
	"critical-at-15": func(r *Rules) { r.Levels[1].Below = moka.Known(usd(15)) },
	"third-level": func(r *Rules) {
		r.Levels = append([]Level{{Name: "notice", Below: moka.Known(usd(50))}}, r.Levels...)
	},
	"runway-only": func(r *Rules) { r.Levels[0].Below, r.Levels[1].Below = moka.Maybe{}, moka.Maybe{} },
	"no-spike":    func(r *Rules) { r.SpikeFactor = 0 },
	"no-expiry":   func(r *Rules) { r.KeyExpiry = 0 },
	"no-channel":  func(r *Rules) { r.ChannelID = "" },
	"quiet": func(r *Rules) {
		r.Quiet = QuietHours{From: 23 * time.Hour, To: 7*time.Hour + 30*time.Minute, Zone: time.UTC, Levels: []string{"low", "notice"}}
	},
	"quiet-all":        func(r *Rules) { r.Quiet.Levels = append(r.Quiet.Levels, "critical") },
	"quiet-default":    func(r *Rules) { r.Quiet.Levels = nil },
	"mention-recovery": func(r *Rules) { r.MentionOnRecovery = true },
	"expiry-1d":        func(r *Rules) { r.KeyExpiry = 24 * time.Hour },
}

// teller tells one story.
type teller struct {
	rules Rules
	state State
}

func tell(t *testing.T, script string) {
	t.Helper()
	s := teller{rules: storyRules()}
	for n, line := range strings.Split(strings.TrimSpace(script), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		did, want, _ := strings.Cut(line, "->")
		got, err := s.line(strings.Fields(did))
		if err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		if want = strings.TrimSpace(want); got != want {
			t.Errorf("line %d: %s\n  said %q\n  want %q", n+1, strings.TrimSpace(did), got, want)
		}
		s.throughStore(t)
	}
}

// throughStore passes the state through JSON, as the database does after every step.
func (s *teller) throughStore(t *testing.T) {
	t.Helper()
	blob, err := json.Marshal(s.state)
	if err != nil {
		t.Fatal(err)
	}
	if s.state, err = Decode(blob); err != nil {
		t.Fatal(err)
	}
}

func (s *teller) line(words []string) (string, error) {
	at, err := storyTime(words[0])
	if err != nil {
		return "", err
	}
	switch words[1] {
	case "rules":
		s.rules = storyRules()
		for _, name := range words[2:] {
			rulebook[name](&s.rules)
		}
		return "", nil
	case "snooze":
		return s.snooze(at, Condition(words[2]), words[4])
	case "unsnooze":
		var ok bool
		s.state, ok = Unsnooze(s.state, Condition(words[2]), at)
		return refusedUnless(ok), nil
	case "recheck":
		if s.state.RecheckAt().IsZero() {
			return "never", nil
		}
		return s.state.RecheckAt().Format(time.TimeOnly), nil
	}
	f, err := storyFacts(at, words[1:])
	if err != nil {
		return "", err
	}
	var events []Event
	s.state, events = Step(s.rules, s.state, f)
	return said(events), nil
}

func (s *teller) snooze(at time.Time, c Condition, until string) (string, error) {
	var ok bool
	if until == "top-up" {
		s.state, ok = SnoozeUntilTopUp(s.state, c)
		return refusedUnless(ok), nil
	}
	end, err := storyTime(until)
	s.state, ok = Snooze(s.state, c, at, end)
	return refusedUnless(ok), err
}

func refusedUnless(ok bool) string {
	if ok {
		return ""
	}
	return "no such thing"
}

// said writes events the way stories do.
func said(events []Event) string {
	var all []string
	for _, e := range events {
		text := fmt.Sprintf("%s %s", e.Kind, e.Incident.Condition)
		if e.Held {
			text = "held " + text
		}
		if e.Late {
			text = "late " + text
		}
		if e.Level != nil {
			text += "/" + e.Level.Name
		}
		if e.By != "" {
			text += " by " + string(e.By)
		}
		if e.Kind == Ended && e.Incident.TopUp != 0 {
			text += " +" + e.Incident.TopUp.String()
		}
		if len(e.MentionRoles) > 0 {
			text += " @" + strings.Join(e.MentionRoles, "@")
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}
