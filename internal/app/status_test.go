package app

import (
	"testing"
	"time"

	"mokabot/internal/config"
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
