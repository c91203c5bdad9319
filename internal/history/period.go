package history

import (
	"time"

	"mokabot/internal/spend"
)

// Named is a period that people ask for by name.
type Named struct {
	Name string
	of   func(now time.Time, day spend.Period, loc *time.Location) (spend.Period, spend.Period)
}

// Periods is the table of them, in the order in which they are offered: what
// each covers up to now, and what that is compared with. The one that is still
// running is compared with as much of the one before.
var Periods = []Named{
	{"today", func(now time.Time, day spend.Period, loc *time.Location) (spend.Period, spend.Period) {
		return spend.Period{From: day.From, To: now}, back(day.From, now, loc, 0, 1)
	}},
	{"yesterday", func(_ time.Time, day spend.Period, loc *time.Location) (spend.Period, spend.Period) {
		yesterday := dayBefore(day, loc)
		return yesterday, dayBefore(yesterday, loc)
	}},
	{"7d", func(now time.Time, day spend.Period, loc *time.Location) (spend.Period, spend.Period) {
		return lastDays(now, day, loc, 7)
	}},
	{"30d", func(now time.Time, day spend.Period, loc *time.Location) (spend.Period, spend.Period) {
		return lastDays(now, day, loc, 30)
	}},
	{"month", func(now time.Time, _ spend.Period, loc *time.Location) (spend.Period, spend.Period) {
		month := spend.Month(now, loc)
		return spend.Period{From: month.From, To: now}, back(month.From, now, loc, 1, 0)
	}},
}

// PeriodNames are the names that [Period] knows.
func PeriodNames() []string {
	names := make([]string, len(Periods))
	for i, p := range Periods {
		names[i] = p.Name
	}
	return names
}

// Period is a named period at a moment, and the one it is compared with.
func Period(name string, now time.Time, loc *time.Location) (p, before spend.Period, ok bool) {
	now = now.In(loc)
	for _, n := range Periods {
		if n.Name == name {
			p, before = n.of(now, spend.Day(now, loc), loc)
			return p, before, true
		}
	}
	return spend.Period{}, spend.Period{}, false
}

func dayBefore(day spend.Period, loc *time.Location) spend.Period {
	return spend.Day(day.From.Add(-time.Second), loc)
}

// lastDays are today and the days before it, n in all.
func lastDays(now time.Time, day spend.Period, loc *time.Location, n int) (p, before spend.Period) {
	noon := day.From.In(loc).AddDate(0, 0, -(n - 1)).Add(12 * time.Hour)
	from := spend.Day(noon, loc).From
	return spend.Period{From: from, To: now}, back(from, now, loc, 0, n)
}

// back is the same stretch of the calendar, months or days earlier; it ends at from at the
// latest.
func back(from, now time.Time, loc *time.Location, months, days int) spend.Period {
	earlier := spend.Day(from.In(loc).AddDate(0, -months, -days).Add(12*time.Hour), loc).From
	to := earlier.Add(now.Sub(from))
	if to.After(from) { // the month before was shorter, or today has 25 hours
		to = from
	}
	return spend.Period{From: earlier, To: to}
}
