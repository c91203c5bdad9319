package bot

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/message"
)

// snoozable has one incident, and notes how it is snoozed.
type snoozable struct {
	calm
	asked []alert.SnoozeOptions
}

func (s *snoozable) OfMessage(context.Context, string) ([]alert.Ref, error) {
	return []alert.Ref{{Account: "team", ID: "balance-1"}}, nil
}

func (s *snoozable) Snooze(_ context.Context, _ alert.Ref, q alert.SnoozeOptions) (message.OpenIncident, bool, error) {
	s.asked = append(s.asked, q)
	return message.OpenIncident{Account: "team", Incident: alert.Incident{Condition: alert.Balance}}, true, nil
}

// A custom snooze is asked for in a form, of operators alone, and what is no
// time changes nothing.
func TestACustomSnoozeIsAskedFor(t *testing.T) {
	for _, c := range []struct {
		written, locale string
		want            time.Duration // 0: refused
	}{
		{"90m", "en-US", 90 * time.Minute},
		{"2 d", "en-US", 48 * time.Hour},
		{"6 小时", "zh-CN", 6 * time.Hour},
		{"30 d", "en-US", 30 * 24 * time.Hour},
		{"31 d", "en-US", 0},
		{"0m", "en-US", 0},
		{"soon", "zh-CN", 0},
		{"", "en-US", 0},
	} {
		for user, may := range map[string]bool{"7": true, "9": false} {
			b, f := agreeable(t)
			s := *b.setup()
			incidents := &snoozable{}
			s.Incidents, s.Viewers.Users = incidents, []string{"9"}
			b.Use(s)
			w := lang.For(c.locale)
			press := use(discordgo.InteractionMessageComponent, "1", user, discordgo.MessageComponentInteractionData{CustomID: "alerts:for"})
			press.Message, press.Locale = &discordgo.Message{ID: "77"}, discordgo.Locale(c.locale)
			b.Interact(t.Context(), press)
			asked := f.Requests()
			if kind, _ := asked[0].Body["type"].(float64); (kind == 9) != may || may && len(asked) != 1 {
				t.Fatalf("%s presses the button: %v", user, asked)
			}
			if may && !strings.Contains(answerText(f), w.Incident.SnoozeLabel) || !may && !strings.Contains(answerText(f), w.Command.NotOperator) {
				t.Errorf("%s reads %s", user, answerText(f))
			}

			send := use(discordgo.InteractionModalSubmit, "1", user, discordgo.ModalSubmitInteractionData{CustomID: "alerts:for",
				Components: []discordgo.MessageComponent{&discordgo.ActionsRow{Components: []discordgo.MessageComponent{&discordgo.TextInput{CustomID: "text", Value: c.written}}}}})
			send.Message, send.Locale = press.Message, press.Locale
			b.Interact(t.Context(), send)
			text := answerText(f)
			switch {
			case !may:
				if len(incidents.asked) > 0 || !strings.Contains(text, w.Command.NotOperator) {
					t.Errorf("%s sends a form: %+v, %s", user, incidents.asked, text)
				}
			case c.want == 0:
				if len(incidents.asked) > 0 || !strings.Contains(text, w.Incident.NoSnoozeTime(minSnooze, maxSnooze)) {
					t.Errorf("%q: %+v, %s", c.written, incidents.asked, text)
				}
			case len(incidents.asked) != 1 || incidents.asked[0] != alert.SnoozeOptions{For: c.want}:
				t.Errorf("%q: %+v, %s", c.written, incidents.asked, text)
			}
		}
	}
}

// What the form says fits Discord's limits, and its action is that of the button.
func TestTheFormOfASnoozeFits(t *testing.T) {
	for _, w := range lang.All() {
		in := Input{Name: "alerts", Args: []string{message.ActionCustom, "balance-1", "team:a"}, Words: w}
		f, ok := snoozeForm(in)
		if !ok || f.Action != "alerts:for:balance-1:team:a" || len([]rune(f.Title)) > 45 || len([]rune(f.Label)) > 45 || len([]rune(f.Hint)) > 100 {
			t.Errorf("%s: %+v, %t", w.Tag, f, ok)
		}
		if _, ok := snoozeForm(Input{Name: "alerts", Args: []string{message.ActionHour}, Words: w}); ok {
			t.Error("a button of its own opens a form")
		}
	}
}
