package spend

import (
	"math"
	"slices"
	"time"
)

const (
	halfLife    = 12   // hours after which an hour counts half in the pace of now
	paceHours   = 72   // that the pace of now goes by
	paceDoubt   = 9    // hours as usual that it begins with
	paceDearest = 0.25 // hours on average that an hour counts in it at most beyond the usual
	paceFade    = 24   // hours after which half of it is left
	paceLasts   = 60   // times paceFade: what is left of it then no longer changes a float64
	levelDoubt  = 0.25
	levelDays   = 7
	levelAgree  = 5  // times what days differ by is what they have in common, as squares
	minKnown    = 18 // hours of a day for it to say something about the level
	maxLevel    = 3
	trialEvery  = hoursInDay
	trialDays   = 28
	minKnownOf  = 0.8  // part of a trial's hours
	coverage    = 0.74 // of the trials lie within the range
	minDoubt    = 0.08 // half the width of a range, as a logarithm
	youngDoubt  = 0.92 // at least, as long as no whole week was seen: 0.4 to 2.5 times
	negligible  = 0.03 // of the mean: differences below it do not count
	youngTrials = 2    // that every range counts as if they had gone wrong
)

// horizons are the hours ahead at which past forecasts are compared with what came.
var horizons = [...]int{6, 24, 72, hoursInWeek}

// model is what is expected of the coming hours.
type model struct {
	loc           *time.Location
	week, later   [hoursInWeek]float64 // what an hour of the coming week usually costs, and one after it, by its place in the week
	lasting, pace float64              // factors to that: for good, and at present
	doubt         [len(horizons)]float64
	negligible    float64 // millionths of a dollar an hour
}

func newModel(hours []Hour, now time.Time, loc *time.Location) *model {
	p := newPast(hours, now, loc)
	n := p.now()
	fit := make([]float64, n) // what each hour usually cost, by what was known before it
	for i := max(0, n-(trialDays+levelDays)*hoursInDay); i < n; i++ {
		fit[i] = p.usual(i, i, outlierOfDays)
	}
	m := &model{loc: loc, negligible: negligible * p.mean(n)}
	present := now.Truncate(time.Hour)
	for i := range hoursInWeek {
		slot := slotOf(present.Add(time.Duration(i)*time.Hour), loc)
		m.week[slot], m.later[slot] = p.usual(n+i, n, outlierOfDays), p.usual(n+i, n, outlierHours)
	}
	m.lasting, m.pace = p.level(fit, n)
	m.learnDoubt(p, fit)
	return m
}

// level compares what hours before the origin cost with what they usually cost.
// The lasting factor is what the last seven days have in common, where they differ
// little beside it; the pace goes by the last hours.
func (p *past) level(fit []float64, origin int) (lasting, pace float64) {
	lasting, mean := 1.0, p.mean(origin)
	if mean <= 0 {
		return 1, 1
	}
	var sum, squares, days float64
	for day := range levelDays {
		var spent, usual float64
		known := 0
		for i := max(hoursInWeek, origin-(day+1)*hoursInDay); i < origin-day*hoursInDay; i++ {
			if p.known[i] {
				spent, usual, known = spent+p.rates[i], usual+fit[i], known+1
			}
		}
		if known >= minKnown {
			doubt := levelDoubt * mean * hoursInDay
			off := math.Log((spent + doubt) / (usual + doubt))
			sum, squares, days = sum+off, squares+off*off, days+1
		}
	}
	if off := sum / days; days >= levelDays-1 && off*off > levelAgree*(squares/days-off*off) {
		lasting = min(maxLevel, max(1.0/maxLevel, math.Exp(off)))
	}
	spent, usual := paceDoubt*mean*lasting, paceDoubt*mean
	for i := max(hoursInDay, origin-paceHours); i < origin; i++ {
		if p.known[i] {
			weight := math.Exp2(-float64(origin-i) / halfLife)
			spent, usual = spent+weight*min(p.rates[i], 2*fit[i]*lasting+paceDearest*mean), usual+weight*fit[i]
		}
	}
	return lasting, spent / usual
}

