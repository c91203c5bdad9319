package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"mokabot/internal/discordsim"
)

// foreignGuild is a server that somebody else invited the bot to.
const foreignGuild = "1100000000000000099"

// S3, S4: the real program with each command and completion, used by everybody
// everywhere, also where Discord's own settings stand in nobody's way. Who gets no
// answer learns no figure and no name, and what they do has no effect.
func TestWhoGetsAnswersFromTheProgram(t *testing.T) {
	t.Parallel()
	commands := []string{"balance", "models", "usage", "keys", "budget", "report", "alerts", "levels", "status", "test", "reload", "help"}
	completions := map[string]string{"balance": "account", "models": "search", "usage": "account", "keys": "account", "report": "name", "levels": "level"}
	places := map[string]discordsim.Call{
		"home":                                      {},
		"direct messages":                           {DM: true},
		"another server":                            {Guild: foreignGuild},
		"home, by an installation of their own":     {Personal: true},
		"another server, by one of their own":       {Guild: foreignGuild, Personal: true},
		"messages with others, by one of their own": {DM: true, Personal: true},
	}
	people := map[string][]string{ // with their roles; nil is no member
		"manager": {discordsim.ManagerRole}, "member": {}, "nobody": nil,
	}
	for name, changes := range map[string][]string{
		"guild_ids": nil,
		"without guild_ids, by the alerts' channel": {"  guild_ids: [\"" + discordsim.GuildID + "\"]\n", ""},
		"without guild_ids, the alerts' channel unreadable": {"  guild_ids: [\"" + discordsim.GuildID + "\"]\n", "",
			"channel_id: \"" + discordsim.AlertsChannel + "\"", "channel_id: \"1999999999999999999\""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.run(t, w.config(t, append(changes, "cron: \"* * * * *\"", "cron: \"0 9 1 1 *\"",
				"storage:\n", "budgets: [{name: monthly, period: month, amount: 500000.00}]\nstorage:\n")...), nil)
			w.polled(t, 2)
			home := !strings.Contains(name, "unreadable")
			w.spend(36_000_000)
			w.polled(t, 4)
			if home {
				w.waits(t, discordsim.AlertsChannel, "the alert", titled("team: balance is low"))
			}
			type cell struct {
				who, where string
				call       discordsim.Call
				answered   bool
			}
			var all []cell
			for who, roles := range people {
				for where, call := range places {
					if who == "nobody" && call.Guild == "" && !call.DM {
						continue // Discord lets nobody in
					}
					call.User, call.Granted = fmt.Sprint(1300000000000000500+len(all)), true // one for each place: nobody gets many commands a minute
					w.discord.AddUser(discordsim.User{ID: call.User, Username: "user" + call.User}, roles != nil, roles...)
					all = append(all, cell{who, where, call, home && who == "manager" && (where == "home" || where == "direct messages")})
				}
			}
			// First who gets no answer: what others do has effects that come later.
			slices.SortFunc(all, func(a, b cell) int { return strings.Compare(fmt.Sprint(a.answered), fmt.Sprint(b.answered)) })
			posts := func() int {
				return len(w.discord.Messages(discordsim.AlertsChannel)) + len(w.discord.Messages(discordsim.ReportChannel))
			}
			cells := 0
			for _, c := range all {
				before := posts()
				for _, command := range commands {
					cells++
					call := c.call
					call.Name = command
					if command == "levels" && !c.answered {
						call.Options = map[string]any{"action": "set", "level": "low", "below": "5000"}
					}
					m, err := w.discord.Slash(deadline(t), call)
					text := string(m.JSON())
					if err != nil {
						t.Fatalf("%s, %s: /%s: %v", c.who, c.where, command, err)
					}
					leaks := strings.Contains(text, "team") || strings.Contains(text, "daily") || strings.Contains(text, "$") || strings.Contains(text, "gpt-4o")
					if shows := leaks || command == "test" || command == "reload" || command == "help"; c.answered && !shows {
						t.Errorf("%s, %s: /%s is not answered: %s", c.who, c.where, command, text)
					}
					if !c.answered && (leaks || !m.Ephemeral()) {
						t.Errorf("%s, %s: /%s says %s", c.who, c.where, command, text)
					}
				}
				for command, option := range completions {
					cells++
					call := c.call
					call.Name = command
					choices, err := w.discord.Autocomplete(deadline(t), call, option, "")
					if err != nil || len(choices) > 0 && !c.answered || len(choices) == 0 && c.answered && command != "models" {
						t.Errorf("%s, %s: /%s %s is offered %v, %v", c.who, c.where, command, option, choices, err)
					}
				}
				if after := posts(); !c.answered && after != before+len(commands)*ownAnswers(c.call) {
					t.Errorf("%s, %s: %d posts more", c.who, c.where, after-before)
				}
			}
			t.Logf("%s: %d cells", name, cells)
			for _, r := range w.discord.Requests() {
				if strings.Contains(r.Path, foreignGuild) {
					t.Errorf("asked of the foreign server: %s", r.Path)
				}
			}
		})
	}
}

// ownAnswers is 1 where the simulation keeps the answer to a call in the alerts' channel.
func ownAnswers(call discordsim.Call) int {
	if call.DM {
		return 0
	}
	return 1
}
