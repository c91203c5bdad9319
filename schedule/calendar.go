// Package schedule does what the clock asks for: it polls the accounts, applies the alert
// rules to each reading, and writes the reports that are due. Messages go into the store's
// outbox, in the transaction that changes the state that they follow from; package discord
// delivers them.
package schedule

import (
	"time"

	"github.com/robfig/cron/v3"

	"mokabot/internal/config"
)

// wallClock is a cron line in the local time of one zone: a time that a clock change
// skips comes at the first instant after the gap, and one that a clock change repeats
// comes once, the first time.
//
// robfig/cron's own schedule would skip the one and repeat the other, so only
// its search is used, on a clock without changes.
type wallClock struct {
	line cron.Schedule
	loc  *time.Location
}

// newWallClock reads a line that the configuration has checked.
func newWallClock(line string, loc *time.Location) (wallClock, error) {
	s, err := config.ParseCron(line)
	return wallClock{s, loc}, err
}

// occurrence is one time that a line matches.
type occurrence struct {
	at  time.Time // when it comes
	day time.Time // noon of the date that it is meant for; a gap at the end of a day moves at to the next
}

// Next is the first occurrence after t, zero when there is none.
func (w wallClock) Next(t time.Time) time.Time { return w.next(t).at }

func (w wallClock) next(t time.Time) occurrence {
	if every, ok := w.line.(cron.ConstantDelaySchedule); ok {
		at := every.Next(t)
		return occurrence{at, at}
	}
	for wall := naive(t.In(w.loc).Add(-gapSlack)); ; {
		wall = w.line.Next(wall)
		if wall.IsZero() {
			return occurrence{}
		}
		day := time.Date(wall.Year(), wall.Month(), wall.Day(), 12, 0, 0, 0, w.loc)
		if day.Day() != wall.Day() {
			continue // the zone left this date out
		}
		if at := firstInstant(wall, w.loc); at.After(t) {
			return occurrence{at, day}
		}
	}
}

// gapSlack is longer than any gap, so that an occurrence that a gap has delayed is still
// found just before it comes.
const gapSlack = 3 * time.Hour

// naive is the local time of t, as a time in UTC.
func naive(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// firstInstant is the earliest instant at which local clocks show that time or a later
// one.
func firstInstant(wall time.Time, loc *time.Location) time.Time {
	const widest = 26 * time.Hour // further than any zone is from UTC
	t := wall.Add(-widest).In(loc)
	for {
		_, offset := t.Zone()
		at := wall.Add(-time.Duration(offset) * time.Second).In(loc)
		start, end := zoneBounds(t)
		switch {
		case !start.IsZero() && at.Before(start):
			if _, before := start.Add(-time.Second).Zone(); before == offset {
				return at // no change, only a year's end
			}
			return start.In(loc) // the wanted time lies in the gap before
		case end.IsZero() || at.Before(end):
			return at
		}
		t = end.In(loc)
	}
}

// zoneBounds are those of [time.Time.ZoneBounds], with an end after t. Where a zone is
// given by a rule instead of a list (from 2038 on, with some systems' files from 2007 on),
// ZoneBounds cuts at every year's end and takes a year for 365 days, so that the last day
// of a leap year is after its end.
func zoneBounds(t time.Time) (start, end time.Time) {
	start, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = t.Add(24 * time.Hour)
	}
	return start, end
}
