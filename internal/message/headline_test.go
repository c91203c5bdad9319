package message_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/internal/story"
	"mokabot/moka"
)

// A lock screen shows the first line alone, so every alert says there whose
// account it is about, whatever the level and the language.
func TestEveryAlertIsCompleteInItsFirstLine(t *testing.T) {
	for _, w := range lang.All() {
		for _, s := range story.All(w) {
			if !strings.HasPrefix(s.Name, "alert-") && !strings.HasPrefix(s.Name, "report-") {
				continue
			}
			line := s.Message.Text
			if n := utf8.RuneCountInString(line); n == 0 || n > 150 || strings.Contains(line, "\n") {
				t.Errorf("%s %s: %d characters: %q", w.Tag, s.Name, n, line)
			}
			if strings.HasPrefix(s.Name, "alert-") && !strings.Contains(line, "team") {
				t.Errorf("%s %s does not name the account: %q", w.Tag, s.Name, line)
			}
		}
	}
}

// The pace of now comes before the usual one, and money that its plan or key does
// not outlive is not said to run out.
func TestTheHeadlineSaysWhatEndsFirst(t *testing.T) {
	want := map[string]string{
		"en alert-fast":          "team: $4.00 left, about 3 min at this pace (escalated to critical)",
		"en alert-plan-first":    "team: $15.00 left, the plan or key ends in 1 d 12 h (low)",
		"zh-CN alert-fast":       "team：可用余额 $4.00，按当前速度约 3 分钟后用完（升级为 critical）",
		"zh-CN alert-plan-first": "team：可用余额 $15.00，套餐或令牌将在 1 天 12 小时后到期（low）",
	}
	for _, w := range lang.All() {
		for _, s := range story.All(w) {
			if text, ok := want[w.Tag+" "+s.Name]; ok && lang.PlainSpaces(s.Message.Text) != text {
				t.Errorf("%s %s: %q, want %q", w.Tag, s.Name, s.Message.Text, text)
			}
		}
	}
}

// While the pace of a runaway is not known yet, the first line names no time that is too long.
func TestTheHeadlineOfARunawaysFirstMinutes(t *testing.T) {
	usual := spend.Runway{Known: true, Low: 48 * time.Hour, Mid: 9 * 24 * time.Hour, High: 20 * 24 * time.Hour, Rising: true}
	measured := usual
	measured.AtThisPace = 30 * time.Minute
	for _, c := range []struct {
		runway spend.Runway
		en, zh string
	}{
		{usual, "team: $4.00 left (low)", "team：可用余额 $4.00（low）"},
		{measured, "team: $4.00 left, 30 min at most at this pace (low)", "team：可用余额 $4.00，按当前速度最多还能用 30 分钟（low）"},
	} {
		a := message.AlertDetails{Account: "team", Levels: 1, Event: alert.Event{
			Kind: alert.Raised, Incident: alert.Incident{Condition: alert.Balance, LevelName: "low"},
			Facts: alert.Facts{Runway: c.runway, Reading: moka.Reading{Key: &moka.Key{State: moka.KeyOK, Remaining: moka.Known(4 * moka.Dollar)}}},
		}}
		if en, zh := lang.PlainSpaces(message.Alert(lang.English(), a).Text), lang.PlainSpaces(message.Alert(lang.Chinese(), a).Text); en != c.en || zh != c.zh {
			t.Errorf("%q and %q, want %q and %q", en, zh, c.en, c.zh)
		}
	}
}

func TestALongNameLeavesRoomForTheFigures(t *testing.T) {
	a := message.AlertDetails{Account: strings.Repeat("n", 200), Levels: 1, Event: alert.Event{
		Kind: alert.Raised, Incident: alert.Incident{Condition: alert.Balance, LevelName: "low"},
		Facts: alert.Facts{Reading: moka.Reading{Key: &moka.Key{State: moka.KeyOK, Remaining: moka.Known(4 * moka.Dollar)}}},
	}}
	want := strings.Repeat("n", 39) + "…: $4.00 left (low)"
	if got := message.Alert(lang.English(), a).Text; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The first line and the card's duration agree about a short incident.
func TestAnIncidentOfSecondsLastedSeconds(t *testing.T) {
	began := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		200 * time.Millisecond:   "(after 0 s)",
		3 * time.Second:          "(after 3 s)",
		29 * time.Second:         "(after 29 s)",
		59600 * time.Millisecond: "(after 1 min)",
		89 * time.Second:         "(after 1 min)",
		125 * time.Minute:        "(after 2 h 5 min)",
	} {
		a := message.AlertDetails{Account: "team", Levels: 1, Event: alert.Event{
			Kind: alert.Ended, At: began.Add(d), Incident: alert.Incident{Condition: alert.Balance, Since: began},
		}}
		if got := lang.PlainSpaces(message.Alert(lang.English(), a).Text); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q in it", d, got, want)
		}
	}
}
