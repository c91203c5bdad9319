package chart

import (
	"math"
	"strconv"
	"strings"

	"mokabot/moka"
)

// headroom is what an axis leaves free beyond its values, as a share.
const headroom = 0.06

// axis maps dollars to pixel rows and knows its round ticks.
type axis struct {
	lo, hi, step float64
	decimals     int
	top, bottom  float64
	known        bool // whether there is anything to measure
}

// newAxis spans zero and all values, with about n round steps between them.
func newAxis(values []float64, n, top, bottom float64) axis {
	a := axis{top: top, bottom: bottom, known: len(values) > 0}
	for _, v := range values {
		a.lo, a.hi = min(a.lo, v), max(a.hi, v)
	}
	if a.lo == a.hi {
		a.hi = 1
	}
	var exponent int
	a.step, exponent = roundStep((a.hi - a.lo) / n)
	room := (a.hi - a.lo) * headroom
	if a.hi > 0 {
		a.hi += room
	}
	if a.lo < 0 {
		a.lo -= room
	}
	if a.decimals = max(0, -exponent); a.decimals == 1 {
		a.decimals = 2
	}
	return a
}

// roundStep is the smallest 1, 2 or 5 times a power of ten that is at least
// raw and at least a millionth, with that power.
func roundStep(raw float64) (step float64, exponent int) {
	exponent = max(-6, int(math.Floor(math.Log10(raw))))
	for _, m := range []float64{1, 2, 5} {
		if step = m * math.Pow10(exponent); step >= raw*(1-1e-9) {
			return step, exponent
		}
	}
	return math.Pow10(exponent + 1), exponent + 1
}

// y is the pixel row of v.
func (a axis) y(v float64) float64 {
	return a.bottom - (v-a.lo)/(a.hi-a.lo)*(a.bottom-a.top)
}

// ticks are the round values that the axis reaches.
func (a axis) ticks() []float64 {
	var out []float64
	for i := math.Ceil(a.lo / a.step); i <= math.Floor(a.hi/a.step); i++ {
		out = append(out, i*a.step)
	}
	return out
}

// label writes a tick in dollars with as many decimals as the step needs.
func (a axis) label(v float64) string {
	digits := strconv.FormatFloat(math.Abs(v), 'f', a.decimals, 64)
	text, rest, _ := strings.Cut(digits, ".")
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		text = moka.Grouped(n)
	}
	if rest != "" && v != 0 {
		text += "." + rest
	}
	if v < 0 {
		return "-$" + text
	}
	return "$" + text
}

// labelWidth is the width of the widest tick label.
func (a axis) labelWidth() float64 {
	widest := 0.0
	if !a.known {
		return widest
	}
	for _, v := range a.ticks() {
		widest = max(widest, textWidth(a.label(v)))
	}
	return widest
}
