package app

import (
	"reflect"
	"testing"
	"time"

	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/message"
)

// However often one report comes, /status says when each of the others does.
func TestStatusKnowsTheNextTimeOfEveryReport(t *testing.T) {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	reports := []config.Report{
		{Name: "monthly", Cron: "0 9 1 * *", Timezone: time.UTC, ChannelID: "1"},
		{Name: "february", Cron: "0 9 30 2 *", Timezone: time.UTC},
		{Name: "daily", Cron: "0 9 * * *", Timezone: time.UTC, ChannelID: "2"},
		{Name: "minutely", Cron: "* * * * *", Timezone: time.UTC, ChannelID: "3"},
		{Name: "weekly", Cron: "0 9 * * 1", Timezone: time.UTC},
		{Name: "yearly", Cron: "0 9 1 1 *", Timezone: time.UTC},
		{Name: "last", Cron: "0 9 L * *", Timezone: time.UTC},
	}
	want := []struct{ name, at string }{
		{"minutely", "2026-11-02T12:01:00Z"}, {"daily", "2026-11-03T09:00:00Z"}, {"weekly", "2026-11-09T09:00:00Z"},
		{"last", "2026-11-30T09:00:00Z"}, {"monthly", "2026-12-01T09:00:00Z"}, {"yearly", "2027-01-01T09:00:00Z"},
		{"february", "2027-02-28T09:00:00Z"},
	}
	next, err := nextReports(reports, now)
	if err != nil || len(next) != len(want) {
		t.Fatalf("%+v, %v", next, err)
	}
	for i, n := range next {
		if n.Name != want[i].name || n.At.Format(time.RFC3339) != want[i].at {
			t.Errorf("%s at %v, want %+v", n.Name, n.At, want[i])
		}
	}
	if next[0].Channel != "3" || next[4].Channel != "1" {
		t.Errorf("channels %+v", next)
	}
}

// Whom mentions did not reach is shown as long as the configuration wants to ping them there.
func TestStatusNamesWhomMentionsDoNotReach(t *testing.T) {
	c := loaded(t, "discord: {token: x}\n"+accountLine+
		"alerts: {channel_id: '11', levels: [{name: low, below: 5.00, mention_roles: ['21'], mention_users: ['31']}]}\n"+
		"budgets: [{name: b, period: day, amount: 1.00, channel_id: '12', mention_roles: ['22'], mention_users: ['32']}]\n")
	got := unpinged(c, []discord.Unpinged{
		{Channel: "11", IDs: []string{"21", "31", "22"}}, {Channel: "12", IDs: []string{"32"}}, {Channel: "12", IDs: []string{"21"}},
		{Channel: "12", Thread: true}, {Channel: "13", IDs: []string{"21"}},
	})
	want := []message.Unpinged{{Channel: "11", Names: []string{"<@&21>", "<@31>"}}, {Channel: "12", Names: []string{"<@32>"}}, {Channel: "12"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
