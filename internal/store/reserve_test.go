package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	run "os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// small is a file system of its own, which can really be full. It takes rights
// that not everybody has.
func small(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := run.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no file system to fill here: %v %s", err, out)
	}
	t.Cleanup(func() {
		// A server may have a file open for a moment longer.
		if out, err := run.Command("umount", "--lazy", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return dir
}

// crowd takes all room that is left.
func crowd(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	check(t, err)
	chunk := make([]byte, 4<<10)
	for err == nil {
		_, err = f.Write(chunk)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	check(t, f.Close())
	return func() { check(t, os.Remove(path)) }
}

func TestADiskThatIsReallyFull(t *testing.T) {
	dir := small(t, "16m")
	db := reopen(t, filepath.Join(dir, "f.db"))
	ctx := t.Context()
	poll := func(n int) error {
		return db.Poll(ctx, "a", func(spend, alert json.RawMessage) (Poll, error) {
			at := t0.Add(time.Duration(n) * time.Minute)
			return Poll{
				Sample: spentSample(at.Add(-time.Minute), at, 5), Spend: json.RawMessage(fmt.Sprint(n)), Alert: json.RawMessage(fmt.Sprintf(`"%d"`, n)),
				Out: []Outgoing{{Key: fmt.Sprint("post", n), Channel: "c", Payload: json.RawMessage(`{}`), At: at}},
			}, nil
		})
	}
	check(t, poll(1))
	equal(t, "full", db.Full(), false)
	free := crowd(t, dir)
	n := 1
	for ; !db.Full(); n++ { // what SQLite has room for in its files comes first
		check(t, poll(n+1))
	}
	for range 200 {
		n++
		check(t, poll(n))
	}
	state, err := db.AlertState(ctx, "a")
	check(t, err)
	equal(t, "alerts go on", string(state), fmt.Sprintf(`"%d"`, n))
	last, _, err := lastSample(ctx, db, "a")
	check(t, err)
	if last.At.After(t0.Add(time.Duration(n-150) * time.Minute)) {
		t.Errorf("readings go on at %s", last.At)
	}
	waiting, _, err := db.Depth(ctx)
	check(t, err)
	equal(t, "messages", waiting, n)

	free()
	db.reserve.tried = time.Time{} // a minute later
	n++
	check(t, poll(n))
	equal(t, "full again", db.Full(), false)
	last, _, err = lastSample(ctx, db, "a")
	check(t, err)
	equal(t, "readings again", last.At, t0.Add(time.Duration(n)*time.Minute))
}

func TestAStartOnAFullDisk(t *testing.T) {
	dir := small(t, "16m")
	path := filepath.Join(dir, "f.db")
	db := reopen(t, path)
	keep(t, db, "a", spentSample(t0, t0.Add(time.Minute), 5))
	check(t, db.Close())
	free := crowd(t, dir)
	db = reopen(t, path)
	check(t, db.UpdateAlert(t.Context(), "a", func(json.RawMessage) (json.RawMessage, []Outgoing, []Event, error) { return raw("1"), nil, nil, nil }))
	equal(t, "full", db.Full(), true)
	check(t, db.Close())
	free()
	db = reopen(t, path)
	equal(t, "full when there is room", db.Full(), false)
	state, err := db.AlertState(t.Context(), "a")
	check(t, err)
	equal(t, "what was stored meanwhile", string(state), "1")
}

// In a folder that others can write to, the reserve's name may lead elsewhere.
func TestTheReserveFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "another's")
	check(t, os.WriteFile(other, []byte("kept"), 0o600))
	path := filepath.Join(dir, "m.db")
	check(t, os.Symlink(other, reserveOf(path)))
	db, err := Open(path)
	check(t, err)
	check(t, db.Close())
	kept, err := os.ReadFile(other)
	check(t, err)
	equal(t, "the other file", string(kept), "kept")
	info, err := os.Lstat(reserveOf(path))
	check(t, err)
	equal(t, "the reserve's size", info.Size(), reserveSize)
}
