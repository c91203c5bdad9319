package store

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestOpenCreatesAPrivateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "a b%20?#é.db")
	db := reopen(t, path)
	keep(t, db, "a", spentSample(t0, t0.Add(time.Minute), 5))
	for _, name := range []string{path, path + "-wal", path + ".lock"} {
		info, err := os.Stat(name)
		check(t, err)
		equal(t, name, info.Mode().Perm(), 0o600)
	}
	for pragma, want := range map[string]int64{"synchronous": 2, "busy_timeout": 5000, "user_version": int64(len(sqlite.migrations))} {
		equal(t, pragma, number(t, db.write, "PRAGMA "+pragma), want)
	}
	check(t, db.Close())
	check(t, db.Close())
	reopen(t, path)
}

// S13: a file of another owner cannot be made private, and is used all the same.
func TestAFileWhoseModeCannotBeChangedIsUsed(t *testing.T) {
	refused := func(*os.File, os.FileMode) error { return os.ErrPermission }
	for mode, exposed := range map[os.FileMode]bool{0o600: false, 0o660: true, 0o644: true} {
		path := filepath.Join(t.TempDir(), "test.db")
		check(t, os.WriteFile(path, nil, 0o600))
		check(t, os.Chmod(path, mode))
		got, err := private(path, refused)
		check(t, err)
		equal(t, mode.String(), errors.Is(got, os.ErrPermission), exposed)
	}
	db := reopen(t, filepath.Join(t.TempDir(), "test.db"))
	check(t, db.Exposed())
}

func TestOpenRefusesASecond(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	reopen(t, path)
	_, err := Open(path)
	if told, ok := errors.AsType[*Error](err); !ok || told.Path != path || !errors.Is(err, ErrInUse) {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.db")
	check(t, os.Symlink(path, link))
	if _, err := Open(link); !errors.Is(err, ErrInUse) {
		t.Fatal("by another name:", err)
	}
	out, err := child(t, "TestOpenInChild", path).CombinedOutput()
	check(t, err)
	if !bytes.Contains(out, []byte("in use")) {
		t.Fatalf("another process: %s", out)
	}
}

// TestOpenInChild runs in a process of its own.
func TestOpenInChild(t *testing.T) {
	path := os.Getenv(childPath)
	if path == "" {
		t.Skip("for other tests")
	}
	_, err := Open(path)
	if errors.Is(err, ErrInUse) {
		t.Log("in use")
	}
}

const childPath = "MOKABOT_STORE_TEST"

func child(t *testing.T, test, path string) *osexec.Cmd {
	t.Helper()
	cmd := osexec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), childPath+"="+path)
	return cmd
}

func TestOpenLeavesOtherFilesAlone(t *testing.T) {
	sound := filepath.Join(t.TempDir(), "sound.db")
	db := reopen(t, sound)
	for i := range 300 {
		keep(t, db, "a", spentSample(t0, t0.Add(time.Duration(i)*time.Minute), 5))
	}
	check(t, db.Close())
	whole, err := os.ReadFile(sound)
	check(t, err)
	broken := bytes.Clone(whole)
	copy(broken[len(broken)/2:], bytes.Repeat([]byte{0xa5}, 9000))
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{
		"text":      {bytes.Repeat([]byte("accounts: []\n"), 1000), ErrCorrupt},
		"short":     {[]byte("x"), ErrCorrupt},
		"truncated": {whole[:len(whole)/3], ErrCorrupt},
		"broken":    {broken, ErrCorrupt},
		"foreign":   {database(t, "CREATE TABLE songs (title TEXT)"), ErrCorrupt},
		"foreign 7": {database(t, "CREATE TABLE songs (title TEXT); PRAGMA user_version = 7"), ErrCorrupt},
		"newer":     {database(t, sqlite.migrations[0].statements+"PRAGMA user_version = 99"), ErrNewer},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			check(t, os.WriteFile(path, c.content, 0o644))
			for range 2 {
				if _, err := Open(path); !errors.Is(err, c.want) {
					t.Fatal(err)
				}
			}
			after, err := os.ReadFile(path)
			check(t, err)
			info, err := os.Stat(path)
			check(t, err)
			if !bytes.Equal(after, c.content) || info.Mode().Perm() != 0o644 {
				t.Fatal("the file was touched")
			}
		})
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrCorrupt) {
		t.Fatal("a folder:", err)
	}
}

func database(t *testing.T, statements string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.db")
	db, err := sql.Open("sqlite", path)
	check(t, err)
	_, err = db.ExecContext(t.Context(), statements)
	check(t, err)
	check(t, db.Close())
	content, err := os.ReadFile(path)
	check(t, err)
	return content
}

func TestOpenReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	if _, err := OpenReadOnly(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	db := reopen(t, path)
	keep(t, db, "a", spentSample(t0, t0.Add(time.Minute), 5))
	ro, err := OpenReadOnly(path)
	check(t, err)
	defer ro.Close()
	keep(t, db, "a", spentSample(t0.Add(time.Minute), t0.Add(2*time.Minute), 6))
	total, err := ro.Spent(t.Context(), "a", t0, t0.Add(time.Hour))
	check(t, err)
	equal(t, "spent", total.Spent, 11)
	if err := ro.SetValue(t.Context(), "a", nil); !errors.Is(err, ErrReadOnly) {
		t.Fatal(err)
	}
	check(t, os.WriteFile(path+"2", database(t, sqlite.migrations[0].statements+"PRAGMA user_version = 1"), 0o600))
	if _, err := OpenReadOnly(path + "2"); !errors.Is(err, ErrOlder) {
		t.Fatal(err)
	}
	check(t, db.Close())
	_, ok, err := lastSample(t.Context(), ro, "a")
	check(t, err)
	equal(t, "found after run ended", ok, true)
}

func TestFullDisk(t *testing.T) {
	db := temp(t)
	keep(t, db, "a", spentSample(t0, t0.Add(time.Minute), 5))
	_, err := db.write.ExecContext(t.Context(), "PRAGMA max_page_count = 40")
	check(t, err)
	big := make([]byte, 400_000)
	for range 3 {
		if err := db.SetValue(t.Context(), "big", big); !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
	}
	check(t, db.SetValue(t.Context(), "small", []byte("x")))
	_, ok, err := db.Value(t.Context(), "big")
	check(t, err)
	equal(t, "half a value", ok, false)
	_, err = db.write.ExecContext(t.Context(), "PRAGMA max_page_count = 1000000")
	check(t, err)
	check(t, db.SetValue(t.Context(), "big", big))
}

// S15: nothing but a regular file is opened, and nothing waits for one.
func TestOnlyRegularFilesAreDatabases(t *testing.T) {
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	if err := osexec.CommandContext(t.Context(), "mkfifo", pipe).Run(); err != nil {
		t.Skip("no named pipes here:", err)
	}
	check(t, os.Symlink(pipe, link))
	for _, path := range []string{pipe, link, dir} {
		for name, open := range map[string]func(string) (*DB, error){"Open": Open, "OpenReadOnly": OpenReadOnly} {
			if db, err := open(path); err == nil {
				db.Close()
				t.Errorf("%s takes %s", name, path)
			} else if name == "OpenReadOnly" && !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

// What stands in a wrong place has a cure, and a look whether a file could be made leaves
// nothing behind.
func TestAFileThatCannotBeMadeIsMisplaced(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "file")
	check(t, os.WriteFile(plain, nil, 0o600))
	for _, path := range []string{filepath.Join(plain, "x.db"), filepath.Join(plain, "folder", "x.db"), "/proc/x.db"} {
		if _, err := os.Stat("/proc/self"); err != nil && path == "/proc/x.db" {
			continue
		}
		_, err := Open(path)
		if told, ok := errors.AsType[*Error](err); !ok || told.Kind != ErrPlace || told.Path != path {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := Try(t.Context(), path); !errors.Is(err, ErrPlace) {
			t.Errorf("%s, only tried: %v", path, err)
		}
	}
	if _, err := Try(t.Context(), filepath.Join(dir, "new", "folder", "x.db")); !errors.Is(err, os.ErrNotExist) || errors.Is(err, ErrPlace) {
		t.Errorf("a file that can be made: %v", err)
	}
	left, err := os.ReadDir(dir)
	check(t, err)
	equal(t, "files left behind", len(left), 1)
}

// The open file goes on taking writes, and the next start would not find them.
func TestAFileThatIsNotInItsPlaceAnyLongerIsTrouble(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db := reopen(t, path)
	away := path + ".away"
	check(t, db.Trouble())
	for name, moved := range map[string]func() error{
		"moved":    func() error { return os.Rename(path, away) },
		"replaced": func() error { return errors.Join(os.Rename(path, away), os.WriteFile(path, nil, 0o600)) },
	} {
		check(t, moved())
		keep(t, db, "a", spentSample(t0, t0.Add(time.Minute), 5))
		if err := db.Trouble(); !errors.Is(err, ErrMoved) {
			t.Errorf("%s: %v", name, err)
		}
		check(t, os.Rename(away, path))
		check(t, db.Trouble())
	}
}
