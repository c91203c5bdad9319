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
)

// Usual is what an hour such as the one that ends at a moment usually costs, for
// telling whether it stands out: the middle of the same hours of earlier weeks
// (of earlier days, before there are two weeks). What such an hour cost twice
// before, on two days or in two weeks, counts as well, and an account whose hours
// stood out on two of the last fourteen days needs more to stand out. It is
// unknown before three days of readings.
func Usual(hours []Hour, at time.Time, loc *time.Location) moka.Maybe {
	if coveredBy(hours) < usualNeeds {
		return moka.Maybe{}
	}
	p := newPast(hours, at, loc)
	n := p.now()
	if p.count[n] < hoursInDay {
		return moka.Maybe{}
	}
	usual := p.reference(n, n)
	return moka.Known(amount(usual * p.restlessness()))
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
		most := 0.0
		same := p.earlier(i, k*step)
		for j := max(0, same-1); j <= min(same+1, origin-1); j++ {
			most = max(most, p.rates[j])
		}
		if most > first {
			first, second = most, first
		} else {
			second = max(second, most)
		}
	}
	return second
}

// restlessness is by how much an hour has to stand out more than in other
// accounts, because hours of this one did on two of the last days.
func (p *past) restlessness() float64 {
	n := p.now()
	var days []float64
	for day := range recurDays {
		most := 0.0
		for i := max(hoursInDay, n-(day+1)*hoursInDay); i < n-day*hoursInDay-1; i++ {
			if p.rates[i] <= 0 {
				continue
			}
			if usual := p.reference(i, i); usual > 0 {
				most = max(most, p.rates[i]/usual)
			} else {
				most = math.MaxFloat64
			}
		}
		days = append(days, most)
	}
	slices.Sort(days)
	return min(maxRestless, max(1, days[len(days)-2]/restless))
}
