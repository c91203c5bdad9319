package store

import (
	"context"
	"database/sql"
	"time"
)

// Retention is how long the past is kept in which detail; zero is for ever.
// Sums by day are always kept.
type Retention struct {
	Readings time.Duration
	Hours    time.Duration
}

const (
	pruneStep  = 7 * day             // of one account's readings, in one transaction
	leastPosts = 90 * 24 * time.Hour // that messages are kept after their delivery, or after they were given up

	// leastMarks is how long it is known what was done: longer than any report
	// looks back for what it missed.
	leastMarks = 400 * 24 * time.Hour
)

// Prune removes what is older than it is to be kept, a little at a time so
// that polls are not held up.
func (db *DB) Prune(ctx context.Context, now time.Time, keep Retention) error {
	names, err := db.Accounts(ctx)
	if err != nil {
		return err
	}
	if keep.Readings > 0 {
		if err := db.pruneReadings(ctx, names, floor(now.Add(-keep.Readings).UnixMilli(), hour)); err != nil {
			return err
		}
		posts := millis(now.Add(-max(keep.Readings, leastPosts)))
		if _, err := db.update(ctx, sqlPruneOutbox, posts, posts); err != nil {
			return err
		}
	}
	if keep.Hours > 0 {
		if err := db.pruneHours(ctx, names, floor(now.Add(-keep.Hours).UnixMilli(), day)); err != nil {
			return err
		}
		return db.pruneLog(ctx, now, keep.Hours)
	}
	return nil
}

// pruneLog removes what happened so long ago that nobody asks for it.
func (db *DB) pruneLog(ctx context.Context, now time.Time, keep time.Duration) error {
	if _, err := db.update(ctx, sqlPruneEvents, millis(now.Add(-keep))); err != nil {
		return err
	}
	_, err := db.update(ctx, sqlPruneMarks, millis(now.Add(-max(keep, leastMarks))))
	return err
}

// pruneReadings first notes how far readings reach back, so that no query
// counts on those that are about to go.
func (db *DB) pruneReadings(ctx context.Context, names []string, before int64) error {
	if _, err := db.update(ctx, sqlSetPruned, readings.table, before); err != nil {
		return err
	}
	for _, name := range names {
		oldest, _, err := one(ctx, db, scanInt, sqlFirstOldest, name)
		if err != nil {
			return err
		}
		if oldest == 0 {
			continue
		}
		for until := min(before, oldest+pruneStep); ; until = min(before, until+pruneStep) {
			if _, err := db.update(ctx, sqlPruneReadings, name, until, name, name); err != nil {
				return err
			}
			if until >= before {
				break
			}
		}
	}
	return nil
}

func (db *DB) pruneHours(ctx context.Context, names []string, before int64) error {
	if _, err := db.update(ctx, sqlSetPruned, hours.table, before); err != nil {
		return err
	}
	for _, name := range names {
		err := db.tx(ctx, func(tx *sql.Tx) error {
			_, err := exec(ctx, tx, sqlPruneHours, name, before)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
