package spend

import (
	"slices"
	"time"
)

const (
	hoursInDay  = 24
	hoursInWeek = 7 * hoursInDay

	// mostCovered is how much of an hour readings must cover for it to teach
	// anything: what was spent in a gap is known, but not when.
	mostCovered = 45 * time.Minute
	oldest      = 90 * 24 * time.Hour

	accident  = 4 // times what any hour but two cost: more is not counted
	accidents = 2
)

// past is what an account spent hour by hour up to the present hour, without
// holes in time. Its index is hours since the first.
type past struct {
	rates []float64 // millionths of a dollar an hour, 0 where unknown
	known []bool
	slots []int     // places in the week on the reader's clock; they go on for a week
	spent []float64 // what the known hours before an index cost
	count []float64 // and how many there are
}

func newPast(hours []Hour, now time.Time, loc *time.Location) *past {
	present := now.Truncate(time.Hour)
	begin := present
	for _, h := range hours {
		if h.Start.Before(begin) && present.Sub(h.Start) <= oldest {
			begin = h.Start.Truncate(time.Hour)
		}
	}
	n := int(present.Sub(begin) / time.Hour)
	p := &past{rates: make([]float64, n), known: make([]bool, n), slots: make([]int, n+hoursInWeek)}
	for _, h := range hours {
		i := int(h.Start.Sub(begin) / time.Hour)
		if i >= 0 && i < n && h.Covered >= mostCovered {
			p.rates[i], p.known[i] = float64(h.Spent)/h.Covered.Hours(), true
		}
	}
	for i := range p.slots {
		p.slots[i] = slotOf(begin.Add(time.Duration(i)*time.Hour), loc)
	}
	p.add()
	if p.count[n] >= 2*hoursInWeek {
		p.cut()
		p.add()
	}
	return p
}

// slotOf is an hour's place in the week. Divided by 24 it leaves the hour of
// the day.
func slotOf(t time.Time, loc *time.Location) int {
	local := t.In(loc)
	return int(local.Weekday())*hoursInDay + local.Hour()
}

// add adds the hours up.
func (p *past) add() {
	n := len(p.rates)
	p.spent, p.count = make([]float64, n+1), make([]float64, n+1)
	for i, known := range p.known {
		p.spent[i+1], p.count[i+1] = p.spent[i]+p.rates[i], p.count[i]
		if known {
			p.count[i+1]++
		}
	}
}

// cut takes accidents for less than they were.
func (p *past) cut() {
	sorted := slices.Sorted(slices.Values(p.rates))
	most := accident * sorted[len(sorted)-1-accidents]
	if most <= 0 {
		return
	}
	for i, rate := range p.rates {
		p.rates[i] = min(rate, most)
	}
}

// now is the index of the present hour.
func (p *past) now() int { return len(p.rates) }

// between adds up what the known hours of [from, to) cost, and counts them.
func (p *past) between(from, to int) (spent, known float64) {
	return p.spent[to] - p.spent[from], p.count[to] - p.count[from]
}

// mean is what an hour cost on average.
func (p *past) mean() float64 {
	spent, known := p.between(0, p.now())
	return spent / max(known, 1)
}
