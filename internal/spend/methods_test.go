package spend

import (
	"math"
	"time"
)

// method forecasts the coming hours from those before, both without gaps.
type method struct {
	name string
	of   func(known []float64, ahead int) []float64
}

// simpleMethods are the textbook's, for comparison.
func simpleMethods() []method {
	simple := []method{{"seasonal naive", seasonalNaive}, {"hour-of-week mean", hourOfWeekMean}, {"Holt-Winters", holtWinters}, {"Theta", theta}}
	average := func(known []float64, ahead int) []float64 {
		sum := make([]float64, ahead)
		for _, m := range simple {
			for i, v := range m.of(known, ahead) {
				sum[i] += v / float64(len(simple))
			}
		}
		return sum
	}
	last := func(known []float64, ahead int) []float64 {
		rate := sumOf(known[max(0, len(known)-hoursInDay):]) / float64(min(len(known), hoursInDay))
		return constant(rate, ahead)
	}
	return append(simple, method{"average of these", average}, method{"last 24 hours", last})
}

func sumOf(v []float64) (sum float64) {
	for _, x := range v {
		sum += x
	}
	return sum
}

func constant(v float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// season is a week, or a day as long as there is less than a week.
func season(known []float64) int {
	if len(known) >= hoursInWeek {
		return hoursInWeek
	}
	return hoursInDay
}

func seasonalNaive(known []float64, ahead int) []float64 {
	s := season(known)
	out := make([]float64, ahead)
	for i := range out {
		out[i] = known[len(known)-s+i%s]
	}
	return out
}

func hourOfWeekMean(known []float64, ahead int) []float64 {
	s := season(known)
	out := make([]float64, ahead)
	for i := range out {
		n := 0.0
		for k := 1; k <= 4; k++ {
			if j := len(known) - k*s + i%s; j >= 0 {
				out[i], n = out[i]+known[j], n+1
			}
		}
		out[i] /= n
	}
	return out
}

// holtWinters is additive, with a damped trend and the weights that fit the
// past best.
func holtWinters(known []float64, ahead int) []float64 {
	s := season(known)
	var best []float64
	least := math.Inf(1)
	for _, alpha := range []float64{0.02, 0.1, 0.3} {
		for _, beta := range []float64{0, 0.01} {
			for _, gamma := range []float64{0.1, 0.3} {
				const damped = 0.98
				level, trend := sumOf(known[:s])/float64(s), 0.0
				of := make([]float64, s)
				for i := range of {
					of[i] = known[i] - level
				}
				off := 0.0
				for t := s; t < len(known); t++ {
					d := known[t] - level - damped*trend - of[t%s]
					off += d * d
					before := level
					level += damped*trend + alpha*d
					trend = damped*trend + beta*(level-before-damped*trend)
					of[t%s] += gamma * (1 - alpha) * d
				}
				if off < least {
					least, best = off, make([]float64, ahead)
					sum, f := 0.0, 1.0
					for i := range best {
						f *= damped
						sum += f * trend
						best[i] = max(0, level+sum+of[(len(known)+i)%s])
					}
				}
			}
		}
	}
	return best
}

// theta is simple exponential smoothing plus half the linear trend, of the
// series without its season.
func theta(known []float64, ahead int) []float64 {
	s := season(known)
	mean := sumOf(known) / float64(len(known))
	index, n := make([]float64, s), make([]float64, s)
	for t, v := range known {
		index[t%s], n[t%s] = index[t%s]+v, n[t%s]+1
	}
	for i := range index {
		index[i] /= n[i] * mean
	}
	flat := make([]float64, len(known))
	var sx, sy, sxx, sxy float64
	for t, v := range known {
		flat[t] = v / max(index[t%s], 0.01)
		x := float64(t)
		sx, sy, sxx, sxy = sx+x, sy+flat[t], sxx+x*x, sxy+x*flat[t]
	}
	count := float64(len(known))
	slope := (count*sxy - sx*sy) / (count*sxx - sx*sx)
	least, level := math.Inf(1), 0.0
	for _, alpha := range []float64{0.005, 0.02, 0.1, 0.3} {
		l, off := flat[0], 0.0
		for _, v := range flat[1:] {
			off += (v - l) * (v - l)
			l += alpha * (v - l)
		}
		if off < least {
			least, level = off, l
		}
	}
	out := make([]float64, ahead)
	for i := range out {
		out[i] = max(0, (level+slope/2*float64(i+1))*index[(len(known)+i)%s])
	}
	return out
}

// oldUsual is the rule for spikes that this package had before: the mean of the
// same hour of all days.
func oldUsual(hours []Hour, at time.Time, loc *time.Location) (float64, bool) {
	var spent, covered float64
	if coveredBy(hours) < usualNeeds {
		return 0, false
	}
	for _, h := range hours {
		if h.Covered >= minCovered && h.Start.In(loc).Hour() == at.In(loc).Hour() && at.Sub(h.Start) > 2*time.Hour {
			spent += float64(h.Spent)
			covered += h.Covered.Hours()
		}
	}
	return spent / max(covered, 1), covered >= 1
}
