package chart

import (
	"cmp"
	"image/color"
	"math"
	"slices"
	"strings"

	"mokabot/moka"
)

// Measures of the marks, in pixels.
const (
	dash       = 14.0
	pillPad    = 14.0
	pillHeight = 46.0
	zeroMark   = 5.0 // height of a bar that stands for nothing spent
)

// sideLabel is an amount beside the plot's right edge: a threshold's, or the
// latest balance on a pill.
type sideLabel struct {
	y    float64
	text string
	ink  color.NRGBA
	pill bool
}

// bars draws what was spent.
func (p *plot) bars() {
	for _, b := range p.spans {
		x0, x1 := p.x(b.from), p.x(b.to)
		gap := min((x1-x0)*0.12, 4)
		x0, x1 = x0+gap, max(x1-gap, x0+gap+1.5)
		zero, y := p.spend.y(0), p.spend.y(b.v)
		if math.Abs(zero-y) < zeroMark {
			y = zero - math.Copysign(zeroMark, b.v)
		}
		ink := spendColor
		if b.v == 0 {
			ink.A = 0x80
		}
		p.c.fill(solid(ink), column(x0, x1, zero, y))
	}
}

// column is a bar's outline: square where it stands, rounded at its end y.
func column(x0, x1, zero, y float64) []pt {
	r := min(6, (x1-x0)/4, math.Abs(zero-y))
	out := []pt{{x1, zero}}
	for i, x := range []float64{x1 - r, x0 + r} {
		for k := 0.0; k <= 6; k++ {
			sin, cos := math.Sincos((float64(i) + k/6) * math.Pi / 2)
			out = append(out, pt{x + r*cos, y + math.Copysign(r*(1-sin), zero-y)})
		}
	}
	return append(out, pt{x0, zero})
}

// pixels is a run as a path on the canvas.
func (p *plot) pixels(run []sample) []pt {
	path := make([]pt, len(run))
	for i, q := range run {
		path[i] = pt{p.x(q.t), p.balance.y(q.v)}
	}
	return thin(path)
}

// area tints what lies between the balance and zero.
func (p *plot) area() {
	tint := lineColor
	tint.A = 0x50
	fade := paint{tint, p.balance.top, p.balance.bottom + 40}
	for _, run := range p.runs {
		p.c.between(fade, p.pixels(run), p.balance.y(0))
	}
}

// line draws the balance; a lone point becomes a dot.
func (p *plot) line() {
	for _, run := range p.runs {
		path := p.pixels(run)
		p.c.stroke(solid(lineColor), path, lineWidth)
		if len(path) == 1 {
			p.c.stroke(solid(lineColor), path, 2*lineWidth)
		}
	}
	if last, ok := latest(p.s); ok {
		amount, _ := last.Amount.Get()
		at := []pt{{p.x(seconds(last.At)), p.balance.y(amount.USD())}}
		p.c.stroke(solid(p.ink(amount)), at, 20)
	}
}

// levels draws the thresholds.
func (p *plot) levels() {
	for _, l := range p.s.Levels {
		y := math.Round(p.balance.y(l.Amount.USD()))
		n := math.Round((p.right - p.left + dash) / (2 * dash))
		pitch := (p.right - p.left - dash) / (n - 1) // the last dash ends with the plot
		for i := range int(n) {
			x := math.Round(p.left + float64(i)*pitch)
			p.c.rect(solid(levelColor(l)), x, y-2, x+dash, y+2, 2)
		}
	}
}

// ink is the colour of an amount: that of the worst threshold it does not exceed.
func (p *plot) ink(a moka.Amount) color.NRGBA {
	ink := lineColor
	for _, l := range p.s.Levels {
		if a <= l.Amount && ink != worstColor {
			ink = levelColor(l)
		}
	}
	return ink
}

func levelColor(l Line) color.NRGBA {
	if l.Worst {
		return worstColor
	}
	return warnColor
}

// sideLabels are the amounts to write beside the plot: the latest balance
// first, then as many thresholds as there is room for.
func (p *plot) sideLabels() []sideLabel {
	var out []sideLabel
	if last, ok := latest(p.s); ok {
		amount, _ := last.Amount.Get()
		out = append(out, sideLabel{text: amount.String(), ink: p.ink(amount), pill: true, y: amount.USD()})
	}
	for _, l := range p.s.Levels {
		out = append(out, sideLabel{text: brief(l.Amount), ink: levelColor(l), y: l.Amount.USD()})
	}
	room := int((p.balance.bottom - p.balance.top) / pillHeight)
	return out[:min(len(out), room)]
}

// brief is an amount without empty cents.
func brief(a moka.Amount) string { return strings.TrimSuffix(a.String(), ".00") }

// side writes the amounts beside the plot, moved apart where they would collide.
func (p *plot) side() {
	labels := slices.Clone(p.labels)
	slices.SortStableFunc(labels, func(a, b sideLabel) int {
		return cmp.Compare(b.y, a.y)
	})
	for i := range labels {
		labels[i].y = math.Round(p.balance.y(labels[i].y))
	}
	bottom := p.balance.bottom
	if bottom == p.bottom { // keep clear of the time labels
		bottom -= 14
	}
	spread(labels, p.balance.top, bottom)
	for _, l := range labels {
		x, ink := p.right+gutter, l.ink
		if l.pill {
			p.c.rect(solid(ink), x, l.y-pillHeight/2, x+textWidth(l.text)+2*pillPad, l.y+pillHeight/2, pillHeight/2)
			ink = cardColor
		}
		p.c.text(solid(ink), x+pillPad, l.y+capHeight/2, l.text)
	}
}

// spread moves labels apart, downwards first and then back up from the bottom.
func spread(labels []sideLabel, top, bottom float64) {
	floor := top
	for i := range labels {
		labels[i].y = max(labels[i].y, floor)
		floor = labels[i].y + pillHeight
	}
	ceiling := bottom
	for i := range slices.Backward(labels) {
		labels[i].y = min(labels[i].y, ceiling)
		ceiling = labels[i].y - pillHeight
	}
}
