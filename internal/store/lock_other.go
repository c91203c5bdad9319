//go:build !unix

package store

import "os"

// lockFile holds the file open. Where there is no flock, removing it first
// fails while another process holds it.
func lockFile(path string) (*os.File, error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, ErrInUse
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}
