// Package pgtest starts a PostgreSQL server for tests: one for each test binary, in a
// folder of its own, with an empty database for each test. Without PostgreSQL on the
// machine such tests are skipped, unless MOKABOT_POSTGRES is "required"; with -short they
// are skipped, too. MOKABOT_POSTGRES_URL names a running server to use instead, with a
// user who may create databases.
package pgtest

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	required = "MOKABOT_POSTGRES"
	given    = "MOKABOT_POSTGRES_URL"

	// deadline is for a server to start or stop on a busy machine; only a failure
	// reaches it.
	deadline = 2 * time.Minute
)

// User and Password are those that the URLs of databases hold. The user owns the
// database and is no superuser.
const (
	User     = "mokabot"
	Password = "p4ss-of-the-test"
)

var shared = struct {
	sync.Mutex
	server *Server
	err    error
}{}

// URL is the address of an empty database, which is the test's until it ends.
func URL(t testing.TB) string {
	t.Helper()
	if admin := os.Getenv(given); admin != "" {
		return onGiven(t, admin)
	}
	return ofBinary(t).Database(t)
}

// ofBinary is the server that all tests of a binary share.
func ofBinary(t testing.TB) *Server {
	t.Helper()
	bin := programs(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start(bin)
	}
	if shared.err != nil {
		t.Fatalf("PostgreSQL: %v", shared.err)
	}
	return shared.server
}

// End removes the server that the tests of a binary share. Without it the server
// ends a moment after the binary.
func End() {
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		shared.server.remove()
		shared.server = nil
	}
}

// Start starts a server for one test, which may stop it, start it again and
// change its configuration.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start(programs(t))
	if err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	t.Cleanup(s.remove)
	return s
}

// programs is the folder with PostgreSQL's programs.
func programs(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starting PostgreSQL takes too long for -short")
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")                                                   // Debian; the pattern is well-formed
	slices.SortFunc(found, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }) // the newest last
	if initdb, err := exec.LookPath("initdb"); err == nil && len(found) == 0 {
		if real, err := filepath.EvalSymlinks(initdb); err == nil {
			initdb = real // the others lie beside that
		}
		found = append(found, initdb)
	}
	if len(found) > 0 && supported {
		return filepath.Dir(found[len(found)-1])
	}
	if os.Getenv(required) == "required" {
		t.Fatal("PostgreSQL is not installed, and " + required + " asks for it")
	}
	t.Skip("PostgreSQL is not installed")
	return ""
}

// Database is the address of an empty database on the server for this test
// alone. The next test gets it again, emptied: making one
// takes ten times as long.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := s.takeFree()
	if name == "" {
		name = newName()
		Exec(t, s.Admin("postgres"), "CREATE DATABASE "+name+" OWNER "+User)
	}
	t.Cleanup(func() {
		if s.empty(name) == nil { // else the test stopped the server
			s.mu.Lock()
			defer s.mu.Unlock()
			s.free = append(s.free, name)
		}
	})
	return s.URL(name)
}

func (s *Server) takeFree() (name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		name, s.free = s.free[n-1], s.free[:n-1]
	}
	return name
}

func (s *Server) empty(name string) error {
	return s.exec(name, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
		DO $$ DECLARE name text; BEGIN
			FOR name IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema' LOOP
				EXECUTE format('DROP SCHEMA %I CASCADE', name);
			END LOOP;
		END $$;
		CREATE SCHEMA public AUTHORIZATION `+User+`;
		ALTER DATABASE `+name+` RESET ALL;
		ALTER ROLE `+User+` IN DATABASE `+name+` RESET ALL`)
}

// URL is the address of one of the server's databases for [User].
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable", User, Password, s.port, database)
}

// Admin is the address of one of the server's databases for the superuser.
func (s *Server) Admin(database string) string {
	return fmt.Sprintf("postgres://postgres@/%s?host=%s&port=%d", database, url.QueryEscape(s.dir), s.port)
}

// onGiven makes a database on the server that the environment names.
func onGiven(t testing.TB, admin string) string {
	t.Helper()
	name := newName()
	Exec(t, admin, "CREATE DATABASE "+name+" TEMPLATE template0")
	t.Cleanup(func() { Exec(t, admin, "DROP DATABASE "+name+" WITH (FORCE)") })
	return withDatabase(t, admin, name)
}

func newName() string { return "test_" + strings.ToLower(rand.Text()[:12]) }

func withDatabase(t testing.TB, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(given + " is not a URL")
	}
	u.Path = "/" + name
	return u.String()
}

// Exec runs statements on a database.
func Exec(t testing.TB, address, statements string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statements); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}
