package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

func TestAPanicInAHandlerIsAnAnswer(t *testing.T) {
	b := quietBot(t)
	in := Input{Name: "balance", GuildID: "1", UserID: "7", Words: lang.English()}
	m, _ := b.answer(t.Context(), in, nil, viewer, func(context.Context, *Bot, Input) (message.Message, error) { panic("oh") })
	if len(m.Cards) != 1 || m.Cards[0].Text != lang.English().Command.Panicked {
		t.Errorf("the answer is %v", m)
	}
}

// A button's action is text from outside: it must not become a metric's label.
func TestMetricsKnowOnlyCommands(t *testing.T) {
	seen := map[string]bool{}
	b := quietBot(t)
	b.Observe = func(command string, _ error, _ time.Duration) { seen[command] = true }
	for _, name := range []string{"balance", "evil\nname", "", "models "} {
		_, _ = b.answer(t.Context(), Input{Name: name, GuildID: "1", UserID: "7", Words: lang.English()}, nil, member, tooOld)
	}
	if len(seen) != 2 || !seen["balance"] || !seen["unknown"] {
		t.Errorf("seen %v", seen)
	}
}

func TestADirectMessageHasNoMember(t *testing.T) {
	in := inputOf(&discordgo.Interaction{
		Type: discordgo.InteractionApplicationCommand, User: &discordgo.User{ID: "7"}, Locale: "zh-TW",
		Data: discordgo.ApplicationCommandInteractionData{Name: "balance", Options: []*discordgo.ApplicationCommandInteractionDataOption{
			{Name: "account", Value: "team"}, {Name: "share", Value: true}, {Name: "odd", Value: 3.0},
		}},
	})
	if in.UserID != "7" || in.Words.Tag != "zh-CN" || !in.Share || in.Options["account"] != "team" || in.Options["odd"] != "3" || in.GuildID != "" {
		t.Errorf("read as %+v", in)
	}
}

func TestAGatewayFailureIsASentence(t *testing.T) {
	w := lang.English()
	in := Input{Words: w}
	if got := errorText(in, &moka.Error{Kind: moka.Banned}); got != w.Failure.Banned {
		t.Errorf("a banned account: %s", got)
	}
}

func TestCommandsAreWhatDiscordAllows(t *testing.T) {
	for _, d := range definitions(&Setup{}) {
		if d.Description == "" || len(d.Description) > 100 || (*d.NameLocalizations)[discordgo.ChineseCN] == "" {
			t.Errorf("%s: %q, %v", d.Name, d.Description, d.NameLocalizations)
		}
		for _, o := range d.Options {
			if o.Description == "" || o.DescriptionLocalizations[discordgo.ChineseTW] == "" {
				t.Errorf("%s %s lacks a description", d.Name, o.Name)
			}
		}
	}
	if name, args := splitAction("models:team:1:a:b"); name != "models" || !slices.Equal(args, []string{"team", "1", "a", "b"}) {
		t.Errorf("%s %v", name, args)
	}
}

// However many ask, only so many are worked on at once, and whoever waits in
// vain is told.
func TestACrowdWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := quietBot(t)
		in := Input{Name: "usage", GuildID: "1", UserID: "7", Words: lang.English()}
		var working, most atomic.Int32
		slow := func(ctx context.Context, _ *Bot, _ Input) (message.Message, error) {
			most.Store(max(most.Load(), working.Add(1)))
			defer working.Add(-1)
			time.Sleep(20 * time.Second)
			return message.Note("done", message.ToneInfo), nil
		}
		said := make(chan string, 4*maxAtOnce)
		for range 4 * maxAtOnce {
			go func() {
				m, _ := b.answer(t.Context(), in, nil, viewer, slow)
				said <- m.Cards[0].Text
			}()
		}
		busy := 0
		for range 4 * maxAtOnce {
			if <-said == lang.English().Command.Busy {
				busy++
			}
		}
		if most.Load() != maxAtOnce || busy != maxAtOnce {
			t.Errorf("%d at once, %d told that it is busy", most.Load(), busy)
		}
	})
}

// What is wrong with the bot is told in the reader's language, whatever the posts' is.
func TestTheStatusIsInTheLanguageOfItsReader(t *testing.T) {
	b := quietBot(t)
	b.Health = func(_ context.Context, w *lang.Words) message.Health {
		return message.Health{Dead: 1, Letters: []message.DeadLetter{{Channel: "5", Count: 1, Cause: w.Delivery.NoSend}}}
	}
	for _, w := range []*lang.Words{lang.English(), lang.Chinese()} {
		m, err := status(t.Context(), b, Input{Words: w})
		if text := fmt.Sprint(m); err != nil || !strings.Contains(text, w.Delivery.NoSend) {
			t.Errorf("%s: %s, %v", w.Tag, text, err)
		}
	}
}
