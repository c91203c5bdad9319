// Package store remembers: readings, what was concluded from them, what was
// said about them and what is still to be said, all in one SQLite file. It
// computes nothing but sums. What belongs together (a reading, the state that
// follows from it and the messages that tell of it) is one transaction, so
// that a crash loses or repeats none of it.
//
// Statements keep to what SQLite and PostgreSQL have in common. Amounts are
// millionths of a dollar, NULL when unknown; times are Unix milliseconds, 0
// for none.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the database driver
)

// DB is the open file. It is safe for concurrent use.
type DB struct {
	path    string
	write   *sql.DB // one connection: writers queue here and not in SQLite; nil when read-only
	read    *sql.DB
	lock    *os.File
	reserve *reserve // nil when read-only
	exposed error    // why the file cannot be made private
	changed chan struct{}
	lease   *Lease // nil where no other process can write
	close   func() error
}

// readers is how many queries may run beside the writer.
const readers = 4

// Open opens or creates the file, for this process alone. See the Err
// variables for how it can fail; a file that it refuses is left as it was.
func Open(path string) (*DB, error) {
	if path == "" {
		return nil, errors.New("the database needs a file name")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // or a second name would have a lock of its own
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, told(path, fmt.Errorf("lock %s: %w", path, err))
	}
	db, err := open(path)
	if errors.Is(told(path, err), ErrFull) && os.Remove(reserveOf(path)) == nil {
		db, err = open(path)
	}
	if err != nil {
		lock.Close()
		return nil, told(path, fmt.Errorf("open %s: %w", path, err))
	}
	db.lock, db.reserve = lock, newReserve(path)
	return db, nil
}

func open(path string) (*DB, error) {
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
	if err := prepare(write); err != nil {
		write.Close()
		return nil, err
	}
	read, err := connect(path, readers, reading)
	if err != nil {
		write.Close()
		return nil, err
	}
	return made(&DB{path: path, write: write, read: read, exposed: exposed}), nil
}

// prepare brings the schema up to date and the messages that a crash caught
// under way back to where they were.
func prepare(write *sql.DB) error {
	ctx := context.Background()
	if err := migrate(ctx, write, len(migrations)); err != nil {
		return err
	}
	_, err := write.ExecContext(ctx, sqlRecover)
	return err
}

// OpenReadOnly opens an existing file for queries, also while another process
// has it open.
func OpenReadOnly(path string) (*DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	read, err := connect(path, readers, url.Values{"mode": {"ro"}, "_pragma": reading["_pragma"]})
	if err != nil {
		return nil, err
	}
	version, err := recognise(context.Background(), read)
	if err == nil && version < len(migrations) {
		err = ErrOlder
	}
	if err != nil {
		read.Close()
		return nil, told(path, fmt.Errorf("open %s: %w", path, err))
	}
	return made(&DB{path: path, read: read}), nil
}

func made(db *DB) *DB {
	db.changed = make(chan struct{}, 1)
	db.close = sync.OnceValue(db.shut)
	return db
}

// reading is how the connections are opened that only read.
var reading = url.Values{"_pragma": {"busy_timeout(5000)", "query_only(ON)", "cache_size(-1000)"}}

func connect(path string, most int, options url.Values) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?"+options.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
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

// Exposed returns why other users of this machine may read the file, nil when
// it is private.
func (db *DB) Exposed() error { return db.exposed }

// Close closes the file and lets go of its lock.
func (db *DB) Close() error { return db.close() }

func (db *DB) shut() error {
	err := db.read.Close()
	if db.write != nil {
		err = errors.Join(err, db.write.Close())
	}
	if db.lock != nil {
		err = errors.Join(err, db.lock.Close())
	}
	return err
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
