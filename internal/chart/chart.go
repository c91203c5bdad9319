// Package chart draws how a balance moved and what was spent meanwhile, as a
// PNG for a chat message. The picture holds no words, only digits, dollar signs
// and ISO dates, so it reads the same in every language; and what is unknown
// stays open: a gap is never bridged, a missing figure never drawn as zero.
package chart

import (
	"sync"
	"time"

	"mokabot/moka"
)

// Width and Height are the picture's size in pixels, twice what it is shown at.
const (
	Width  = 1600
	Height = 760
)

// Series is what one chart shows. A window that does not end after it begins
// is replaced by the one that the data span; without Loc, clocks are in UTC.
type Series struct {
	From, To time.Time
	Loc      *time.Location
	Balance  []Point
	Spend    []Bar
	Levels   []Line
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
	p := newPlot(s)
	p.c = newCanvas(cardColor)
	p.grid()
	p.clock()
	p.bars()
	p.area()
	p.levels()
	p.line()
	p.side()
	p.c.round(edgeColor)
	return encode(p.c.img)
}
