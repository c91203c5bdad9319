package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// EnqueueOnce sets a mark and enqueues the messages that go with it, unless the mark
// was set before. It reports whether this was the first time.
func (db *DB) EnqueueOnce(ctx context.Context, mark string, at time.Time, out ...Outgoing) (first bool, err error) {
	err = db.tx(ctx, func(tx *sql.Tx) error {
		n, err := exec(ctx, tx, sqlAddMark, mark, millis(at))
		if first = n > 0; err != nil || !first {
			return err
		}
		return enqueue(ctx, tx, out)
	})
	if err != nil {
		return false, err
	}
	if first {
		db.announce(out)
	}
	return first, nil
}

// Marked is when a mark was set, false when it was not.
func (db *DB) Marked(ctx context.Context, mark string) (time.Time, bool, error) {
	at, ok, err := one(ctx, db, scanInt, sqlMark, mark)
	return fromMillis(at), ok, err
}

// ForgetFuture removes the marks that are dated after a moment, which were set while the
// clock was ahead, and returns their number.
func (db *DB) ForgetFuture(ctx context.Context, after time.Time) (int64, error) {
	_, some, err := one(ctx, db, scanText, sqlFuture, millis(after))
	if err != nil || !some {
		return 0, err
	}
	return db.update(ctx, sqlForgetFuture, millis(after))
}

// KeepKnown removes the marks that end in "/known", except those to keep.
func (db *DB) KeepKnown(ctx context.Context, keep ...string) error {
	return db.tx(ctx, func(tx *sql.Tx) error {
		var gone []string
		err := each(ctx, tx, func(r row) error {
			var mark string
			err := r.Scan(&mark)
			if !slices.Contains(keep, mark) {
				gone = append(gone, mark)
			}
			return err
		}, sqlKnown)
		if err != nil {
			return err
		}
		for _, mark := range gone {
			if err := put(ctx, tx, sqlUnmark, mark); err != nil {
				return err
			}
		}
		return nil
	})
}

// Value is a small value by its name, false when it was never set.
func (db *DB) Value(ctx context.Context, name string) ([]byte, bool, error) {
	return one(ctx, db, scanBytes, sqlValue, name)
}

// ValueNames are the names of all small values that begin with a prefix, sorted.
func (db *DB) ValueNames(ctx context.Context, prefix string) ([]string, error) {
	names, err := list(ctx, db.read, scanText, sqlValueNames, utf8.RuneCountInString(prefix), prefix)
	return names, classified(db.path, err)
}

// SetValue keeps a small value under a name.
func (db *DB) SetValue(ctx context.Context, name string, value []byte) error {
	return db.SetValueAndEnqueue(ctx, name, value)
}

// SetValues keeps small values by their names, all or none.
func (db *DB) SetValues(ctx context.Context, values map[string][]byte) error {
	if len(values) == 0 {
		return nil
	}
	return db.tx(ctx, func(tx *sql.Tx) error {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if err := put(ctx, tx, sqlSetValue, name, append([]byte{}, values[name]...)); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetValueAndEnqueue stores a small value under a name and enqueues the messages about it,
// both or neither.
func (db *DB) SetValueAndEnqueue(ctx context.Context, name string, value []byte, out ...Outgoing) error {
	err := db.tx(ctx, func(tx *sql.Tx) error {
		if err := put(ctx, tx, sqlSetValue, name, append([]byte{}, value...)); err != nil {
			return err
		}
		return enqueue(ctx, tx, out)
	})
	if err == nil {
		db.announce(out)
	}
	return err
}

func scanBytes(r row) (b []byte, err error) {
	err = r.Scan(&b)
	return b, err
}
