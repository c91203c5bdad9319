package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/config"
	"mokabot/internal/discord/discordtest"
	"mokabot/internal/lang"
	"mokabot/internal/message"
)

// use is one use of the bot by somebody in a server or a direct message.
func use(kind discordgo.InteractionType, guild, user string, data discordgo.InteractionData) *discordgo.Interaction {
	i := &discordgo.Interaction{ID: "5", Token: "interaction-token-5", AppID: "43", Type: kind, GuildID: guild, Data: data}
	if guild == "" {
		i.User, i.Context = &discordgo.User{ID: user}, discordgo.InteractionContextBotDM
		return i
	}
	i.Member = &discordgo.Member{User: &discordgo.User{ID: user}}
	return i
}

func commandData(name string, options ...*discordgo.ApplicationCommandInteractionDataOption) discordgo.ApplicationCommandInteractionData {
	return discordgo.ApplicationCommandInteractionData{Name: name, Options: options}
}

// answerText is the answer that the fake Discord got last.
func answerText(f *discordtest.REST) string {
	all := f.Requests()
	return fmt.Sprint(all[len(all)-1].Body)
}

func agreeable(t *testing.T) (*Bot, *discordtest.REST) {
	t.Helper()
	r, f := newREST(t, func(_ int, w http.ResponseWriter, q *http.Request) {
		if strings.Contains(q.URL.Path, "/members/") {
			discordtest.JSON(w, 404, `{"message":"Unknown Member","code":10007}`)
			return
		}
		discordtest.JSON(w, 200, `{"id":"9"}`)
	})
	b := quietBot(t)
	b.REST = r
	return b, f
}

// Whatever somebody without access uses, no answer holds a name or a figure,
// and no message that others see is changed.
func TestEveryEntranceAsksWhoItIs(t *testing.T) {
	w := lang.English().Command
	typed := &discordgo.ApplicationCommandInteractionDataOption{
		Name: "account", Type: discordgo.ApplicationCommandOptionString, Value: "", Focused: true,
	}
	uses := map[string]func(guild, user string) *discordgo.Interaction{}
	for _, c := range commands() {
		uses["/"+c.name] = func(guild, user string) *discordgo.Interaction {
			return use(discordgo.InteractionApplicationCommand, guild, user, commandData(c.name))
		}
	}
	for _, id := range []string{"keys:team:0", "models:team:0:", "alerts:1h", "alerts:for", "alerts:for:balance-1:team", "alerts:details:balance-1:team", "alerts:details", "budget:monthly", "evil:team"} {
		uses["button "+id] = func(guild, user string) *discordgo.Interaction {
			i := use(discordgo.InteractionMessageComponent, guild, user, discordgo.MessageComponentInteractionData{CustomID: id})
			i.Message = &discordgo.Message{ID: "77"}
			return i
		}
		uses["form "+id] = func(guild, user string) *discordgo.Interaction {
			i := use(discordgo.InteractionModalSubmit, guild, user, discordgo.ModalSubmitInteractionData{CustomID: id})
			i.Message = &discordgo.Message{ID: "77"}
			return i
		}
	}
	personal := func(i *discordgo.Interaction) {
		i.AuthorizingIntegrationOwners = map[discordgo.ApplicationIntegrationType]string{discordgo.ApplicationIntegrationUserInstall: "7"}
	}
	for _, who := range []struct {
		what, guild, user, want string
		how                     func(*discordgo.Interaction) // nil: by the server's installation
	}{
		{"a member", "1", "8", w.NotViewer, nil},
		{"the operator in a foreign server", "2", "7", w.NotFromHere, nil},
		{"somebody in a direct message", "", "8", w.NotAllowed, nil},
		{"nobody at all", "", "", w.NotAllowed, nil},
		{"the operator by an installation of their own", "1", "7", w.UserInstalled, personal},
		{"the operator by an installation of their own, elsewhere", "2", "7", w.UserInstalled, personal},
		{"the operator in direct messages by an installation of their own", "", "7", w.UserInstalled, personal},
		{"the operator in a group", "", "7", w.UserInstalled, func(i *discordgo.Interaction) {
			personal(i)
			i.Context = discordgo.InteractionContextPrivateChannel
		}},
		{"the operator by the installation in another server", "1", "7", w.UserInstalled, func(i *discordgo.Interaction) {
			i.AuthorizingIntegrationOwners = map[discordgo.ApplicationIntegrationType]string{discordgo.ApplicationIntegrationGuildInstall: "2"}
		}},
	} {
		how := func(i *discordgo.Interaction) *discordgo.Interaction {
			if who.how != nil {
				who.how(i)
			}
			return i
		}
		for what, make := range uses {
			if what == "/help" && who.guild == "1" && who.how == nil {
				continue // any member of the home server may ask what the bot is for
			}
			b, f := agreeable(t)
			b.Interact(t.Context(), how(make(who.guild, who.user)))
			text := answerText(f)
			want := []string{who.want}
			if who.guild == "1" && who.how == nil {
				want = append(want, w.NotOperator, w.TooOld)
			}
			if strings.Contains(text, "team") || !slices.ContainsFunc(want, func(s string) bool { return strings.Contains(text, s) }) {
				t.Errorf("%s uses %s: %s", who.what, what, text)
			}
			for _, q := range f.Requests() {
				if kind, _ := q.Body["type"].(float64); kind == 6 {
					t.Errorf("%s uses %s: a message that others see is edited", who.what, what)
				}
			}
		}
		b, f := agreeable(t)
		b.Interact(t.Context(), how(use(discordgo.InteractionApplicationCommandAutocomplete, who.guild, who.user, commandData("balance", typed))))
		if choices, _ := f.Requests()[len(f.Requests())-1].Body["data"].(map[string]any)["choices"].([]any); len(choices) != 0 {
			t.Errorf("%s is offered %v", who.what, choices)
		}
	}
	b, f := agreeable(t)
	b.Interact(t.Context(), use(discordgo.InteractionApplicationCommandAutocomplete, "1", "7", commandData("balance", typed)))
	if !strings.Contains(answerText(f), "team") {
		t.Error("the operator is offered nothing")
	}
}

