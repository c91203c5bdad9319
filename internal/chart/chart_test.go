package chart

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// The golden pictures are those of the documentation.
func TestGolden(t *testing.T) {
	for name, s := range scenes() {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("..", "..", "docs", name+"-chart.png")
			if *update {
				if err := os.WriteFile(file, drawn(t, s), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, picture(s), decoded(t, want))
		})
	}
}

// The middle of a forecast is dashed alike, however far apart its points are.
func TestDashesAreOfOneLength(t *testing.T) {
	for _, path := range [][]pt{
		{{0, 0}, {100, 0}},
		{{0, 0}, {5, 0}, {5, 12}, {5, 30}, {40, 30}, {40, 95}},
		{{0, 0}, {60, 80}, {60, 80}, {61, 80}},
	} {
		length := func(path []pt) (sum float64) {
			for i, to := range path[1:] {
				sum += math.Hypot(to.x-path[i].x, to.y-path[i].y)
			}
			return sum
		}
		parts := dashed(path)
		if want := int(math.Ceil(length(path) / (2 * dash))); len(parts) != want {
			t.Errorf("%v: %d dashes, want %d", path, len(parts), want)
		}
		for i, part := range parts {
			if got := length(part); got > dash+1e-9 || got < dash-1e-9 && i < len(parts)-1 {
				t.Errorf("%v: dash %d is %.2f long", path, i, got)
			}
		}
	}
}

// compare fails where a channel differs by more than rounding may on another processor.
func compare(t *testing.T, got, want *image.NRGBA) {
	t.Helper()
	if got.Rect != want.Rect {
		t.Fatalf("%v instead of %v", got.Rect, want.Rect)
	}
	for i := range got.Pix {
		if d := int(got.Pix[i]) - int(want.Pix[i]); d < -3 || d > 3 {
			t.Fatalf("pixel %d,%d differs by %d", i%got.Stride/4, i/got.Stride, d)
		}
	}
}

func TestDrawIsDeterministic(t *testing.T) {
	proof.NotShort(t)
	for name, s := range scenes() {
		if !bytes.Equal(drawn(t, s), drawn(t, s)) {
			t.Errorf("%s: two pictures of one series differ", name)
		}
	}
}

func TestCornersAreTransparentAndTheCardIsNot(t *testing.T) {
	img := decoded(t, drawn(t, Series{}))
	compare(t, img, picture(Series{}))
	if img.Rect.Dx() != Width || img.Rect.Dy() != Height {
		t.Fatal(img.Rect)
	}
	for _, at := range []image.Point{{0, 0}, {Width - 1, 0}, {0, Height - 1}, {Width - 1, Height - 1}} {
		if a := img.NRGBAAt(at.X, at.Y).A; a != 0 {
			t.Errorf("corner %v has alpha %d", at, a)
		}
	}
	for _, at := range []image.Point{{Width / 2, 0}, {0, Height / 2}, {Width / 2, Height / 2}} {
		if a := img.NRGBAAt(at.X, at.Y).A; a != 255 {
			t.Errorf("card at %v has alpha %d", at, a)
		}
	}
}

func TestGapsStayOpen(t *testing.T) {
	p := newPlot(scenes()["gap"])
	img := picture(p.s)
	from, to := int(p.x(seconds(gapFrom)))+10, int(p.x(seconds(gapTo)))-10
	for x := from; x < to; x++ {
		for y := range Height {
			switch img.NRGBAAt(x, y) {
			case lineColor, spendColor:
				t.Fatalf("something is drawn in the gap at %d,%d", x, y)
			}
		}
	}
}

func TestUnknownSpendIsNotZero(t *testing.T) {
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	bar := func(h int, m moka.Maybe) Bar {
		return Bar{at.Add(time.Duration(h) * time.Hour), at.Add(time.Duration(h+1) * time.Hour), m}
	}
	p := newPlot(Series{From: at, To: at.Add(3 * time.Hour), Spend: []Bar{
		bar(0, moka.Known(moka.Dollar)), bar(1, moka.Known(0)), bar(2, moka.Maybe{})}})
	p.c = newCanvas(cardColor)
	p.bars()
	row := int(p.spend.y(0)) - 3
	colour := func(h float64) any {
		return p.c.img.NRGBAAt(int(p.x(seconds(at)+3600*h)), row)
	}
	if colour(0.5) != spendColor || colour(1.5) == cardColor || colour(2.5) != cardColor {
		t.Error(colour(0.5), colour(1.5), colour(2.5))
	}
}

