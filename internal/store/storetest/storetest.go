// Package storetest makes new databases for tests, cheaply: the schema is made once for
// each test binary. Only tests import it.
package storetest

import (
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// reserveSize is that of package store. A reserve of this size is left as it is.
const reserveSize = 6 << 20

var empty = struct {
	sync.Mutex
	file []byte
}{}

// File is the path of a database without rows, with the newest schema, in a folder of
// the test. open is [mokabot/internal/store.Open], which this package cannot import
// because that one's own tests use it. Its reserve takes no room, so a test of a full
// disk opens a path of its own instead.
func File[DB io.Closer](t testing.TB, open func(path string) (DB, error)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, template(t, open), 0o600); err != nil {
		t.Fatal(err)
	}
	reserve(t, path)
	return path
}

// template is the contents of a new database.
func template[DB io.Closer](t testing.TB, open func(path string) (DB, error)) []byte {
	t.Helper()
	empty.Lock()
	defer empty.Unlock()
	if empty.file != nil {
		return empty.file
	}
	path := filepath.Join(t.TempDir(), "template.db")
	reserve(t, path)
	db, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if empty.file, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return empty.file
}

// reserve makes the reserve of a database without writing it.
func reserve(t testing.TB, database string) {
	t.Helper()
	f, err := os.OpenFile(database+"-reserve", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(reserveSize); err != nil {
		t.Fatal(err)
	}
}
