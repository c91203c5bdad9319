package app

import (
	"os"
	"path/filepath"
	"strings"
)

// WriteFile replaces a file in one step: whoever reads it sees the old ids or
// the new ones, never half of them. A link to a file is replaced too: in a
// folder that others write to, it could lead anywhere. What is no file, or
// stands for an open one such as /dev/stdout, is written to.
func WriteFile(name string, data []byte) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() || ofTheSystem(name) {
		return os.WriteFile(name, data, 0o644)
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	if _, err := temporary.Write(data); err != nil {
		temporary.Close()
		return err
	}
	if err := temporary.Chmod(0o644); err != nil {
		temporary.Close()
		return err
	}
	if err := temporary.Sync(); err != nil {
		temporary.Close()
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}

// ofTheSystem reports whether a name stands where the system keeps its devices.
func ofTheSystem(name string) bool {
	path, err := filepath.Abs(name)
	return err == nil && (strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/") || strings.HasPrefix(path, "/proc/"))
}
