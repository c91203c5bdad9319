package spend

import (
	"math"
	"time"

	"mokabot/moka"
)

const (
	leastKnown = 24 * time.Hour // readings before anything is foretold
	idleAfter  = 72 * time.Hour // nothing spent for so long: it is not being spent
	farthest   = 365 * 24 * time.Hour
	usualNeeds = 72 * time.Hour
)

// Forecast is how long spendable lasts, by the hours of the past and the
// reader's clock. It is unknown with less than a day of readings, and idle when
// nothing was spent for days on which it was usual. What lasts for longer than
// a year is told as a year.
func Forecast(hours []Hour, spendable moka.Maybe, now time.Time, loc *time.Location) Runway {
	left, known := spendable.Get()
	covered := coveredBy(hours)
	if !known || covered < leastKnown {
		return Runway{}
	}
	if idle(hours, now) {
		return Runway{Idle: true}
	}
	b := newBlend(newPast(hours, now, loc))
	return b.ifItGoesOn(b.lasts(float64(left), now, loc), hours, float64(left), now, loc)
}

// lasts walks through the coming hours until left is spent, at most a year.
func (b *blend) lasts(left float64, now time.Time, loc *time.Location) Runway {
	r := Runway{Known: true, PerDay: b.perDay()}
	if left <= 0 {
		return r
	}
	r.Low, r.Mid, r.High = farthest, farthest, farthest
	var mid, low, high float64 // what is spent by t
	for w := b.walk(now, loc); w.t.Sub(now) < farthest && r.High == farthest; {
		t := w.t
		part := w.step()
		toLow, toHigh := b.around(w.cost, w.t.Sub(now).Hours())
		spentBy(&r.Low, left, t.Sub(now), part, high, toHigh)
		spentBy(&r.Mid, left, t.Sub(now), part, mid, w.cost)
		spentBy(&r.High, left, t.Sub(now), part, low, toLow)
		mid, low, high = w.cost, toLow, toHigh
	}
	return r
}

// spentBy notes when left is spent, if it is on the way from one sum to the next.
func spentBy(at *time.Duration, left float64, begin, part time.Duration, from, to float64) {
	if *at == farthest && to >= left {
		share := min(1, max(0, (left-from)/(to-from)))
		*at = begin + time.Duration(share*float64(part))
	}
}

// perDay is what a day of the coming week costs on average.
func (b *blend) perDay() moka.Amount {
	sum := 0.0
	for slot := range b.flat {
		sum += b.flat[slot] + b.growing[slot]
	}
	return moka.Amount(min(sum/7, math.MaxInt64/2))
}

// Usual is what an hour such as the one at a moment usually costs; unknown
// before three days of readings.
func Usual(hours []Hour, at time.Time, loc *time.Location) moka.Maybe {
	var spent, covered float64
	if coveredBy(hours) < usualNeeds {
		return moka.Maybe{}
	}
	for _, h := range hours {
		if h.Covered >= mostCovered && h.Start.In(loc).Hour() == at.In(loc).Hour() && at.Sub(h.Start) > 2*time.Hour {
			spent += float64(h.Spent)
			covered += h.Covered.Hours()
		}
	}
	if covered < 1 {
		return moka.Maybe{}
	}
	return moka.Known(moka.Amount(spent / covered))
}

func coveredBy(hours []Hour) (d time.Duration) {
	for _, h := range hours {
		d += h.Covered
	}
	return d
}

// idle tells that nothing was spent in three days; unless that is usual,
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
