// Package store keeps readings, the states computed from them, and the messages
// sent and waiting, in a SQLite file or a PostgreSQL database. It computes nothing
// but sums. A reading, the state that follows from it and the messages about it are
// stored in one transaction, so that a crash loses or repeats none of them.
//
// Statements keep to what both engines have in common and reach both through
// database/sql; what differs is in sqlite.go, postgres.go and migrations/. Amounts
// are millionths of a dollar, NULL when unknown; times are Unix milliseconds, 0
// for none.
//
// There is one writer: one process at a time, which holds the lock of the file or the
// [Lease], through one connection. So ids of events and messages grow in the order in
// which their transactions end, and what a transaction has read is still true when it
// ends.
package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// DB is the open database. It is safe for concurrent use.
type DB struct {
	path    string      // of the file, or where the PostgreSQL database is; never a password
	file    os.FileInfo // of the file that was opened; nil on PostgreSQL and when read-only
	engine  *engine
	write   *sql.DB // one connection: writers queue here and not in the database; nil when read-only
	read    *sql.DB
	lock    *os.File // nil on PostgreSQL and when read-only
	reserve *reserve // nil on PostgreSQL and when read-only
	exposed error    // why the file cannot be made private
	trouble atomic.Pointer[Error]
	changed chan struct{}
	polls   pollQueue
	lease   *Lease // nil where no other process can write
	close   func() error
}

// engine is what the two databases do differently.
type engine struct {
	migrations []migration
	version    func(context.Context, rower) (int, error) // of the schema, 0 for an empty database; an error for one that is not ours
	setVersion func(context.Context, *sql.Tx, int) error
	alone      string                                                             // statement that keeps other processes from migrating until the transaction ends; empty: nothing is needed
	snapshot   *sql.TxOptions                                                     // of a transaction that sees one unchanging state
	tableCount string                                                             // statement that counts the tables of a name
	columns    string                                                             // statement for table, column, type and place in the primary key of all that is copied
	afterCopy  []string                                                           // statements that a filled database needs
	commit     func(ctx context.Context, db *sql.DB, tx *sql.Tx, id string) error // id: see [Lease.fence]
}

// readers is how many queries may run beside the writer.
const readers = 3

// Open opens or creates the database at an address, the path of a file or a
// postgres:// URL. A file is this process's alone. See the Err variables for how
// it can fail; a database that it refuses is left as it was.
func Open(address string) (*DB, error) { return OpenContext(context.Background(), address) }

// OpenContext is [Open], which waits for a PostgreSQL server, or brings the schema up to
// date, no longer than until ctx ends.
func OpenContext(ctx context.Context, address string) (*DB, error) {
	if IsURL(address) {
		return complete(openServer(ctx, address))
	}
	return complete(openFile(ctx, address))
}

// OpenReadOnly opens an existing database for queries, also while another process
// has it open. Where there is none, the error is an [os.ErrNotExist].
func OpenReadOnly(address string) (*DB, error) {
	if IsURL(address) {
		return complete(openServerReadOnly(address))
	}
	return complete(openFileReadOnly(address))
}

// IsURL reports whether an address is that of a PostgreSQL database.
func IsURL(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

func made(db *DB) *DB {
	db.changed, db.polls.turn = make(chan struct{}, 1), make(chan struct{}, 1)
	db.close = sync.OnceValue(db.shut)
	return db
}

// prepare brings the schema up to date and the messages that a crash caught
// under way back to where they were.
func prepare(ctx context.Context, e *engine, write *sql.DB) error {
	if err := migrate(ctx, e, write, len(e.migrations)); err != nil {
		return err
	}
	if e.alone != "" {
		return nil // another process may be writing; see [Lease.Acquire]
	}
	_, err := write.ExecContext(ctx, sqlRecover)
	if err == nil {
		_, err = write.ExecContext(ctx, sqlFreeLed)
	}
	return err
}

// readable refuses to read a database whose schema is not this version's.
func readable(ctx context.Context, e *engine, read rower) error {
	version, err := e.schema(ctx, read)
	if err == nil && version == 0 {
		err = os.ErrNotExist
	}
	if err == nil && version < len(e.migrations) {
		err = ErrOlder
	}
	return err
}

// Exposed returns why other users of this machine may read the file, nil when
// it is private.
func (db *DB) Exposed() error { return db.exposed }

// Trouble is why the newest write failed, where that is the database's doing, or that the
// file is not where it was opened; nil when all is well.
func (db *DB) Trouble() error {
	if moved := db.moved(); moved != nil {
		return moved
	}
	if t := db.trouble.Load(); t != nil {
		return t
	}
	return nil
}

// Full reports whether the disk is full. A SQLite file still takes everything
// but readings; a PostgreSQL server takes nothing.
func (db *DB) Full() bool {
	t := db.trouble.Load()
	return db.leavesOut() || t != nil && errors.Is(t, ErrFull)
}

// Close closes the database and lets go of the file's lock.
func (db *DB) Close() error { return db.close() }

func (db *DB) shut() error {
	if db.lease != nil {
		db.lease.close()
	}
	err := db.read.Close()
	if db.write != nil {
		err = errors.Join(err, db.write.Close())
	}
	if db.lock != nil {
		err = errors.Join(err, unlock(db.lock))
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
