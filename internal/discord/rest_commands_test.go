package discord

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/discord/discordtest"
)

func TestCommandsAreWrittenOnlyWhenSomethingChanged(t *testing.T) {
	there := map[string]string{} // path -> registered commands
	r, f := newREST(t, commandServer(there))
	values := discordtest.Values{}
	one := []*discordgo.ApplicationCommand{{Name: "balance", Description: "b"}}
	two := append(slices.Clone(one), &discordgo.ApplicationCommand{Name: "help", Description: "h"})
	const guild, global = "/api/v9/applications/43/guilds/500/commands", "/api/v9/applications/43/commands"
	for _, step := range []struct {
		name     string
		guilds   []string
		commands []*discordgo.ApplicationCommand
		before   func()
		want     []string
		fails    bool
	}{
		{"the first start", nil, one, nil, []string{"PUT " + global}, false},
		{"nothing changed", nil, one, nil, []string{"GET " + global}, false},
		{"a new command", nil, two, nil, []string{"PUT " + global}, false},
		{"now in a guild", []string{"500"}, two, nil, []string{"PUT " + guild, "PUT " + global}, false},
		{"nothing changed there", []string{"500"}, two, nil, []string{"GET " + guild, "GET " + global}, false},
		{"invited again", []string{"500"}, two, func() { there[guild] = "[]" }, []string{"GET " + guild, "PUT " + guild, "GET " + global}, false},
		{"one guild refuses", []string{"403", "500"}, one, nil, []string{"PUT " + strings.Replace(guild, "500", "403", 1), "PUT " + guild, "PUT " + global}, true},
	} {
		if step.before != nil {
			step.before()
		}
		from := len(f.Requests())
		err := r.SyncCommands(t.Context(), "43", step.guilds, step.commands, values)
		var got []string
		for _, s := range f.Requests()[from:] {
			got = append(got, s.Method+" "+s.Path)
		}
		if !slices.Equal(got, step.want) || (err != nil) != step.fails {
			t.Errorf("%s: %q, %v", step.name, got, err)
		}
	}
	if strings.Contains(there[guild], `"contexts":[1]`) || !strings.Contains(there[global], `"contexts":[1]`) {
		t.Errorf("beside a guild's commands the global ones are for direct messages alone: %s and %s", there[guild], there[global])
	}
	if !json.Valid(values["discord/commands/43"]) {
		t.Errorf("stored %q", values)
	}
}

// commandServer keeps what is registered, except in guild 403.
func commandServer(there map[string]string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodPut {
			if strings.Contains(q.URL.Path, "/guilds/403/") {
				discordtest.JSON(w, 403, `{"message":"Missing Access","code":50001}`)
				return
			}
			raw, _ := io.ReadAll(q.Body)
			there[q.URL.Path] = string(raw)
		}
		discordtest.JSON(w, 200, there[q.URL.Path])
	}
}
