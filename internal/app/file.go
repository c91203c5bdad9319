package app

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// WriteFile replaces a file in one step: a reader sees the old content or the new one,
// never half of it. A link to a file is replaced, too: in a folder that others can write
// to, it could lead anywhere. Devices and names of open files, such as /dev/stdout, are
// written to. An error names the file, not the temporary one beside it.
func WriteFile(name string, data []byte) error { return writeFile(name, data, 0o644) }

// WritePrivate is [WriteFile] of a file that only its owner can read.
func WritePrivate(name string, data []byte) error { return writeFile(name, data, 0o600) }

func writeFile(name string, data []byte, mode fs.FileMode) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() || ofTheSystem(name) {
		return writeThrough(name, data)
	}
	err := replaceFile(name, data, mode)
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		failed.Path = name
	}
	return err
}

// errUnreadPipe is why a named pipe cannot be written to.
var errUnreadPipe = errors.New("nobody reads this pipe")

// writeThrough writes to what is no regular file. A named pipe without a reader fails at
// once: opened in the usual way, it would be waited for without end, signals or not.
func writeThrough(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NONBLOCK, 0o644)
	if info, unknown := os.Stat(name); errors.Is(err, syscall.ENXIO) && unknown == nil && info.Mode().Type() == fs.ModeNamedPipe {
		return &fs.PathError{Op: "write", Path: name, Err: errUnreadPipe}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

func replaceFile(name string, data []byte, mode fs.FileMode) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(data)
	if err := cmp.Or(err, temporary.Chmod(mode), temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}

// ofTheSystem reports whether a name is in a folder of the system's devices.
func ofTheSystem(name string) bool {
	path, err := filepath.Abs(name)
	return err == nil && (strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/") || strings.HasPrefix(path, "/proc/"))
}
