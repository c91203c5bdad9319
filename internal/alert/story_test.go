package alert

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"mokabot/internal/spend"
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
	"expiry-1d":   func(r *Rules) { r.KeyExpiry = 24 * time.Hour },
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

func storyTime(word string) (time.Time, error) {
	days, clock, found := strings.Cut(word, "d")
	if !found {
		days, clock = "0", word
	}
	n, err := strconv.Atoi(days)
	if err != nil {
		return time.Time{}, err
	}
	layout := time.TimeOnly
	if len(clock) == 5 {
		layout = "15:04"
	}
	t, err := time.Parse(layout, clock)
	return time.Date(2026, 8, 3+n, t.Hour(), t.Minute(), t.Second(), 0, time.UTC), err
}

// words are what a reading can be told with. Those with an argument take the next word.
var words = map[string]func(f *Facts, arg string) error{
	"unlimited": func(f *Facts, _ string) error { f.Reading.Key.Unlimited = true; return nil },
	"exhausted": func(f *Facts, _ string) error { return keyState(f, moka.KeyExhausted) },
	"expired":   func(f *Facts, _ string) error { return keyState(f, moka.KeyExpired) },
	"disabled":  func(f *Facts, _ string) error { return keyState(f, moka.KeyDisabled) },
	"401":       func(f *Facts, _ string) error { return keyFails(f, moka.Unauthorized) },
	"503":       func(f *Facts, _ string) error { return keyFails(f, moka.Unavailable) },
	"429":       func(f *Facts, _ string) error { return keyFails(f, moka.RateLimited) },
	"no-key":    func(f *Facts, _ string) error { f.Reading.Key = nil; return nil },
	"idle":      func(f *Facts, _ string) error { f.Runway.Idle = true; return nil },
	"wallet-401": func(f *Facts, _ string) error {
		f.Reading.WalletErr = &moka.Error{Kind: moka.Unauthorized}
		f.Reading.Wallet = &moka.Wallet{}
		return nil
	},
	"wallet": func(f *Facts, arg string) error {
		return money(arg, func(a moka.Amount) { f.Reading.Wallet = &moka.Wallet{Remaining: moka.Known(a)} })
	},
	"plans": func(f *Facts, arg string) error {
		return money(arg, func(a moka.Amount) { f.Reading.Wallet.Plans = moka.Known(a) })
	},
	"spent": func(f *Facts, arg string) error {
		return money(arg, func(a moka.Amount) { f.HourSpent = moka.Known(a) })
	},
	"usual": func(f *Facts, arg string) error {
		return money(arg, func(a moka.Amount) { f.HourUsual = moka.Known(a) })
	},
	"top-up": func(f *Facts, arg string) error { return money(arg, func(a moka.Amount) { f.TopUp = a }) },
	"runway": func(f *Facts, arg string) error {
		d, err := time.ParseDuration(arg)
		f.Runway = spend.Runway{Known: true, Low: d / 2, Mid: d, High: 2 * d}
		return err
	},
	"expires": func(f *Facts, arg string) (err error) {
		f.Reading.Key.ExpiresAt, err = storyTime(arg)
		return err
	},
}

func keyState(f *Facts, s moka.KeyState) error {
	f.Reading.Key = &moka.Key{State: s}
	return nil
}

func keyFails(f *Facts, k moka.Kind) error {
	f.Reading.Key, f.Reading.KeyErr = &moka.Key{}, &moka.Error{Kind: k}
	return nil
}

func money(word string, set func(moka.Amount)) error {
	dollars, err := strconv.ParseFloat(strings.Replace(word, "$", "", 1), 64)
	set(usd(dollars))
	return err
}

func takesArgument(word string) bool {
	return strings.Contains(" wallet plans spent usual top-up runway expires ", " "+word+" ")
}

func storyFacts(at time.Time, text []string) (Facts, error) {
	f := Facts{At: at, Reading: moka.Reading{At: at, Key: &moka.Key{State: moka.KeyOK}}}
	for n := 0; n < len(text); n++ {
		word, arg := text[n], ""
		if strings.Contains(word, "$") {
			if err := money(word, func(a moka.Amount) { f.Reading.Key.Remaining = moka.Known(a) }); err != nil {
				return f, err
			}
			continue
		}
		if takesArgument(word) {
			n++
			arg = text[n]
		}
		read, known := words[word]
		if !known {
			return f, fmt.Errorf("no such word: %s", word)
		}
		if err := read(&f, arg); err != nil {
			return f, err
		}
	}
	return f, nil
}
