package store

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"mokabot/internal/proof"
)

// content is written into a file of each earlier version, in its own terms.
var content = []string{
	"",
	`INSERT INTO states VALUES ('a', 's', 'x');
	INSERT INTO events VALUES ('a', 200, 'low', 'ended', 'w', 100, 'i'), ('a', 100, 'low', 'began', 'w', 100, 'i');
	INSERT INTO marks VALUES ('m', 5);
	INSERT INTO small_values VALUES ('v', 'text');
	INSERT INTO outbox VALUES (7, 'p', 'c', 'a', '', '{}', 1, 'sending', 1, 9, 0, 0, '', ''), (8, 'q', 'c', 'a', '', '{}', 1, 'sent', 1, 9, 0, 10, 'm8', '')`,
	`INSERT INTO states VALUES ('a', 's', 'x', 0);
	INSERT INTO events VALUES (1, 'a', 100, 'low', 'began', 'w', 100, 'i'), (2, 'a', 200, 'low', 'ended', 'w', 100, 'i');
	INSERT INTO marks VALUES ('m', 5);
	INSERT INTO small_values VALUES ('v', 'text');
	INSERT INTO outbox VALUES (7, 'p', 'c', 'a', '', '{}', 1, 'sending', 1, 9, 0, 0, '', ''), (8, 'q', 'c', 'a', '', '{}', 1, 'sent', 1, 9, 0, 10, 'm8', '')`,
	`INSERT INTO states VALUES ('a', 's', 'x', 0);
	INSERT INTO events VALUES (1, 'a', 100, 'low', 'began', 'w', 100, 'i'), (2, 'a', 200, 'low', 'ended', 'w', 100, 'i');
	INSERT INTO marks VALUES ('m', 5);
	INSERT INTO small_values VALUES ('v', 'text');
	INSERT INTO outbox VALUES (7, 'p', 'c', 'a', '', '{}', 1, 'sending', 1, 9, 0, 0, '', '', 1, 0), (8, 'q', 'c', 'a', '', '{}', 1, 'sent', 1, 9, 0, 10, 'm8', '', 1, 7)`,
	`INSERT INTO states VALUES ('a', '{"units":{"QuotaPerUnit":500000},"used":1}', 'x', 0, 0);
	INSERT INTO events VALUES (1, 'a', 100, 'low', 'began', 'w', 100, 'i'), (2, 'a', 200, 'low', 'ended', 'w', 100, 'i');
	INSERT INTO marks VALUES ('m', 5);
	INSERT INTO small_values VALUES ('v', 'text');
	INSERT INTO outbox VALUES (7, 'p', 'c', 'a', '', '{}', 1, 'sending', 1, 9, 0, 0, '', '', 1, 0), (8, 'q', 'c', 'a', '', '{}', 1, 'sent', 1, 9, 0, 10, 'm8', '', 1, 7)`,
	`INSERT INTO states VALUES ('a', '{"units":{"QuotaPerUnit":500000},"used":1}', 'x', 0, 9000000000000, 500000);
	INSERT INTO events VALUES (1, 'a', 100, 'low', 'began', 'w', 100, 'i'), (2, 'a', 200, 'low', 'ended', 'w', 100, 'i');
	INSERT INTO marks VALUES ('m', 5);
	INSERT INTO small_values VALUES ('v', 'text');
	INSERT INTO outbox VALUES (7, 'p', 'c', 'a', '', '{}', 1, 'sending', 1, 9, 0, 0, '', '', 1, 0), (8, 'q', 'c', 'a', '', '{}', 1, 'sent', 1, 9, 0, 10, 'm8', '', 1, 7)`,
}

func TestMigrations(t *testing.T) {
	proof.NotShort(t)
	equal(t, "every earlier version has its content", len(content), len(sqlite.migrations))
	for version := range sqlite.migrations {
		samples := walk(rand.New(rand.NewPCG(13, 14)), t0, 300)
		path := filepath.Join(t.TempDir(), "old.db")
		older(t, path, version, samples)
		db := reopen(t, path)
		equal(t, "version", number(t, db.read, "PRAGMA user_version"), int64(len(sqlite.migrations)))
		if version == 0 {
			continue
		}
		migrated(t, db, samples)
		check(t, db.Close())
		fresh := temp(t)
		const shape = `SELECT COUNT(*) FROM sqlite_master WHERE sql IS NOT NULL`
		equal(t, "schema", number(t, reopen(t, path).read, shape), number(t, fresh.read, shape))
	}
}

