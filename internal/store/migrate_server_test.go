package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"mokabot/internal/proof"
	"mokabot/internal/store/pgtest"
)

// Both engines have the same tables, with the same columns and keys.
func TestBothSchemasAreAlike(t *testing.T) {
	file, server := backends[0].temp(t), backends[1].temp(t)
	c := copying{source: file, target: server}
	shapes, err := c.shapes(t.Context())
	check(t, err)
	if len(shapes) < 10 {
		t.Errorf("there are only %d tables", len(shapes))
	}
	for _, s := range shapes {
		if len(s.key) == 0 {
			t.Errorf("%s has no primary key, by which a copy could go on", s.name)
		}
	}
}

// contentOnServer is written into a database of each earlier version, in its own
// terms. A version without an entry changed nothing that content could tell.
var contentOnServer = map[int]string{
	1: `INSERT INTO states VALUES ('a', 's', 'x', 100, 100, 500000);
	INSERT INTO events (account, at, condition, kind, level, since, incident) VALUES ('a', 100, 'low', 'began', 'w', 100, 'i'), ('a', 200, 'low', 'ended', 'w', 100, 'i');
	INSERT INTO marks VALUES ('m', 5);
	INSERT INTO small_values VALUES ('v', 'text');
	INSERT INTO outbox (post, channel, account, edit_of, payload, at, state, attempts, first_tried, last_tried, next_try, done_at, message_id, last_error, joins, leader, lane, code)
		VALUES ('p', 'c', 'a', '', '{}', 1, 'sending', 1, 9, 9, 0, 0, '', '', 0, 0, 0, 0), ('q', 'c', 'a', '', '{}', 1, 'sent', 1, 9, 9, 0, 10, 'm8', '', 0, 0, 0, 0)`,
}

func TestMigrationsOfTheServer(t *testing.T) {
	proof.NotShort(t)
	for version := range postgres.migrations {
		address := pgtest.URL(t)
		config, err := serverConfig(address)
		check(t, err)
		old := pool(config, 1)
		check(t, migrate(t.Context(), postgres, old, version))
		check(t, old.Close())
		if version > 0 {
			pgtest.Exec(t, address, contentOnServer[1])
		}
		db := reopen(t, address)
		now, err := postgres.schema(t.Context(), db.read)
		check(t, err)
		equal(t, "version", now, len(postgres.migrations))
		if version > 0 {
			migratedContent(t, db)
		}
	}
}

// Several replicas start on an empty database at the same time.
func TestReplicasMigrateOnce(t *testing.T) {
	address := pgtest.URL(t)
	var wg sync.WaitGroup
	failed := make([]error, 4)
	for i := range failed {
		wg.Go(func() {
			var db *DB
			if db, failed[i] = Open(address); failed[i] == nil {
				failed[i] = db.Close()
			}
		})
	}
	wg.Wait()
	check(t, errors.Join(failed...))
}

func TestAServerMigrationThatFailsChangesNothing(t *testing.T) {
	address := pgtest.URL(t)
	config, err := serverConfig(address)
	check(t, err)
	db := pool(config, 1)
	defer db.Close()
	check(t, migrate(t.Context(), postgres, db, 1))
	bad := *postgres
	bad.migrations = slices.Clone(postgres.migrations)
	bad.migrations[1].statements += ";CREATE TABLE other (n INTEGER); INSERT INTO nothing VALUES (1);"
	if err := migrate(t.Context(), &bad, db, 2); err == nil {
		t.Fatal("no error")
	}
	version, err := postgres.version(t.Context(), db)
	check(t, err)
	equal(t, "version", version, 1)
	equal(t, "tables", number(t, db, "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename IN ('other', 'lease')"), 0)
	check(t, migrate(t.Context(), postgres, db, len(postgres.migrations)))
}

// What a database is by its version, for each way to open it.
func TestVersionsOfTheServer(t *testing.T) {
	proof.NotShort(t)
	address := pgtest.URL(t)
	ways := map[string]func() error{
		"to write": func() error {
			db, err := Open(address)
			if err == nil {
				err = db.Close()
			}
			return err
		},
		"to read": func() error {
			db, err := OpenReadOnly(address)
			if err == nil {
				err = db.Close()
			}
			return err
		},
		"to try": func() error { _, err := Try(context.Background(), address); return err },
	}
	expect := func(what string, wants map[string]error) {
		t.Helper()
		for way, open := range ways {
			err := open()
			if want := wants[way]; !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("%s, %s: %v", what, way, err)
			}
			if err != nil && strings.Contains(err.Error(), pgtest.Password) {
				t.Errorf("%s, %s: %v", what, way, err)
			}
		}
	}
	delete(ways, "to write")
	expect("an empty database", map[string]error{"to read": os.ErrNotExist})
	ways["to write"] = func() error {
		db, err := Open(address)
		if err == nil {
			err = db.Close()
		}
		return err
	}
	check(t, ways["to write"]())
	expect("this version", nil)
	set := func(version int) {
		pgtest.Exec(t, address, fmt.Sprintf("UPDATE %s SET version = %d", versionTable, version))
	}
	set(len(postgres.migrations) + 1)
	expect("a newer version", map[string]error{"to write": ErrNewer, "to read": ErrNewer, "to try": ErrNewer})
	set(len(postgres.migrations) - 1)
	delete(ways, "to write")
	expect("an older version", map[string]error{"to read": ErrOlder})
	pgtest.Exec(t, address, "DROP TABLE "+versionTable)
	expect("without a version", map[string]error{"to read": ErrForeign, "to try": ErrForeign})
}

// A schema of its own in a database that holds another program's tables.
func TestASchemaOfItsOwn(t *testing.T) {
	address := pgtest.URL(t)
	pgtest.Exec(t, address, "CREATE TABLE events (n INTEGER); CREATE SCHEMA bot")
	if _, err := Open(address); !errors.Is(err, ErrForeign) {
		t.Fatal(err)
	}
	db := reopen(t, address+"&search_path=bot")
	check(t, db.Enqueue(t.Context(), post("p", "c")))
	equal(t, "in the other schema", number(t, db.read, "SELECT COUNT(*) FROM bot.outbox"), 1)
	release(t, db)
	copied(t, address+"&search_path=bot", backends[0].address(t))
}
