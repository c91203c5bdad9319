package chart

import (
	_ "embed" // the font
	"encoding/binary"
	"sync"

	"golang.org/x/image/font/gofont/gomedium"
)

// hanzi is the part of the Debian package fonts-droid-fallback (Apache License
// 2.0, Copyright 2006-2010 Google Corp.) that charts need:
//
//	pyftsubset DroidSansFallback.ttf --text=CHARACTERS --no-hinting
//
// with its composite glyphs decomposed
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
		f := openFont(file)
		for _, r := range text {
			out[r] = f.glyph(r)
		}
	}
	return out
})

// sfnt is a TrueType file, read only as far as simple outlines need.
type sfnt struct {
	tables map[string][]byte
	scale  float64
}

func u16(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
func i16(b []byte, at int) int { return int(int16(u16(b, at))) }
func u32(b []byte, at int) int { return int(binary.BigEndian.Uint32(b[at:])) }

func openFont(file []byte) sfnt {
	f := sfnt{tables: map[string][]byte{}}
	for i := range u16(file, 4) {
		entry := file[12+16*i:]
		start := u32(entry, 8)
		f.tables[string(entry[:4])] = file[start : start+u32(entry, 12)]
	}
	f.scale = fontSize / float64(u16(f.tables["head"], 18))
	return f
}

// index looks r up in the character map's Unicode part (format 4).
func (f sfnt) index(r rune) int {
	cmap := f.tables["cmap"]
	for i := range u16(cmap, 2) {
		sub := cmap[u32(cmap, 8+8*i):]
		if u16(sub, 0) != 4 {
			continue
		}
		n := u16(sub, 6) // twice the number of segments
		for seg := 0; seg < n; seg += 2 {
			start, offset := u16(sub, 16+n+seg), u16(sub, 16+3*n+seg)
			if int(r) > u16(sub, 14+seg) || int(r) < start {
				continue
			}
			delta, id := u16(sub, 16+2*n+seg), int(r)
			if offset != 0 {
				id = u16(sub, 16+3*n+seg+offset+2*(int(r)-start))
			}
			return (id + delta) & 0xffff
		}
	}
	return 0
}

// glyph reads one character's advance and outline.
func (f sfnt) glyph(r rune) glyph {
	id := f.index(r)
	metrics := min(id, u16(f.tables["hhea"], 34)-1)
	g := glyph{advance: float64(u16(f.tables["hmtx"], 4*metrics)) * f.scale}
	loca, start, end := f.tables["loca"], 0, 0
	if u16(f.tables["head"], 50) == 0 {
		start, end = 2*u16(loca, 2*id), 2*u16(loca, 2*id+2)
	} else {
		start, end = u32(loca, 4*id), u32(loca, 4*id+4)
	}
	if data := f.tables["glyf"][start:end]; len(data) > 0 && i16(data, 0) > 0 {
		for _, knots := range readKnots(data) {
			g.contours = append(g.contours, flatten(knots, f.scale))
		}
	}
	return g
}

// knot is a point of a quadratic outline, on the curve or steering it.
type knot struct {
	x, y int
	on   bool
}

// readKnots reads the contours of a simple glyph.
func readKnots(data []byte) [][]knot {
	n := i16(data, 0)
	count := u16(data, 10+2*(n-1)) + 1
	at := 10 + 2*n
	at += 2 + u16(data, at) // the hinting program
	flags := make([]byte, 0, count)
	for len(flags) < count {
		flag, repeat := data[at], 0
		if at++; flag&8 != 0 {
			repeat = int(data[at])
			at++
		}
		for range repeat + 1 {
			flags = append(flags, flag)
		}
	}
	xs, at := readCoordinates(data, at, flags, 2, 16)
	ys, _ := readCoordinates(data, at, flags, 4, 32)
	var out [][]knot
	begin := 0
	for c := range n {
		var contour []knot
		for end := u16(data, 10+2*c); begin <= end; begin++ {
			contour = append(contour, knot{xs[begin], ys[begin], flags[begin]&1 != 0})
		}
		out = append(out, contour)
	}
	return out
}

// readCoordinates reads one coordinate of every knot; short and same are the
// flags for one byte, and for a positive byte or no change.
func readCoordinates(data []byte, at int, flags []byte, short, same byte) ([]int, int) {
	out, v := make([]int, len(flags)), 0
	for i, flag := range flags {
		switch {
		case flag&short != 0:
			d := int(data[at])
			if at++; flag&same == 0 {
				d = -d
			}
			v += d
		case flag&same == 0:
			v += i16(data, at)
			at += 2
		}
		out[i] = v
	}
	return out, at
}

// flatten turns an outline into a polygon in pixels.
func flatten(knots []knot, scale float64) []pt {
	at := func(i int) pt {
		k := knots[(i+len(knots))%len(knots)]
		return pt{float64(k.x) * scale, -float64(k.y) * scale}
	}
	mid := func(a, b pt) pt { return pt{(a.x + b.x) / 2, (a.y + b.y) / 2} }
	var out []pt
	for i, k := range knots {
		if k.on {
			out = append(out, at(i))
			continue
		}
		a, b, c := at(i-1), at(i), at(i+1)
		if !knots[(i-1+len(knots))%len(knots)].on {
			a = mid(a, b)
		}
		if !knots[(i+1)%len(knots)].on {
			c = mid(b, c)
		}
		for step := 0.0; step <= 1; step += 0.125 {
			u := 1 - step
			out = append(out, pt{u*u*a.x + 2*u*step*b.x + step*step*c.x, u*u*a.y + 2*u*step*b.y + step*step*c.y})
		}
	}
	return out
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
