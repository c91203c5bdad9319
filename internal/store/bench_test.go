package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"mokabot/moka"
)

// benchStep is how often the accounts of benchmarks are read.
const benchStep = 5 * time.Minute

func name(i int) string { return fmt.Sprintf("account-%03d", i) }

func size(t testing.TB, db *DB) int64 {
	t.Helper()
	return number(t, db.read, "PRAGMA page_count") * number(t, db.read, "PRAGMA page_size")
}

// prepared is a transaction that parses each statement once.
type prepared struct {
	*sql.Tx
	ready map[string]*sql.Stmt
}

func (p prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if p.ready[query] == nil {
		s, err := p.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		p.ready[query] = s
	}
	return p.ready[query].ExecContext(ctx, args...)
}

// fill writes readings of all accounts in the order of time, as polls would,
// of the days before end. A transaction is a day: it is the file that matters
// here, not the writing.
func fill(t testing.TB, db *DB, accounts, days int, end time.Time) {
	t.Helper()
	const perDay = int(24 * time.Hour / benchStep)
	begin := end.AddDate(0, 0, -days)
	for d := range days {
		check(t, db.tx(t.Context(), func(tx *sql.Tx) error {
			w := prepared{tx, map[string]*sql.Stmt{}}
			for i := range perDay {
				i += d * perDay
				at := begin.Add(time.Duration(i+1) * benchStep)
				for a := range accounts {
					if err := generated(i, a, at).store(t.Context(), w, name(a)); err != nil {
						return err
					}
				}
			}
			return nil
		}))
	}
}

// generated is the i-th poll of an account.
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

// poll stores the i-th poll of an account, safely.
func poll(t testing.TB, db *DB, i, a int, at time.Time) {
	t.Helper()
	check(t, db.Poll(t.Context(), name(a), func(_, _ json.RawMessage) (Poll, error) { return generated(i, a, at), nil }))
}

// question is one that the bot asks, of one account.
type question struct {
	what string
	ask  func(ctx context.Context, db *DB, account string, end time.Time) error
}

// questions are what a poll, an answer and a report ask the file.
var questions = []question{
	{"spent in 30 days", func(ctx context.Context, db *DB, a string, end time.Time) error {
		_, err := db.Spent(ctx, a, end.AddDate(0, 0, -30).Add(time.Minute), end)
		return err
	}},
	{"spent in a year", func(ctx context.Context, db *DB, a string, end time.Time) error {
		_, err := db.Spent(ctx, a, end.AddDate(0, 0, -365).Add(time.Minute), end)
		return err
	}},
	{"hours of 60 days, for the runway", func(ctx context.Context, db *DB, a string, end time.Time) error {
		_, err := db.Hours(ctx, a, end.AddDate(0, 0, -60), end)
		return err
	}},
	{"curve of 7 days by 15 minutes", func(ctx context.Context, db *DB, a string, end time.Time) error {
		_, err := db.Points(ctx, a, end.AddDate(0, 0, -7), end, 15*time.Minute)
		return err
	}},
	{"curve of 4 days, hours from half past", func(ctx context.Context, db *DB, a string, end time.Time) error {
		_, err := db.Points(ctx, a, end.AddDate(0, 0, -4).Add(-30*time.Minute), end, time.Hour)
		return err
	}},
	{"curve of 30 days by hours", func(ctx context.Context, db *DB, a string, end time.Time) error {
		_, err := db.Points(ctx, a, end.AddDate(0, 0, -30).Truncate(time.Hour), end, time.Hour)
		return err
	}},
	{"curve of a year by days", func(ctx context.Context, db *DB, a string, end time.Time) error {
		_, err := db.Points(ctx, a, end.AddDate(0, 0, -365).Truncate(24*time.Hour), end, 24*time.Hour)
		return err
	}},
	{"top-ups of 30 days", func(ctx context.Context, db *DB, a string, end time.Time) error {
		_, err := db.TopUps(ctx, a, end.AddDate(0, 0, -30), end)
		return err
	}},
	{"last good reading", func(ctx context.Context, db *DB, a string, _ time.Time) error {
		_, _, err := db.LastGood(ctx, a)
		return err
	}},
}

// BenchmarkQuestions asks a file of ten accounts and 40 days.
func BenchmarkQuestions(b *testing.B) {
	db := temp(b)
	end := t0
	fill(b, db, 10, 40, end)
	for _, q := range questions {
		b.Run(q.what, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				check(b, q.ask(b.Context(), db, name(i%10), end))
			}
		})
	}
}

// BenchmarkPoll is one poll of one account, stored safely.
func BenchmarkPoll(b *testing.B) {
	db := temp(b)
	for i := 0; b.Loop(); i++ {
		poll(b, db, i, i%50, t0.Add(time.Duration(i)*time.Second))
	}
}
