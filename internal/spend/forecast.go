package spend

import (
	"math"
	"time"

	"mokabot/moka"
)

const (
	leastKnown  = 24 * time.Hour      // readings before anything is foretold
	weekly      = 14 * 24 * time.Hour // readings before weekdays are told apart
	idleAfter   = 72 * time.Hour      // nothing spent for so long: it is not being spent
	halfLife    = 7 * 24 * time.Hour  // after which a past hour counts half
	farthest    = 365 * 24 * time.Hour
	recent      = 3 * 24 * time.Hour // what the level of spending is judged by
	usualNeeds  = 72 * time.Hour
	leastDoubt  = 0.1
	mostDoubt   = 0.6
	hoursInWeek = 7 * 24
)

// Forecast is how long spendable lasts, by the hours of the past: what such an
// hour of the day (with two weeks of readings: of the week, in loc) usually
// costs, scaled to the last days. It is unknown with less than a day of
// readings, and idle when nothing was spent in three.
func Forecast(hours []Hour, spendable moka.Maybe, now time.Time, loc *time.Location) Runway {
	left, known := spendable.Get()
	covered := coveredBy(hours)
	if !known || covered < leastKnown {
		return Runway{}
	}
	if idle(hours, now) {
		return Runway{Idle: true}
	}
	p := newProfile(hours, now, loc, covered >= weekly)
	doubt := p.doubt(hours, loc)
	r := Runway{
		Known: true,
		Low:   p.lasts(left, now, 1+doubt), Mid: p.lasts(left, now, 1), High: p.lasts(left, now, 1-doubt),
	}
	for h := range 24 {
		r.PerDay += moka.Amount(p.at(now.Add(time.Duration(h) * time.Hour)))
	}
	return r
}

// Usual is what an hour such as the one at a moment usually costs; unknown
// before three days of readings.
func Usual(hours []Hour, at time.Time, loc *time.Location) moka.Maybe {
	var spent, covered float64
	if coveredBy(hours) < usualNeeds {
		return moka.Maybe{}
	}
	for _, h := range hours {
		if h.Start.In(loc).Hour() == at.In(loc).Hour() && at.Sub(h.Start) > 2*time.Hour {
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

func idle(hours []Hour, now time.Time) bool {
	for _, h := range hours {
		if h.Spent > 0 && now.Sub(h.Start) < idleAfter {
			return false
		}
	}
	return true
}

// profile is what an hour costs, by its place in the day or the week.
type profile struct {
	rates  []float64 // millionths of a dollar an hour
	scale  float64   // of the last days against the profile
	loc    *time.Location
	weekly bool
}

func newProfile(hours []Hour, now time.Time, loc *time.Location, byWeek bool) *profile {
	p := &profile{loc: loc, weekly: byWeek, scale: 1, rates: make([]float64, hoursInWeek)}
	spent, weight := make([]float64, hoursInWeek), make([]float64, hoursInWeek)
	var allSpent, allWeight float64
	for _, h := range hours {
		w := math.Exp2(-float64(now.Sub(h.Start)) / float64(halfLife))
		slot := p.slot(h.Start)
		spent[slot] += w * float64(h.Spent)
		weight[slot] += w * h.Covered.Hours()
		allSpent, allWeight = allSpent+w*float64(h.Spent), allWeight+w*h.Covered.Hours()
	}
	mean := allSpent / math.Max(allWeight, 1e-9)
	for slot := range p.rates {
		p.rates[slot] = mean // for an hour of which nothing is known
		if weight[slot] > 0.05 {
			p.rates[slot] = spent[slot] / weight[slot]
		}
	}
	p.scale = p.level(hours, now)
	return p
}

// level compares the last days with what the profile expects of them.
func (p *profile) level(hours []Hour, now time.Time) float64 {
	var spent, expected float64
	for _, h := range hours {
		if now.Sub(h.Start) <= recent {
			spent += float64(h.Spent)
			expected += p.at(h.Start) * h.Covered.Hours()
		}
	}
	if expected <= 0 {
		return 1
	}
	return math.Sqrt(min(4, max(0.25, spent/expected)))
}

func (p *profile) slot(t time.Time) int {
	local := t.In(p.loc)
	if p.weekly {
		return int(local.Weekday())*24 + local.Hour()
	}
	return local.Hour()
}

func (p *profile) at(t time.Time) float64 { return p.rates[p.slot(t)] * p.scale }

// doubt is how far days differ from what the profile expects of them.
func (p *profile) doubt(hours []Hour, loc *time.Location) float64 {
	off, all := map[int]float64{}, 0.0
	for _, h := range hours {
		expected := p.at(h.Start) * h.Covered.Hours()
		off[h.Start.In(loc).YearDay()] += float64(h.Spent) - expected
		all += expected
	}
	var sum float64
	for _, o := range off {
		sum += math.Abs(o)
	}
	if all <= 0 {
		return mostDoubt
	}
	return min(mostDoubt, max(leastDoubt, sum/all))
}

// lasts walks through the coming hours until left is spent, at most a year.
func (p *profile) lasts(left moka.Amount, now time.Time, factor float64) time.Duration {
	rest := float64(left)
	if rest <= 0 {
		return 0
	}
	for t := now; t.Sub(now) < farthest; {
		next := t.Truncate(time.Hour).Add(time.Hour)
		part := next.Sub(t).Hours()
		cost := p.at(t) * factor * part
		if cost >= rest {
			return t.Sub(now) + time.Duration(rest/cost*float64(next.Sub(t)))
		}
		rest, t = rest-cost, next
	}
	return farthest
}
