//go:build unix

package config

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// S15: nothing but a regular file is read, and nothing waits for one.
func TestOnlyRegularFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	pipe, huge := filepath.Join(dir, "pipe"), filepath.Join(dir, "huge")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, 1<<40); err != nil {
		t.Skip("no large files here:", err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		pipe: "pipe or a device", link: "pipe or a device", dir: "a directory", "/dev/zero": "pipe or a device", "/dev/null": "pipe or a device", huge: "too large",
		filepath.Join(dir, "none"): "no such file",
	} {
		start := time.Now()
		_, err := LoadWith(path, environ())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("as configuration, %s: %v", path, err)
		}
		_, err = parse("c.yaml", []byte("accounts:\n  - {name: a, api_key_file: "+path+"}\n"), environ())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "c.yaml:2: accounts[0].api_key_file") {
			t.Errorf("as secret, %s: %v", path, err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s took %s", path, took)
		}
	}
}
