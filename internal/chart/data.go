package chart

import (
	"math"
	"slices"
	"time"
)

// minWindow is the shortest window that is drawn as it is; shorter ones are widened.
const minWindow = time.Minute

// sample is a known balance: dollars at a Unix second.
type sample struct{ t, v float64 }

// span is a known spend between two Unix seconds, cut to the window.
type span struct{ from, to, v float64 }

// seconds is t as Unix seconds; unlike a Duration it does not saturate.
func seconds(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }

// tidy returns s with a zone, a window of some length and its points in order.
func tidy(s Series) Series {
	if s.Loc == nil {
		s.Loc = time.UTC
	}
	s.Balance = slices.Clone(s.Balance)
	slices.SortStableFunc(s.Balance, func(a, b Point) int { return a.At.Compare(b.At) })
	if s.To.Sub(s.From) >= minWindow {
		return s
	}
	if from, to, ok := extent(s); ok && !s.To.After(s.From) {
		s.From, s.To = from, to
	}
	if s.To.Sub(s.From) < minWindow {
		s.From, s.To = s.From.Add(-30*time.Minute), s.From.Add(30*time.Minute)
	}
	return s
}

// extent is the window that the points and bars span.
func extent(s Series) (from, to time.Time, ok bool) {
	var all []time.Time
	for _, p := range s.Balance {
		all = append(all, p.At)
	}
	for _, b := range s.Spend {
		all = append(all, b.From, b.To)
	}
	if len(all) == 0 {
		return from, to, false
	}
	return slices.MinFunc(all, time.Time.Compare), slices.MaxFunc(all, time.Time.Compare), true
}

// runs are the unbroken stretches of the balance inside the window.
func runs(s Series) [][]sample {
	var all [][]sample
	var run []sample
	flush := func() {
		if cut := clip(run, seconds(s.From), seconds(s.To)); len(cut) > 0 {
			all = append(all, cut)
		}
		run = nil
	}
	for _, p := range s.Balance {
		amount, known := p.Amount.Get()
		if !known {
			flush()
			continue
		}
		run = append(run, sample{seconds(p.At), amount.USD()})
	}
	flush()
	return all
}

// clip keeps what lies between lo and hi and cuts the line where it crosses them.
func clip(run []sample, lo, hi float64) []sample {
	var out []sample
	for i, p := range run {
		for _, edge := range []float64{lo, hi} {
			if i > 0 && run[i-1].t < edge && edge < p.t {
				q := run[i-1]
				out = append(out, sample{edge, q.v + (p.v-q.v)*(edge-q.t)/(p.t-q.t)})
			}
		}
		if lo <= p.t && p.t <= hi {
			out = append(out, p)
		}
	}
	return out
}

// latest is the last balance inside the window, if that one is known.
func latest(s Series) (Point, bool) {
	for _, p := range slices.Backward(s.Balance) {
		if p.At.After(s.To) {
			continue
		}
		return p, p.Amount.Known() && !p.At.Before(s.From)
	}
	return Point{}, false
}

// spans are the known bars inside the window.
func spans(s Series) []span {
	var out []span
	for _, b := range s.Spend {
		amount, known := b.Amount.Get()
		from, to := max(seconds(b.From), seconds(s.From)), min(seconds(b.To), seconds(s.To))
		if known && from < to {
			out = append(out, span{from, to, amount.USD()})
		}
	}
	return out
}

// thin drops what would fall on the same pixel column, except for the first,
// lowest, highest and last of each.
func thin(path []pt) []pt {
	var out []pt
	for i := 0; i < len(path); {
		end, low, high := i+1, i, i
		for ; end < len(path) && math.Floor(path[end].x) == math.Floor(path[i].x); end++ {
			if path[end].y < path[low].y {
				low = end
			}
			if path[end].y > path[high].y {
				high = end
			}
		}
		keep := []int{i, min(low, high), max(low, high), end - 1}
		for _, k := range slices.Compact(keep) {
			out = append(out, path[k])
		}
		i = end
	}
	return out
}