// /help shows what the reader may do, and no names to who may not see figures.
func TestHelpShowsWhatOneMayDo(t *testing.T) {
	for _, c := range []struct {
		user      string
		has, lack []string
	}{
		{"8", []string{"/help"}, []string{"/balance", "/reload", "team", "share"}},
		{"9", []string{"/help", "/balance", "team"}, []string{"/reload", "share: true"}},
		{"7", []string{"/help", "/balance", "/reload", "team", "share: true"}, nil},
	} {
		b, f := agreeable(t)
		s := *b.setup()
		s.Viewers.Users = []string{"9"}
		b.Use(s)
		b.Interact(t.Context(), use(discordgo.InteractionApplicationCommand, "1", c.user, commandData("help")))
		text := answerText(f)
		for _, want := range c.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not read of %s: %s", c.user, want, text)
			}
		}
		for _, not := range c.lack {
			if strings.Contains(text, not) {
				t.Errorf("%s reads of %s: %s", c.user, not, text)
			}
		}
	}
}

// S4: Only an operator shares an answer; a viewer gets it in private and is told.
func TestOnlyOperatorsShare(t *testing.T) {
	for user, private := range map[string]bool{"7": false, "9": true} {
		b, f := agreeable(t)
		s := *b.setup()
		s.Viewers.Users = []string{"9"}
		b.Use(s)
		share := &discordgo.ApplicationCommandInteractionDataOption{Name: "share", Type: discordgo.ApplicationCommandOptionBoolean, Value: true}
		b.Interact(t.Context(), use(discordgo.InteractionApplicationCommand, "1", user, commandData("alerts", share)))
		data, _ := f.Requests()[0].Body["data"].(map[string]any)
		if got := data["flags"] == float64(64); got != private {
			t.Errorf("%s shares: private %t", user, got)
		}
		if told := strings.Contains(answerText(f), lang.English().Command.NotShared); told != private {
			t.Errorf("%s is told that nothing was shared: %t", user, told)
		}
	}
}

// levelBook counts changes of levels.
type levelBook struct{ changes int }

func (l *levelBook) SetLevel(context.Context, string, string, string, string) error {
	l.changes++
	return nil
}

func (l *levelBook) ResetLevels(context.Context, string) error {
	l.changes++
	return nil
}

