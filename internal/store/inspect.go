package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"
)

const (
	// inspectTime is for the pages of a large file, so that a start does not wait long; a
	// broken page beyond is an error when it is read.
	inspectTime = 150 * time.Millisecond
	smallest    = 512 // page of SQLite
)

// inspect refuses a file that is not a sound database of ours, before
// anything is written to it.
func inspect(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("not a file: %w", ErrCorrupt)
	}
	if info.Size() == 0 {
		return nil
	}
	if info.Size() < smallest {
		return ErrCorrupt // SQLite would take it for an empty one, and write over it
	}
	db, err := connect(path, 1, url.Values{"mode": {"ro"}, "_pragma": reading["_pragma"]})
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), inspectTime)
	defer cancel()
	if _, err := sqlite.schema(context.Background(), db); err != nil {
		return err
	}
	return sound(ctx, db)
}

// sound looks for broken pages, as far as ctx gives time for it.
func sound(ctx context.Context, db *sql.DB) error {
	var verdict string
	err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict)
	if err != nil && outOfTime(ctx) {
		return nil
	}
	if err == nil && verdict != "ok" {
		return ErrCorrupt
	}
	return err
}

// recognise is the version of the schema, 0 for a file without tables. It refuses the
// database of another program.
func recognise(ctx context.Context, db rower) (version int, err error) {
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return 0, err
	}
	var tables, ours int
	if err := db.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN name IN ('outbox', 'marks') THEN 1 ELSE 0 END), 0)
		FROM sqlite_master WHERE type = 'table'`).Scan(&tables, &ours); err != nil {
		return 0, err
	}
	if version == 0 && tables > 0 || version > 0 && ours < 2 {
		return version, ErrCorrupt
	}
	return version, nil
}
