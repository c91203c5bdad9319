package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"mokabot/internal/proof"
)

// TestLately asks for several stretches at once, which end anywhere, and for each alone.
func TestLately(t *testing.T) { onBoth(t, testLately) }

func testLately(t *testing.T, on backend) {
	proof.NotShort(t)
	db, ctx, r := on.temp(t), t.Context(), rand.New(rand.NewPCG(5, 6))
	samples := walk(r, t0.Add(5*time.Hour+123*time.Millisecond), sampleCount(1500))
	keep(t, db, "a", samples...)
	begin, length := samples[0].At, samples[len(samples)-1].At.Sub(samples[0].At)+time.Hour
	compare := func(what string, to time.Time) {
		from := []time.Time{to.Add(-time.Hour), to.Add(-15 * time.Minute), to.Add(-5 * time.Minute)}
		check(t, db.Past(ctx, "a", func(p *Past) error {
			got, err := p.Lately(ctx, to, from...)
			check(t, err)
			for i := range from {
				want, err := p.Spent(ctx, from[i], to)
				check(t, err)
				equal(t, fmt.Sprint(what, from[i], to), got[i], want)
			}
			return nil
		}))
	}
	grids := []time.Duration{time.Millisecond, time.Minute, 15 * time.Minute, time.Hour}
	somewhere := func() time.Time { return begin.Add(time.Duration(r.Int64N(int64(length)))).Truncate(grids[r.IntN(4)]) }
	for range 150 {
		compare("all", somewhere())
	}
	for _, s := range samples[len(samples)-20:] {
		compare("where a reading is", s.At)
	}
}

// TestPastIsOneState asks the past of an account beside a reading that is stored.
func TestPastIsOneState(t *testing.T) { onBoth(t, testPastIsOneState) }

func testPastIsOneState(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	at := func(m int) time.Time { return t0.Add(time.Duration(m) * time.Minute) }
	keep(t, db, "a", Sample{At: at(0)}, spentSample(at(0), at(5), 100))
	check(t, db.Past(ctx, "a", func(p *Past) error {
		keep(t, db, "a", spentSample(at(5), at(10), 50))
		total, err := p.Spent(ctx, at(0), at(60))
		check(t, err)
		end, ok, err := p.LastGood(ctx)
		check(t, err)
		first, read := p.FirstReading()
		equal(t, "then", fmt.Sprint(total.Spent, end.Equal(at(5)), ok, first.Equal(at(0)), read), "$0.0001 true true true true")
		return nil
	}))
	total, err := db.Spent(ctx, "a", at(0), at(60))
	check(t, err)
	equal(t, "now", total.Spent, 150)
	check(t, db.Past(ctx, "nobody", func(p *Past) error {
		_, read := p.FirstReading()
		_, ok, err := p.LastGood(ctx)
		check(t, err)
		equal(t, "nobody", fmt.Sprint(read, ok), "false false")
		return nil
	}))
}
