package schedule

import (
	"fmt"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/proof"
)

var zones = []string{
	"UTC", "America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo", "America/Santiago", "America/Havana",
	"America/Asuncion", "America/Scoresbysund", "Europe/London", "Europe/Berlin", "Europe/Moscow", "Europe/Lisbon", "Africa/Cairo",
	"Africa/Casablanca", "Asia/Beirut", "Asia/Tehran", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Shanghai", "Asia/Gaza", "Asia/Amman",
	"Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "Antarctica/Troll",
}

// Whatever the zone does with its clocks, a daily report runs once on each
// date that the zone has, and never before its time.
func TestEveryLocalDayHasExactlyOneRun(t *testing.T) {
	proof.NotShort(t)
	proof.NotRaced(t)
	t.Parallel()
	years := proof.Size(2, 3, 28)
	times := proof.Size(spaced(11*time.Hour+30*time.Minute), spaced(5*time.Hour+30*time.Minute), allTimes())
	checked := 0
	for _, name := range zones {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range times {
			checked += checkDays(t, loc, at, years)
		}
	}
	t.Logf("%d zones, %d times, %d years: %d days checked", len(zones), len(times), years, checked)
}

// spaced are the times of a day that far apart.
func spaced(every time.Duration) (times []time.Duration) {
	for at := time.Duration(0); at < 24*time.Hour; at += every {
		times = append(times, at)
	}
	return times
}

// allTimes are every half hour from eleven in the evening to half past four, when
// zones change their clocks, and every third hour of the day.
func allTimes() (times []time.Duration) {
	for _, at := range spaced(30 * time.Minute) {
		if at < 5*time.Hour || at >= 23*time.Hour || at%(3*time.Hour) == 0 {
			times = append(times, at)
		}
	}
	return times
}

// A zone's table of changes ends, with many copies of the tables in the past:
// the years behind it go by a rule, and their ends are no changes of clocks.
func TestTheYearsBehindAZonesTableHaveEveryDay(t *testing.T) {
	t.Parallel()
	for _, name := range zones {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, hour := range []int{0, 9, 23} {
			clock, err := newWallClock(fmt.Sprintf("30 %d * * *", hour), loc)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2040, 12, 25, 12, 0, 0, 0, loc)
			for range 14 {
				next := clock.Next(at)
				want := time.Date(at.Year(), at.Month(), at.Day(), hour, 30, 0, 0, loc)
				if !want.After(at) {
					want = want.AddDate(0, 0, 1)
				}
				if !next.Equal(want) {
					t.Errorf("%s: after %v comes %v, want %v", name, at, next, want)
				}
				at = next
			}
		}
	}
}

func checkDays(t *testing.T, loc *time.Location, at time.Duration, years int) (checked int) {
	t.Helper()
	hour, minute := int(at.Hours()), int(at.Minutes())%60
	clock, err := newWallClock(fmt.Sprintf("%d %d * * *", minute, hour), loc)
	if err != nil {
		t.Fatal(err)
	}
	run := occurrence{at: time.Date(2010, 1, 1, 0, 0, 0, 0, loc).Add(-time.Second)}
	end := time.Date(2010+years, 1, 1, 0, 0, 0, 0, loc)
	previous := ""
	for {
		run = clock.next(run.at)
		if !run.at.Before(end) {
			return checked
		}
		local, date := run.at.In(loc), run.day.Format(time.DateOnly)
		if date == previous || previous != "" && !follows(previous, date, loc) {
			t.Fatalf("%v at %02d:%02d: after %s comes %s", loc, hour, minute, previous, local)
		}
		if local.Format(time.DateOnly) == date && local.Hour()*60+local.Minute() < hour*60+minute {
			t.Fatalf("%v at %02d:%02d: too early at %s", loc, hour, minute, local)
		}
		previous, checked = date, checked+1
	}
}

// follows reports whether the dates are neighbours on the zone's calendar, which
// may lack a date: Apia had no 2011-12-30.
func follows(previous, date string, loc *time.Location) bool {
	day, err := time.Parse(time.DateOnly, previous)
	if err != nil {
		return false
	}
	next := day.AddDate(0, 0, 1)
	noon := time.Date(next.Year(), next.Month(), next.Day(), 12, 0, 0, 0, loc)
	if noon.Format(time.DateOnly) != next.Format(time.DateOnly) {
		next = next.AddDate(0, 0, 1)
	}
	return next.Format(time.DateOnly) == date
}

