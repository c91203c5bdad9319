package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// What can be wrong with the database. They come wrapped in an [*Error].
var (
	ErrInUse    = errors.New("the database is in use by another mokabot; stop that one first, or give this one a storage.path of its own")
	ErrCorrupt  = errors.New("this is not a readable mokabot database; restore a backup, or move the file away to start anew")
	ErrNewer    = errors.New("this database was written by a newer mokabot; use that version, or begin with an empty database")
	ErrOlder    = errors.New("this database was written by an older mokabot; start this version once to bring it up to date")
	ErrFull     = errors.New("the disk is full; make room, nothing stored so far is lost")
	ErrReadOnly = errors.New("the database was opened for reading only")
	ErrPlace    = errors.New("the database file cannot be made there; name one in a folder that this user may write to in storage.path")
	ErrMoved    = errors.New("the database file was moved, replaced or deleted while the bot runs, and the next start does not find what is stored now; stop the bot, put the file back with its -wal beside it, then start the bot")

	ErrAddress     = errors.New("storage.url is not the address of a PostgreSQL database; write postgres://USER:PASSWORD@HOST:5432/DATABASE")
	ErrUnreachable = errors.New("the PostgreSQL server cannot be reached; check the host and port of storage.url, and that the server runs and lets this machine in")
	ErrTLS         = errors.New("the connection to PostgreSQL cannot be encrypted as storage.url asks for; check sslmode and sslrootcert there, and the server's certificate")
	ErrCut         = errors.New("the connection to PostgreSQL broke; it is made anew by itself, and what was not stored is tried again")
	ErrUnknown     = errors.New("the connection to PostgreSQL broke while it was storing something, and the server does not say what became of it; the next reading shows")
	ErrLogin       = errors.New("PostgreSQL refuses the user or the password of storage.url; correct them")
	ErrNoDatabase  = errors.New("the PostgreSQL server has no database of that name; create it, or correct storage.url")
	ErrRights      = errors.New("the PostgreSQL user lacks rights; make it the owner of the database, or grant it USAGE and CREATE on the schema and everything on its tables")
	ErrStandby     = errors.New("this PostgreSQL server takes no changes, it is a standby or read-only; name the primary in storage.url, or several hosts with target_session_attrs=read-write")
	ErrServer      = errors.New("this PostgreSQL is too old; 13 or newer is needed")
	ErrEncoding    = errors.New("the PostgreSQL database is not in UTF-8; create it with ENCODING 'UTF8'")
	ErrForeign     = errors.New("the PostgreSQL database holds tables of another program; give mokabot a database or a schema of its own")
	ErrRunning     = errors.New("a mokabot runs on this PostgreSQL database; stop every replica first")
	ErrNotEmpty    = errors.New("the database to copy to is not empty; name an empty one")
	ErrUnfinished  = errors.New("a copy to this database was broken off; run the same mokabot copy again, which goes on with it")
	ErrDiffers     = errors.New("the copy is not the same as what was copied; look at the disk of both, then run it again: no bot starts on the copy meanwhile")
	ErrSame        = errors.New("the database to copy to is the one to copy from; name another one with --to")
	ErrBusy        = errors.New("the PostgreSQL server has no connection left; raise its max_connections, mokabot needs six for each replica")
)

// Passing reports whether a failure is one of the connection to the database,
// which is made anew by itself.
func Passing(err error) bool {
	return errors.Is(err, ErrUnreachable) || errors.Is(err, ErrCut) || errors.Is(err, ErrUnknown)
}

// Absent reports whether a database could not be opened because its server is
// away, starts, stops or is busy: it may be opened later, with nothing changed.
func Absent(err error) bool { return Passing(err) || errors.Is(err, ErrBusy) }

// Error is what is wrong with which database.
type Error struct {
	Path string
	Kind error // one of the errors above
	Err  error // the cause below, if any
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Path + ": " + e.Kind.Error()
	}
	return fmt.Sprintf("%s: %v (%v)", e.Path, e.Kind, e.Err)
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Result codes of SQLite: https://www.sqlite.org/rescode.html.
const (
	codeCorrupt = 11
	codeFull    = 13
	codeNotADB  = 26

	codeNoRoomToShare = 4874 // the file that the connections share could not be made
)

// kinds are all that can be wrong.
var kinds = []error{
	ErrInUse, ErrCorrupt, ErrNewer, ErrOlder, ErrFull, ErrReadOnly, ErrAddress, ErrUnreachable, ErrTLS, ErrCut, ErrUnknown, ErrLogin, ErrNoDatabase,
	ErrRights, ErrStandby, ErrServer, ErrEncoding, ErrForeign, ErrBusy, ErrPlace, ErrMoved,
	ErrRunning, ErrNotEmpty, ErrUnfinished, ErrDiffers, ErrSame,
}

// Kinds are all that can be wrong with a database, for the tests that insist on words and a
// cure for each.
func Kinds() []error { return slices.Clone(kinds) }

// classified is a failure as an [*Error] where it means something for the database, else
// the failure itself.
func classified(path string, err error) error {
	if _, done := errors.AsType[*Error](err); err == nil || done {
		return err
	}
	if kind := kindOfServer(err); kind != nil {
		return &Error{Path: path, Kind: kind, Err: causeAtServer(err)}
	}
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			return &Error{Path: path, Kind: kind}
		}
	}
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		if coded.Code() == codeNoRoomToShare {
			return &Error{Path: path, Kind: ErrFull, Err: err}
		}
		switch coded.Code() & 0xff {
		case codeCorrupt, codeNotADB:
			return &Error{Path: path, Kind: ErrCorrupt, Err: err}
		case codeFull:
			return &Error{Path: path, Kind: ErrFull, Err: err}
		}
	}
	return err
}

// outOfTime reports whether a query was broken off because its time was up.
func outOfTime(ctx context.Context) bool {
	return errors.Is(ctx.Err(), context.DeadlineExceeded)
}
