package spend

import (
	"math"
	"slices"
)

// tested are the hours ahead at which views are compared with what came.
var tested = [...]int{6, 24, 72, hoursInWeek}

const (
	testEvery  = hoursInDay
	testBack   = 28 * hoursInDay // how far back views are tested
	testFade   = 10 * hoursInDay // after which a test counts half
	sharpness  = 6               // how much more a better view counts
	leastError = 0.01            // of a view, as a logarithm
	trifle     = 0.03            // of the mean: differences below it do not count
	fewKnown   = 0.8             // of a test's hours must be known

	surest   = 0.8  // of the tests lie within the range
	leastOff = 0.08 // half the width of a range, as a logarithm
	youngOff = 0.92 // at least so much, as long as no whole week was seen: 0.4 to 2.5 times
)

// trial is what the views expected of a stretch of the past, and what came.
type trial struct {
	expected [len(tested)][]float64 // by view
	came     [len(tested)]float64
	weight   [len(tested)]float64 // 0: not known
	ripe     bool                 // half of what is known now was known then
}

// blend is all views together, each weighed by how well it would have foretold
// the past, and how far off they would have been.
type blend struct {
	flat, growing [hoursInWeek]float64 // what hours cost now; the second part grows
	growth        float64              // an hour
	off           [len(tested)]float64
	trifle        float64 // millionths of a dollar an hour
}

// newBlend walks through the past once, foretelling on the way what it will see.
func newBlend(p *past) *blend {
	n := p.now()
	all := views(p.count[n] >= 2*hoursInWeek)
	k := knowledge{growth: 1}
	var trials []trial
	for i := range n {
		if (n-i)%testEvery == 0 && n-i <= testBack && p.count[i] >= hoursInDay {
			k.growth = p.growth(i)
			trials = append(trials, newTrial(p, &k, all, i))
		}
		k.learn(p, i)
	}
	k.growth = p.growth(n)
	b := &blend{growth: math.Pow(k.growth, 1.0/hoursInDay), trifle: trifle * p.mean()}
	weights := b.weights(len(all), trials)
	for v, weight := range weights {
		into, factor := &b.flat, weight*k.factor(all[v])
		if all[v].grows {
			into = &b.growing
		}
		for slot := range into {
			into[slot] += factor * k.shape.at(slot, all[v].weekly)
		}
	}
	b.judge(weights, trials, p.count[n] >= hoursInWeek)
	return b
}

// newTrial asks all views at an hour of the past.
func newTrial(p *past, k *knowledge, all []view, at int) (t trial) {
	n := p.now()
	t.ripe = p.count[at] >= p.count[n]/2
	var sums [2][2]float64 // of the daily and the weekly shape, as they are and growing
	grown, perHour, h := 1.0, math.Pow(k.growth, 1.0/hoursInDay), 0
	for j := range hoursInWeek {
		if at+j < n && p.known[at+j] {
			for s, weekly := range []bool{false, true} {
				rate := k.shape.at(p.slots[at+j], weekly)
				sums[s][0] += rate
				sums[s][1] += rate * grown
			}
		}
		grown *= perHour
		if ahead := j + 1; ahead == tested[h] {
			came, known := p.between(at, min(at+ahead, n))
			if at+ahead <= n && known >= fewKnown*float64(ahead) {
				t.came[h], t.weight[h] = came, math.Exp2(-float64(n-at-ahead)/testFade)
			}
			for _, v := range all {
				t.expected[h] = append(t.expected[h], k.factor(v)*sums[index(v.weekly)][index(v.grows)])
			}
			h++
		}
	}
	return t
}

// apart is how far apart two costs of some hours are, as a logarithm.
func (b *blend) apart(x, y float64, hours int) float64 {
	spare := b.trifle * float64(hours)
	if spare <= 0 {
		return 0
	}
	return math.Abs(math.Log((x + spare) / (y + spare)))
}

// weights are what the views count; together 1.
func (b *blend) weights(n int, trials []trial) []float64 {
	weights, sum := make([]float64, n), 0.0
	for v := range weights {
		off, tests := 0.0, math.SmallestNonzeroFloat64
		for _, t := range trials {
			for h, hours := range tested {
				if t.weight[h] > 0 {
					off += t.weight[h] * b.apart(t.expected[h][v], t.came[h], hours)
					tests += t.weight[h]
				}
			}
		}
		weights[v] = math.Pow(leastError+off/tests, -sharpness)
		sum += weights[v]
	}
	for v := range weights {
		weights[v] /= sum
	}
	return weights
}

// judge finds how far off the views were together, once they knew enough.
func (b *blend) judge(weights []float64, trials []trial, wholeWeek bool) {
	least := youngOff
	if wholeWeek {
		least = leastOff
	}
	for h, hours := range tested {
		off := []float64{youngOff, youngOff} // as long as there are few tests
		for _, t := range trials {
			if t.weight[h] == 0 || !t.ripe {
				continue
			}
			sum := 0.0
			for v, weight := range weights {
				sum += weight * t.expected[h][v]
			}
			off = append(off, b.apart(sum, t.came[h], hours))
		}
		slices.Sort(off)
		b.off[h] = max(least, off[int(surest*float64(len(off)))])
	}
}

// doubt is how far off a forecast of so many hours may be, as a logarithm.
func (b *blend) doubt(hours float64) float64 {
	for h := 1; h < len(tested); h++ {
		if lo, hi := float64(tested[h-1]), float64(tested[h]); hours < hi {
			part := max(0, math.Log(hours/lo)/math.Log(hi/lo))
			return b.off[h-1]*(1-part) + b.off[h]*part
		}
	}
	return b.off[len(tested)-1]
}

// around is the range around what so many hours are expected to cost.
func (b *blend) around(cost, hours float64) (low, high float64) {
	factor, spare := math.Exp(b.doubt(hours)), b.trifle*hours
	return max(0, (cost+spare)/factor-spare), (cost+spare)*factor - spare
}
