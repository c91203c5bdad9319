package chart

import (
	"image/color"
	"math"
	"time"
)

// The card's colours.
var (
	cardColor  = color.NRGBA{0x2b, 0x2d, 0x31, 0xff}
	edgeColor  = color.NRGBA{0x46, 0x49, 0x50, 0xff}
	gridColor  = color.NRGBA{0x3a, 0x3d, 0x44, 0xff}
	baseColor  = color.NRGBA{0x5c, 0x60, 0x69, 0xff}
	textColor  = color.NRGBA{0xb5, 0xba, 0xc1, 0xff}
	titleColor = color.NRGBA{0xf2, 0xf3, 0xf5, 0xff}
	fanColor   = color.NRGBA{0x34, 0xd3, 0xa6, 0x48}
	topUpColor = color.NRGBA{0x9b, 0xe7, 0x6b, 0xff}
	lineColor  = color.NRGBA{0x34, 0xd3, 0xa6, 0xff}
	spendColor = color.NRGBA{0x7f, 0x91, 0xff, 0xff}
	warnColor  = color.NRGBA{0xf5, 0xb9, 0x3d, 0xff}
	worstColor = color.NRGBA{0xff, 0x5f, 0x63, 0xff}
)

// Measures of the layout, in pixels.
const (
	margin     = 40.0
	gutter     = 22.0 // between labels and the plot
	rowHeight  = 58.0 // of a row of labels
	capHeight  = 33.0 // of the digits
	heading    = 168.0
	narrowest  = 70.0 // room for amounts that leaves the first date on the card
	stripShare = 0.27 // of the spend strip in the plot's height
	stripGap   = 60.0
	lineWidth  = 7.0
)

// plot is a chart laid out, to be drawn on c.
type plot struct {
	c            *canvas
	s            Series
	runs         [][]sample
	spans        []span
	balance      axis
	spend        axis
	left, right  float64
	bottom       float64
	labels       []sideLabel
	minutes, day int // the steps of the clock; minutes are 0 when days are enough
}

func newPlot(s Series) *plot {
	s = tidy(s)
	p := &plot{s: s, runs: runs(s), spans: spans(s)}
	p.measure(Height - margin - 2*rowHeight)
	p.left = math.Round(margin + gutter + max(p.balance.labelWidth(), p.spend.labelWidth(), narrowest))
	p.labels = p.sideLabels()
	p.right = Width - margin - gutter
	for _, l := range p.labels {
		p.right = min(p.right, math.Floor(Width-margin-gutter-2*pillPad-textWidth(l.text)))
	}
	p.steps()
	if p.minutes == 0 { // one row of labels is enough
		p.measure(Height - margin - rowHeight)
	}
	return p
}

// measure lays the two axes out above bottom.
func (p *plot) measure(bottom float64) {
	p.bottom = bottom
	var levels, spent []float64
	for _, l := range p.s.Levels {
		levels = append(levels, l.Amount.USD())
	}
	for _, run := range p.runs {
		for _, q := range run {
			levels = append(levels, q.v)
		}
	}
	for _, f := range p.s.Forecast {
		levels = append(levels, f.Low.USD(), f.High.USD())
	}
	for _, b := range p.spans {
		spent = append(spent, b.v)
	}
	top, upper := margin+8, bottom
	if p.s.Words != (Words{}) {
		top += heading
	}
	if len(spent) > 0 {
		strip := math.Round((bottom - top) * stripShare)
		upper = bottom - strip - stripGap
		p.spend = newAxis(spent, 2.5, bottom-strip, bottom)
	}
	p.balance = newAxis(levels, 4.5, top, upper)
}

// steps chooses how far apart the time labels are.
func (p *plot) steps() {
	window := seconds(p.end()) - seconds(p.s.From)
	minStep := func(width float64) time.Duration {
		return time.Duration(min(window*width/(p.right-p.left), 1e9) * 1e9)
	}
	p.day = dayStep(minStep(textWidth(isoDate) + 40))
	if p.day == 1 {
		p.minutes = minuteStep(minStep(textWidth("00:00") + 56))
	}
}

// x is the pixel column of a Unix second.
func (p *plot) x(t float64) float64 {
	from, to := seconds(p.s.From), seconds(p.end())
	return p.left + (t-from)/(to-from)*(p.right-p.left)
}

// end is where the time axis ends: with the forecast, the period or the window.
func (p *plot) end() time.Time {
	end := p.s.To
	if p.s.Until.After(end) {
		end = p.s.Until
	}
	for _, f := range p.s.Forecast {
		if f.At.After(end) {
			end = f.At
		}
	}
	return end
}

// grid draws the amounts' lines and labels.
func (p *plot) grid() {
	for _, a := range []axis{p.balance, p.spend} {
		if a.step == 0 {
			continue
		}
		for _, v := range a.ticks() {
			y, c := math.Round(a.y(v)), gridColor
			if v == 0 {
				c = baseColor
			}
			p.c.rect(solid(c), p.left, y-1, p.right, y+1, 0)
			if a.known {
				label := a.label(v)
				p.c.text(solid(textColor), p.left-gutter-textWidth(label), y+capHeight/2, label)
			}
		}
	}
}

// clock draws the time labels, with the dates in a row of their own below hours.
func (p *plot) clock() {
	dates := days(p.s.From, p.end(), p.s.Loc, p.day)
	first := p.bottom + rowHeight + 6
	if p.minutes == 0 {
		p.row(dates, first, math.Inf(-1))
		return
	}
	p.row(hours(p.s.From, p.end(), p.s.Loc, p.minutes), first, math.Inf(-1))
	taken := math.Inf(-1)
	opening := p.s.From.In(p.s.Loc).Format(isoDate)
	if width := textWidth(opening); len(dates) == 0 || p.x(seconds(dates[0].at))-width/2-gutter > p.left+width/2 {
		p.c.text(solid(textColor), p.left-width/2, first+rowHeight-4, opening)
		taken = p.left + width/2
	}
	p.row(dates, first+rowHeight-4, taken)
}

// row writes labels centred under their instants, each clear of the one before.
func (p *plot) row(ticks []tick, base, taken float64) {
	for _, t := range ticks {
		x := math.Round(p.x(seconds(t.at)))
		c := gridColor
		if t.day {
			c = baseColor
		}
		p.c.rect(solid(c), x-1, p.bottom, x+1, p.bottom+8, 0)
		width := textWidth(t.label)
		start := min(max(x-width/2, margin/2), Width-margin/2-width)
		if start < taken+gutter {
			continue
		}
		p.c.text(solid(textColor), start, base, t.label)
		taken = start + width
	}
}
