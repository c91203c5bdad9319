// Package store remembers: readings, what was concluded from them, what was
// said about them and what is still to be said, all in one SQLite file. It
// computes nothing. What belongs together (a reading, the state that follows
// from it and the messages that tell of it) is one transaction, so that a
// crash loses or repeats none of it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the database driver
)

// Ways in which a file cannot be opened.
var (
	ErrInUse   = errors.New("the database is in use by another mokabot; stop that one first, or give this one a storage.path of its own")
	ErrCorrupt = errors.New("this is not a readable mokabot database; it was not touched. Restore a backup, or move the file away to start anew")
	ErrNewer   = errors.New("this database was written by a newer mokabot; use that version, or move the file away to start anew")
)

// DB is the open file. It is safe for concurrent use.
type DB struct {
	write   *sql.DB // one connection: writers queue here and not in SQLite
	read    *sql.DB
	lock    *os.File
	changed chan struct{}
}

// readers is how many queries may run beside the writer.
const readers = 4

// Open opens or creates the file, for this process alone.
func Open(path string) (*DB, error) {
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	db, err := open(path)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	db.lock = lock
	return db, nil
}

func open(path string) (*DB, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	db := &DB{changed: make(chan struct{}, 1)}
	var err error
	if db.write, err = connect(path, "immediate", 1); err != nil {
		return nil, err
	}
	if err := migrate(db.write); err != nil {
		db.write.Close()
		return nil, readable(err)
	}
	if db.read, err = connect(path, "deferred", readers); err != nil {
		db.write.Close()
		return nil, err
	}
	return db, nil
}

// create makes sure that nobody else can read the file: SQLite gives its
// journals the same mode.
func create(path string) error {
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Chmod(0o600); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func connect(path, lock string, most int) (*sql.DB, error) {
	q := url.Values{"_txlock": {lock}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
	}}
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(most)
	return db, nil
}

// readable tells a file that is no database of ours from every other failure.
func readable(err error) error {
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		switch coded.Code() & 0xff {
		case 11, 26: // SQLITE_CORRUPT, SQLITE_NOTADB: https://www.sqlite.org/rescode.html
			return ErrCorrupt
		}
	}
	return err
}

// Close closes the file and lets go of its lock.
func (db *DB) Close() error {
	err := errors.Join(db.read.Close(), db.write.Close())
	return errors.Join(err, db.lock.Close())
}

// tx runs f in one transaction; its changes stand only when it returns nil.
func (db *DB) tx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
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
