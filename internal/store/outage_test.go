package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/internal/store/pgtest"
)

// counter counts polls in the database: whatever breaks, each is stored once.
type counter struct {
	db     *DB
	stored int64 // by its own word
	runs   int   // of the function that makes a poll
}

func (c *counter) poll(t *testing.T) error {
	return c.db.Poll(t.Context(), "a", func(spent, _ json.RawMessage) (Poll, error) {
		c.runs++
		var n int64
		if spent != nil {
			check(t, json.Unmarshal(spent, &n))
		}
		return crashPoll(n + 1), nil
	})
}

// polled stores a poll, and checks that it is there once.
func (c *counter) polled(t *testing.T, what string) {
	t.Helper()
	if err := c.poll(t); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	c.stored++
	equal(t, what, whole(t, c.db), c.stored)
	if err := c.db.Trouble(); err != nil {
		t.Errorf("%s: in trouble after a success: %v", what, err)
	}
}

// A connection that breaks at any moment of a transaction makes nothing stored
// twice and nothing lost.
func TestABrokenConnection(t *testing.T) {
	direct := pgtest.URL(t)
	proxy, address := pgtest.NewProxy(t, direct)
	c := counter{db: reopen(t, address)}
	c.polled(t, "at first")
	proxy.Cut()
	c.polled(t, "between two transactions")
	c.runs = 0
	proxy.Lose(pgtest.Request)
	c.polled(t, "before the server saw the commit")
	equal(t, "it was made again", c.runs, 2)
	c.runs = 0
	proxy.Lose(pgtest.Answer)
	c.polled(t, "after the server committed")
	equal(t, "it was not made again", c.runs, 1)

	const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
	first := true
	check(t, c.db.UpdateAlert(t.Context(), "a", func(alert json.RawMessage) (json.RawMessage, []Outgoing, []Event, error) {
		if first {
			first = false
			pgtest.Exec(t, direct, terminate)
		}
		return alert, []Outgoing{post("in the middle", "c")}, nil, nil
	}))
	equal(t, "stored after the server ended the connection", id(t, c.db, "in the middle") > 0, true)
	n := number(t, c.db.read, "SELECT COUNT(*) FROM outbox WHERE post = 'in the middle'")
	equal(t, "once", n, 1)
}

// soonAbandoned has the server give up the transaction under way as soon as it waits
// for the next statement.
const soonAbandoned = `SET LOCAL idle_in_transaction_session_timeout = 1`

