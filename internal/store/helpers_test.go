package store

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/internal/store/pgtest"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
)

// lastSample is the account's reading that was stored last.
func lastSample(ctx context.Context, db *DB, account string) (Sample, bool, error) {
	return one(ctx, db, scanSample, sqlSample+upToNewest+` ORDER BY at DESC LIMIT 1`, account, account)
}

var t0 = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// backend is one of the two engines, with a database for each test.
type backend struct {
	name    string
	address func(testing.TB) string // of a database without rows
}

var backends = []backend{
	{"sqlite", newFile},
	{"postgres", pgtest.URL},
}

func TestMain(m *testing.M) {
	connectTime, answerTime, abandonTime = time.Minute, 5*time.Minute, time.Minute
	os.Exit(proof.Main(m, pgtest.End))
}

func (b backend) temp(t testing.TB) *DB {
	t.Helper()
	return reopen(t, b.address(t))
}

// onBoth runs a test of the contract on either engine, beside other tests.
func onBoth(t *testing.T, test func(*testing.T, backend)) {
	t.Helper()
	t.Parallel()
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			test(t, b)
		})
	}
}

// newFile is the path of a new SQLite file.
func newFile(t testing.TB) string { return storetest.File(t, Open) }

// temp is a new SQLite file.
func temp(t testing.TB) *DB {
	t.Helper()
	return reopen(t, newFile(t))
}

func reopen(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(path)
	check(t, err)
	t.Cleanup(func() { db.Close() })
	if l := db.Lease(); l != nil { // two that a test opens are one replica
		_, _, err := l.Acquire(t.Context(), "test", time.Hour)
		check(t, err)
	}
	return db
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func keep(t testing.TB, db *DB, account string, samples ...Sample) {
	t.Helper()
	check(t, db.tx(t.Context(), func(tx *sql.Tx) error {
		for _, s := range samples {
			if err := (Poll{Sample: s}).store(t.Context(), tx, account); err != nil {
				return err
			}
		}
		return nil
	}))
}

// spentSample is a sample that followed on another one.
func spentSample(from, to time.Time, spent moka.Amount) Sample {
	return Sample{At: to, Spendable: moka.Known(100 * moka.Dollar), Delta: spend.Delta{
		From: from, To: to, Known: true, Spent: spent, Requests: int64(spent) / 7, Covered: to.Sub(from),
	}}
}

// sampleCount is a number of samples: a half of it without a flag, and a quarter where even
// fewer are enough.
func sampleCount(n int) int { return proof.Size(n/4, n/2, n) }

// walk is a row of samples with gaps, failures, top-ups and odd distances.
func walk(r *rand.Rand, begin time.Time, n int) []Sample {
	var all []Sample
	last, at := begin, begin
	for range n {
		at = at.Add(time.Duration(1+r.IntN(600_000)) * time.Millisecond)
		if r.IntN(40) == 0 {
			at = at.Add(time.Duration(r.IntN(30)) * time.Hour)
		}
		if r.IntN(25) == 0 {
			all = append(all, Sample{At: at, ErrKind: moka.Unavailable})
			continue
		}
		s := spentSample(last, at, moka.Amount(r.Int64N(1_000_000)))
		s.Spendable = moka.Known(moka.Amount(r.Int64N(1_000_000_000)))
		if r.IntN(30) == 0 {
			s.Delta.TopUp = moka.Amount(1 + r.IntN(50_000_000))
		}
		if r.IntN(50) == 0 {
			s.Delta = spend.Delta{}
		}
		all, last = append(all, s), at
	}
	return all
}

// naive is what [DB.Spent] should say, straight from the samples.
func naive(samples []Sample, from, to time.Time) (t Total) {
	for _, s := range samples {
		t.add(pieceOf(trimmed(s)).dated(), span{from: from.UnixMilli(), to: to.UnixMilli()})
	}
	return t
}

func number(t testing.TB, db *sql.DB, query string) (n int64) {
	t.Helper()
	check(t, db.QueryRowContext(t.Context(), query).Scan(&n))
	return n
}
