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
	Funds []moka.Fund    // the sources that pay for it, in their order; nil: one that does not end before Until
	Key   moka.Maybe     // what the key allows, whatever pays; unknown: as much as is left, or no limit
	Until time.Time      // when the plan or key that pays for it ends; zero: it does not
	Pace  Pace           // of the last minutes
	Now   time.Time      //
	Zone  *time.Location // of the reader's clock
}

// Forecast is how long what is left lasts, by the hours of the past. It is
// unknown with less than a day of readings, and idle when nothing was spent for
// days on which it was usual. It ends where what pays ends, and after a year; a
// plan that is reset before it is used up pays on.
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
	r := m.lasts(float64(left), q, limit)
	r.From = q.Now.In(q.Zone)
	r.Ends = ends && r.High == limit && left > 0
	if pace := m.atThisPace(q, float64(left)); pace < r.Mid {
		r.AtThisPace = pace
	}
	r.Rising = m.rising(q, float64(left))
	return r
}

// lasts walks through the coming hours until left is spent, up to a limit.
func (m *model) lasts(left float64, q Question, limit time.Duration) Runway {
	now := q.Now
	r := Runway{Known: true, PerDay: m.perDay(now)}
	if left <= 0 {
		return r
	}
	r.Low, r.Mid, r.High = limit, limit, limit
	end := now.Add(limit)
	low, mid, high := newPurse(left, q), newPurse(left, q), newPurse(left, q)
	for w := m.walk(now); w.t.Before(end) && r.High == limit; {
		t, begin := w.t, w.t.Sub(now)
		part := w.step(end)
		toLow, toHigh := m.around(w.cost, (begin + part).Hours())
		depletedBy(&r.Low, limit, begin, part, high.pay(t, part, toHigh))
		depletedBy(&r.Mid, limit, begin, part, mid.pay(t, part, w.cost))
		depletedBy(&r.High, limit, begin, part, low.pay(t, part, toLow))
	}
	return r
}

// depletedBy notes when the money is spent, if only a share of a part could be paid.
func depletedBy(at *time.Duration, limit, begin, part time.Duration, paid float64) {
	if *at == limit && paid < 1 {
		*at = min(limit, begin+time.Duration(paid*float64(part)))
	}
}

// Left is what is expected to be left at a moment: the middle, and the range in
// which four of five such forecasts lie.
type Left struct {
	At             time.Time
	Low, Mid, High moka.Amount
}

// Ahead is what is expected to be left from now to each full hour after it, until
// nothing is or what pays has ended, and no longer than to the end: the path to
// the end of the runway of [Forecast]. It is empty where that is unknown or idle,
// and when nothing is left.
func Ahead(hours []Hour, q Question, end time.Time) []Left {
	left, known := q.Left.Get()
	if !q.Until.IsZero() && q.Until.Before(end) {
		end = q.Until
	}
	if !known || left <= 0 || !end.After(q.Now) || coveredBy(hours) < enoughKnown || idle(hours, q.Now) {
		return nil
	}
	m := newModel(hours, q.Now, q.Zone)
	low, mid, high := newPurse(float64(left), q), newPurse(float64(left), q), newPurse(float64(left), q)
	path := []Left{{q.Now, left, left, left}}
	for w := m.walk(q.Now); w.t.Before(end); {
		t := w.t
		part := w.step(end)
		toLow, toHigh := m.around(w.cost, w.t.Sub(q.Now).Hours())
		low.pay(t, part, toHigh)
		mid.pay(t, part, w.cost)
		paid := high.pay(t, part, toLow)
		at := Left{w.t, amount(low.available(w.t)), amount(mid.available(w.t)), amount(high.available(w.t))}
		if paid < 1 {
			at.At, at.High = t.Add(time.Duration(paid*float64(part))), 0
			return append(path, at)
		}
		path = append(path, at)
	}
	return path
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
