package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Once sets a mark and enqueues the messages that go with it, unless the mark
// was set before. It tells whether this was the first time.
func (db *DB) Once(ctx context.Context, mark string, at time.Time, out ...Outgoing) (first bool, err error) {
	err = db.tx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO marks (mark, at) VALUES (?, ?) ON CONFLICT (mark) DO NOTHING`, mark, millis(at))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		first = true
		return enqueue(ctx, tx, out)
	})
	if err != nil {
		return false, err
	}
	if first && len(out) > 0 {
		db.signal()
	}
	return first, nil
}

// Marked tells when a mark was set, false when it was not.
func (db *DB) Marked(ctx context.Context, mark string) (time.Time, bool, error) {
	var at int64
	err := db.read.QueryRowContext(ctx, `SELECT at FROM marks WHERE mark = ?`, mark).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return fromMillis(at), err == nil, err
}

// Value is a small value by its name, false when it was never set.
func (db *DB) Value(ctx context.Context, name string) ([]byte, bool, error) {
	var v string
	err := db.read.QueryRowContext(ctx, `SELECT value FROM small_values WHERE name = ?`, name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return []byte(v), err == nil, err
}

// SetValue keeps a small value under a name.
func (db *DB) SetValue(ctx context.Context, name string, value []byte) error {
	return db.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO small_values (name, value) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, string(value))
		return err
	})
}
