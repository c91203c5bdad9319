package spend

import (
	"math"
	"time"

	"mokabot/moka"
)

// Period is a stretch of time, from its first instant to the first one after it.
type Period struct{ From, To time.Time }

// Equal reports whether two periods are the same, in whatever zones their ends
// are written.
func (p Period) Equal(other Period) bool { return p.From.Equal(other.From) && p.To.Equal(other.To) }

// SoFar is what was spent in a period. The zero value is unknown.
type SoFar struct {
	Spent   moka.Maybe
	AtLeast bool // nothing tells of a part of the period: Spent is a lower bound
}

// Plus adds up what was spent at two places: unknown when one of them is.
func (s SoFar) Plus(other SoFar) SoFar {
	return SoFar{s.Spent.Plus(other.Spent), s.AtLeast || other.AtLeast}
}

// With adds what was spent between two readings to a figure that begins at since.
// What no reading dates, or what only falls partly into the period without readings
// to divide it by, makes the figure a lower bound.
func (s SoFar) With(d Delta, since time.Time) SoFar {
	if !s.Spent.Known() || !d.Known || !d.To.After(since) {
		return s
	}
	spent := d.Spent
	if d.From.Before(since) {
		if d.Covered <= 0 {
			return SoFar{s.Spent, true}
		}
		spent = moka.Amount(math.Round(float64(spent) * float64(d.To.Sub(since)) / float64(d.To.Sub(d.From))))
	}
	return SoFar{s.Spent.Plus(moka.Known(spent)), s.AtLeast}
}

// Day is the calendar day that t lies in, on the clock of loc: 23, 24 or 25
// hours, from the first instant of that date.
func Day(t time.Time, loc *time.Location) Period {
	y, m, d := t.In(loc).Date()
	return Period{startOf(y, m, d, loc), startOf(y, m, d+1, loc)}
}

// Week is the seven days, beginning with start, that t lies in.
func Week(t time.Time, loc *time.Location, start time.Weekday) Period {
	local := t.In(loc)
	y, m, d := local.Date()
	d -= (int(local.Weekday()) - int(start) + 7) % 7
	return Period{startOf(y, m, d, loc), startOf(y, m, d+7, loc)}
}

// Month is the calendar month that t lies in.
func Month(t time.Time, loc *time.Location) Period {
	y, m, _ := t.In(loc).Date()
	return Period{startOf(y, m, 1, loc), startOf(y, m+1, 1, loc)}
}

// startOf is the first instant of a date. Some zones skip midnight when clocks
// go forward; their day begins with the first instant after the gap.
func startOf(y int, m time.Month, d int, loc *time.Location) time.Time {
	noon := time.Date(y, m, d, 12, 0, 0, 0, loc)
	y, m, d = noon.Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, loc)
	if t.Day() != d { // midnight is skipped and t lies before the gap
		_, end := t.ZoneBounds()
		return end.In(loc)
	}
	if start, _ := t.ZoneBounds(); !start.IsZero() && t.Sub(start) < 24*time.Hour && start.In(loc).Day() == d && !start.After(t) {
		if before := start.Add(-time.Second).In(loc); before.Day() != d {
			return start.In(loc) // t lies after a gap that took midnight
		}
	}
	if earlier := t.Add(-time.Hour); earlier.In(loc).Day() == d { // midnight came twice
		return earlier
	}
	return t
}
