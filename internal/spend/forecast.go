package spend

import (
	"math"
	"time"

	"mokabot/moka"
)

const (
	enoughKnown = 24 * time.Hour // of readings before anything is forecast
	idleAfter   = 72 * time.Hour // without spending
	maxRunway   = 365 * 24 * time.Hour
)

// Question is what a forecast is asked for.
type Question struct {
	Left  moka.Maybe     // what can be spent
	Until time.Time      // when the plan or key that pays for it ends; zero: it does not
	Pace  Pace           // of the last minutes
	Now   time.Time      //
	Zone  *time.Location // of the reader's clock
}

// Forecast is how long what is left lasts, by the hours of the past. It is
// unknown with less than a day of readings, and idle when nothing was spent for
// days on which it was usual. It ends where what pays ends, and after a year.
func Forecast(hours []Hour, q Question) Runway {
	left, known := q.Left.Get()
	if !known || coveredBy(hours) < enoughKnown {
		return Runway{}
	}
	limit, ends := maxRunway, false
	if !q.Until.IsZero() && q.Until.Sub(q.Now) < limit {
		limit, ends = max(0, q.Until.Sub(q.Now)), true
	}
	if idle(hours, q.Now) {
		if ends && left > 0 {
			return Runway{Idle: true, Ends: true, Low: limit, Mid: limit, High: limit}
		}
		return Runway{Idle: true}
	}
	m := newModel(hours, q.Now, q.Zone)
	r := m.lasts(float64(left), q.Now, limit)
	r.Ends = ends && r.High == limit && left > 0
	if pace := m.atThisPace(q, float64(left)); pace < r.Mid {
		r.AtThisPace = pace
	}
	return r
}

// lasts walks through the coming hours until left is spent, up to a limit.
func (m *model) lasts(left float64, now time.Time, limit time.Duration) Runway {
	r := Runway{Known: true, PerDay: m.perDay(now)}
	if left <= 0 {
		return r
	}
	r.Low, r.Mid, r.High = limit, limit, limit
	end := now.Add(limit)
	var mid, low, high float64 // what is spent by t
	for w := m.walk(now); w.t.Before(end) && r.High == limit; {
		t := w.t
		part := w.step(end)
		toLow, toHigh := m.around(w.cost, w.t.Sub(now).Hours())
		depletedBy(&r.Low, limit, left, t.Sub(now), part, high, toHigh)
		depletedBy(&r.Mid, limit, left, t.Sub(now), part, mid, w.cost)
		depletedBy(&r.High, limit, left, t.Sub(now), part, low, toLow)
		mid, low, high = w.cost, toLow, toHigh
	}
	return r
}

// depletedBy notes when left is spent, if it is on the way from one sum to the next.
func depletedBy(at *time.Duration, limit time.Duration, left float64, begin, part time.Duration, from, to float64) {
	if *at == limit && to >= left {
		share := 0.0
		if to > from {
			share = min(1, max(0, (left-from)/(to-from)))
		}
		*at = min(limit, begin+time.Duration(share*float64(part)))
	}
}

// perDay is what a day of the coming week costs on average.
func (m *model) perDay(now time.Time) moka.Amount {
	w := m.walk(now)
	for end := now.Add(hoursInWeek * time.Hour); w.t.Before(end); {
		w.step(end)
	}
	return amount(w.cost / 7)
}

// amount rounds to what an Amount can hold.
func amount(millionths float64) moka.Amount {
	return moka.Amount(min(millionths, math.MaxInt64/2))
}

// Expected is what will have been spent by a moment: the middle, and the range
// in which four of five such forecasts lie.
type Expected struct {
	At             time.Time
	Low, Mid, High moka.Amount
}

// Expect is what is expected to be spent from now to each full hour after it,
// and to the end, which is the last of the list. It is empty when the end is not
// after now, and with less than a day of readings. An idle account is expected
// to spend nothing.
func Expect(hours []Hour, now, end time.Time, loc *time.Location) []Expected {
	if !end.After(now) || coveredBy(hours) < enoughKnown {
		return nil
	}
	if idle(hours, now) {
		return []Expected{{At: end}}
	}
	m := newModel(hours, now, loc)
	var path []Expected
	for w := m.walk(now); w.t.Before(end); {
		w.step(end)
		low, high := m.around(w.cost, w.t.Sub(now).Hours())
		path = append(path, Expected{At: w.t, Low: amount(low), Mid: amount(w.cost), High: amount(high)})
	}
	for i := len(path) - 2; i >= 0; i-- { // a longer forecast may be surer than a shorter one; money is not unspent
		path[i].Low = min(path[i].Low, path[i+1].Low)
	}
	for i := 1; i < len(path); i++ {
		path[i].High = max(path[i].High, path[i-1].High)
	}
	return path
}

func coveredBy(hours []Hour) (d time.Duration) {
	for _, h := range hours {
		d += h.Covered
	}
	return d
}

// idle reports whether nothing was spent in three days; unless that is usual,
// because the same days a week before were quiet too and something was spent since.
func idle(hours []Hour, now time.Time) bool {
	const week = hoursInWeek * time.Hour
	if spent, _ := spentIn(hours, now.Add(-idleAfter), now); spent > 0 {
		return false
	}
	since, _ := spentIn(hours, now.Add(-week), now)
	before, covered := spentIn(hours, now.Add(-week-idleAfter), now.Add(-week))
	return since <= 0 || before > 0 || covered < idleAfter/2
}

// spentIn is what the hours of a time cost, and how much of them is covered.
func spentIn(hours []Hour, from, to time.Time) (spent moka.Amount, covered time.Duration) {
	for _, h := range hours {
		if h.Start.Add(time.Hour).After(from) && h.Start.Before(to) {
			spent, covered = spent+h.Spent, covered+h.Covered
		}
	}
	return spent, covered
}
