package store

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

const (
	// reserveSize is enough for the write-ahead log, which SQLite lets grow to
	// some four megabytes, and for the few pages that states and messages need.
	reserveSize = 6 << 20
	reserveWait = time.Minute // between two attempts to get the room back
)

// reserve is a file that only takes room. When the disk is full it is given up,
// so that states and messages can go on being written while readings are not.
type reserve struct {
	path string

	mu    sync.Mutex
	full  bool
	tried time.Time
}

func reserveOf(database string) string { return database + "-reserve" }

func newReserve(database string) *reserve {
	r := &reserve{path: reserveOf(database)}
	if info, err := os.Lstat(r.path); err != nil || !info.Mode().IsRegular() || info.Size() < reserveSize {
		r.take(time.Now())
	}
	return r
}

// give gives the room up; false when that was done before, or there is no reserve.
func (r *reserve) give(now time.Time) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.full, r.tried = true, now
	err := os.Remove(r.path)
	return err == nil
}

// isFull reports whether readings have to wait, after trying now and then to get
// the room back.
func (r *reserve) isFull(now time.Time) bool {
	r.mu.Lock()
	full, due := r.full, now.Sub(r.tried) >= reserveWait
	r.mu.Unlock()
	if full && due {
		return !r.take(now)
	}
	return full
}

// take takes the room, and reports whether there was any.
func (r *reserve) take(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried = now
	if r.full = writeNoise(r.path) != nil; r.full {
		_ = os.Remove(r.path) // what little of it there is, too
	}
	return !r.full
}

// writeNoise writes the file with noise, which no file system makes smaller. It
// is a new file each time: a link in its place might lead to another's.
func writeNoise(path string) error {
	_ = os.Remove(path) // or else the next call says what is wrong
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	noise := rand.NewChaCha8([32]byte{})
	_, err = io.CopyBuffer(struct{ io.Writer }{f}, struct{ io.Reader }{io.LimitReader(noise, reserveSize)}, make([]byte, 64<<10))
	return errors.Join(err, f.Close())
}

// leavesOut reports whether readings are not kept for the time being, so that
// there is room for everything else.
func (db *DB) leavesOut() bool { return db.reserve != nil && db.reserve.isFull(time.Now()) }
