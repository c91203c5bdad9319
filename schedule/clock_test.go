package schedule

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/moka/mokatest"
)

// D8: A machine whose clock nobody contradicts steps to another time for some hours
// and back, with a restart in between or without. Nothing of it lasts: no
// reading is removed, no alert stays open or is repeated, and every day has its
// report.
func TestNothingLastsOfAStepOfTheClock(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	for _, step := range []time.Duration{10 * time.Minute, -10 * time.Minute, 8 * time.Hour, -8 * time.Hour, 365 * 24 * time.Hour, -365 * 24 * time.Hour} {
		for _, restarts := range []bool{false, true} {
			year, hours := step > 8*time.Hour && !restarts, step == 8*time.Hour && restarts
			if !proof.Size(hours, hours || year, true) {
				continue
			}
			t.Run(fmt.Sprintf("%s, restarts %v", step, restarts), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { stepTheClock(t, step, restarts) })
			})
		}
	}
}

func stepTheClock(t *testing.T, step time.Duration, restarts bool) {
	time.Sleep(time.Until(time.Date(2026, 10, 12, 8, 0, 0, 0, time.UTC)))
	began := time.Now()
	var off atomic.Int64 // how far the clock of the machine is ahead
	s := simulate(t, 1, lowAndCritical())
	s.every = 30 * time.Minute
	s.now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
	s.gateway.Update(func(st *mokatest.State) { st.Key(s.accounts[0].APIKey.Reveal()).ExpiresAt = began.AddDate(0, 3, 0) })
	keep := store.Retention{Readings: 30 * 24 * time.Hour, Hours: 365 * 24 * time.Hour}
	hour := func() {
		time.Sleep(time.Hour)
		s.report(t)
		if err := s.db.Prune(t.Context(), s.now(), keep); err != nil {
			t.Fatal(err)
		}
	}
	s.start()
	for range 3 * 24 {
		hour()
	}
	before := s.readings("account0")
	off.Store(int64(step))
	if restarts {
		s.restart()
	}
	for range 3 {
		hour()
	}
	off.Store(0)
	if restarts {
		s.restart()
	}
	for range 4 * 24 {
		hour()
	}
	if n := s.readings("account0"); n < before+95*2 {
		t.Errorf("%d readings after %d", n, before)
	}
	open, err := s.watch.Open(t.Context())
	if err != nil || len(open) != 0 {
		t.Errorf("open in the end: %+v, %v", open, err)
	}
	s.holds(0, 4)
	hour()
	if open, err = s.watch.Open(t.Context()); err != nil || len(open) != 1 {
		t.Fatalf("open when the money is low: %+v, %v", open, err)
	}
	s.stop()
	for day := began; time.Since(day) > 24*time.Hour; day = day.AddDate(0, 0, 1) {
		mark := "report/daily/day/" + day.Format(time.DateOnly)
		if _, ok, err := s.db.Marked(t.Context(), mark); !ok || err != nil {
			t.Errorf("%s is missing: %v", mark, err)
		}
	}
}

// report posts the daily report when it is due.
func (s *simulation) report(t *testing.T) {
	t.Helper()
	r := Reporter{
		Book: s.watch.Book, Store: s.db, Words: lang.English(), Log: slog.New(slog.DiscardHandler), Now: s.now,
		Reports: []config.Report{{Name: "daily", Cron: "0 9 * * *", Timezone: time.UTC, Period: budget.Day, ChannelID: "9", Accounts: []string{"account0"}}},
	}
	r.Check(t.Context())
}

// cut is a line to the gateway that is cut for a while.
type cut struct {
	http.RoundTripper
	now atomic.Bool
}

func (c *cut) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.now.Load() {
		return nil, errors.New("no route to host")
	}
	return c.RoundTripper.RoundTrip(r)
}

