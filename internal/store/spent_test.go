package store

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
)

func TestSpentDividesInProportion(t *testing.T) { onBoth(t, testSpentDividesInProportion) }

func testSpentDividesInProportion(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	at := func(m int) time.Time { return t0.Add(time.Duration(m) * time.Minute) }
	long := spentSample(at(20), at(200), 180)
	long.Delta.TopUp = 1000
	keep(t, db, "a", Sample{At: at(0)}, spentSample(at(0), at(20), 100), long)
	for _, c := range []struct {
		from, to      int
		spent, topUps moka.Amount
		covered       int
	}{
		{0, 20, 100, 0, 20}, {0, 10, 50, 0, 10}, {10, 30, 50, 0, 10}, {20, 200, 0, 1000, 0},
		{-500, 900, 100, 1000, 20}, {199, 200, 0, 1000, 0}, {200, 300, 0, 0, 0}, {190, 199, 0, 0, 0},
	} {
		got, err := db.Spent(ctx, "a", at(c.from), at(c.to))
		check(t, err)
		equal(t, fmt.Sprint(c), Total{Spent: got.Spent, TopUps: got.TopUps, Covered: got.Covered},
			Total{Spent: c.spent, TopUps: c.topUps, Covered: time.Duration(c.covered) * time.Minute})
	}
	hours, err := db.Hours(ctx, "a", at(10), at(100))
	check(t, err)
	equal(t, "hours", fmt.Sprint(hours[0].Spent, hours[0].Covered, len(hours)), fmt.Sprint(moka.Amount(100), 20*time.Minute, 1))
	gaps, err := db.Gaps(ctx, "a", at(0), at(100))
	check(t, err)
	equal(t, "gaps", fmt.Sprint(gaps), fmt.Sprint([]Gap{{From: at(20), To: at(200), Known: true, Spent: 180, Requests: 25}}))
	none, err := db.Spent(ctx, "nobody", at(0), at(100))
	check(t, err)
	equal(t, "nobody", none, Total{})
}

// TestSpentFromSums compares with the samples themselves, for periods that
// begin and end anywhere.
func TestSpentFromSums(t *testing.T) { onBoth(t, testSpentFromSums) }

func testSpentFromSums(t *testing.T, on backend) {
	proof.NotShort(t)
	db, ctx, r := on.temp(t), t.Context(), rand.New(rand.NewPCG(1, 2))
	samples := walk(r, t0.Add(5*time.Hour+123*time.Millisecond), sampleCount(1500))
	keep(t, db, "a", samples...)
	keep(t, db, "b", walk(r, t0, 200)...)
	length := samples[len(samples)-1].At.Sub(t0) + 48*time.Hour
	grids := []time.Duration{time.Millisecond, time.Hour, 24 * time.Hour, 30 * time.Minute}
	for range 150 {
		pick := func() time.Time { return t0.Add(time.Duration(r.Int64N(int64(length))).Truncate(grids[r.IntN(4)])) }
		from, to := pick(), pick()
		got, err := db.Spent(ctx, "a", from, to)
		check(t, err)
		equal(t, fmt.Sprint(from, to), got, naive(samples, from, to))
		middle := pick()
		if middle.Before(from) || middle.After(to) {
			continue
		}
		one, err := db.Spent(ctx, "a", from, middle)
		check(t, err)
		two, err := db.Spent(ctx, "a", middle, to)
		check(t, err)
		equal(t, "parts", Total{Spent: one.Spent + two.Spent, TopUps: one.TopUps + two.TopUps}, Total{Spent: got.Spent, TopUps: got.TopUps})
	}
}

func TestHoursAddUp(t *testing.T) { onBoth(t, testHoursAddUp) }

func testHoursAddUp(t *testing.T, on backend) {
	proof.NotShort(t)
	db, ctx, r := on.temp(t), t.Context(), rand.New(rand.NewPCG(3, 4))
	samples := walk(r, t0, sampleCount(1000))
	keep(t, db, "a", samples...)
	hours, err := db.Hours(ctx, "a", t0, t0.Add(90*24*time.Hour))
	check(t, err)
	for i, h := range hours {
		want := naive(samples, h.Start, h.Start.Add(time.Hour))
		equal(t, fmt.Sprint(h.Start), h.Spent, want.Spent)
		equal(t, fmt.Sprint(h.Start), h.Covered, want.Covered)
		if i > 0 && !h.Start.After(hours[i-1].Start) {
			t.Fatal("out of order")
		}
	}
}

func TestClockThatWasWrong(t *testing.T) { onBoth(t, testClockThatWasWrong) }

func testClockThatWasWrong(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	keep(t, db, "a", spentSample(time.Unix(5, 0), t0, 10), spentSample(t0.Add(time.Hour), t0.Add(time.Minute), 20))
	got, err := db.Spent(ctx, "a", t0.Add(-time.Hour), t0.Add(time.Hour))
	check(t, err)
	equal(t, "spent", got.Spent, 30)
	equal(t, "covered", got.Covered, 0)
	equal(t, "hours", number(t, db.read, "SELECT COUNT(*) FROM hours"), 2)
}

func TestScale(t *testing.T) {
	for _, c := range [][4]int64{
		{math.MaxInt64, 1, 3, math.MaxInt64 / 3}, {-10, 1, 3, -3}, {10, 0, 3, 0}, {10, 3, 3, 10},
		{math.MinInt64, 1, 2, math.MinInt64 / 2}, {math.MaxInt64, 1e12 - 1, 1e12, 9223372036845552434},
	} {
		equal(t, fmt.Sprint(c), scale(c[0], c[1], c[2]), c[3])
	}
	for _, c := range [][3]int64{{-1, 10, -10}, {-10, 10, -10}, {19, 10, 10}, {0, 10, 0}} {
		equal(t, fmt.Sprint(c), floor(c[0], c[1]), c[2])
	}
}
