package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

// The schemas in their versions: never change a file, add another. The version
// of a database is the number of files that were carried out on it.
//
//go:embed migrations
var files embed.FS

// migration leads from one version of the schema to the next.
type migration struct {
	statements string
	then       func(context.Context, *sql.Tx) error // nil: nothing more to do
}

// withSteps are the migrations of an engine. Some are followed by a step of the
// program, by the version that they lead to.
func withSteps(engine string, steps map[int]func(context.Context, *sql.Tx) error) []migration {
	names, err := fs.Glob(files, "migrations/"+engine+"/*.sql") // sorted by number
	if err != nil {
		panic(err) // the pattern is wrong
	}
	var all []migration
	for i, name := range names {
		statements, err := files.ReadFile(name)
		if err != nil {
			panic(err) // it was found just now, inside the program
		}
		all = append(all, migration{string(statements), steps[i+1]})
	}
	return all
}

// migrate brings the schema up to the wanted version, each step in a transaction of
// its own, but a new database at once: every commit waits for the disk. Another
// process may do the same at the same time.
func migrate(ctx context.Context, e *engine, db *sql.DB, wanted int) error {
	version, err := e.schema(ctx, db)
	for err == nil && version < wanted {
		to := version + 1
		if version == 0 {
			to = wanted
		}
		if err := e.step(ctx, db, version, to); err != nil {
			return fmt.Errorf("bring the database to version %d: %w", to, err)
		}
		version, err = e.schema(ctx, db)
	}
	return err
}

// schema returns the version of a database. It fails when this program is too old for
// it.
func (e *engine) schema(ctx context.Context, db rower) (int, error) {
	version, err := e.version(ctx, db)
	if err == nil && version > len(e.migrations) {
		err = ErrNewer
	}
	return version, err
}

// leaseVersion is the first schema of PostgreSQL with a [Lease].
const leaseVersion = 2

// step migrates a database from one version to another, unless another process did so
// meanwhile.
func (e *engine) step(ctx context.Context, db *sql.DB, version, to int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if e.alone != "" {
		if _, err := tx.ExecContext(ctx, e.alone); err != nil {
			return err
		}
		if now, err := e.version(ctx, tx); err != nil || now != version {
			return err
		}
	}
	for _, m := range e.migrations[version:to] {
		if err := m.run(ctx, tx); err != nil {
			return err
		}
	}
	if e.alone != "" && version >= leaseVersion {
		if _, err := tx.ExecContext(ctx, sqlVacate); err != nil {
			return err
		}
	}
	if err := e.setVersion(ctx, tx, to); err != nil {
		return err
	}
	return tx.Commit()
}

func (m migration) run(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, m.statements); err != nil {
		return err
	}
	if m.then == nil {
		return nil
	}
	return m.then(ctx, tx)
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