func TestTurnsOnDaysWithClockChanges(t *testing.T) {
	for _, c := range []struct{ what, zone, line, after, want string }{
		{"a skipped time comes at the end of the gap", "America/New_York", "30 2 * * *", "2026-03-08T00:00:00-05:00", "2026-03-08T03:00:00-04:00"},
		{"a repeated time comes the first time", "America/New_York", "30 1 * * *", "2026-11-01T00:00:00-04:00", "2026-11-01T01:30:00-04:00"},
		{"and not again", "America/New_York", "30 1 * * *", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"},
		{"a skipped midnight", "Asia/Beirut", "0 0 * * *", "2026-03-28T12:00:00+02:00", "2026-03-29T01:00:00+03:00"},
		{"half an hour", "Australia/Lord_Howe", "15 2 * * *", "2026-10-04T00:00:00+10:30", "2026-10-04T02:30:00+11:00"},
		{"the 31st of a month of 30 days", "America/New_York", "0 9 31 * *", "2026-11-01T12:00:00-05:00", "2026-11-30T09:00:00-05:00"},
		{"the last day of February, in a gap's zone", "Asia/Beirut", "0 0 L * *", "2028-02-01T00:00:00+02:00", "2028-02-29T00:00:00+02:00"},
		{"a weekday", "Asia/Shanghai", "0 9 * * 1", "2026-11-23T09:00:00+08:00", "2026-11-30T09:00:00+08:00"},
	} {
		t.Run(c.what, func(t *testing.T) {
			loc, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			clock, err := newWallClock(c.line, loc)
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.Parse(time.RFC3339, c.after)
			if err != nil {
				t.Fatal(err)
			}
			if got := clock.Next(after).Format(time.RFC3339); got != c.want {
				t.Errorf("after %s comes %s, want %s", c.after, got, c.want)
			}
		})
	}
}

func TestALineThatPanicsTheParserIsAnError(t *testing.T) {
	for _, line := range []string{"TZ=0", "CRON_TZ=Asia/Shanghai", "TZ=", "", "* * *"} {
		if _, err := newWallClock(line, time.UTC); err == nil {
			t.Errorf("%q is taken", line)
		}
	}
}

// Fault M22: each month is reported once, whatever its length, and for the month before it.
func TestAMonthlyReportOnTheLastDay(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"0 9 29 * *", "0 9 30 * *", "0 9 31 * *", "0 9 L * *"} {
		rep := config.Report{Name: "monthly", Cron: line, Timezone: kolkata, Period: budget.Month}
		runs, err := Upcoming([]config.Report{rep}, time.Date(2026, 12, 31, 12, 0, 0, 0, kolkata), 24)
		if err != nil {
			t.Fatal(err)
		}
		for i, run := range runs {
			month := time.Date(2027, time.Month(1+i), 1, 0, 0, 0, 0, kolkata)
			if run.At.Month() != month.Month() || run.At.Year() != month.Year() || !run.Period.To.Equal(month) || !run.Period.From.Equal(month.AddDate(0, -1, 0)) {
				t.Errorf("%s: run %d comes at %v for %v", line, i, run.At, run.Period)
			}
		}
	}
}

// counted counts the searches of a line.
type counted struct {
	cron.Schedule
	n *int
}

func (c counted) Next(t time.Time) time.Time {
	*c.n++
	return c.Schedule.Next(t)
}

// The first occurrence in each period is found without a search for all others (a month
// has 44,640), each from three hours before it.
func TestThePeriodsOfAReportAreFoundWithFewSearches(t *testing.T) {
	for _, zone := range []string{"UTC", "America/Santiago", "Africa/Cairo"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"* * * * *", "*/30 * * * *", "0 0 * * *", "30 23 * * 1", "0 9 L * *"} {
			clock, err := newWallClock(line, loc)
			if err != nil {
				t.Fatal(err)
			}
			searches := 0
			clock.line = counted{clock.line, &searches}
			for _, span := range []budget.Span{budget.Day, budget.Week, budget.Month} {
				rep := config.Report{Timezone: loc, Period: span, WeekStart: time.Monday}
				for _, now := range []time.Time{time.Date(2025, 9, 8, 12, 0, 0, 0, time.UTC), time.Date(2025, 11, 30, 23, 59, 0, 0, time.UTC)} {
					searches = 0
					found := lastOccurrences(clock, rep, time.Time{}, now)
					if searches > 1_200 {
						t.Errorf("%s, %s, %s: %d searches", zone, line, span, searches)
					}
					for i, o := range found {
						running := rep.Period.At(o.day, loc, rep.WeekStart)
						if first := clock.next(running.From.Add(-time.Second)); !first.at.Equal(o.at) || i > 0 && !o.at.After(found[i-1].at) {
							t.Errorf("%s, %s, %s: %s is not the first of its period, %s", zone, line, span, o.at, first.at)
						}
					}
					if last := clock.next(rep.Period.At(now, loc, rep.WeekStart).From.Add(-time.Second)); !last.at.IsZero() && !last.at.After(now) && !last.at.Equal(found[len(found)-1].at) {
						t.Errorf("%s, %s, %s: the newest is not among %v", zone, line, span, found)
					}
				}
			}
		}
	}
}
