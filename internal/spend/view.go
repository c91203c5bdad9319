package spend

import "math"

// A view is one way to foretell an account from its past.
type view struct {
	weekly bool // by the hour of the week; else by the hour of the day
	level  int  // which of the levels scales it; -1: none
	grows  bool // on as before
}

// levelHours are after how many hours the past counts half in a level.
var levelHours = [...]float64{10, 72}

// levelFades are what an hour counts in a level against the next one.
var levelFades = [...]float64{math.Exp2(-1 / levelHours[0]), math.Exp2(-1 / levelHours[1])}

// views are all ways that are tried.
func views(weekdays bool) (all []view) {
	for _, weekly := range []bool{false, true} {
		if weekly && !weekdays {
			break
		}
		all = append(all, view{weekly, -1, false})
		for level := range levelHours {
			all = append(all, view{weekly, level, false}, view{weekly, level, true})
		}
	}
	return all
}

const (
	shapeHours = 21 * hoursInDay // after which an hour counts half in a shape
	levelDoubt = 12              // hours as usual that a level begins with
	mostGrowth = 1.1             // a day, and its inverse for decline
	growsFor   = 14 * hoursInDay
)

// shape is what an hour costs by its place in the day and in the week, younger
// hours counting more.
type shape struct {
	spent, weight       [hoursInWeek]float64
	daySpent, dayWeight [hoursInDay]float64
	allSpent, allWeight float64
}

func (s *shape) learn(slot int, rate, weight float64) {
	hour := slot % hoursInDay
	s.spent[slot], s.weight[slot] = s.spent[slot]+weight*rate, s.weight[slot]+weight
	s.daySpent[hour], s.dayWeight[hour] = s.daySpent[hour]+weight*rate, s.dayWeight[hour]+weight
	s.allSpent, s.allWeight = s.allSpent+weight*rate, s.allWeight+weight
}

// at is what an hour at that place costs; where nothing is known of it, what
// such an hour costs on any day, or any hour.
func (s *shape) at(slot int, weekly bool) float64 {
	if weekly && s.weight[slot] > 0 {
		return s.spent[slot] / s.weight[slot]
	}
	if hour := slot % hoursInDay; s.dayWeight[hour] > 0 {
		return s.daySpent[hour] / s.dayWeight[hour]
	}
	return s.mean()
}

func (s *shape) mean() float64 {
	if s.allWeight == 0 {
		return 0
	}
	return s.allSpent / s.allWeight
}

// level compares what the last hours cost with what a shape said of them.
type level struct{ spent, expected float64 }

func (l *level) learn(rate, expected, fade float64) {
	l.spent, l.expected = l.spent*fade+rate, l.expected*fade+expected
}

func (l level) factor(mean float64) float64 {
	if mean <= 0 {
		return 1
	}
	return (l.spent + levelDoubt*mean) / (l.expected + levelDoubt*mean)
}

// knowledge is what was learned of the past up to an hour.
type knowledge struct {
	shape  shape
	levels [2][len(levelHours)]level // of the daily and of the weekly shape
	growth float64                   // a day
}

// learn takes an hour in. Levels begin when a day has given shapes.
func (k *knowledge) learn(p *past, i int) {
	if !p.known[i] {
		return
	}
	rate := p.rates[i]
	if p.count[i] >= hoursInDay {
		for s, weekly := range []bool{false, true} {
			expected := k.shape.at(p.slots[i], weekly)
			for l := range k.levels[s] {
				k.levels[s][l].learn(rate, expected, levelFades[l])
			}
		}
	}
	k.shape.learn(p.slots[i], rate, math.Exp2(float64(i)/shapeHours))
}

// factor scales a view's shape to what it expects of the present.
func (k *knowledge) factor(v view) float64 {
	if v.level < 0 {
		return 1
	}
	factor := k.levels[index(v.weekly)][v.level].factor(k.shape.mean())
	if v.grows { // a level lags behind by the age of what it is made of
		factor *= math.Pow(k.growth, levelHours[v.level]/math.Ln2/hoursInDay)
	}
	return factor
}

// growth is the factor by which a day cost more than the one before, from the
// two weeks before an hour; 1 when they are not known well enough.
func (p *past) growth(at int) float64 {
	const most = 0.75 * hoursInWeek
	if at < 2*hoursInWeek {
		return 1
	}
	late, known := p.between(at-hoursInWeek, at)
	early, knownBefore := p.between(at-2*hoursInWeek, at-hoursInWeek)
	if known < most || knownBefore < most || late <= 0 || early <= 0 {
		return 1
	}
	daily := math.Pow(late/known/(early/knownBefore), 1.0/7)
	return min(mostGrowth, max(1/mostGrowth, daily))
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}
