package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

const (
	maxGap     = 400 * 24 * time.Hour // between two readings that is still divided over time
	samePlaces = 1000                 // milliseconds to look for a free one
)

// addSample stores a sample and returns it as it was stored: two in the same
// millisecond are one millisecond apart.
func addSample(ctx context.Context, tx writer, account string, s Sample) (Sample, error) {
	s = trimmed(s)
	quota, used, limit, keyUsed := rawFigures(s)
	for range samePlaces {
		d := s.Delta
		n, err := exec(ctx, tx, sqlAddReading,
			account, millis(s.At), nullable(s.Spendable), nullable(s.KeyRemaining), nullable(s.KeyUsed),
			nullable(s.WalletRemaining), nullable(s.WalletUsed), s.Requests, string(s.KeyState), flag(s.Unlimited), string(s.ErrKind),
			millis(d.From), flag(d.Known), int64(d.Spent), int64(d.Refunds), int64(d.TopUp), d.Requests, d.Covered.Milliseconds(),
			d.PerUnit, string(s.Units.Display), s.Units.CNYPerUSD, quota, used, limit, keyUsed)
		if err != nil || n > 0 {
			return s, err
		}
		s.At = s.At.Add(time.Millisecond)
	}
	return s, fmt.Errorf("account %s has too many readings at %s", account, s.At)
}

// trimmed removes from a delta what cannot be right: all of an unknown one, and the
// division over time where the clock must have been wrong.
func trimmed(s Sample) Sample {
	d := &s.Delta
	if !d.Known {
		d.Spent, d.Refunds, d.TopUp, d.Requests, d.Covered = 0, 0, 0, 0, 0
		return s
	}
	gap := s.At.Sub(d.From)
	if gap < 0 || gap > maxGap {
		d.From = s.At
	}
	if gap < 0 || gap > spend.LongestCovered {
		d.Covered = 0
	}
	return s
}

// rawFigures are the gateway's own figures, NULL for those that were not read.
func rawFigures(s Sample) (quota, used sql.NullInt64, limit, keyUsed sql.NullFloat64) {
	if w := s.RawWallet; w != nil {
		quota, used = sql.NullInt64{Int64: w.Quota, Valid: true}, sql.NullInt64{Int64: w.Used, Valid: true}
	}
	if k := s.RawKey; k != nil {
		limit, keyUsed = sql.NullFloat64{Float64: k.Limit, Valid: true}, sql.NullFloat64{Float64: k.Used, Valid: true}
	}
	return quota, used, limit, keyUsed
}

// in converts a sample's amounts to dollars of another unit.
func (s Sample) in(perUnit float64) Sample {
	from := s.Delta.PerUnit
	if from == perUnit || from <= 0 || perUnit <= 0 {
		return s
	}
	for _, m := range []*moka.Maybe{&s.Spendable, &s.KeyRemaining, &s.KeyUsed, &s.WalletRemaining, &s.WalletUsed} {
		if a, ok := m.Get(); ok {
			*m = moka.Known(moka.Amount(rescaled(int64(a), from, perUnit)))
		}
	}
	for _, a := range []*moka.Amount{&s.Delta.Spent, &s.Delta.Refunds, &s.Delta.TopUp} {
		*a = moka.Amount(rescaled(int64(*a), from, perUnit))
	}
	s.Delta.PerUnit, s.Units.QuotaPerUnit = perUnit, perUnit
	return s
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func scanSample(r row) (s Sample, err error) {
	var at, since, unlimited, known, covered int64
	var state, kind string
	var amounts [5]sql.NullInt64
	var quota, used sql.NullInt64
	var limit, figure sql.NullFloat64
	d := &s.Delta
	err = r.Scan(&at, &amounts[0], &amounts[1], &amounts[2], &amounts[3], &amounts[4],
		&s.Requests, &state, &unlimited, &kind, &since, &known, &d.Spent, &d.Refunds, &d.TopUp, &d.Requests, &covered,
		&d.PerUnit, &s.Units.Display, &s.Units.CNYPerUSD, &quota, &used, &limit, &figure)
	s.Units.QuotaPerUnit = d.PerUnit
	if quota.Valid && used.Valid {
		s.RawWallet = &moka.RawWallet{Quota: quota.Int64, Used: used.Int64}
	}
	if limit.Valid && figure.Valid {
		s.RawKey = &moka.RawKey{Limit: limit.Float64, Used: figure.Float64}
	}
	s.At, d.To, d.From = fromMillis(at), fromMillis(at), fromMillis(since)
	s.Spendable, s.KeyRemaining, s.KeyUsed = maybe(amounts[0]), maybe(amounts[1]), maybe(amounts[2])
	s.WalletRemaining, s.WalletUsed = maybe(amounts[3]), maybe(amounts[4])
	s.KeyState, s.ErrKind, s.Unlimited = moka.KeyState(state), moka.Kind(kind), unlimited != 0
	d.Known, d.Covered = known != 0, time.Duration(covered)*time.Millisecond
	return s, err
}

// LastGood is the newest reading with a known balance or without a failure, false when
// there is none.
func (db *DB) LastGood(ctx context.Context, account string) (Sample, bool, error) {
	return one(ctx, db, scanSample, sqlLastGood, account, account)
}

// FirstReading is when an account was first read, false when it never was.
// Pruning does not change it.
func (db *DB) FirstReading(ctx context.Context, account string) (time.Time, bool, error) {
	at, _, err := one(ctx, db, scanInt, sqlFirstReading, account)
	return fromMillis(at), at != 0, err
}

// NewestReading is when the newest reading with any figures was taken, of all accounts;
// zero when there is none. Those that failed are dated by nobody but this machine.
func (db *DB) NewestReading(ctx context.Context) (time.Time, error) {
	at, _, err := one(ctx, db, scanInt, sqlNewestReading)
	return fromMillis(at), err
}

// NewestWrite is when the newest thing happened that is stored: a reading, or an
// attempt at a message; zero when there is none. A database that was put back to an
// earlier time does not know what happened after that.
func (db *DB) NewestWrite(ctx context.Context) (time.Time, error) {
	at, _, err := one(ctx, db, scanInt, sqlNewestWrite)
	return fromMillis(at), err
}

// Accounts are the names of all accounts that were ever read.
func (db *DB) Accounts(ctx context.Context) ([]string, error) {
	names, err := list(ctx, db.read, scanText, sqlAccounts)
	return names, classified(db.path, err)
}

func scanInt(r row) (n int64, err error) { return n, r.Scan(&n) }
