package e2e

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
)

// soakCalls are the commands that people give, the frequent ones more often.
var soakCalls = []discordsim.Call{
	{Name: "balance"}, {Name: "balance"}, {Name: "balance", Options: map[string]any{"account": "spare"}, Locale: "zh-CN"},
	{Name: "balance", Options: map[string]any{"share": true}}, {Name: "balance", Options: map[string]any{"account": "nobody"}},
	{Name: "balance", DM: true}, {Name: "usage"}, {Name: "usage", Options: map[string]any{"period": "7d"}},
	{Name: "usage", Options: map[string]any{"period": "today", "account": "team", "share": true}},
	{Name: "models"}, {Name: "models", Options: map[string]any{"search": "moka", "account": "team"}},
	{Name: "keys", Options: map[string]any{"account": "team"}}, {Name: "alerts"}, {Name: "alerts", Locale: "zh-CN"},
	{Name: "status"}, {Name: "help"}, {Name: "help", Locale: "zh-TW"}, {Name: "report"}, {Name: "reload"},
	{Name: "budget"}, {Name: "levels"}, {Name: "levels", Locale: "zh-CN"},
}

// given counts what people did, and what of it was answered.
type given struct{ commands, answered, presses, pressed, typed atomic.Int64 }

// use has somebody give commands, press buttons and type until ctx ends.
func (s *soak) use(ctx context.Context, dice *rand.Rand) {
	for sleepFor(ctx, time.Duration(300+dice.IntN(900))*time.Millisecond) {
		short, cancel := context.WithTimeout(ctx, 30*time.Second)
		switch n := dice.IntN(20); {
		case n < 4:
			s.press(short, dice)
		case n < 6:
			s.given.typed.Add(1)
			_, _ = s.discord.Autocomplete(short, discordsim.Call{Name: "models"}, []string{"search", "account"}[dice.IntN(2)], "mo")
		default:
			s.command(short, dice)
		}
		cancel()
	}
}

func (s *soak) command(ctx context.Context, dice *rand.Rand) {
	call := soakCalls[dice.IntN(len(soakCalls))]
	if (call.Name == "report" || call.Name == "reload") && dice.IntN(6) > 0 {
		return
	}
	s.given.commands.Add(1)
	answer, err := s.discord.Slash(ctx, call)
	if err != nil {
		return
	}
	s.given.answered.Add(1)
	for _, row := range answer.Components { // the pages of a list
		for _, b := range row.Components {
			if !b.Disabled && b.CustomID != "" && dice.IntN(3) == 0 {
				s.click(ctx, answer.ID, b.CustomID)
			}
		}
	}
}

// press presses a button below one of the last posts.
func (s *soak) press(ctx context.Context, dice *rand.Rand) {
	channel := []string{discordsim.AlertsChannel, discordsim.ReportChannel}[dice.IntN(2)]
	posts := slices.DeleteFunc(s.discord.Messages(channel), func(m discordsim.Message) bool {
		return len(m.Components) == 0 || m.Ephemeral()
	})
	if len(posts) == 0 {
		return
	}
	m := posts[len(posts)-1-dice.IntN(min(len(posts), 4))]
	row := m.Components[dice.IntN(len(m.Components))].Components
	if len(row) > 0 {
		s.click(ctx, m.ID, row[dice.IntN(len(row))].CustomID)
	}
}

func (s *soak) click(ctx context.Context, message, button string) {
	s.given.presses.Add(1)
	if _, err := s.discord.Click(ctx, discordsim.Press{MessageID: message, CustomID: button}); err == nil {
		s.given.pressed.Add(1)
	}
}

// reload writes another configuration, sometimes a wrong one, and has it read.
func (s *soak) reload(dice *rand.Rand) {
	s.reloads.Add(1)
	s.configured([]string{"remind_every: 24h", "remind_every: 15s"}[:2*dice.IntN(2)]...)
	if dice.IntN(4) == 0 {
		s.configured("poll_interval: 1s", "poll_interval: soon")
	}
	_ = s.p.cmd.Process.Signal(syscall.SIGHUP)
}

func sleepFor(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Everything that the bot offers is asked for in a soak.
func (s *soak) allAsked(t *testing.T) {
	t.Helper()
	for _, c := range s.discord.Commands(discordsim.GuildID) {
		if c.Name == "test" { // whose posts no transition explains to the ledger
			continue
		}
		if !slices.ContainsFunc(soakCalls, func(call discordsim.Call) bool { return call.Name == c.Name }) {
			t.Errorf("nobody gave /%s in the soak", c.Name)
		}
	}
}
