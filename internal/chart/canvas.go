package chart

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// The radius of the card's corners and the width of its frame, in pixels.
const (
	corner = 36
	frame  = 2
)

// pt is a point in pixels, y down.
type pt struct{ x, y float64 }

// paint is a colour whose strength may fade from one pixel row to another.
type paint struct {
	color.NRGBA
	fadeFrom, fadeTo float64
}

func solid(c color.NRGBA) paint { return paint{NRGBA: c} }

// strength is the paint's alpha on a pixel row.
func (p paint) strength(y int) uint32 {
	if p.fadeFrom == p.fadeTo {
		return uint32(p.A)
	}
	left := 1 - (float64(y)-p.fadeFrom)/(p.fadeTo-p.fadeFrom)
	return uint32(float64(p.A) * min(max(left, 0), 1))
}

// canvas is the card. It stays opaque until round cuts its corners.
type canvas struct {
	img *image.NRGBA
	ras vector.Rasterizer
}

func newCanvas(background color.NRGBA) *canvas {
	c := &canvas{img: image.NewNRGBA(image.Rect(0, 0, Width, Height))}
	copy(c.img.Pix, []byte{background.R, background.G, background.B, background.A})
	for done := 4; done < len(c.img.Pix); done *= 2 {
		copy(c.img.Pix[done:], c.img.Pix[:done])
	}
	return c
}

// blend lays paint over the card as far as the mask covers.
func (c *canvas) blend(mask *image.Alpha, p paint) {
	r := mask.Rect.Intersect(c.img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		strength := p.strength(y)
		cover := mask.Pix[mask.PixOffset(r.Min.X, y):][:r.Dx()]
		row := c.img.Pix[c.img.PixOffset(r.Min.X, y):][:4*r.Dx()]
		for i, m := range cover {
			if m == 0 {
				continue
			}
			a := (uint32(m)*strength + 127) / 255
			px := row[4*i : 4*i+3 : 4*i+3]
			px[0] = mix(px[0], p.R, a)
			px[1] = mix(px[1], p.G, a)
			px[2] = mix(px[2], p.B, a)
		}
	}
}

func mix(under, over uint8, a uint32) uint8 {
	return uint8((uint32(under)*(255-a) + uint32(over)*a + 127) / 255)
}

// mask is the coverage of a shape made of closed contours.
func (c *canvas) mask(contours [][]pt) *image.Alpha {
	r := bounds(contours)
	c.ras.Reset(r.Dx(), r.Dy())
	c.ras.DrawOp = draw.Src
	x, y := float64(r.Min.X), float64(r.Min.Y)
	for _, contour := range contours {
		for i, p := range contour {
			if i == 0 {
				c.ras.MoveTo(float32(p.x-x), float32(p.y-y))
				continue
			}
			c.ras.LineTo(float32(p.x-x), float32(p.y-y))
		}
		c.ras.ClosePath()
	}
	mask := image.NewAlpha(r)
	c.ras.Draw(mask, r, image.Opaque, image.Point{})
	return mask
}

// bounds is the pixel rectangle around all contours.
func bounds(contours [][]pt) image.Rectangle {
	lo, hi := pt{math.Inf(1), math.Inf(1)}, pt{math.Inf(-1), math.Inf(-1)}
	for _, contour := range contours {
		for _, p := range contour {
			lo, hi = pt{min(lo.x, p.x), min(lo.y, p.y)}, pt{max(hi.x, p.x), max(hi.y, p.y)}
		}
	}
	if lo.x > hi.x {
		return image.Rectangle{}
	}
	return image.Rect(int(math.Floor(lo.x)), int(math.Floor(lo.y)), int(math.Ceil(hi.x))+1, int(math.Ceil(hi.y))+1)
}

// fill paints a shape.
func (c *canvas) fill(p paint, contours ...[]pt) {
	if !bounds(contours).Empty() {
		c.blend(c.mask(contours), p)
	}
}

// between paints what lies between a path, from left to right, and a pixel row.
// It goes by columns: a mask of such a shape would take more memory than the
// picture.
func (c *canvas) between(p paint, path []pt, row float64) {
	for i := 1; i < len(path); i++ {
		a, b := path[i-1], path[i]
		for x := int(math.Round(max(a.x, 0))); x < int(math.Round(min(b.x, Width))); x++ {
			part := min(max((float64(x)+0.5-a.x)/(b.x-a.x), 0), 1)
			y := a.y + part*(b.y-a.y)
			c.column(p, x, min(y, row), max(y, row))
		}
	}
}

