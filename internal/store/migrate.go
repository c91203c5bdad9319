package store

import (
	"context"
	"database/sql"
	"fmt"
)

// migration leads from one version of the schema to the next.
type migration struct {
	statements string
	then       func(context.Context, *sql.Tx) error // nil: nothing more to do
}

var migrations = []migration{
	{schema1, nil},
	{schema2, sumUp},
	{schema3, nil},
	{schema4, nil},
	{schemaLedger, bookLedger},
	{schemaLanes, nil},
}

// migrate brings the schema up to the wanted version, each step in a
// transaction of its own.
func migrate(ctx context.Context, db *sql.DB, wanted int) error {
	var version int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	for i := version; i < wanted; i++ {
		if err := migrations[i].run(ctx, db, i+1); err != nil {
			return fmt.Errorf("bring the database to version %d: %w", i+1, err)
		}
	}
	return nil
}

func (m migration) run(ctx context.Context, db *sql.DB, version int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, m.statements); err != nil {
		return err
	}
	if m.then != nil {
		if err := m.then(ctx, tx); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, version)); err != nil {
		return err
	}
	return tx.Commit()
}

// sumUp adds the readings of before version 2 to the sums by hour and day, in the
// columns of that version.
func sumUp(ctx context.Context, tx *sql.Tx) error {
	names, err := list(ctx, tx, scanText, sqlReadAccounts)
	if err != nil {
		return err
	}
	for _, name := range names {
		old, err := list(ctx, tx, scanOldSample, `SELECT at, spendable, err_kind, since, known, spent, top_up, new_requests, covered
			FROM readings WHERE account = ? ORDER BY at`, name)
		if err != nil {
			return err
		}
		for _, p := range old {
			if err := addToOldSums(ctx, tx, name, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// oldSample is a reading as version 1 kept it.
type oldSample struct {
	piece
	failed int64
}

func scanOldSample(r row) (s oldSample, err error) {
	var kind string
	err = r.Scan(&s.until, &s.balance, &kind, &s.since, &s.known, &s.spent, &s.topUp, &s.requests, &s.covered)
	s.balanceAt = s.until
	if kind != "" {
		s.failed = 1
	}
	return s, err
}

func addToOldSums(ctx context.Context, tx *sql.Tx, account string, s oldSample) error {
	for _, l := range []level{hours, days} {
		for _, h := range divided(s.piece, s.failed, l.width) {
			if _, err := exec(ctx, tx, in(l.table, sqlAddOldSum), account, h.start, h.since, h.until,
				h.spent, h.topUp, h.requests, h.covered, h.balance, h.balanceAt, h.readings, h.failed); err != nil {
				return err
			}
		}
	}
	return nil
}

const sqlAddOldSum = `INSERT INTO %s (account, start, since, until, spent, top_up, requests, covered,
	balance, balance_at, readings, failed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (account, start) DO UPDATE SET
	since = CASE WHEN %s.since = 0 OR (excluded.since <> 0 AND excluded.since < %s.since) THEN excluded.since ELSE %s.since END,
	until = CASE WHEN excluded.until > %s.until THEN excluded.until ELSE %s.until END,
	spent = %s.spent + excluded.spent, top_up = %s.top_up + excluded.top_up,
	requests = %s.requests + excluded.requests, covered = %s.covered + excluded.covered,
	balance = CASE WHEN excluded.balance IS NOT NULL AND excluded.balance_at >= %s.balance_at THEN excluded.balance ELSE %s.balance END,
	balance_at = CASE WHEN excluded.balance_at > %s.balance_at THEN excluded.balance_at ELSE %s.balance_at END,
	readings = %s.readings + excluded.readings, failed = %s.failed + excluded.failed`

func scanText(r row) (text string, err error) { return text, r.Scan(&text) }
