package store

import (
	"context"
	"errors"
	"fmt"
)

// What can be wrong with the file. They come wrapped in an [*Error].
var (
	ErrInUse    = errors.New("the database is in use by another mokabot; stop that one first, or give this one a storage.path of its own")
	ErrCorrupt  = errors.New("this is not a readable mokabot database; restore a backup, or move the file away to start anew")
	ErrNewer    = errors.New("this database was written by a newer mokabot; use that version, or move the file away to start anew")
	ErrOlder    = errors.New("this database was written by an older mokabot; start this version once to bring it up to date")
	ErrFull     = errors.New("the disk is full; make room, nothing stored so far is lost")
	ErrReadOnly = errors.New("the database was opened for reading only")
)

// Error tells which file something is wrong with, and what.
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

// told says of a failure what it means for the file, where it means something.
func told(path string, err error) error {
	if _, done := errors.AsType[*Error](err); err == nil || done {
		return err
	}
	for _, kind := range []error{ErrInUse, ErrCorrupt, ErrNewer, ErrOlder, ErrFull, ErrReadOnly} {
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
