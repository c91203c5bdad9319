// Package chart draws past balances, spending and the expected balance as a PNG for a chat
// message. At a width of 400 pixels its type is still 11 pixels high. Unknown values stay
// open: a gap is never bridged, and a missing figure is never drawn as zero.
package chart

import (
	"image"
	"sync"
	"time"

	"mokabot/moka"
)

// Width and Height are the picture's size in pixels, twice what a desktop
// and four times what a phone shows it at.
const (
	Width  = 1600
	Height = 1000
)

// Series is what one chart shows. A window that does not end after it begins
// is replaced by the one that the data span; without Loc, clocks are in UTC.
type Series struct {
	From, To time.Time
	Loc      *time.Location
	Balance  []Point
	Spend    []Bar
	Levels   []Line
	TopUps   []time.Time
	Forecast []Fan // from To on

	// Rising is for an amount that is the worse the higher it is: what was spent
	// of a budget. Until is when its period ends, to which the time axis reaches.
	Rising bool
	Until  time.Time
	Words  Words
}

// Words name what is shown. A character that the type does not have is left out.
type Words struct {
	Title, Remaining, Spent, TopUps, Forecast string
	Limit                                     string // of the worst line; empty: not named
}

// Fan is the balance that is expected at an instant, and its range.
type Fan struct {
	At             time.Time
	Low, Mid, High moka.Amount
}

// Point is the balance at an instant. Where it is unknown the line is broken.
type Point struct {
	At     time.Time
	Amount moka.Maybe
}

// Bar is what was spent over a while. Where it is unknown nothing is drawn;
// a known zero shows as a flat mark on the base line.
type Bar struct {
	From, To time.Time
	Amount   moka.Maybe
}

// Line is a threshold across the chart: dashed amber, or dashed red for the Worst.
type Line struct {
	Amount moka.Amount
	Worst  bool
}

// drawing lets one picture be drawn at a time: each takes some megabytes
// meanwhile, and more at once would be ready no sooner.
var drawing sync.Mutex

// Draw makes the picture, an opaque card with transparent rounded corners.
// The same series always gives the same bytes.
func Draw(s Series) ([]byte, error) {
	drawing.Lock()
	defer drawing.Unlock()
	return encode(picture(s))
}

func picture(s Series) *image.NRGBA {
	p := newPlot(s)
	p.c = newCanvas(cardColor)
	p.heading()
	p.grid()
	p.clock()
	p.bars()
	p.area()
	p.fan()
	p.levels()
	p.line()
	p.topUps()
	p.moment()
	p.side()
	p.c.round(edgeColor)
	return p.c.img
}
