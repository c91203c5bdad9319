package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/internal/store/pgtest"
	"mokabot/moka"
)

// remembered makes a file with a few readings, and a configuration that names it.
func remembered(t *testing.T, now time.Time) (configs func(storage string) string, file string) {
	t.Helper()
	dir := t.TempDir()
	file = filepath.Join(dir, "mokabot.db")
	db, err := store.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 12 {
		at := now.Add(time.Duration(n-20) * 5 * time.Minute)
		err := db.Poll(t.Context(), "team", func(_, _ json.RawMessage) (store.Poll, error) {
			return store.Poll{Sample: store.Sample{At: at, Spendable: moka.Known(90 * moka.Dollar), KeyState: moka.KeyOK, Delta: spend.Delta{
				From: at.Add(-5 * time.Minute), To: at, Known: true, Spent: moka.Dollar, Requests: 3, Covered: 5 * time.Minute, PerUnit: 500_000,
			}}, Spend: json.RawMessage(`{"units":{"QuotaPerUnit":500000}}`)}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return func(storage string) string {
		path := filepath.Join(dir, "config.yaml")
		text := "accounts: [{name: team, base_url: 'http://127.0.0.1:1', api_key: '${KEY}'}]\nstorage: {" + storage + "}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}, file
}

var keyed = map[string]string{"KEY": "sk-1"}

// Every command that reads the past says the same of either engine.
func TestCommandsReadEitherEngine(t *testing.T) {
	proof.NotShort(t)
	address := pgtest.URL(t)
	configs, file := remembered(t, time.Now().Truncate(time.Second))
	before := configs("path: " + file)
	questions := [][]string{{"export", "--since", "30d"}, {"backtest", "--json"}}
	var want []string
	for _, q := range questions {
		_, out, _ := runLine(t, keyed, append(q, "--config", before)...)
		want = append(want, out)
	}
	if strings.Count(want[0], "\n") != 13 {
		t.Fatalf("the export has other lines than it should:\n%s", want[0])
	}
	status, out, log := runLine(t, keyed, "copy", "--to", address, "--config", before)
	if status != exitFine || !strings.Contains(out, "are the same on both sides") || !strings.Contains(out, "storage.url") {
		t.Fatalf("copy: %d\n%s%s", status, out, log)
	}
	after := configs("url: '" + address + "'")
	for i, q := range questions {
		_, got, log := runLine(t, keyed, append(q, "--config", after)...)
		if got != want[i] {
			t.Errorf("%s:\n%s%s\nwant\n%s", q, got, log, want[i])
		}
	}
	back := filepath.Join(t.TempDir(), "back.db")
	if status, out, log := runLine(t, keyed, "copy", "--config", after, "--to", "sqlite:"+back); status != exitFine || !strings.Contains(out, "storage.path") {
		t.Fatalf("copy back: %d\n%s%s", status, out, log)
	}
	_, again, _ := runLine(t, keyed, "export", "--since", "30d", "--config", configs("path: "+back))
	if again != want[0] {
		t.Errorf("after the way back:\n%s", again)
	}
	if status, out, log := runLine(t, keyed, "copy", "--config", configs("path: "+file), "--to", address); status != exitFailed || !strings.Contains(log, "is not empty") {
		t.Errorf("onto a database in use: %d\n%s%s", status, out, log)
	}
}

func TestCopyMistakes(t *testing.T) {
	configs, file := remembered(t, time.Now())
	config := configs("path: " + file)
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"copy"}, exitUsage, "--to is missing"},
		{[]string{"copy", "postgres://u:hunter2-x@h/d"}, exitUsage, "usage: mokabot copy --to URL"},
		{[]string{"copy", "--to", "mysql://u:hunter2-x@h/d"}, exitUsage, "--to is neither a postgres:// URL nor the path of a file"},
		{[]string{"copy", "--to", "postgres://u:hunter2/x@h/d"}, exitUsage, "--to is not the address of a database"},
		{[]string{"copy", "--to", "postgres://u:hunter2-x@127.0.0.1:1/d"}, exitFailed, "cannot be reached"},
		{[]string{"copy", "--to", "postgres://u:hunter2-x@h.invalid/d"}, exitFailed, "cannot be reached"},
		{[]string{"copy", "--to", file}, exitFailed, "the one to copy from"},
	} {
		status, out, log := runLine(t, keyed, append(c.args, "--config", config)...)
		if status != c.status || !strings.Contains(log, c.says) || strings.Contains(out+log, "hunter2") {
			t.Errorf("%q: %d\n%s%s", c.args, status, out, log)
		}
	}
	gone := configs("path: " + filepath.Join(t.TempDir(), "none.db"))
	if status, _, log := runLine(t, keyed, "copy", "--config", gone, "--to", filepath.Join(t.TempDir(), "x.db")); status != exitFailed || !strings.Contains(log, "there is no database") {
		t.Errorf("nothing to copy: %d\n%s", status, log)
	}
}
