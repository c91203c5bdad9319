package spend

import (
	"math"
	"slices"
	"time"

	"mokabot/moka"
)

const (
	usualNeeds = 72 * time.Hour // of readings

	recurDays  = 14
	recurWeeks = 5
	recurs     = 0.4 // of what was spent twice at such an hour is usual: with a factor of five, twice as much is a spike

	restless    = 5   // from how many times the usual on an hour stands out, where that has happened before
	maxRestless = 1.8 // so that ten times the usual always stands out
	uncommon    = 2.5 // from how many times the usual on it matters what an hour cost in all
	dearest     = 0.2 // of what uncommon hours cost on two days is usual: with a factor of five, as much is no spike
)

// Usual is what an hour such as the one that ends at a moment usually costs, for
// telling whether it stands out: the middle of the same hours of earlier weeks
// (of earlier days, before there are two weeks). What such an hour cost twice
// before, on two days or in two weeks, counts as well. Where other hours stood out
// on two of the last fourteen days, this one has to do so more, and to cost more.
// It is unknown before three days of readings.
func Usual(hours []Hour, at time.Time, loc *time.Location) moka.Maybe {
	if coveredBy(hours) < usualNeeds {
		return moka.Maybe{}
	}
	p := newPast(hours, at, loc)
	n := p.now()
	if p.count[n] < hoursInDay {
		return moka.Maybe{}
	}
	times, cost := p.stoodOut()
	usual := p.reference(n, n) * min(maxRestless, max(1, times/restless))
	return moka.Known(amount(max(usual, dearest*cost)))
}

// reference is what hour i has to be compared with.
func (p *past) reference(i, origin int) float64 {
	var room [daysBack * 3]float64
	same := p.alike(room[:0], i, origin, hoursInDay, daysBack, 0)
	if p.byWeek(origin) {
		if byWeek := p.alike(room[:0], i, origin, hoursInWeek, weeksBack, 1); len(byWeek) > 0 {
			same = byWeek
		}
	}
	slices.Sort(same)
	middle := 0.0
	if len(same) > 0 {
		middle = (same[(len(same)-1)/2] + same[len(same)/2]) / 2
	}
	return max(middle, recurs*p.twice(i, origin, hoursInDay, recurDays), recurs*p.twice(i, origin, hoursInWeek, recurWeeks))
}

// twice is the second most that the hours cost that lie 1 to n times a step
// before hour i. Of hours next to each other the dearest counts.
func (p *past) twice(i, origin, step, n int) float64 {
	first, second := 0.0, 0.0
	for k := 1; k <= n; k++ {
		highest := 0.0
		same := p.earlier(i, k*step)
		for j := max(0, same-1); j <= min(same+1, origin-1); j++ {
			highest = max(highest, p.rates[j])
		}
		if highest > first {
			first, second = highest, first
		} else {
			second = max(second, highest)
		}
	}
	return second
}

// stoodOut is what hours reached on two of the last days: how many times the
// usual, and what those cost that were uncommon. The last hour before the present
// one may be part of what is to be judged, and does not count.
func (p *past) stoodOut() (times, cost float64) {
	n := p.now()
	var ofTimes, ofCost [recurDays]float64
	for day := range recurDays {
		for i := max(hoursInDay, n-(day+1)*hoursInDay); i < n-day*hoursInDay-1; i++ {
			if p.rates[i] <= 0 {
				continue
			}
			is := math.MaxFloat64
			if usual := p.reference(i, i); usual > 0 {
				is = p.rates[i] / usual
			}
			ofTimes[day] = max(ofTimes[day], is)
			if is > uncommon {
				ofCost[day] = max(ofCost[day], p.rates[i])
			}
		}
	}
	slices.Sort(ofTimes[:])
	slices.Sort(ofCost[:])
	return ofTimes[recurDays-2], ofCost[recurDays-2]
}
