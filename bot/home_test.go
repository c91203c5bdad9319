package bot

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"mokabot/internal/discord"
)

// Anybody can invite a public bot to a server of their own, and manages that.
func TestManagersOfOtherServersAreNoOperators(t *testing.T) {
	open := true
	r, f := newREST(t, func(_ int, w http.ResponseWriter, q *http.Request) {
		switch path := strings.TrimPrefix(q.URL.Path, "/api/v9/"); {
		case path == "channels/10" && open:
			answerJSON(w, 200, `{"id":"10","type":0,"guild_id":"1"}`)
		case path == "guilds/1" || path == "guilds/2":
			answerJSON(w, 200, `{"id":"x","owner_id":"5"}`) // of both
		case path == "guilds/2/members/6" || strings.HasSuffix(path, "/members/5"):
			answerJSON(w, 200, `{"roles":[]}`)
		default:
			answerJSON(w, 404, `{"message":"Unknown","code":10003}`)
		}
	})
	b := &Bot{REST: r, Log: slog.New(slog.DiscardHandler)}
	b.place.set(discord.Ready{GuildIDs: []string{"1", "2"}})
	manager := func(guild string) bool {
		return b.operator(t.Context(), Input{GuildID: guild, UserID: "5", Manages: true})
	}
	for _, c := range []struct {
		channel        string
		home, stranger bool
	}{{"10", true, false}, {"", true, true}} { // without a channel there is no telling which server is whose
		b.Use(Setup{AlertChannel: c.channel})
		if manager("1") != c.home || manager("2") != c.stranger || manager("2") != c.stranger {
			t.Errorf("alerts in %q: the server's own manager %t, another's %t", c.channel, manager("1"), manager("2"))
		}
	}
	b.Use(Setup{AlertChannel: "10"})
	if err := b.admit(t.Context(), Input{UserID: "6"}); !errors.Is(err, errStranger) {
		t.Errorf("a member of the other server alone: %v", err)
	}
	if n := len(f.requests()); n > 4 {
		t.Errorf("%d requests: the channel's server is not remembered", n)
	}
	b, open = &Bot{REST: r, Log: b.Log}, false
	b.Use(Setup{AlertChannel: "10"})
	b.place.set(discord.Ready{GuildIDs: []string{"1", "2"}})
	if !manager("1") || b.admit(t.Context(), Input{UserID: "5"}) != nil {
		t.Error("a manager is held up because the alerts' channel cannot be read")
	}
	b.Use(Setup{AlertChannel: "10", Operators: Operators{Roles: []string{"r"}}})
	if !b.operator(t.Context(), Input{GuildID: "1", RoleIDs: []string{"r"}}) {
		t.Error("an operator by role is none")
	}
}