// A machine starts hours ahead and without a network, so that nobody can tell the time and
// no account can be read. That ends no snooze and no quiet hours, brings no reminder, and
// nothing seems to have been unreachable for hours.
func TestAStartAheadWithoutANetworkTellsNothing(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	for _, ahead := range []time.Duration{10 * time.Minute, 8 * time.Hour, 365 * 24 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2026, 10, 12, 20, 0, 0, 0, time.UTC)))
				rules := lowAndCritical()
				rules.Quiet = alert.QuietHours{From: 23 * time.Hour, To: 7*time.Hour + 30*time.Minute, Zone: time.UTC, Levels: []string{"low"}}
				s := simulate(t, 2, rules)
				line := &cut{RoundTripper: s.line}
				s.line = line
				var off atomic.Int64
				s.now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
				s.start()
				s.holds(0, 4)
				time.Sleep(time.Hour)
				open, err := s.watch.Open(t.Context())
				if err != nil || len(open) != 1 {
					t.Fatalf("open: %+v, %v", open, err)
				}
				if _, snoozed, err := s.watch.Snooze(t.Context(), alert.Ref{Account: "account0", ID: open[0].Incident.ID}, alert.SnoozeOptions{For: 24 * time.Hour}); err != nil || !snoozed {
					t.Fatal(err)
				}
				time.Sleep(3 * time.Hour)
				s.holds(1, 19) // in quiet hours
				time.Sleep(time.Hour)
				before := s.posts()
				off.Store(int64(ahead))
				line.now.Store(true)
				s.sure = func() bool { return off.Load() == 0 }
				s.restart()
				time.Sleep(2 * time.Hour)
				line.now.Store(false)
				off.Store(0)
				time.Sleep(2 * time.Hour)
				if after := s.posts(); len(after) != len(before) {
					t.Errorf("posted: %+v", after[len(before):])
				}
				time.Sleep(5 * time.Hour) // the quiet hours are over
				s.stop()
				after := s.posts()
				if len(after) != len(before)+1 || after[len(before)].title != "account1: balance is low" {
					t.Errorf("posted in the end: %+v", after[len(before):])
				}
			})
		})
	}
}

// A week in which the money runs low at all times of day, with quiet hours from
// 23:00 to 07:30 for the milder level.
func TestAWeekOfQuietHours(t *testing.T) {
	proof.NotShort(t)
	proof.NotRaced(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC)))
		rules := lowAndCritical()
		rules.Quiet = alert.QuietHours{From: 23 * time.Hour, To: 7*time.Hour + 30*time.Minute, Zone: time.UTC, Levels: []string{"low"}}
		s := simulate(t, 1, rules)
		s.every = 15 * time.Minute
		s.start()
		at := func(day, hour, minute int) {
			time.Sleep(time.Until(time.Date(2026, 10, 12+day, hour, minute, 0, 0, time.UTC)))
		}
		at(0, 14, 0)
		s.holds(0, 19) // by day: told at once
		at(0, 16, 0)
		s.holds(0, 90)
		at(1, 2, 0)
		s.holds(0, 18) // at night: told in the morning
		at(2, 3, 0)
		s.holds(0, 90) // over at night: told in the morning
		at(3, 1, 0)
		s.holds(0, 19)
		at(3, 5, 0)
		s.holds(0, 90) // began and ended at night: not told
		at(4, 1, 0)
		s.holds(0, 19)
		at(4, 4, 0)
		s.holds(0, 3) // the level that is not named comes through
		at(4, 12, 0)
		s.holds(0, 90)
		at(7, 0, 0)
		s.stop()
		var got []string
		for _, p := range s.posts() {
			got = append(got, p.at.Format("Mon 15:04")+" "+p.title)
		}
		want := []string{
			"Mon 14:00 account0: balance is low", "Mon 16:00 account0: balance is fine again",
			"Tue 07:30 account0: balance is low", "Wed 07:30 account0: balance is fine again",
			"Fri 04:00 account0: balance alert escalated to critical", "Fri 10:00 Reminder · account0: balance is critical", "Fri 12:00 account0: balance is fine again",
		}
		if len(got) != len(want) {
			t.Fatalf("posts\n%q, want\n%q", got, want)
		}
		for i := range want {
			t.Log(got[i])
			exact := want[i][4:9] == "07:30"
			if exact && got[i] != want[i] || got[i][:6] != want[i][:6] || got[i][9:] != want[i][9:] {
				t.Errorf("post %d is %q, want %q within one poll", i, got[i], want[i])
			}
		}
	})
}

// A machine whose clock was never set reads a gateway that names no time. No reading is
// stored before somebody else does, and then the account is read within a minute.
func TestNoReadingIsDatedByAClockThatWasNeverSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 10, 12, 8, 0, 0, 0, time.UTC)))
		s := simulate(t, 1, lowAndCritical())
		s.holds(0, 4)
		var known atomic.Bool
		unset := time.Until(time.Unix(0, 0))
		s.now = func() time.Time {
			if known.Load() {
				return time.Now()
			}
			return time.Now().Add(unset)
		}
		s.sure = known.Load
		s.start()
		time.Sleep(time.Hour)
		if n := s.readings("account0"); n != 0 {
			t.Errorf("%d readings are stored", n)
		}
		known.Store(true)
		time.Sleep(time.Minute)
		if n := s.readings("account0"); n == 0 {
			t.Error("no reading is stored after a minute")
		}
		s.stop()
		if posts := s.posts(); len(posts) != 1 || posts[0].title != "account0: balance is critical" {
			t.Errorf("posted: %+v", posts)
		}
	})
}
