package e2e

import (
	"context"
	"os"
	"strings"
	"testing"

	"mokabot/internal/discordsim"
	"mokabot/internal/store"
	"mokabot/internal/store/pgtest"
)

// A database is put back to a time before an alert: a file while the bot is
// stopped, a server's under the running bot. The channel still knows of the alert,
// so it is not told again; what comes later is.
func TestADatabaseThatIsPutBackPostsNothingTwice(t *testing.T) {
	t.Parallel()
	t.Run("a file", func(t *testing.T) {
		t.Parallel()
		a := newArena(t)
		a.configure()
		file, backup := a.database(), a.database()+".backup"
		copied := func(from, to string) {
			raw, err := os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(to, raw, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		p := a.start()
		read(t, a)
		p.terminate(t)
		copied(file, backup)
		p = a.start()
		putBack(t, a, func() *process {
			p.terminate(t)
			for _, part := range []string{"-wal", "-shm"} {
				os.Remove(file + part)
			}
			copied(backup, file)
			p = a.start()
			return p
		})
		p.terminate(t)
	})
	t.Run("a server's", func(t *testing.T) {
		t.Parallel()
		r := newReplicas(t, 1, 0)
		r.configure()
		m := r.all[0]
		m.start()
		read(t, r.arena)
		name := strings.TrimPrefix(r.address[strings.LastIndex(r.address, "/"):strings.Index(r.address, "?")], "/")
		run := func(statements ...string) {
			for _, s := range statements {
				r.pg.Exec(t, "postgres", s)
			}
		}
		run("ALTER DATABASE "+name+" ALLOW_CONNECTIONS false", // it is copied only while nobody is connected to it
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+name+"'",
			"CREATE DATABASE backup OWNER "+pgtest.User+" TEMPLATE "+name,
			"ALTER DATABASE "+name+" ALLOW_CONNECTIONS true")
		putBack(t, r.arena, func() *process {
			run("DROP DATABASE "+name+" WITH (FORCE)", "ALTER DATABASE backup RENAME TO "+name)
			return m.p
		})
		if !strings.Contains(m.p.log.String(), "the database was put back to an earlier time") {
			t.Errorf("the log does not say that the database was put back\n%s", m.p.log.Tail())
		}
		m.terminate()
		r.noViolations(t)
	})
}

// read waits for the first reading.
func read(t *testing.T, a *arena) {
	t.Helper()
	within(t, patience, "a reading", func() bool {
		known := false
		err := a.read(func(db *store.DB) error {
			at, err := db.NewestReading(context.Background())
			known = !at.IsZero()
			return err
		})
		return err == nil && known
	})
}

// putBack has an alert posted, the database put back, and the alert told once.
func putBack(t *testing.T, a *arena, put func() *process) {
	t.Helper()
	const low, critical, fine = "team: balance is low", "team: balance alert escalated to critical", "team: balance is fine again"
	wait := func(title string) {
		t.Helper()
		if _, err := a.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled(title)); err != nil {
			t.Fatalf("%s: %v", title, err)
		}
	}
	a.spend(36_000_000) // $72: 18.01 is left
	wait(low)
	p := put()
	within(t, patience, "the alert to be found in the channel", func() bool {
		return strings.Contains(p.log.String(), "the message is in the channel already")
	})
	a.spend(7_500_000) // 3.01 is left
	wait(critical)
	a.topUp(50_000_000)
	wait(fine)
	for _, title := range []string{low, critical, fine} {
		if n := count(a.world, discordsim.AlertsChannel, title); n != 1 {
			t.Errorf("%d posts say %q", n, title)
		}
	}
}