func (l *levelBook) ChangedLevels(context.Context) (map[string][]string, error) { return nil, nil }

// S4: Whatever a viewer writes as the action, the levels stay as they are.
func TestOnlyOperatorsChangeLevels(t *testing.T) {
	of := func(name, value string) *discordgo.ApplicationCommandInteractionDataOption {
		return &discordgo.ApplicationCommandInteractionDataOption{Name: name, Type: discordgo.ApplicationCommandOptionString, Value: value}
	}
	for _, c := range []struct {
		action   string
		operator int // how many changes an operator makes by it
	}{{"set", 1}, {"reset", 1}, {"", 1}, {"show", 0}, {"SET", 0}, {"set ", 0}, {"delete", 0}} {
		for user, want := range map[string]int{"7": c.operator, "9": 0} {
			b, f := agreeable(t)
			s := *b.setup()
			s.Viewers.Users = []string{"9"}
			b.Use(s)
			book := &levelBook{}
			b.Levels = book
			b.Interact(t.Context(), use(discordgo.InteractionApplicationCommand, "1", user,
				commandData("levels", of("action", c.action), of("level", "low"), of("below", "9999"))))
			if book.changes != want {
				t.Errorf("%s with action %q: %d changes, want %d", user, c.action, book.changes, want)
			}
			if refused := strings.Contains(answerText(f), lang.English().Command.NotOperator); user == "9" && refused != (c.action != "show") {
				t.Errorf("%q: %s", c.action, answerText(f))
			}
		}
	}
}

// A viewer who turns the page of an answer that an operator shared sees the
// page alone.
func TestASharedAnswerIsTurnedByOperatorsOnly(t *testing.T) {
	for user, update := range map[string]bool{"7": true, "9": false} {
		b, f := agreeable(t)
		s := *b.setup()
		s.Viewers.Users = []string{"9"}
		b.Use(s)
		i := use(discordgo.InteractionMessageComponent, "1", user, discordgo.MessageComponentInteractionData{CustomID: "keys:nobody:0"})
		i.Message = &discordgo.Message{ID: "77"}
		b.Interact(t.Context(), i)
		if kind, _ := f.Requests()[0].Body["type"].(float64); (kind == 6) != update {
			t.Errorf("%s turns the page: answered with type %v", user, kind)
		}
	}
}

// S3: Anybody can invite a public bot to a server of their own. Without guild_ids
// the server of the alerts' channel is the only one, and while Discord does
// not say which that is, nobody gets an answer.
func TestHomeIsTheServerOfTheAlertsChannel(t *testing.T) {
	for _, c := range []struct {
		name, channel, answer string
		home, foreign         denial
	}{
		{"readable", "10", `{"id":"10","type":0,"guild_id":"1"}`, allowed, elsewhere},
		{"unreadable", "10", "", homeUnknown, homeUnknown},
		{"not configured", "", "", homeUnknown, homeUnknown},
		{"direct message", "10", `{"id":"10","type":1}`, elsewhere, elsewhere},
	} {
		reads := 0
		r, _ := newREST(t, func(_ int, w http.ResponseWriter, q *http.Request) {
			reads++
			if c.answer == "" {
				discordtest.JSON(w, 403, `{"message":"Missing Access","code":50001}`)
				return
			}
			discordtest.JSON(w, 200, c.answer)
		})
		b := quietBot(t)
		b.REST, b.GuildIDs = r, nil
		b.Use(Setup{Book: b.setup().Book, AlertChannel: c.channel})
		for range 3 {
			_, home := b.standing(t.Context(), Input{GuildID: "1", UserID: "5", Manages: true}, operator)
			_, foreign := b.standing(t.Context(), Input{GuildID: "2", UserID: "5", Manages: true}, viewer)
			if home != c.home || foreign != c.foreign {
				t.Errorf("%s: at home %q, elsewhere %q", c.name, home, foreign)
			}
		}
		if reads > 1 {
			t.Errorf("%s: Discord is asked %d times", c.name, reads)
		}
	}
}