// learnDoubt finds how far off forecasts of the last four weeks were.
func (m *model) learnDoubt(p *past, fit []float64) {
	n := p.now()
	var off [len(horizons)][]float64
	for h := range off {
		off[h] = slices.Repeat([]float64{youngDoubt}, youngTrials)
	}
	for origin := n - trialEvery; origin >= max(hoursInDay, n-trialDays*hoursInDay); origin -= trialEvery {
		if p.count[origin] < max(hoursInDay, p.count[n]/2) {
			break // so much less was known that it says nothing about today's forecasts
		}
		lasting, pace := p.level(fit, origin)
		cost, h := 0.0, 0
		for i := range min(hoursInWeek, n-origin) {
			if p.known[origin+i] {
				cost += p.usual(origin+i, origin, outlierOfDays) * factor(lasting, pace, float64(i))
			}
			if ahead := i + 1; ahead == horizons[h] {
				if came, known := p.between(origin, origin+ahead); known >= minKnownOf*float64(ahead) {
					off[h] = append(off[h], m.apart(cost, came, ahead))
				}
				h++
			}
		}
	}
	minimum := youngDoubt
	if p.count[n] >= hoursInWeek {
		minimum = minDoubt
	}
	for h := range off {
		slices.Sort(off[h])
		m.doubt[h] = max(minimum, off[h][int(coverage*float64(len(off[h])))])
	}
}

// factor is what an hour some hours ahead costs against what is usual for it: the
// pace of now holds for the next day. What is spent sooner is not spent later: h
// hours cost as much more as h·2^(-h/24) hours at that pace, which is nothing in a week.
func factor(lasting, pace, hoursAhead float64) float64 {
	if hoursAhead > paceLasts*paceFade {
		return lasting
	}
	holds := (1 - hoursAhead*math.Ln2/paceFade) * math.Exp2(-hoursAhead/paceFade)
	return max(0, lasting+(pace-lasting)*holds)
}

// apart is how far apart two costs of some hours are, as a logarithm.
func (m *model) apart(x, y float64, hours int) float64 {
	spare := m.negligible * float64(hours)
	if spare <= 0 {
		return 0
	}
	return math.Abs(math.Log((x + spare) / (y + spare)))
}

// around returns the range of what some hours may cost around what they are expected to.
func (m *model) around(cost, hours float64) (low, high float64) {
	last := len(horizons) - 1
	doubt := m.doubt[last] * math.Sqrt(math.Sqrt(min(1, float64(horizons[last])/hours)))
	for h := 1; h < len(horizons); h++ {
		if lo, hi := float64(horizons[h-1]), float64(horizons[h]); hours < hi {
			part := max(0, math.Log(hours/lo)/math.Log(hi/lo))
			doubt = m.doubt[h-1]*(1-part) + m.doubt[h]*part
			break
		}
	}
	widen, spare := math.Exp(doubt), m.negligible*hours
	return max(0, (cost+spare)/widen-spare), (cost+spare)*widen - spare
}

// expected is what an hour that begins at t is expected to cost at now.
func (m *model) expected(t, now time.Time) float64 {
	week, ahead := &m.week, max(0, t.Sub(now).Hours())
	if ahead >= hoursInWeek {
		week = &m.later
	}
	return week[slotOf(t, m.loc)] * factor(m.lasting, m.pace, ahead)
}

// walk goes through the coming hours and adds up what they will cost.
type walk struct {
	*model
	now, t time.Time
	cost   float64 // up to t
}

func (m *model) walk(now time.Time) *walk { return &walk{model: m, now: now, t: now} }

// step goes on to the next full hour, or to the end if that comes first, and
// returns how far that was.
func (w *walk) step(end time.Time) time.Duration {
	next := w.t.Truncate(time.Hour).Add(time.Hour)
	if next.After(end) {
		next = end
	}
	part := next.Sub(w.t)
	w.cost += part.Hours() * w.expected(w.t, w.now)
	w.t = next
	return part
}
