package spend

import (
	"slices"
	"time"
)

const (
	hoursInDay  = 24
	hoursInWeek = 7 * hoursInDay

	// minCovered is how much of an hour readings must cover for the hour to
	// count: what was spent in a gap is known, but not when.
	minCovered = 45 * time.Minute
	lookBack   = 60 * hoursInDay

	weeksBack = 4
	daysBack  = 28

	// An hour counts at most the median of its like, plus what so many hours cost
	// on average: in a week or two a dear hour of one day rarely comes again, in a
	// month others do.
	outlierHours  = 36
	outlierOfDays = 0.75
)

// How much the same hour of earlier weeks and days counts, the latest first.
var (
	ofWeeks = []float64{1, 0.9, 0.65, 0.35}
	ofDays  = slices.Repeat([]float64{1}, daysBack)
)

// past is what an account spent hour by hour up to the present hour. Its index
// is hours since the first; it has no gaps in time.
type past struct {
	rates  []float64 // millionths of a dollar an hour, 0 where unknown
	known  []bool
	offset []int     // of the reader's clock from UTC in seconds, for a week longer
	spent  []float64 // what the known hours before an index cost
	count  []int     // how many known hours are before an index
}

func newPast(hours []Hour, now time.Time, loc *time.Location) *past {
	present := now.Truncate(time.Hour)
	begin := present
	for _, h := range hours {
		if h.Start.Before(begin) && present.Sub(h.Start) <= lookBack*time.Hour {
			begin = h.Start.Truncate(time.Hour)
		}
	}
	n := int(present.Sub(begin) / time.Hour)
	p := &past{
		rates: make([]float64, n), known: make([]bool, n), offset: make([]int, n+hoursInWeek),
		spent: make([]float64, n+1), count: make([]int, n+1),
	}
	for _, h := range hours {
		i := int(h.Start.Sub(begin) / time.Hour)
		if i >= 0 && i < n && h.Covered >= minCovered {
			p.rates[i], p.known[i] = float64(h.Spent)/h.Covered.Hours(), true
		}
	}
	for i := range p.offset {
		_, p.offset[i] = begin.Add(time.Duration(i) * time.Hour).In(loc).Zone()
	}
	for i, known := range p.known {
		p.spent[i+1], p.count[i+1] = p.spent[i]+p.rates[i], p.count[i]
		if known {
			p.count[i+1]++
		}
	}
	return p
}

// now is the index of the present hour.
func (p *past) now() int { return len(p.rates) }

// between adds up what the known hours of [from, to) cost, and counts them.
func (p *past) between(from, to int) (spent, known float64) {
	return p.spent[to] - p.spent[from], float64(p.count[to] - p.count[from])
}

// mean is what an hour of the four weeks before an index cost.
func (p *past) mean(at int) float64 {
	spent, known := p.between(max(0, at-weeksBack*hoursInWeek), at)
	return spent / max(known, 1)
}

// earlier is the hour that the reader's clock showed so many hours before hour i.
func (p *past) earlier(i, hours int) int {
	j := i - hours
	if j < 0 {
		return j
	}
	return j + (p.offset[i]-p.offset[j])/3600
}

// alike appends what the hours cost that lie 1 to n times a step before hour i
// and before the origin, each with its neighbours on both sides.
func (p *past) alike(rates []float64, i, origin, step, n, similar int) []float64 {
	for k := 1; k <= n; k++ {
		same := p.earlier(i, k*step)
		for j := max(0, same-similar); j <= min(same+similar, origin-1); j++ {
			if p.known[j] {
				rates = append(rates, p.rates[j])
			}
		}
	}
	return rates
}

// byWeek reports whether enough was known at an hour to tell weekdays apart.
func (p *past) byWeek(origin int) bool { return p.count[origin] >= hoursInWeek }

// usual is what hour i usually costs, by what was known at the origin: the mean
// of the same hour of the last four weeks, a newer week counting more, or of
// the last days before there are two weeks; outlier is the limit for those.
func (p *past) usual(i, origin int, outlier float64) float64 {
	if p.byWeek(origin) {
		if mean, known := p.meanOf(i, origin, hoursInWeek, ofWeeks, outlierHours); known {
			return mean
		}
	}
	if mean, known := p.meanOf(i, origin, hoursInDay, ofDays, outlier); known {
		return mean
	}
	return p.mean(origin)
}

// meanOf is the mean of what the hours cost that lie a multiple of a step before
// hour i and before the origin.
func (p *past) meanOf(i, origin, step int, counts []float64, outlier float64) (mean float64, known bool) {
	var room, weights [daysBack]float64
	rates := room[:0]
	for k, count := range counts {
		if j := p.earlier(i, (k+1)*step); j >= 0 && j < origin && p.known[j] {
			weights[len(rates)] = count
			rates = append(rates, p.rates[j])
		}
	}
	if len(rates) == 0 {
		return 0, false
	}
	sorted := room
	slices.Sort(sorted[:len(rates)])
	limit := sorted[(len(rates)-1)/2] + outlier*p.mean(origin)
	sum, counted := 0.0, 0.0
	for j, rate := range rates {
		sum, counted = sum+weights[j]*min(rate, limit), counted+weights[j]
	}
	return sum / counted, true
}

// slotOf is an hour's place in the week on the reader's clock.
func slotOf(t time.Time, loc *time.Location) int {
	local := t.In(loc)
	return int(local.Weekday())*hoursInDay + local.Hour()
}
