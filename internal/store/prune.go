package store

import (
	"context"
	"strings"
	"time"
)

// Retention is how long the past is kept in which detail; zero is forever.
// Sums by day are always kept.
//
// Only days on which something was read count as age. So a clock that is wrong
// for a while makes nothing old, however far ahead it is, and what was read
// before a long pause is kept as long as what is read after it.
type Retention struct {
	Readings time.Duration
	Hours    time.Duration
	Open     []string // ids of open incidents, whose posts and events stay however old
}

const (
	pruneStep = 7 * day             // of one account's readings, in one transaction
	minPosts  = 90 * 24 * time.Hour // that messages are kept after their delivery, or after they were given up

	// minMarks is how long marks are kept at least: longer than any report looks back for
	// what it missed.
	minMarks = 400 * 24 * time.Hour
)

// Prune removes what is older than it is to be kept, a little at a time so
// that polls are not held up.
func (db *DB) Prune(ctx context.Context, now time.Time, keep Retention) error {
	names, err := db.Accounts(ctx)
	if err != nil {
		return err
	}
	if keep.Readings > 0 {
		before, err := db.olderThan(ctx, now, keep.Readings)
		if err != nil {
			return err
		}
		if err := db.pruneReadings(ctx, names, floor(before, hour)); err != nil {
			return err
		}
		if err := db.pruneOutbox(ctx, now, max(keep.Readings, minPosts), keep.Open); err != nil {
			return err
		}
	}
	if keep.Hours > 0 {
		before, err := db.olderThan(ctx, now, keep.Hours)
		if err != nil {
			return err
		}
		if err := db.pruneHours(ctx, names, floor(before, day)); err != nil {
			return err
		}
		return db.pruneLog(ctx, now, keep)
	}
	return nil
}

// olderThan is the time before which everything is older than age, 0 where
// nothing is. See [Retention] for which days count.
func (db *DB) olderThan(ctx context.Context, now time.Time, age time.Duration) (int64, error) {
	wanted := (age.Milliseconds() + day - 1) / day
	var read, first int64
	if err := db.read.QueryRowContext(ctx, sqlReadDays, wanted).Scan(&read, &first); err != nil {
		return 0, classified(db.path, err)
	}
	if read < wanted {
		return 0, nil
	}
	return min(now.Add(-age).UnixMilli(), first+day), nil
}

// pruneOutbox removes the messages that are too old for edits and buttons.
func (db *DB) pruneOutbox(ctx context.Context, now time.Time, age time.Duration, open []string) error {
	before, err := db.olderThan(ctx, now, age)
	if err != nil {
		return err
	}
	args := []any{before, before}
	for _, id := range open {
		args = append(args, "%/"+id+"/%")
	}
	_, err = db.update(ctx, sqlPruneOutbox+strings.Repeat(sqlButOpen, len(open)), args...)
	return err
}

// pruneLog removes old events and marks.
func (db *DB) pruneLog(ctx context.Context, now time.Time, keep Retention) error {
	before, err := db.olderThan(ctx, now, keep.Hours)
	if err != nil {
		return err
	}
	args := []any{before}
	for _, id := range keep.Open {
		args = append(args, id)
	}
	if _, err := db.update(ctx, sqlPruneEvents+strings.Repeat(` AND incident <> ?`, len(keep.Open)), args...); err != nil {
		return err
	}
	if before, err = db.olderThan(ctx, now, max(keep.Hours, minMarks)); err != nil {
		return err
	}
	_, err = db.update(ctx, sqlPruneMarks, before)
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
		if _, err := db.update(ctx, sqlPruneHours, name, before); err != nil {
			return err
		}
	}
	return nil
}