// column paints one pixel wide from one height to another.
func (c *canvas) column(p paint, x int, top, bottom float64) {
	for y := max(0, int(top)); y < min(Height, int(math.Ceil(bottom))); y++ {
		cover := min(bottom, float64(y+1)) - max(top, float64(y))
		a := uint32(cover * float64(p.strength(y)))
		px := c.img.Pix[c.img.PixOffset(x, y):][:3:3]
		px[0], px[1], px[2] = mix(px[0], p.R, a), mix(px[1], p.G, a), mix(px[2], p.B, a)
	}
}

// rect paints a rectangle with corners of radius r.
func (c *canvas) rect(p paint, x0, y0, x1, y1, r float64) {
	c.fill(p, rounded(x0, y0, x1, y1, r))
}

// rounded is the outline of a rectangle with corners of radius r.
func rounded(x0, y0, x1, y1, r float64) []pt {
	r = min(r, (x1-x0)/2, (y1-y0)/2)
	if r <= 0 {
		return []pt{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
	}
	const steps = 12
	var out []pt
	centres := []pt{{x1 - r, y1 - r}, {x0 + r, y1 - r}, {x0 + r, y0 + r}, {x1 - r, y0 + r}}
	for i, centre := range centres {
		for k := range steps + 1 {
			sin, cos := math.Sincos((float64(i) + float64(k)/steps) * math.Pi / 2)
			out = append(out, pt{centre.x + r*cos, centre.y + r*sin})
		}
	}
	return out
}

// text writes on a base line from x rightwards.
func (c *canvas) text(p paint, x, base float64, text string) {
	var contours [][]pt
	for _, r := range text {
		g := glyphs()[r]
		for _, contour := range g.contours {
			moved := make([]pt, len(contour))
			for i, q := range contour {
				moved[i] = pt{x + q.x, base + q.y}
			}
			contours = append(contours, moved)
		}
		x += g.advance
	}
	c.fill(p, contours...)
}

// stroke paints a path with round joins and ends. Each pixel takes its
// coverage from the nearest part, so that crowded points do not thicken it.
func (c *canvas) stroke(p paint, path []pt, width float64) {
	half := width / 2
	r := bounds([][]pt{path}).Inset(-int(half) - 2)
	mask := image.NewAlpha(r.Intersect(c.img.Rect))
	for i := range path {
		capsule(mask, path[max(0, i-1)], path[i], half)
	}
	c.blend(mask, p)
}

// capsule covers what is within half of the segment from a to b.
func capsule(mask *image.Alpha, a, b pt, half float64) {
	r := bounds([][]pt{{a, b}}).Inset(-int(half) - 2).Intersect(mask.Rect)
	dx, dy := b.x-a.x, b.y-a.y
	square := max(dx*dx+dy*dy, 1e-9)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := mask.Pix[mask.PixOffset(r.Min.X, y):]
		py := float64(y) + 0.5 - a.y
		for x := r.Min.X; x < r.Max.X; x++ {
			px := float64(x) + 0.5 - a.x
			along := min(max((px*dx+py*dy)/square, 0), 1)
			ox, oy := px-along*dx, py-along*dy
			d := ox*ox + oy*oy
			if d >= (half+0.5)*(half+0.5) {
				continue
			}
			cover := uint8(255 * min(half+0.5-math.Sqrt(d), 1))
			row[x-r.Min.X] = max(row[x-r.Min.X], cover)
		}
	}
}

// round frames the card in edge and makes what lies outside its corners transparent.
func (c *canvas) round(edge color.NRGBA) {
	c.rect(solid(edge), 0, 0, Width, frame, 0)
	c.rect(solid(edge), 0, Height-frame, Width, Height, 0)
	c.rect(solid(edge), 0, 0, frame, Height, 0)
	c.rect(solid(edge), Width-frame, 0, Width, Height, 0)
	for y := range corner {
		for x := range corner {
			d := math.Hypot(corner-float64(x)-0.5, corner-float64(y)-0.5)
			for _, at := range []image.Point{{x, y}, {Width - 1 - x, y}, {x, Height - 1 - y}, {Width - 1 - x, Height - 1 - y}} {
				px := c.img.Pix[c.img.PixOffset(at.X, at.Y):]
				cover := uint32(255 * min(max(d-(corner-frame)+0.5, 0), 1))
				px[0], px[1], px[2] = mix(px[0], edge.R, cover), mix(px[1], edge.G, cover), mix(px[2], edge.B, cover)
				px[3] = uint8(255 * min(max(corner+0.5-d, 0), 1))
			}
		}
	}
}
