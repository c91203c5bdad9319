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

// sumUp adds the readings of before version 2 to the sums by hour and day.
func sumUp(ctx context.Context, tx *sql.Tx) error {
	names, err := list(ctx, tx, scanText, sqlReadAccounts)
	if err != nil {
		return err
	}
	for _, name := range names {
		samples, err := list(ctx, tx, scanSample, sqlAllSamples, name)
		if err != nil {
			return err
		}
		for _, s := range samples {
			if err := addToSums(ctx, tx, name, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func scanText(r row) (text string, err error) { return text, r.Scan(&text) }