// The right of somebody who writes a direct message is looked up in the home
// servers, and only there.
func TestDirectMessagesLookMembersUp(t *testing.T) {
	r, f := newREST(t, func(_ int, w http.ResponseWriter, q *http.Request) {
		switch path := strings.TrimPrefix(q.URL.Path, "/api/v9/"); path {
		case "channels/10":
			discordtest.JSON(w, 200, `{"id":"10","type":0,"guild_id":"1"}`)
		case "guilds/1", "guilds/2":
			discordtest.JSON(w, 200, `{"id":"1","owner_id":"5"}`)
		case "guilds/1/members/5", "guilds/2/members/6":
			discordtest.JSON(w, 200, `{"roles":["r"]}`)
		default:
			discordtest.JSON(w, 404, `{"message":"Unknown Member","code":10007}`)
		}
	})
	b := quietBot(t)
	b.REST, b.GuildIDs = r, nil
	for _, c := range []struct {
		user    string
		viewers config.Viewers
		want    denial
	}{
		{"5", config.Viewers{}, allowed},
		{"6", config.Viewers{}, notInDirect},
		{"6", config.Viewers{Roles: []string{"r"}}, notInDirect},
		{"5", config.Viewers{Roles: []string{"r"}}, allowed},
	} {
		b.Use(Setup{Book: b.setup().Book, AlertChannel: "10", Viewers: c.viewers})
		if _, why := b.standing(t.Context(), Input{UserID: c.user}, viewer); why != c.want {
			t.Errorf("%s with %+v: %q", c.user, c.viewers, why)
		}
	}
	for _, q := range f.Requests() {
		if strings.Contains(q.Path, "guilds/2") {
			t.Errorf("a foreign server is read: %s", q.Path)
		}
	}
}

// One person gets so many commands a minute, operators more, and is told when
// the next is possible. Others are not held up.
func TestEverybodyGetsSoManyCommandsAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := quietBot(t)
		b.Now = time.Now
		for user, limit := range map[string]int{"8": viewerPerMinute, "7": operatorPerMinute} {
			in := Input{GuildID: "1", UserID: user, Words: lang.English()}
			for n := range limit {
				if err := b.throttle(in); err != nil {
					t.Fatalf("%s: command %d: %v", user, n+1, err)
				}
				time.Sleep(500 * time.Millisecond)
			}
			err := b.throttle(in)
			wait := time.Minute - time.Duration(limit)*500*time.Millisecond
			if text := errorText(in, err); !strings.Contains(text, lang.English().Duration(wait)) {
				t.Errorf("%s after %d commands: %s, want a wait of %s", user, limit, text, wait)
			}
			if err := b.throttle(Input{GuildID: "1", UserID: user + "1"}); err != nil {
				t.Errorf("somebody else: %v", err)
			}
			time.Sleep(wait)
			if err := b.throttle(in); err != nil {
				t.Errorf("%s after the wait: %v", user, err)
			}
		}
	})
}

// S1: Test alerts are posted where alerts are, so all operators together post few.
func TestTestAlertsLeaveTheChannelToAlerts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := quietBot(t)
		b.Now = time.Now
		posted := 0
		b.Test = func(context.Context, string) []message.TestPing { posted++; return nil }
		test := func(user string) error {
			_, err := testPings(t.Context(), b, Input{GuildID: "1", UserID: user, Words: lang.English()})
			return err
		}
		for n := range 2 * testsPerMinute {
			err := test(fmt.Sprint(n))
			if _, held := errors.AsType[*tooFastError](err); held != (n >= testsPerMinute) {
				t.Errorf("test alert %d: %v", n+1, err)
			}
		}
		time.Sleep(time.Minute)
		if err := test("7"); err != nil || posted != testsPerMinute+1 {
			t.Errorf("after a minute: %v; %d were posted", err, posted)
		}
	})
}

func TestThePaceForgetsIdlePeople(t *testing.T) {
	var p pace
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for n := range 3 * maxPaced {
		p.use(fmt.Sprint(n), 1, now)
		now = now.Add(time.Second)
	}
	if len(p.used) > maxPaced+1 {
		t.Errorf("%d people are remembered", len(p.used))
	}
	if wait := p.use(fmt.Sprint(3*maxPaced-1), 1, now.Add(-time.Hour)); wait != 0 {
		t.Errorf("a clock that was put back makes people wait %s", wait)
	}
}
