package message_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/message"
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

func TestALongNameLeavesRoomForTheFigures(t *testing.T) {
	a := message.Alarm{Account: strings.Repeat("n", 200), Levels: 1, Event: alert.Event{
		Kind: alert.Raised, Incident: alert.Incident{Condition: alert.Balance, LevelName: "low"},
		Facts: alert.Facts{Reading: moka.Reading{Key: &moka.Key{State: moka.KeyOK, Remaining: moka.Known(4 * moka.Dollar)}}},
	}}
	want := strings.Repeat("n", 39) + "…: $4.00 left (low)"
	if got := message.Alert(lang.English(), a).Text; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
