package store

import (
	"fmt"
	"testing"
	"time"

	"mokabot/moka"
)

// The gateway's records fill the hours without readings, and never make a figure
// smaller.
func TestRecordsFillHoursWithoutReadings(t *testing.T) {
	onBoth(t, testRecordsFillHoursWithoutReadings)
}

func testRecordsFillHoursWithoutReadings(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	at := func(minutes int) time.Time { return t0.Add(time.Duration(minutes) * time.Minute) }
	read := spentSample(at(120), at(180), 3*moka.Dollar)
	read.Delta.PerUnit = 500_000
	keep(t, db, "a", read, Sample{At: at(190)})
	rec := func(h int, quota int64) Recorded { return Recorded{Start: at(60 * h), Quota: quota, Requests: 1} }
	check(t, db.AddRecorded(ctx, "a", []Recorded{rec(0, 500_000), rec(1, 0), rec(2, 5_000_000), rec(3, 250_000)}))
	check(t, db.AddRecorded(ctx, "a", []Recorded{rec(0, 100_000), rec(1, 1_000_000)})) // after a clean-up, and a late row
	hours, err := db.Hours(ctx, "a", t0, at(300))
	check(t, err)
	var got []string
	for _, h := range hours {
		got = append(got, fmt.Sprint(h.Start.Hour(), h.Spent, h.Covered))
	}
	equal(t, "hours", fmt.Sprint(got), "[0 $1.00 1h0m0s 1 $2.00 1h0m0s 2 $3.00 1h0m0s 3 $0.50 1h0m0s]")
	points, err := db.Points(ctx, "a", t0, at(240), 2*time.Hour)
	check(t, err)
	equal(t, "points", fmt.Sprint(points[0].Spent, points[0].Covered, points[1].Spent, points[1].Covered), "$3.00 2h0m0s $3.50 2h0m0s")
}

// A change of quota_per_unit rescales what was, at once and without rounding it away.
func TestHistoryIsShownInTheUnitInForce(t *testing.T) { onBoth(t, testHistoryIsShownInTheUnitInForce) }

func testHistoryIsShownInTheUnitInForce(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	sample := func(minute int, perUnit float64, spent, balance moka.Amount) Sample {
		at := t0.Add(time.Duration(minute) * time.Minute)
		s := spentSample(at.Add(-10*time.Minute), at, spent)
		s.Spendable, s.Delta.PerUnit, s.Units.QuotaPerUnit = moka.Known(balance), perUnit, perUnit
		return s
	}
	total := func() moka.Amount {
		got, err := db.Spent(ctx, "a", t0.Add(-time.Hour), t0.Add(24*time.Hour))
		check(t, err)
		return got.Spent
	}
	keep(t, db, "a", sample(10, 500_000, 3*moka.Dollar, 100*moka.Dollar))
	equal(t, "before", total(), 3*moka.Dollar)
	keep(t, db, "a", sample(20, 50_000, 20*moka.Dollar, 980*moka.Dollar))
	equal(t, "after", total(), 50*moka.Dollar)
	points, err := db.Points(ctx, "a", t0, t0.Add(20*time.Minute+time.Second), 10*time.Minute+time.Second)
	check(t, err)
	equal(t, "balances", fmt.Sprint(points[0].Balance, points[1].Balance), "$1,000.00 $980.00")
	keep(t, db, "a", sample(30, 5e12, 1, moka.Dollar)) // by mistake
	keep(t, db, "a", sample(40, 500_000, 1*moka.Dollar, 95*moka.Dollar))
	equal(t, "and back", total(), 3*moka.Dollar+2*moka.Dollar+10*moka.Dollar+1*moka.Dollar)
	hours, err := db.Hours(ctx, "a", t0, t0.Add(time.Hour))
	check(t, err)
	equal(t, "the hour", hours[0].Spent, 16*moka.Dollar)
}
