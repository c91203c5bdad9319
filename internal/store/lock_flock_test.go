//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package store

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A process that is being started while a database is closed holds a copy of the
// lock's file for a moment, on a busy machine for a long one.
func TestAClosedDatabaseIsNotInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := Open(path)
	check(t, err)
	inherited, err := syscall.Dup(int(db.lock.Fd()))
	check(t, err)
	defer syscall.Close(inherited)
	check(t, db.Close())
	again, err := Open(path)
	check(t, err)
	check(t, again.Close())
}
