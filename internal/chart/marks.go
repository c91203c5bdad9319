package chart

import (
	"cmp"
	"image/color"
	"math"
	"slices"
	"strings"
	"time"

	"mokabot/moka"
)

// Measures of the marks, in pixels.
const (
	dash       = 14.0
	pillPad    = 16.0
	pillHeight = 64.0
	thinnest   = 7.0 // width of a bar that is still seen on a phone
	zeroMark   = 6.0 // height of a bar that stands for nothing spent
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
		x0, x1 = x0+gap, x1-gap
		if narrow := thinnest - (x1 - x0); narrow > 0 {
			x0, x1 = x0-narrow/2, x1+narrow/2
		}
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

// fan draws the forecast: its range, and its middle dashed.
func (p *plot) fan() {
	if len(p.s.Forecast) < 2 {
		return
	}
	now := p.x(seconds(p.s.To))
	p.c.rect(solid(baseColor), now-2, p.balance.top, now+2, p.bottom, 0)
	var upper, lower, middle []pt
	for _, f := range p.s.Forecast {
		x := p.x(seconds(f.At))
		upper = append(upper, pt{x, p.balance.y(f.High.USD())})
		middle = append(middle, pt{x, p.balance.y(f.Mid.USD())})
		lower = append(lower, pt{x, p.balance.y(f.Low.USD())})
	}
	slices.Reverse(lower)
	p.c.fill(solid(fanColor), append(upper, lower...))
	for _, part := range dashed(middle) {
		p.c.stroke(solid(lineColor), part, lineWidth/2)
	}
}

// dashed cuts a path into dashes, with gaps as long as they are.
func dashed(path []pt) (parts [][]pt) {
	part, left, drawn := []pt{path[0]}, dash, true
	for i, to := range path[1:] {
		from := path[i]
		length := math.Hypot(to.x-from.x, to.y-from.y)
		for ; length > left; length, left, drawn = length-left, dash, !drawn {
			from = pt{from.x + (to.x-from.x)*left/length, from.y + (to.y-from.y)*left/length}
			if drawn {
				parts = append(parts, append(part, from))
			}
			part = []pt{from}
		}
		left -= length
		part = append(part, to)
	}
	if drawn {
		parts = append(parts, part)
	}
	return parts
}

// topUps marks when money came in, by an arrow at the foot of the balance.
func (p *plot) topUps() {
	for _, at := range p.s.TopUps {
		if at.Before(p.s.From) || at.After(p.s.To) {
			continue
		}
		x, y := p.x(seconds(at)), p.balance.bottom
		p.c.rect(solid(topUpColor), x-2, p.balance.top, x+2, y, 0)
		p.c.fill(solid(topUpColor), arrow(x, y))
	}
}

// moment writes the time of the latest figures above the end of the line, unless it is
// midnight, which the days in the heading say.
func (p *plot) moment() {
	local := p.s.To.In(p.s.Loc)
	if p.s.Words == (Words{}) || len(p.runs) == 0 || local.Hour() == 0 && local.Minute() == 0 {
		return
	}
	label := local.Format(isoDate + " 15:04")
	width := textWidth(label)
	x := min(max(p.x(seconds(p.s.To))-width/2, p.left), Width-margin-width)
	p.c.text(solid(textColor), x, p.balance.top-14, label)
}

// arrow points upwards.
func arrow(x, base float64) []pt { return []pt{{x - 18, base}, {x, base - 30}, {x + 18, base}} }

// heading writes the title and what the marks mean, as far as there is room.
func (p *plot) heading() {
	w := p.s.Words
	if w == (Words{}) {
		return
	}
	base := margin + capHeight
	dates := p.s.From.In(p.s.Loc).Format(time.DateOnly)
	end := p.s.To
	if p.s.Until.After(end) {
		end = p.s.Until
	}
	if last := end.Add(-time.Second).In(p.s.Loc).Format(time.DateOnly); last != dates {
		dates += " – " + last
	}
	dates = soft(dates)
	p.c.text(solid(titleColor), margin, base, soft(w.Title))
	if x := Width - margin - textWidth(dates); x > margin+textWidth(w.Title)+gutter {
		p.c.text(solid(textColor), x, base, dates)
	}
	base += rowHeight + 14
	x := margin
	item := func(show bool, label string, mark func(x, base float64)) {
		const swatch = 44.0
		label = soft(label)
		if !show || label == "" || x+swatch+textWidth(label) > Width-margin {
			return
		}
		mark(x, base)
		p.c.text(solid(textColor), x+swatch, base, label)
		x += swatch + textWidth(label) + 48
	}
	square := func(c color.NRGBA) func(x, base float64) {
		return func(x, base float64) { p.c.rect(solid(c), x, base-capHeight, x+30, base, 6) }
	}
	item(len(p.runs) > 0, w.Remaining, func(x, base float64) {
		p.c.stroke(solid(lineColor), []pt{{x + 4, base - capHeight/2}, {x + 28, base - capHeight/2}}, lineWidth)
	})
	item(len(p.spans) > 0, w.Spent, square(spendColor))
	item(len(p.s.Forecast) > 1, w.Forecast, square(fanColor))
	item(len(p.s.Levels) > 0, w.Limit, func(x, base float64) {
		for _, start := range []float64{x, x + 18} {
			p.c.rect(solid(worstColor), start, base-capHeight/2-2, start+dash, base-capHeight/2+2, 2)
		}
	})
	item(len(p.s.TopUps) > 0, w.TopUps, func(x, base float64) { p.c.fill(solid(topUpColor), arrow(x+18, base)) })
}

// soft makes hyphens short: the plain one of the font is as long as a minus.
func soft(text string) string { return strings.ReplaceAll(text, "-", "\u00ad") }

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

// ink is the colour of an amount: that of the worst threshold it has come to,
// from above or, where it rises, from below.
func (p *plot) ink(a moka.Amount) color.NRGBA {
	ink := lineColor
	for _, l := range p.s.Levels {
		reached := a <= l.Amount
		if p.s.Rising {
			reached = a >= l.Amount
		}
		if reached && ink != worstColor {
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
