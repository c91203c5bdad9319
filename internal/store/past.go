package store

import (
	"context"
	"database/sql"
	"time"

	"mokabot/internal/spend"
)

// Past is one unchanging state of what is stored of an account, for questions that belong
// together.
type Past struct {
	tx      *sql.Tx
	account string
	first   int64 // when the account was first read; 0: never
	horizons
}

// Past gives f the account's past, which ends with f.
func (db *DB) Past(ctx context.Context, account string, f func(*Past) error) error {
	return db.view(ctx, func(tx *sql.Tx) error {
		p := &Past{tx: tx, account: account}
		if err := tx.QueryRowContext(ctx, sqlPast, account, account).Scan(&p.perUnit, &p.first, &p.readings, &p.hours); err != nil {
			return err
		}
		return f(p)
	})
}

// inPast asks the account's past one question.
func inPast[T any](ctx context.Context, db *DB, account string, ask func(*Past) (T, error)) (answer T, err error) {
	err = db.Past(ctx, account, func(p *Past) (err error) {
		answer, err = ask(p)
		return err
	})
	return answer, err
}

// FirstReading is when the account was first read, false when it never was. Pruning does
// not change it.
func (p *Past) FirstReading() (time.Time, bool) { return fromMillis(p.first), p.first != 0 }

// LastGood is when the newest reading with a known balance or without a failure was taken,
// false when there is none.
func (p *Past) LastGood(ctx context.Context) (at time.Time, ok bool, err error) {
	found, err := list(ctx, p.tx, scanInt, sqlLastGoodAt, p.account, p.account)
	if err != nil || len(found) == 0 {
		return at, false, err
	}
	return fromMillis(found[0]), true, nil
}

// Spent is [DB.Spent].
func (p *Past) Spent(ctx context.Context, from, to time.Time) (t Total, err error) {
	for _, s := range p.exact(from.UnixMilli(), to.UnixMilli()) {
		if err := s.pieces(ctx, p.tx, p.account, func(p piece) { t.add(p, s) }); err != nil {
			return t, err
		}
	}
	return t, nil
}

// Lately adds up what was spent from each of some times until the same end, as [Past.Spent]
// does. The earliest time comes first.
func (p *Past) Lately(ctx context.Context, to time.Time, from ...time.Time) ([]Total, error) {
	totals := make([]Total, len(from))
	for _, s := range p.atLeast(readings, from[0].UnixMilli(), to.UnixMilli()) {
		err := s.pieces(ctx, p.tx, p.account, func(p piece) {
			for i := range totals {
				if part := s.since(from[i].UnixMilli()); part.from < part.to {
					totals[i].add(p, part)
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return totals, nil
}

// Hours is [DB.Hours].
func (p *Past) Hours(ctx context.Context, from, to time.Time) ([]spend.Hour, error) {
	return p.hoursOf(ctx, floor(from.UnixMilli(), hour), to.UnixMilli())
}

// Gaps is [DB.Gaps].
func (p *Past) Gaps(ctx context.Context, from, to time.Time) ([]Gap, error) {
	return listInUnit(ctx, p, scanGap, sqlGaps, millis(from), millis(to))
}

// listInUnit reads the account's rows, with amounts in its newest unit.
func listInUnit[T any](ctx context.Context, p *Past, scan func(r row, perUnit float64) (T, error), statement string, args ...any) ([]T, error) {
	return list(ctx, p.tx, func(r row) (T, error) { return scan(r, p.perUnit) }, statement, append([]any{p.account}, args...)...)
}
