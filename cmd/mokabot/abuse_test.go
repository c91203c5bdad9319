package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mokabot/internal/config"
	"mokabot/internal/lang"
)

func TestAReadableSecretIsTold(t *testing.T) {
	for _, w := range lang.All() {
		file := filepath.Join(t.TempDir(), "config.yaml")
		for _, c := range []struct {
			key  string
			mode os.FileMode
			told bool
		}{{"sk-1", 0o644, true}, {"sk-1", 0o600, false}, {"${KEY}", 0o644, false}} {
			text := "language: " + w.Tag + "\naccounts: [{name: team, api_key: \"" + c.key + "\"}]\n"
			if err := errors.Join(os.WriteFile(file, []byte(text), c.mode), os.Chmod(file, c.mode)); err != nil {
				t.Fatal(err)
			}
			status, out, log := command(t, map[string]string{"KEY": "sk-1"}, "check", "--offline", "--config", file)
			if status != exitFine || strings.Contains(out, w.CLI.Exposed) != c.told {
				t.Errorf("%s %o: exit %d, %s%s", c.key, c.mode, status, out, log)
			}
		}
	}
}

// A link in the place of a file that is written is replaced, and what it leads
// to is left alone.
func TestAWrittenFileFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	other, link := filepath.Join(dir, "another's"), filepath.Join(dir, "model_ids.txt")
	if err := errors.Join(os.WriteFile(other, []byte("kept"), 0o600), os.Symlink(other, link), writeFile(link, []byte("ids\n"))); err != nil {
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
		newLog(&out, config.Log{Format: format}).Info(foreign, "name", foreign, "err", errors.New(foreign))
		if text := out.String(); strings.Count(text, "\n") != 1 || strings.ContainsAny(text, "\r\x1b\x00") {
			t.Errorf("%s: %q", format, text)
		}
	}
}
