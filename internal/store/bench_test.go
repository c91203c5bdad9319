package store

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"mokabot/moka"
)

// yearDays makes TestYear run, and write so many days: 365 for the size that the
// limits are meant for. It measures time, so it runs only when asked to.
const yearDays = "MOKABOT_STORE_DAYS"

const (
	benchAccounts = 50
	benchStep     = 5 * time.Minute
)

// TestYear fills a file as many accounts would and looks how long its queries take.
func TestYear(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv(yearDays))
	if err != nil {
		t.Skip(yearDays + " is not set")
	}
	db := temp(t)
	began := time.Now()
	end := fill(t, db, n)
	t.Logf("%d readings written in %v, file of %d MB", n*288*benchAccounts, time.Since(began).Round(time.Second), size(t, db)>>20)
	limit := 50 * time.Millisecond
	month, year := end.AddDate(0, 0, -30), end.AddDate(0, 0, -365)
	queries := map[string]func(account string) error{
		"Spent of 30 days": func(a string) error { _, err := db.Spent(t.Context(), a, month.Add(time.Minute), end); return err },
		"Spent of a year":  func(a string) error { _, err := db.Spent(t.Context(), a, year.Add(time.Minute), end); return err },
		"Hours of 60 days": func(a string) error { _, err := db.Hours(t.Context(), a, end.AddDate(0, 0, -60), end); return err },
		"Points by hour, 30 days": func(a string) error {
			_, err := db.Points(t.Context(), a, month.Truncate(time.Hour), end, time.Hour)
			return err
		},
		"Points by day, a year": func(a string) error {
			_, err := db.Points(t.Context(), a, year.Truncate(24*time.Hour), end, 24*time.Hour)
			return err
		},
		"Points by 15 min, 7 days": func(a string) error {
			_, err := db.Points(t.Context(), a, end.AddDate(0, 0, -7), end, 15*time.Minute)
			return err
		},
		"Points by 30 min, 30 days": func(a string) error { _, err := db.Points(t.Context(), a, month, end, 30*time.Minute); return err },
		"TopUps of 30 days":         func(a string) error { _, err := db.TopUps(t.Context(), a, month, end); return err },
		"LastGood":                  func(a string) error { _, _, err := db.LastGood(t.Context(), a); return err },
	}
	for name, query := range queries {
		if median := median(t, query); median > limit {
			t.Errorf("%s: %v", name, median)
		} else {
			t.Logf("%s: %v", name, median)
		}
	}
	began = time.Now()
	for i := range benchAccounts {
		p := generated(n*288, i, end.Add(benchStep))
		check(t, db.Poll(t.Context(), name(i), func(_, _ json.RawMessage) (Poll, error) { return p, nil }))
	}
	t.Logf("a round of %d polls: %v", benchAccounts, time.Since(began))
	began = time.Now()
	check(t, db.Prune(t.Context(), end, Retention{Readings: time.Duration(n) * 12 * time.Hour, Hours: time.Duration(n) * 18 * time.Hour}))
	t.Logf("pruning half: %v", time.Since(began))
	path := db.path
	check(t, db.Close())
	began = time.Now()
	reopen(t, path)
	t.Logf("opening: %v", time.Since(began))
}

func median(t *testing.T, query func(account string) error) time.Duration {
	t.Helper()
	var took []time.Duration
	for i := range benchAccounts {
		began := time.Now()
		check(t, query(name(i)))
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

func name(i int) string { return fmt.Sprintf("account-%02d", i) }

func size(t *testing.T, db *DB) int64 {
	t.Helper()
	return number(t, db.read, "PRAGMA page_count") * number(t, db.read, "PRAGMA page_size")
}

// fill writes readings of all accounts in the order of time. One transaction
// per round: it is the file that matters here, not the writing.
func fill(t *testing.T, db *DB, days int) (end time.Time) {
	t.Helper()
	tx, err := db.write.BeginTx(t.Context(), nil)
	check(t, err)
	for i := range days * 288 {
		at := t0.Add(time.Duration(i+1) * benchStep)
		for a := range benchAccounts {
			check(t, generated(i, a, at).store(t.Context(), tx, name(a)))
		}
		if i%288 == 0 {
			check(t, tx.Commit())
			tx, err = db.write.BeginTx(t.Context(), nil)
			check(t, err)
		}
		end = at
	}
	check(t, tx.Commit())
	return end
}

func generated(i, a int, at time.Time) Poll {
	s := spentSample(at.Add(-benchStep), at, moka.Amount(1000+(i*7919+a*104_729)%90_000))
	left := moka.Amount(500_000_000 - i*1000%400_000_000)
	s.Spendable, s.KeyRemaining, s.WalletRemaining = moka.Known(left), moka.Known(left), moka.Known(left*2)
	s.KeyUsed, s.WalletUsed = moka.Known(moka.Amount(i*50_000)), moka.Known(moka.Amount(i*70_000))
	s.Requests, s.KeyState = int64(i*12), moka.KeyOK
	if i%5000 == 4999 {
		s.Delta.TopUp = 100 * moka.Dollar
	}
	state := json.RawMessage(fmt.Sprintf(`{"at":%d,"filler":"%0200d"}`, at.Unix(), i))
	return Poll{Sample: s, Spend: state, Alert: state}
}

// BenchmarkPoll is one poll of one account, stored safely.
func BenchmarkPoll(b *testing.B) {
	db := temp(b)
	i := 0
	for b.Loop() {
		i++
		p := generated(i, i%benchAccounts, t0.Add(time.Duration(i)*time.Second))
		check(b, db.Poll(b.Context(), name(i%benchAccounts), func(_, _ json.RawMessage) (Poll, error) { return p, nil }))
	}
}