// A transaction that the server gives up because this process stopped in the
// middle of it is made again.
func TestAProcessThatWasStopped(t *testing.T) {
	db := reopen(t, pgtest.URL(t))
	runs := 0
	check(t, db.tx(t.Context(), func(tx *sql.Tx) error {
		if runs++; runs == 1 {
			_, err := exec(t.Context(), tx, soonAbandoned)
			check(t, err)
			within(t, "the server to give up the transaction", func() bool {
				return number(t, db.read, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`) == 0
			})
		}
		_, err := exec(t.Context(), tx, sqlSetValue, "word", []byte("there"))
		return err
	}))
	word, _, err := db.Value(t.Context(), "word")
	check(t, err)
	equal(t, "stored", string(word), "there")
	equal(t, "times that it was made", runs, 2)
}

func TestAServerInTrouble(t *testing.T) {
	proof.NotShort(t)
	server := pgtest.Start(t)
	for name, test := range map[string]func(*testing.T, *pgtest.Server){
		"restarted": testAServerThatRestarts, "full": testAFullServer, "read-only": testAReadOnlyServer, "put back": testADatabaseThatWasPutBack,
	} {
		t.Run(name, func(t *testing.T) { test(t, server) })
	}
}

// The server goes and comes back: until then every call fails at once with a
// sentence, then all goes on, and nothing that was stored is missing.
func testAServerThatRestarts(t *testing.T, server *pgtest.Server) {
	c := counter{db: reopen(t, server.Database(t))}
	c.polled(t, "at first")
	for what, stop := range map[string]func(testing.TB){"stopped": server.Stop, "crashed": server.Crash} {
		stop(t)
		for range 2 {
			err := c.poll(t)
			if !errors.Is(err, ErrUnreachable) && !errors.Is(err, ErrCut) {
				t.Fatalf("%s: %v", what, err)
			}
			if strings.Contains(err.Error(), pgtest.Password) || !errors.Is(c.db.Trouble(), ErrUnreachable) {
				t.Fatalf("%s: %v, in trouble by %v", what, err, c.db.Trouble())
			}
			if _, _, err := c.db.Depth(t.Context()); err == nil {
				t.Fatalf("%s: a question is answered", what)
			}
		}
		server.Again(t)
		c.polled(t, "after the server was "+what)
	}
}

// From a standby the past is read, and nothing is written to it.
func TestAStandbyServer(t *testing.T) {
	proof.NeedsLong(t)
	server := pgtest.Start(t)
	address := server.Database(t)
	c := counter{db: reopen(t, address)}
	c.polled(t, "at first")
	standby := server.Standby(t).URL(nameOf(address))
	if _, err := Open(standby); !errors.Is(err, ErrStandby) {
		t.Errorf("to write: %v", err)
	}
	if _, err := Try(t.Context(), standby); !errors.Is(err, ErrStandby) {
		t.Errorf("to try: %v", err)
	}
	db, err := OpenReadOnly(standby)
	check(t, err)
	defer db.Close()
	equal(t, "read", whole(t, db), c.stored)
	c.polled(t, "on the primary")
	within(t, "the standby to follow", func() bool { return number(t, db.read, "SELECT COUNT(*) FROM readings") == c.stored })
}

// A server or network that swallows everything holds nobody up forever.
func TestAServerThatSwallowsEverything(t *testing.T) {
	proof.NeedsLong(t)
	connectTime, answerTime = 10*time.Second, 20*time.Second
	defer func() { connectTime, answerTime = time.Minute, 5*time.Minute }()
	proxy, address := pgtest.NewProxy(t, pgtest.URL(t))
	c := counter{db: reopen(t, address)}
	c.polled(t, "at first")
	proxy.Swallow(true)
	began := time.Now()
	if err := c.poll(t); err == nil {
		t.Fatal("stored")
	}
	t.Logf("given up after %v", time.Since(began))
	proxy.Swallow(false)
	proxy.Cut()
	within(t, "the next poll to be stored", func() bool { return c.poll(t) == nil })
	c.stored = whole(t, c.db)
	c.polled(t, "afterwards")
}

func testAFullServer(t *testing.T, server *pgtest.Server) {
	dir := small(t, "24m")
	place := filepath.Join(dir, "tables")
	check(t, os.Mkdir(place, 0o700))
	server.Folder(t, place)
	check(t, errors.Join(os.Chmod(dir, 0o755), os.Chmod(filepath.Dir(dir), 0o755)))
	server.Exec(t, "postgres", fmt.Sprintf("CREATE TABLESPACE tight LOCATION '%s'", place))
	server.Exec(t, "postgres", "CREATE DATABASE tight OWNER mokabot TABLESPACE tight")
	t.Cleanup(func() { // before the file system goes
		server.Exec(t, "postgres", "DROP DATABASE tight WITH (FORCE)")
		server.Exec(t, "postgres", "DROP TABLESPACE tight")
	})
	c := counter{db: reopen(t, server.URL("tight"))}
	c.polled(t, "at first")
	free := crowd(t, dir)
	big := make([]byte, 3<<20)
	for i := range big {
		big[i] = byte(i * i >> 3)
	}
	err := c.db.SetValue(t.Context(), "big", big)
	if !errors.Is(err, ErrFull) || !c.db.Full() || !errors.Is(c.db.Trouble(), ErrFull) {
		t.Fatalf("full: %v, %t", err, c.db.Full())
	}
	equal(t, "what was stored", whole(t, c.db), c.stored)
	free()
	check(t, c.db.SetValue(t.Context(), "big", big))
	equal(t, "full", c.db.Full(), false)
	c.polled(t, "afterwards")
}

// A server that lets nothing be changed, for a while.
func testAReadOnlyServer(t *testing.T, server *pgtest.Server) {
	address := server.Database(t)
	c := counter{db: reopen(t, address)}
	c.polled(t, "at first")
	readOnly := func(value string) {
		server.Exec(t, "postgres", "ALTER SYSTEM SET default_transaction_read_only = "+value)
		server.Exec(t, "postgres", "SELECT pg_reload_conf()")
		server.Exec(t, "postgres", cutAll)
	}
	readOnly("on")
	within(t, "a write to be refused", func() bool { return errors.Is(c.poll(t), ErrStandby) })
	equal(t, "what was stored is still read", whole(t, c.db) >= c.stored, true)
	c.stored = whole(t, c.db)
	if _, err := Open(address); !errors.Is(err, ErrStandby) {
		t.Errorf("opened: %v", err)
	}
	reading, err := OpenReadOnly(address)
	check(t, err)
	check(t, reading.Close())
	readOnly("off")
	within(t, "a write", func() bool { return c.poll(t) == nil })
	c.stored = whole(t, c.db)
	c.polled(t, "afterwards")
}

// The database is put back to an earlier point while the bot runs: with a new lease
// it goes on from there.
func testADatabaseThatWasPutBack(t *testing.T, server *pgtest.Server) {
	address := server.Database(t)
	c := counter{db: reopen(t, address)}
	for range 5 {
		c.polled(t, "before")
	}
	name := nameOf(address)
	for _, statement := range []string{ // a database is copied only while nobody is connected to it
		"ALTER DATABASE " + name + " ALLOW_CONNECTIONS false",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'",
		"CREATE DATABASE backup OWNER " + pgtest.User + " TEMPLATE " + name,
		"ALTER DATABASE " + name + " ALLOW_CONNECTIONS true",
	} {
		server.Exec(t, "postgres", statement)
	}
	for range 3 {
		check(t, c.poll(t))
	}
	server.Exec(t, "postgres", "DROP DATABASE "+name+" WITH (FORCE)")
	if err := c.poll(t); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("while there is none: %v", err)
	}
	server.Exec(t, "postgres", "ALTER DATABASE backup RENAME TO "+name)
	if err := c.poll(t); !errors.Is(err, ErrNotLeader) {
		t.Errorf("put back: %v", err)
	}
	within(t, "a new lease, after its connection was cut", func() bool {
		g, ok, err := c.db.Lease().Acquire(t.Context(), "test", time.Hour)
		return err == nil && ok && g.PutBack
	})
	c.polled(t, "put back")
	c.polled(t, "and on")
}

// cutAll ends all connections of the tests' user.
const cutAll = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + pgtest.User + "'"

func nameOf(address string) string {
	return address[strings.LastIndex(address, "/")+1 : strings.Index(address, "?")]
}
