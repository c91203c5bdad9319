package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"mokabot/moka"
)

// tx runs f in one transaction, which is committed only when f returns nil. Every
// write goes through here, and is refused with [ErrNotLeader] where another process
// may write. f runs a second time where nothing of the first can have been stored:
// when the disk was full and the reserve made room, and when the connection broke.
func (db *DB) tx(ctx context.Context, f func(*sql.Tx) error) error {
	if db.write == nil {
		return classified(db.path, ErrReadOnly)
	}
	err := db.attempt(ctx, f)
	if errors.Is(err, ErrFull) && db.reserve.give(time.Now()) || errors.Is(err, ErrCut) && ctx.Err() == nil {
		err = db.attempt(ctx, f)
	}
	trouble, _ := errors.AsType[*Error](err)
	db.trouble.Store(trouble)
	return err
}

func (db *DB) attempt(ctx context.Context, f func(*sql.Tx) error) error {
	if err := db.lease.mayWrite(); err != nil {
		return classified(db.path, err)
	}
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return classified(db.path, err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	id, err := db.lease.fence(ctx, tx)
	if err != nil {
		return classified(db.path, err)
	}
	if err := f(tx); err != nil {
		return classified(db.path, err)
	}
	return classified(db.path, db.engine.commit(ctx, db.write, tx, id))
}

// view runs f on one unchanging state of the database.
func (db *DB) view(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := db.read.BeginTx(ctx, db.engine.snapshot)
	if err != nil {
		return classified(db.path, err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return classified(db.path, f(tx))
}

// update runs one statement in a transaction and counts the rows it changed.
func (db *DB) update(ctx context.Context, statement string, args ...any) (n int64, err error) {
	err = db.tx(ctx, func(tx *sql.Tx) error {
		n, err = exec(ctx, tx, statement, args...)
		return err
	})
	return n, err
}

// writer is a transaction, or its prepared statements where a test stores a year.
type writer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// put carries out a statement whose failure is all that there is to know of it;
// see [later].
func put(ctx context.Context, tx writer, statement string, args ...any) error {
	_, err := tx.ExecContext(later(ctx), statement, args...)
	return err
}

func exec(ctx context.Context, tx writer, statement string, args ...any) (int64, error) {
	res, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// querier is a pool of connections or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// rower is a pool of connections or a transaction, asked for one row.
type rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// row is one line of an answer.
type row interface{ Scan(into ...any) error }

// each gives f every row of the answer.
func each(ctx context.Context, q querier, f func(row) error, statement string, args ...any) error {
	rows, err := q.QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// list reads all rows of the answer.
func list[T any](ctx context.Context, q querier, scan func(row) (T, error), statement string, args ...any) ([]T, error) {
	var all []T
	err := each(ctx, q, func(r row) error {
		v, err := scan(r)
		all = append(all, v)
		return err
	}, statement, args...)
	return all, err
}

// one reads the first row of the answer, false when there is none.
func one[T any](ctx context.Context, db *DB, scan func(row) (T, error), statement string, args ...any) (T, bool, error) {
	v, err := scan(db.read.QueryRowContext(ctx, statement, args...))
	if errors.Is(err, sql.ErrNoRows) {
		var none T
		return none, false, nil
	}
	return v, err == nil, classified(db.path, err)
}

func nullable(m moka.Maybe) sql.NullInt64 {
	a, ok := m.Get()
	return sql.NullInt64{Int64: int64(a), Valid: ok}
}

func maybe(n sql.NullInt64) moka.Maybe {
	if !n.Valid {
		return moka.Maybe{}
	}
	return moka.Known(moka.Amount(n.Int64))
}