func migrated(t *testing.T, db *DB, samples []Sample) {
	ctx := t.Context()
	end := samples[len(samples)-1].At
	got, err := db.Spent(ctx, "a", t0.Add(-time.Hour), end.Add(time.Hour))
	check(t, err)
	equal(t, "spent", got, naive(samples, t0.Add(-time.Hour), end.Add(time.Hour)))
	first, _, err := db.FirstReading(ctx, "a")
	check(t, err)
	equal(t, "first", first, samples[0].At)
	last, _, err := lastSample(ctx, db, "a")
	check(t, err)
	equal(t, "last", last.At, end)
	migratedContent(t, db)
}

// migratedContent is there whatever version it was written by.
func migratedContent(t *testing.T, db *DB) {
	t.Helper()
	ctx := t.Context()
	events, err := db.Events(ctx, "a", time.UnixMilli(0), t0.AddDate(1, 0, 0))
	check(t, err)
	equal(t, "events", events[0].Kind+" "+events[1].Kind, "began ended")
	value, _, err := db.Value(ctx, "v")
	check(t, err)
	equal(t, "value", string(value), "text")
	_, marked, err := db.Marked(ctx, "m")
	check(t, err)
	equal(t, "marked", marked, true)
	alert, err := db.AlertState(ctx, "a")
	check(t, err)
	equal(t, "alert", string(alert), "x")
	equal(t, "waits", dueKeys(t, db, t0), "p")
	sent, _, err := db.FindByMessage(ctx, "m8")
	check(t, err)
	equal(t, "sent", sent.DoneAt.UnixMilli(), 10)
}

// older makes a file as an earlier version would have left it.
func older(t *testing.T, path string, version int, samples []Sample) {
	t.Helper()
	db, err := connect(path, 1, url.Values{"_pragma": {"journal_mode(WAL)"}})
	check(t, err)
	ctx := context.Background()
	check(t, migrate(ctx, sqlite, db, version))
	tx, err := db.BeginTx(ctx, nil)
	check(t, err)
	_, err = tx.ExecContext(ctx, content[version])
	check(t, err)
	if version > 0 {
		for _, s := range samples {
			if version > ledgerVersion {
				check(t, (Poll{Sample: s}).store(ctx, tx, "a"))
			} else {
				addOldSample(t, tx, version, s)
			}
		}
	}
	if version > 1 {
		_, err := tx.ExecContext(ctx, `UPDATE states SET first_reading = (SELECT MIN(at) FROM readings)`)
		check(t, err)
		if version > 3 {
			_, err = tx.ExecContext(ctx, `UPDATE states SET newest = (SELECT MAX(at) FROM readings)`)
		}
		check(t, err)
	}
	check(t, tx.Commit())
	check(t, db.Close())
}

// ledgerVersion is the last schema that kept dollars alone.
const ledgerVersion = 4

