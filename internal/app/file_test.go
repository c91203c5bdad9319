package app

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mokabot/internal/config"
)

func TestAFailedWriteNamesTheFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "missing", "ids.txt")
	if err := WriteFile(name, []byte("ids\n")); err == nil || !strings.Contains(err.Error(), name+":") {
		t.Errorf("failed with %v", err)
	}
}

// A link in the place of a file that is written is replaced, and what it leads
// to is left alone.
func TestAWrittenFileFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	other, link := filepath.Join(dir, "another's"), filepath.Join(dir, "model_ids.txt")
	if err := errors.Join(os.WriteFile(other, []byte("kept"), 0o600), os.Symlink(other, link), WriteFile(link, []byte("ids\n"))); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(other)
	written, err2 := os.ReadFile(link)
	if err := errors.Join(err, err2); err != nil || string(kept) != "kept" || string(written) != "ids\n" {
		t.Errorf("%q and %q, %v", kept, written, err)
	}
}

// Text from outside never begins a line of the log.
func TestALineOfTheLogStaysOneLine(t *testing.T) {
	const foreign = "x\nlevel=ERROR msg=forged\r\u2028\x1b[2J\x00"
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		NewLog(&out, config.Log{Format: format}).Info(foreign, "name", foreign, "err", errors.New(foreign))
		if text := out.String(); strings.Count(text, "\n") != 1 || strings.ContainsAny(text, "\r\x1b\x00") {
			t.Errorf("%s: %q", format, text)
		}
	}
}

func TestWhatIsNoFileIsNotReplacedByOne(t *testing.T) {
	t.Chdir(t.TempDir())
	l, err := net.Listen("unix", "socket")
	if err != nil {
		t.Skip("no sockets in the file system here: ", err)
	}
	defer l.Close()
	for _, write := range []func(string, []byte) error{WriteFile, WritePrivate} {
		failed := write("socket", []byte("new\n"))
		if socket, err := os.Lstat("socket"); failed == nil || err != nil || socket.Mode().Type() != fs.ModeSocket {
			t.Errorf("the socket is now %v, %v; %v", socket, err, failed)
		}
	}
}

// While a file is replaced it is there, as it was or as it is to be, and a private one is
// never anybody else's to read.
func TestAReplacedFileIsNeverGone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	done, gone := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(gone)
		for {
			select {
			case <-done:
				return
			default:
			}
			if text, err := os.ReadFile(name); err != nil || len(text) != len("old") {
				gone <- fmt.Errorf("%q, %w", text, err)
				return
			}
		}
	}()
	for range 100 {
		if err := WritePrivate(name, []byte("new")); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	if err := <-gone; err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
}

// As "-o /dev/stdout > file" has it: root could replace the device.
func TestAnOpenFileIsWrittenTo(t *testing.T) {
	t.Chdir(t.TempDir())
	open, err := os.Create("open")
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	device := fmt.Sprintf("/dev/fd/%d", open.Fd())
	if _, err := os.Stat(device); err != nil {
		t.Skip("no such devices here: ", err)
	}
	if err := WriteFile(device, []byte("ids\n")); err != nil {
		t.Error(err)
	}
	if ids, err := os.ReadFile("open"); err != nil || string(ids) != "ids\n" {
		t.Errorf("%q, %v", ids, err)
	}
}
