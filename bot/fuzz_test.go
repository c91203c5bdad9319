package bot

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/message"
)

// calm has no incidents.
type calm struct{}

func (calm) Open(context.Context) ([]message.OpenIncident, error) { return nil, nil }

func (calm) OfMessage(context.Context, string) ([]alert.Ref, error) { return nil, nil }

func (calm) Find(context.Context, alert.Ref) (message.OpenIncident, bool, error) {
	return message.OpenIncident{}, false, nil
}

func (calm) Timeline(context.Context, message.OpenIncident) ([]message.TimelineEntry, error) {
	return nil, nil
}

func (calm) Snooze(context.Context, alert.Ref, alert.SnoozeOptions) (message.OpenIncident, bool, error) {
	return message.OpenIncident{}, false, nil
}

// noBudgets is a configuration without budgets.
type noBudgets struct{}

func (noBudgets) Names() []string { return nil }

func (noBudgets) Standing(context.Context, string) ([]budget.Standing, error) { return nil, nil }

func (noBudgets) Open(context.Context) ([]budget.Standing, error) { return nil, nil }

func (noBudgets) BurnDown(context.Context, *lang.Words, budget.Standing) (message.Picture, error) {
	return message.Picture{}, nil
}

func quietBot(f testing.TB) *Bot {
	book, err := account.New(&config.Config{Accounts: []config.Account{{Name: "team", BaseURL: "http://127.0.0.1:1", APIKey: config.NewSecret("sk-x")}}})
	if err != nil {
		f.Fatal(err)
	}
	b := &Bot{Log: slog.New(slog.DiscardHandler), GuildIDs: []string{"1"}}
	b.Use(Setup{Book: book, Incidents: calm{}, Budgets: noBudgets{}, Operators: config.Operators{Users: []string{"7"}}})
	return b
}

// FuzzInteraction: whatever Discord, or somebody in its place, sends as an
// interaction is read without a panic, and nobody gets in who should not.
func FuzzInteraction(f *testing.F) {
	for _, seed := range []string{
		`{"id":"1","type":2,"guild_id":"1","member":{"user":{"id":"7"},"permissions":"32","roles":["r"]},"locale":"zh-CN","data":{"name":"balance","options":[{"name":"account","type":3,"value":"team"}]}}`,
		`{"id":"1","type":3,"user":{"id":"8"},"message":{"id":"5","flags":64},"data":{"custom_id":"alerts:1h","component_type":2}}`,
		`{"id":"1","type":4,"data":{"name":"models","options":[{"name":"search","type":3,"value":"g","focused":true}]}}`,
		`{"type":2,"member":{},"data":{}}`, `{"type":5,"data":{"custom_id":"x"}}`, `{}`,
	} {
		f.Add(seed)
	}
	b := quietBot(f)
	f.Fuzz(func(t *testing.T, raw string) {
		var i discordgo.Interaction
		if err := json.Unmarshal([]byte(raw), &i); err != nil {
			return
		}
		in := inputOf(&i)
		if in.GuildID == "" && in.UserID != "7" {
			if _, why := b.standing(t.Context(), in, member); why == allowed {
				t.Errorf("%+v is let in", in)
			}
		}
	})
}

// FuzzAction: a custom id that nobody made is answered kindly.
func FuzzAction(f *testing.F) {
	for _, seed := range []string{"models:team:1:gpt", "keys:team:0", "alerts:1h", "alerts:end:balance-x-1:team", "alerts:", ":::", "models:team:-99999999999999999999:"} {
		f.Add(seed)
	}
	b := quietBot(f)
	f.Fuzz(func(t *testing.T, action string) {
		in := Input{GuildID: "1", UserID: "7", Words: lang.English()}
		in.Name, in.Args = splitAction(action)
		if c, known := findCommand(in.Name); known && c.onButton != nil && in.Name == "alerts" {
			m, _ := b.answer(t.Context(), in, nil, c.needs, c.onButton)
			if len(m.Cards) == 0 || strings.Contains(m.Cards[0].Text, lang.English().Command.Panicked) {
				t.Errorf("%q is answered with %v", action, m)
			}
		}
	})
}
