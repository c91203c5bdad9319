package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// credential reads the key called name, or the file named under name_file.
// Whether either was written is the second result, so that a credential that
// could not be read is not reported as missing too.
func (m *mapping) credential(name string) (secret Secret, tried bool) {
	inline, file := m.get(name), m.get(name+"_file")
	switch {
	case inline.given() && file.given():
		file.problem(func(w *words) string { return w.CannotCombine(name) })
		return Secret{}, true
	case inline.given():
		text, ok := inline.scalar()
		if !ok {
			return Secret{}, true
		}
		secret = inline.secret(text)
		if _, elsewhere := inline.variable(); !elsewhere && strings.TrimSpace(text) != "" {
			m.r.inline = true
		}
		return secret, strings.TrimSpace(text) != ""
	case file.given():
		return file.secretFile(), true
	}
	return Secret{}, false
}

// secret takes a credential as it will stand in a header, where a space or a
// line break inside would make every request fail. Those around it were copied
// or written by an editor together with it.
func (v value) secret(text string) Secret {
	text = strings.TrimSpace(text)
	for _, r := range text {
		if r <= ' ' || r > '~' {
			v.problem(func(w *words) string { return w.BadSecret })
			return Secret{}
		}
	}
	return NewSecret(text)
}

// secretFile reads a credential from a file.
func (v value) secretFile() Secret {
	path, ok := v.scalar()
	if !ok {
		return Secret{}
	}
	text, err := readFile(path, 64<<10)
	if err != nil {
		v.problemOf(err, func(w *words) string { return w.CannotRead(fileTrouble(w, path, err)) })
		return Secret{}
	}
	v.r.secretFiles = append(v.r.secretFiles, path)
	found := strings.TrimPrefix(string(text), "\ufeff")
	if strings.TrimSpace(found) == "" {
		v.problem(func(w *words) string { return w.FileEmpty })
	}
	return v.secret(found)
}

// fileTrouble is what went wrong with a file. Its name may be a credential that
// was taken for one, and is then left out.
func fileTrouble(w *words, path string, err error) string {
	failed, ok := errors.AsType[*fs.PathError](err)
	if !ok || discreet(path) != path {
		return whyUnread(w, err)
	}
	return w.File(failed.Op, path, whyUnread(w, err))
}

// whyUnread is why a file could not be read, without its name.
func whyUnread(w *words, err error) string {
	for _, known := range []struct {
		kind error
		text string
	}{
		{fs.ErrNotExist, w.NoSuchFile}, {fs.ErrPermission, w.NoRight}, {errTooLarge, w.TooLarge}, {errDirectory, w.Directory}, {errDevice, w.Device},
	} {
		if errors.Is(err, known.kind) {
			return known.text
		}
	}
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err.Error()
	}
	return err.Error()
}

var (
	errTooLarge  = errors.New("too large")
	errDirectory = errors.New("a directory")
	errDevice    = errors.New("not a regular file")
)

// readFile reads a regular file of at most limit bytes. Anything else is
// refused before it is read: a pipe without a writer would never answer.
func readFile(path string, limit int64) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errDirectory
	case !info.Mode().IsRegular():
		return nil, errDevice
	case info.Size() > limit:
		return nil, errTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, errTooLarge
	}
	return data, nil
}
