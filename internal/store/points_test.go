package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
)

func TestPoints(t *testing.T) { onBoth(t, testPoints) }

func testPoints(t *testing.T, on backend) {
	proof.NotShort(t)
	db, ctx, r := on.temp(t), t.Context(), rand.New(rand.NewPCG(5, 6))
	samples := walk(r, t0.Add(77*time.Minute), sampleCount(1500))
	keep(t, db, "a", samples...)
	end := samples[len(samples)-1].At
	for _, c := range []struct {
		from time.Time
		step time.Duration
	}{
		{t0, 24 * time.Hour}, {t0, 2 * time.Hour}, {t0, 7 * 24 * time.Hour}, {t0.Add(-24 * time.Hour), time.Hour},
		{t0.Add(90 * time.Minute), 20 * time.Minute}, {t0.Add(time.Second), 25 * time.Hour},
	} {
		to := c.from.Add(10*24*time.Hour + time.Minute)
		points, err := db.Points(ctx, "a", c.from, to, c.step)
		check(t, err)
		equal(t, "points", len(points), int((to.Sub(c.from)+c.step-1)/c.step))
		for _, p := range points {
			until := p.At.Add(c.step)
			if until.After(to) {
				until = to
			}
			want := naive(samples, p.At, until)
			if c.step%time.Hour == 0 && c.from.Minute() == 0 && until.Equal(to) {
				continue // the last step lies on no full hour: an estimate
			}
			equal(t, fmt.Sprint(c.step, p.At), p, Point{At: p.At, Balance: lastBalance(samples, p.At, until), Spent: want.Spent, Covered: want.Covered})
		}
	}
	if _, err := db.Points(ctx, "a", t0, end, 0); err == nil {
		t.Fatal("no step")
	}
	if _, err := db.Points(ctx, "a", t0, end, time.Millisecond); err == nil {
		t.Fatal("too many")
	}
}

func lastBalance(samples []Sample, from, to time.Time) (m moka.Maybe) {
	for _, s := range samples {
		if !s.At.Before(from) && s.At.Before(to) && s.Spendable.Known() {
			m = s.Spendable
		}
	}
	return m
}

func TestTopUps(t *testing.T) { onBoth(t, testTopUps) }

func testTopUps(t *testing.T, on backend) {
	proof.NotShort(t)
	db, ctx, r := on.temp(t), t.Context(), rand.New(rand.NewPCG(7, 8))
	samples := walk(r, t0, sampleCount(2000))
	keep(t, db, "a", samples...)
	end := samples[len(samples)-1].At
	total := func() (n int, sum moka.Amount) {
		found, err := db.TopUps(ctx, "a", t0, end)
		check(t, err)
		for i, f := range found {
			sum += f.Amount
			if i > 0 && f.At.Before(found[i-1].At) {
				t.Fatal("out of order")
			}
		}
		return len(found), sum
	}
	n, sum := total()
	equal(t, "sum", sum, naive(samples, t0, end).TopUps)
	check(t, db.Prune(ctx, end, Retention{Readings: 48 * time.Hour, Hours: 120 * time.Hour}))
	fewer, after := total()
	equal(t, "after pruning", after, sum)
	if fewer > n || n == 0 {
		t.Fatal(fewer, n)
	}
}

// undated is what the gaps of an account cost.
func undated(t *testing.T, db *DB, account string, end time.Time) (sum moka.Amount) {
	gaps, err := db.Gaps(t.Context(), account, t0, end)
	check(t, err)
	for _, g := range gaps {
		sum += g.Spent
	}
	return sum
}

func TestExport(t *testing.T) { onBoth(t, testExport) }

func testExport(t *testing.T, on backend) {
	proof.NotShort(t)
	db, ctx, r := on.temp(t), t.Context(), rand.New(rand.NewPCG(9, 10))
	samples := walk(r, t0, sampleCount(2500))
	keep(t, db, "a", samples...)
	keep(t, db, "b", samples[:10]...)
	end := samples[len(samples)-1].At.Truncate(24 * time.Hour).Add(24 * time.Hour)
	i := 0
	for s, err := range db.Samples(ctx, "a", t0, end) {
		check(t, err)
		equal(t, fmt.Sprint(i), s.At, samples[i].At)
		equal(t, fmt.Sprint(i), s.Spendable, samples[i].Spendable)
		i++
	}
	equal(t, "all", i, len(samples))
	spent := func(names ...string) (sum moka.Amount, accounts map[string]int) {
		accounts = map[string]int{}
		for rec, err := range db.Export(ctx, t0, end, names...) {
			check(t, err)
			sum += rec.Spent
			accounts[rec.Account]++
		}
		return sum, accounts
	}
	before, accounts := spent()
	equal(t, "accounts", fmt.Sprint(accounts), fmt.Sprintf("map[a:%d b:10]", len(samples)))
	equal(t, "spent", before, naive(samples, t0, end).Spent+undated(t, db, "a", end)+naive(samples[:10], t0, end).Spent+undated(t, db, "b", end))
	check(t, db.Prune(ctx, end, Retention{Readings: 100 * time.Hour, Hours: 200 * time.Hour}))
	after, _ := spent("a", "b")
	equal(t, "after pruning", after, before)
}
