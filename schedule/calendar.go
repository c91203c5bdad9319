// Package schedule turns time into work: it polls the accounts, lets the rules
// decide about each reading, and writes the reports that are due. What it has
// to say goes into the store's outbox, in the transaction that changes the
// state behind it; delivering is somebody else's.
package schedule

import (
	"time"

	"github.com/robfig/cron/v3"

	"mokabot/internal/config"
)

// wallClock is a cron line that goes by the clock on the wall of one zone: a
// time that a clock change skips comes at the first instant after the gap, and
// one that a clock change repeats comes once, the first time.
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

// turn is one time that a line asks for.
type turn struct {
	at  time.Time // when it comes
	day time.Time // noon of the date that it is meant for; a gap at the end of a day puts the turn on the next
}

// Next is the first turn after t, zero when there is none.
func (w wallClock) Next(t time.Time) time.Time { return w.next(t).at }

func (w wallClock) next(t time.Time) turn {
	if every, ok := w.line.(cron.ConstantDelaySchedule); ok {
		at := every.Next(t)
		return turn{at, at}
	}
	for wall := naive(t.In(w.loc).Add(-gapSlack)); ; {
		wall = w.line.Next(wall)
		if wall.IsZero() {
			return turn{}
		}
		day := time.Date(wall.Year(), wall.Month(), wall.Day(), 12, 0, 0, 0, w.loc)
		if day.Day() != wall.Day() {
			continue // the zone left this date out
		}
		if at := firstInstant(wall, w.loc); at.After(t) {
			return turn{at, day}
		}
	}
}

// gapSlack is longer than any gap, so that a turn which a gap has put off is
// still found just before it comes.
const gapSlack = 3 * time.Hour

// naive is what the clock on the wall shows, as a time in UTC.
func naive(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// firstInstant is the earliest instant at which the clock on the wall shows
// that time or a later one.
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

// zoneBounds are those of [time.Time.ZoneBounds], with an end that lies after t.
// Where a zone goes by a rule rather than by a list (from 2038 on, and with some
// systems' files from 2007 on), that one lets every year be a piece of its own,
// of 365 days: a leap year's last day lies behind its end.
func zoneBounds(t time.Time) (start, end time.Time) {
	start, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = t.Add(24 * time.Hour)
	}
	return start, end
}
