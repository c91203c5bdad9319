package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	_ "modernc.org/sqlite" // the database driver
)

var sqlite = &engine{
	migrations: withSteps("sqlite", map[int]func(context.Context, *sql.Tx) error{2: sumUp, 5: bookLedger}),
	version:    recognise,
	setVersion: func(ctx context.Context, tx *sql.Tx, version int) error {
		_, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, version))
		return err
	},
	tableCount: `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?`,
	columns: `SELECT m.name, c.name, CASE WHEN m.name = 'small_values' AND c.name = 'value' THEN 'bytea' ELSE c.type END, c.pk
		FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '` + unfinished + `'`,
	commit: func(_ context.Context, _ *sql.DB, tx *sql.Tx, _ string) error { return tx.Commit() },
}

func openFile(ctx context.Context, path string) (*DB, error) {
	if path == "" {
		return nil, errors.New("the database needs a file name")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, inWrongPlace(path, err)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // or a second name would have a lock of its own
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, misplaced(path, fmt.Errorf("lock %s: %w", path, err))
	}
	db, err := openLocked(ctx, path)
	if errors.Is(classified(path, err), ErrFull) && os.Remove(reserveOf(path)) == nil {
		db, err = openLocked(ctx, path)
	}
	if err != nil {
		_ = unlock(lock) // the first failure says more
		return nil, misplaced(path, fmt.Errorf("open %s: %w", path, err))
	}
	db.lock, db.reserve = lock, newReserve(path)
	return db, nil
}

// misplaced is a failure as an [*Error]. A file that the system does not let be made or
// written stands in the wrong place.
func misplaced(path string, err error) error {
	err = classified(path, err)
	if _, done := errors.AsType[*Error](err); done || !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.EROFS) {
		return err
	}
	return inWrongPlace(path, err)
}

// inWrongPlace keeps the text of the cause alone: an [os.ErrNotExist] would say that there is
// no database yet.
func inWrongPlace(path string, err error) *Error {
	return &Error{Path: path, Kind: ErrPlace, Err: errors.New(err.Error())}
}

// makeable has an error when the file does not exist and could not be made. It leaves
// nothing behind.
func makeable(path string) error {
	dir := filepath.Dir(path)
	for _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir); _, err = os.Stat(dir) {
		dir = filepath.Dir(dir)
	}
	probe, err := os.CreateTemp(dir, ".mokabot.*")
	if err != nil {
		return inWrongPlace(path, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// moved has an error when the open file is no longer where it was opened.
func (db *DB) moved() *Error {
	if db.file == nil {
		return nil
	}
	if there, err := os.Stat(db.path); err == nil && os.SameFile(there, db.file) {
		return nil
	}
	return &Error{Path: db.path, Kind: ErrMoved}
}

func openLocked(ctx context.Context, path string) (*DB, error) {
	if err := inspect(path); err != nil {
		return nil, err
	}
	exposed, err := private(path, (*os.File).Chmod)
	if err != nil {
		return nil, err
	}
	write, err := connect(path, 1, url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "cache_size(-2000)",
	}})
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, sqlite, write); err != nil {
		write.Close()
		return nil, err
	}
	read, err := connect(path, readers, reading)
	if err != nil {
		write.Close()
		return nil, err
	}
	file, err := os.Stat(path)
	if err != nil {
		return nil, errors.Join(err, write.Close(), read.Close())
	}
	return made(&DB{path: path, file: file, engine: sqlite, write: write, read: read, exposed: exposed}), nil
}

func openFileReadOnly(path string) (*DB, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() { // a named pipe would be waited for
		return nil, classified(path, fmt.Errorf("open %s: %w", path, ErrCorrupt))
	}
	read, err := connect(path, readers, url.Values{"mode": {"ro"}, "_pragma": reading["_pragma"]})
	if err != nil {
		return nil, err
	}
	if err := readable(context.Background(), sqlite, read); err != nil {
		read.Close()
		return nil, classified(path, fmt.Errorf("open %s: %w", path, err))
	}
	return made(&DB{path: path, engine: sqlite, read: read}), nil
}

// reading is how the connections are opened that only read.
var reading = url.Values{"_pragma": {"busy_timeout(5000)", "query_only(ON)", "cache_size(-1000)"}}

func connect(path string, maxOpen int, options url.Values) (*sql.DB, error) {
	driver, err := sqliteDriver()
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(fileConnector{driver, "file:" + url.PathEscape(path) + "?" + options.Encode()})
	db.SetMaxOpenConns(maxOpen)
	db.SetMaxIdleConns(maxOpen)
	return db, nil
}

// private creates the file and keeps others from reading it. SQLite gives its
// journals the same mode. A file of another owner, writable by a group, can be
// used but not made private: exposed says why.
func private(path string, chmod func(*os.File, os.FileMode) error) (exposed, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	exposed = chmod(f, 0o600)
	if info, err := f.Stat(); err == nil && info.Mode().Perm()&0o077 == 0 {
		exposed = nil
	}
	return exposed, nil
}