func TestOddSeries(t *testing.T) {
	proof.NotShort(t)
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	known := func(amounts ...moka.Amount) (out []Point) {
		for i, a := range amounts {
			out = append(out, Point{at.Add(time.Duration(i) * time.Hour), moka.Known(a)})
		}
		return out
	}
	const most = moka.Amount(math.MaxInt64)
	for name, s := range map[string]Series{
		"nothing":    {},
		"window":     {From: at, To: at.Add(time.Hour)},
		"one point":  {Balance: known(5)},
		"equal":      {Balance: known(3e6, 3e6, 3e6)},
		"zero":       {Balance: known(0, 0)},
		"huge":       {Balance: known(most, -most), Levels: []Line{{most, true}}},
		"tiny":       {Balance: known(1, 2, 3)},
		"negative":   {Balance: known(-4e6, -9e6), Levels: []Line{{1e6, false}}},
		"unknown":    {From: at, To: at.Add(time.Hour), Balance: []Point{{At: at}}, Spend: []Bar{{From: at, To: at.Add(time.Hour)}}},
		"refund":     {Spend: []Bar{{at, at.Add(time.Hour), moka.Known(-3e6)}}},
		"backwards":  {From: at, To: at.Add(-time.Hour), Balance: known(1e6, 2e6)},
		"outside":    {From: at.Add(90 * time.Minute), To: at.Add(91 * time.Minute), Balance: known(1e6, 2e6, 9e6)},
		"ages":       {From: time.Time{}, To: at, Balance: known(1e6)},
		"an instant": {From: at, To: at.Add(1), Balance: known(1e6)},
		"levels":     {Levels: make([]Line, 40)},
	} {
		t.Run(name, func(t *testing.T) { keep(t, drawn(t, s)) })
	}
}

// keep saves a picture for looking at when CHART_DIR names a folder.
func keep(t *testing.T, picture []byte) {
	if dir := os.Getenv("CHART_DIR"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(t.Name())+".png"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	for name, s := range scenes() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Draw(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func drawn(t *testing.T, s Series) []byte {
	t.Helper()
	out, err := Draw(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func decoded(t *testing.T, data []byte) *image.NRGBA {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img.(*image.NRGBA)
}

// Every word that the languages give to charts can be written, at a size that
// is legible on a phone.
func TestEveryWordCanBeWritten(t *testing.T) {
	for _, text := range []string{
		"Balance and spending", "Remaining", "Spent per hour", "Spent per day", "Top-up", "Forecast", "-$1,234.50", "2026–2027",
		"余额与消耗", "可用余额", "每小时消耗", "每日消耗", "充值", "预测",
	} {
		for _, r := range text {
			if g, ok := glyphs()[r]; !ok || g.advance == 0 || len(g.contours) == 0 && r != ' ' {
				t.Errorf("%q of %q is not drawn", r, text)
			}
		}
	}
	if size := fontSize * 400 / Width; size < 11 {
		t.Errorf("at 400 pixels the type is %.1f pixels high", size)
	}
}

func TestMarksAreSeenOnAPhone(t *testing.T) {
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	s := Series{From: at, To: at.AddDate(0, 0, 30), TopUps: []time.Time{at.Add(time.Hour), at.Add(90 * time.Minute)},
		Spend: []Bar{{at.Add(48 * time.Hour), at.Add(49 * time.Hour), usd(9)}}}
	p := newPlot(s)
	p.c = newCanvas(cardColor)
	p.bars()
	row, wide := int(p.spend.y(0))-4, 0
	for x := range Width {
		if p.c.img.NRGBAAt(x, row) == spendColor {
			wide++
		}
	}
	if wide < 5 {
		t.Errorf("an hour's bar in a month is %d pixels wide", wide)
	}
	p.topUps()
	x, y := int(p.x(seconds(at.Add(time.Hour)))), int(p.balance.bottom)-4
	if p.c.img.NRGBAAt(x, y) != topUpColor {
		t.Error("a top-up is not marked")
	}
}
