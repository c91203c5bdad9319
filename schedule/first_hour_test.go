package schedule

import (
	"bytes"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// The first hour of a new user whose gateway has 30 days of records: the month, its
// picture and how long the money lasts. MOKABOT_PICTURES names a folder for the
// picture.
func TestTheFirstHourOfANewUser(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)))
		s := newSeeding(t, mokatest.V2026_08)
		defer s.db.Close()
		const laptop, ci = "sk-firsthourfirsthourfirsthourfirsthourfirsthour0001", "sk-firsthourfirsthourfirsthourfirsthourfirsthour0002"
		s.gateway.AddKey(2, mokatest.Key{Key: laptop, Name: "laptop", Unlimited: true})
		s.gateway.AddKey(2, mokatest.Key{Key: ci, Name: "ci", Unlimited: true})
		for h := 30*24 - 1; h >= 1; h-- {
			at := time.Now().Add(-time.Duration(h)*time.Hour + 10*time.Minute)
			if at.Hour() >= 8 && at.Hour() < 19 && at.Weekday() != time.Sunday {
				s.gateway.SpendAt(at, laptop, "anthropic/claude-sonnet-4-6", int64(200_000+9_000*(at.Hour()%5)), 12_000)
			}
			s.gateway.SpendAt(at, ci, "deepseek/deepseek-chat", 15_000, 9_000)
		}
		began := time.Now()
		for range 12 {
			s.poll(t)
			seeder := &Seeder{Book: s.book, Store: s.db, Log: slog.New(slog.DiscardHandler), Times: &s.times, History: history.History{Store: s.db, Zone: time.UTC}}
			seeder.Check(t.Context())
			time.Sleep(5 * time.Minute)
		}
		past, team := history.History{Store: s.db, Zone: time.UTC}, s.book.All()[0]
		period, before, _ := history.Period("30d", time.Now(), time.UTC)
		used, err := past.Used(t.Context(), team, period, before)
		if err != nil {
			t.Fatal(err)
		}
		r := team.Read(t.Context())
		runway, err := past.Runway(t.Context(), "team", r)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range lang.All() {
			drawn, err := past.Picture(t.Context(), w, team, time.UTC, used, r)
			if err != nil || len(drawn.PNG) == 0 {
				t.Fatalf("no picture: %v", err)
			}
			if days := barsIn(t, drawn.PNG); days < 27 {
				t.Errorf("%d days of the month before are drawn", days)
			}
			used.Picture = drawn
			m := message.Usage(w, []message.UsageAnswer{{Account: message.Account{Name: "team", Reading: r, Today: past.Today(t.Context(), "team"), Runway: &runway}, Used: used, Period: "30d"}})
			t.Logf("after %s:\n%s%s", time.Since(began), m, drawn.Alt)
			if dir := os.Getenv("MOKABOT_PICTURES"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, "first-hour-"+w.Tag+".png"), drawn.PNG, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		books := s.gateway.Books(2, period.From, period.To)
		if spent, known := used.Spent.Get(); !known || used.AtLeast || spent-moka.Amount(books.Spent()*2) > moka.Dollar/100 || moka.Amount(books.Spent()*2)-spent > moka.Dollar/100 {
			t.Errorf("%s spent, at least %t, and the books have $%.2f", used.Spent, used.AtLeast, float64(books.Spent())/500_000)
		}
		if !runway.Known {
			t.Error("it is not known how long the money lasts")
		}
	})
}

// barsIn counts the bars of a chart's spending, which are blue, along a line just
// above its foot.
func barsIn(t *testing.T, raw []byte) (bars int) {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for y := img.Bounds().Max.Y / 2; y < img.Bounds().Max.Y; y++ {
		n, inside := 0, false
		for x := range img.Bounds().Max.X {
			r, g, b, _ := img.At(x, y).RGBA()
			blue := b > 0xe000 && r < 0xa000 && g < 0xb000
			if blue && !inside {
				n++
			}
			inside = blue
		}
		bars = max(bars, n)
	}
	return bars
}
