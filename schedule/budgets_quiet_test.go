package schedule

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/moka"
)

// Five days of quiet hours from 23:00 to 07:30, with a budget for each day and one
// for the week: what is due at night is told in the morning, once, and that an
// amount was reached comes through.
func TestAWeekOfQuietHoursForBudgets(t *testing.T) {
	proof.NotShort(t)
	proof.NotRaced(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC))) // a Monday
		daily := budget.Budget{Name: "daily", Span: budget.Day, Zone: time.UTC, Amount: 10 * moka.Dollar,
			Accounts: []string{"team"}, WarnAt: []float64{0.8, 1}, ChannelID: "1"}
		weekly := daily
		weekly.Name, weekly.Span, weekly.WeekStart, weekly.Amount = "weekly", budget.Week, time.Monday, 40*moka.Dollar
		w := newBudgetWorld(t, daily, weekly)
		defer w.db.Close()
		for _, a := range w.watch.Book.All() {
			a.Rules.Levels = []alert.Level{{Name: "low"}, {Name: "critical"}}
			a.Rules.Quiet = alert.QuietHours{From: 23 * time.Hour, To: 7*time.Hour + 30*time.Minute, Zone: time.UTC, Levels: []string{"low"}}
		}
		spends := map[string]int64{ // dollars
			"Mon 14:30": 8,                 // by day: told at once
			"Mon 23:30": 1,                 // nothing new
			"Tue 02:30": 9,                 // told in the morning
			"Wed 03:30": 8, "Wed 05:30": 2, // the day's amount comes through, in one post
			"Wed 23:30": 4,  // the week's first threshold, told on Thursday
			"Thu 03:30": 1,  // nothing new
			"Thu 22:30": 7,  // both at once
			"Fri 01:30": 10, // the day's amount comes through
		}
		var got []string
		for now := time.Now().UTC(); now.Before(time.Date(2026, 10, 17, 0, 0, 0, 0, time.UTC)); now = time.Now().UTC() {
			if dollars := spends[now.Format("Mon 15:04")]; dollars > 0 {
				w.gateway.Spend(budgetTestKey, "gpt-4o", dollars*500_000, 100)
			}
			if _, err := w.watch.Poll(t.Context(), w.watch.Book.All()[0]); err != nil {
				t.Fatal(err)
			}
			for _, b := range w.budgets.Budgets {
				if err := w.budgets.Check(t.Context(), b); err != nil {
					t.Fatal(err)
				}
			}
			for _, m := range w.sent(t) {
				line, _, _ := strings.Cut(m.Text, " · ")
				got = append(got, now.Format("Mon 15:04")+" "+line)
			}
			time.Sleep(time.Hour - time.Duration((now.Minute()+30)%60)*time.Minute) // at half past
		}
		want := []string{
			"Mon 14:30 Budget daily: $8.00 of $10.00 spent (80%)",
			"Tue 07:30 Budget daily: $9.00 of $10.00 spent (90%)",
			"Wed 05:30 Budget daily: $10.00 of $10.00 spent (100%)",
			"Thu 07:30 Budget weekly: $33.00 of $40.00 spent (82%)",
			"Thu 22:30 Budget daily: $8.00 of $10.00 spent (80%)",
			"Thu 22:30 Budget weekly: $40.00 of $40.00 spent (100%)",
			"Fri 01:30 Budget daily: $10.00 of $10.00 spent (100%)",
		}
		for _, line := range got {
			t.Log(line)
		}
		if !slices.Equal(got, want) {
			t.Errorf("told\n%q, want\n%q", got, want)
		}
	})
}

// sent are the posts that wait; they are sent, and so are the edits.
func (w *budgetWorld) sent(t *testing.T) (posts []message.Message) {
	t.Helper()
	for {
		due, err := w.db.Due(t.Context(), time.Now(), 20)
		if err != nil {
			t.Fatal(err)
		}
		if len(due) == 0 {
			return posts
		}
		for _, d := range due {
			var m message.Message
			if err := json.Unmarshal(d.Payload, &m); err != nil {
				t.Fatal(err)
			}
			if d.EditOf == "" {
				posts = append(posts, m)
			}
			if err := w.db.Sent(t.Context(), d.ID, "9", time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Quiet hours of some of the accounts alone, or that hold back no level, hold
// back no budget.
func TestWhoseQuietHoursABudgetKeeps(t *testing.T) {
	night := alert.QuietHours{From: 23 * time.Hour, To: 7 * time.Hour, Zone: time.UTC, Levels: []string{"low"}}
	none := night
	none.Levels = []string{}
	two := []alert.Level{{Name: "low"}, {Name: "critical"}}
	for _, c := range []struct {
		what        string
		team, again alert.QuietHours
		levels      []alert.Level
		hour        int
		want        bool
	}{
		{"all of them", night, night, two, 2, true},
		{"by day", night, night, two, 12, false},
		{"one of them", night, alert.QuietHours{}, two, 2, false},
		{"no level is held back", none, none, two, 2, false},
		{"there is nothing but budgets", alert.QuietHours{From: night.From, To: night.To, Zone: night.Zone}, alert.QuietHours{From: night.From, To: night.To, Zone: night.Zone}, nil, 2, true},
	} {
		one := budget.Budget{Name: "b", Zone: time.UTC, Accounts: []string{"team", "again"}}
		w := newBudgetWorld(t, one)
		all := w.watch.Book.All()
		all[0].Rules.Quiet, all[1].Rules.Quiet = c.team, c.again
		all[0].Rules.Levels, all[1].Rules.Levels = c.levels, c.levels
		w.budgets.History.Now = func() time.Time { return time.Date(2026, 10, 12, c.hour, 0, 0, 0, time.UTC) }
		if facts, err := w.budgets.History.Budget(t.Context(), one, w.watch.Book, false); err != nil || facts.Quiet != c.want {
			t.Errorf("%s: %t, %v", c.what, facts.Quiet, err)
		}
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