// addOldSample stores a sample as the releases before the ledger did, which
// divided what was spent in a gap over its hours.
func addOldSample(t *testing.T, tx *sql.Tx, version int, s Sample) {
	t.Helper()
	s = trimmed(s)
	d := s.Delta
	_, err := tx.ExecContext(t.Context(), `INSERT INTO readings (account, at, spendable, key_remaining, key_used, wallet_remaining, wallet_used,
		requests, key_state, unlimited, err_kind, since, known, spent, top_up, new_requests, covered) VALUES ('a', ?, ?, ?, ?, ?, ?, ?, '', 0, ?, ?, ?, ?, ?, ?, ?)`,
		millis(s.At), nullable(s.Spendable), nullable(s.KeyRemaining), nullable(s.KeyUsed), nullable(s.WalletRemaining), nullable(s.WalletUsed),
		s.Requests, string(s.ErrKind), millis(d.From), flag(d.Known), int64(d.Spent), int64(d.TopUp), d.Requests, d.Covered.Milliseconds())
	check(t, err)
	if version < 2 { // from then on sums are kept
		return
	}
	p := pieceOf(s)
	for _, l := range []level{hours, days} {
		for start := floor(min(p.since, p.until-1), l.width); start < p.until; start += l.width {
			part, ok := p.clip(start, start+l.width)
			if !ok {
				continue
			}
			_, err := tx.ExecContext(t.Context(), in(l.table, `INSERT INTO %s (account, start, since, until, spent, top_up, requests, covered, balance, balance_at, readings, failed)
				VALUES ('a', ?, ?, ?, ?, ?, ?, ?, NULL, 0, 1, 0) ON CONFLICT (account, start) DO UPDATE SET
				since = CASE WHEN excluded.since < %s.since THEN excluded.since ELSE %s.since END, until = excluded.until,
				spent = %s.spent + excluded.spent, top_up = %s.top_up + excluded.top_up, requests = %s.requests + excluded.requests, covered = %s.covered + excluded.covered`),
				start, part.since, part.until, part.spent, part.topUp, part.requests, part.covered)
			check(t, err)
		}
	}
}

func TestMigrationThatFailsChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	older(t, path, 1, nil)
	db, err := connect(path, 1, nil)
	check(t, err)
	defer db.Close()
	bad := *sqlite
	bad.migrations = slices.Clone(sqlite.migrations)
	bad.migrations[1].statements += "INSERT INTO nothing VALUES (1);"
	if err := migrate(t.Context(), &bad, db, 2); err == nil {
		t.Fatal("no error")
	}
	equal(t, "version", number(t, db, "PRAGMA user_version"), 1)
	equal(t, "tables", number(t, db, "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('hours', 'readings1')"), 0)
}

// A bot that is asked to end while it brings a large database up to date does not go on
// with that, and the next start does.
func TestAMigrationEndsWithTheStart(t *testing.T) {
	proof.NotShort(t)
	latest := int64(len(sqlite.migrations))
	for _, version := range []int{1, 4} { // steps of the program follow
		path := filepath.Join(t.TempDir(), "old.db")
		samples := walk(rand.New(rand.NewPCG(13, 14)), t0, 50)
		older(t, path, version, samples)
		for after := 0; ; after = 2*after + 1 {
			ctx, asked := endAfter(t.Context(), after)
			db, err := OpenContext(ctx, path)
			if err == nil {
				if after == 0 {
					t.Error("it is brought up to date although the start has ended")
				}
				equal(t, "version", number(t, db.read, "PRAGMA user_version"), latest)
				check(t, db.Close())
				break
			}
			if !errors.Is(err, context.Canceled) && !errors.Is(asked.Err(), context.Canceled) {
				t.Fatalf("version %d, ended after %d looks: %v", version, after, err)
			}
			// The connection that was broken off may still be closing.
			file, err := connect(path, 1, url.Values{"_pragma": {"busy_timeout(60000)"}})
			check(t, err)
			if now := number(t, file, "PRAGMA user_version"); now < int64(version) || now == latest && after == 0 {
				t.Fatalf("version %d, ended after %d looks: it is of version %d", version, after, now)
			}
			check(t, file.Close())
		}
		db := reopen(t, path)
		migrated(t, db, samples)
		check(t, db.Close())
	}
}

// counted is a context that ends when somebody has looked often enough whether it has.
type counted struct {
	context.Context
	end  context.CancelFunc
	left atomic.Int64
}

func endAfter(ctx context.Context, looks int) (context.Context, context.Context) {
	inner, end := context.WithCancel(ctx)
	c := &counted{Context: inner, end: end}
	c.left.Store(int64(looks))
	return c, inner
}

func (c *counted) look() {
	if c.left.Add(-1) < 0 {
		c.end()
	}
}

func (c *counted) Done() <-chan struct{} { c.look(); return c.Context.Done() }
func (c *counted) Err() error            { c.look(); return c.Context.Err() }
