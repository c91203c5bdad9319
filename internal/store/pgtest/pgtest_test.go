package pgtest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"mokabot/internal/proof"

	"github.com/jackc/pgx/v5"
)

func TestADatabaseOfItsOwn(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	a, b := URL(t), URL(t)
	Exec(t, a, "CREATE TABLE x (n INTEGER)")
	Exec(t, b, "CREATE TABLE x (n INTEGER)")
	t.Run("used again", func(t *testing.T) { Exec(t, URL(t), "CREATE TABLE y (n INTEGER)") })
	t.Run("empty again", func(t *testing.T) { Exec(t, URL(t), "CREATE TABLE y (n INTEGER)") })
}

func TestAServerIsRestarted(t *testing.T) {
	proof.NotShort(t)
	s := Start(t)
	address := s.Database(t)
	Exec(t, address, "CREATE TABLE x AS SELECT 1")
	s.Crash(t)
	if conn, err := pgx.Connect(context.Background(), address); err == nil {
		conn.Close(context.Background())
		t.Fatal("it answers after its end")
	}
	s.Again(t)
	Exec(t, address, "SELECT * FROM x")
	s.Stop(t)
	s.Again(t)
	Exec(t, address, "SELECT * FROM x")
}

const child = "MOKABOT_PGTEST_CHILD"

// A test binary that is killed leaves neither server nor files.
func TestNothingIsLeft(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	programs(t)
	if os.Getenv(child) != "" {
		s := ofBinary(t)
		os.Stdout.WriteString("dir=" + s.dir + "\nurl=" + s.URL("postgres") + "\n")
		if os.Getenv(child) == "kill" {
			self, _ := os.FindProcess(os.Getpid())
			self.Kill()
			select {}
		}
		return
	}
	for _, how := range []string{"end", "kill"} {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self, "-test.run=^TestNothingIsLeft$")
		cmd.Env = append(os.Environ(), child+"="+how)
		out, _ := cmd.Output()
		_, rest, _ := strings.Cut(string(out), "dir=")
		dir, rest, found := strings.Cut(rest, "\nurl=")
		address, _, _ := strings.Cut(rest, "\n")
		if !found {
			t.Fatalf("%s: no server: %s", how, out)
		}
		for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
				break
			}
			if time.Since(began) > deadline {
				t.Fatalf("%s: %s is left", how, dir)
			}
		}
		if conn, err := pgx.Connect(t.Context(), address); err == nil {
			conn.Close(t.Context())
			t.Fatalf("%s: the server is left", how)
		}
	}
}

func BenchmarkDatabase(b *testing.B) {
	s := ofBinary(b)
	for b.Loop() {
		name := s.takeFree()
		if name == "" {
			name = newName()
			Exec(b, s.Admin("postgres"), "CREATE DATABASE "+name+" OWNER "+User)
		}
		if err := s.empty(name); err != nil {
			b.Fatal(err)
		}
		s.free = append(s.free, name)
	}
}
