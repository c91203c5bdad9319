package chart

import (
	_ "embed" // the font
	"fmt"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// hanzi is the part of the Debian package fonts-droid-fallback (Apache License
// 2.0, Copyright 2006-2010 Google Corp.) that charts need:
//
//	pyftsubset DroidSansFallback.ttf --text=CHARACTERS --no-hinting
//
// with its composite glyphs decomposed and an empty post table.
//
//go:embed hanzi.ttf
var hanzi []byte

// The characters that a chart can hold, by the file that has them.
const (
	latinAlphabet = " !%&'()*+,-./0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz$–·\u00ad"
	hanziAlphabet = "余额与消耗可用每小时日充值预测天周月按今已花费剩到期算超支"
)

// fontSize is the height of the type's em in pixels: 11.5 at a width of 400.
const fontSize = 46.0

// glyph is a character's outline in pixels, y down from the base line.
type glyph struct {
	advance  float64
	contours [][]pt
}

// glyphs are the characters of both alphabets, read once.
var glyphs = sync.OnceValue(func() map[rune]glyph {
	out := map[rune]glyph{}
	for text, file := range map[string][]byte{latinAlphabet: gomedium.TTF, hanziAlphabet: hanzi} {
		f, err := sfnt.Parse(file)
		for _, r := range text {
			if err == nil {
				out[r], err = readGlyph(f, r)
			}
		}
		if err != nil {
			panic(fmt.Sprintf("chart: a font of the program itself: %v", err))
		}
	}
	return out
})

// readGlyph reads one character's advance and outline. At one pixel for each of
// the font's units nothing is rounded.
func readGlyph(f *sfnt.Font, r rune) (g glyph, err error) {
	var b sfnt.Buffer
	size := fixed.I(int(f.UnitsPerEm()))
	scale := fontSize / float64(size)
	id, err := f.GlyphIndex(&b, r)
	if err != nil {
		return g, err
	}
	advance, err := f.GlyphAdvance(&b, id, size, font.HintingNone)
	if err != nil {
		return g, err
	}
	g.advance = float64(advance) * scale
	segments, err := f.LoadGlyph(&b, id, size, nil)
	for _, s := range segments {
		to := func(i int) pt { return pt{float64(s.Args[i].X) * scale, float64(s.Args[i].Y) * scale} }
		switch last := len(g.contours) - 1; s.Op {
		case sfnt.SegmentOpMoveTo:
			g.contours = append(g.contours, []pt{to(0)})
		case sfnt.SegmentOpLineTo:
			g.contours[last] = append(g.contours[last], to(0))
		case sfnt.SegmentOpQuadTo: // TrueType has no cubic ones
			g.contours[last] = bend(g.contours[last], to(0), to(1))
		}
	}
	return g, err
}

// bend goes on with a quadratic curve, as eight straight pieces.
func bend(contour []pt, control, end pt) []pt {
	a := contour[len(contour)-1]
	for step := 0.125; step <= 1; step += 0.125 {
		u := 1 - step
		contour = append(contour, pt{u*u*a.x + 2*u*step*control.x + step*step*end.x, u*u*a.y + 2*u*step*control.y + step*step*end.y})
	}
	return contour
}

// Shows reports whether the type has all characters of a text.
func Shows(text string) bool {
	for _, r := range text {
		if _, ok := glyphs()[r]; !ok {
			return false
		}
	}
	return true
}

// textWidth is how many pixels text takes.
func textWidth(text string) float64 {
	width := 0.0
	for _, r := range text {
		width += glyphs()[r].advance
	}
	return width
}
