package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/internal/store/pgtest"
)

// leases are those of so many replicas of one database.
func leases(t *testing.T, address string, n int) []*Lease {
	t.Helper()
	var all []*Lease
	for range n {
		all = append(all, replica(t, address).Lease())
	}
	return all
}

// replica is a process that opened the database.
func replica(t *testing.T, address string) *DB {
	t.Helper()
	db, err := Open(address)
	check(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

const long = time.Hour // a lease that does not expire during a test

func acquired(t *testing.T, l *Lease, holder string, length time.Duration) (epoch int64) {
	t.Helper()
	g, ok, err := l.Acquire(t.Context(), holder, length)
	check(t, err)
	if !ok {
		t.Fatalf("%s does not get the lease: %+v", holder, g)
	}
	return g.Epoch
}

func TestOneReplicaHoldsTheLease(t *testing.T) {
	t.Parallel()
	all := leases(t, pgtest.URL(t), 2)
	a, b := all[0], all[1]
	first := acquired(t, a, "a", long)
	g, ok, err := b.Acquire(t.Context(), "b", long)
	check(t, err)
	if ok || g.Holder != "a" || g.Epoch != first || g.Left < long-time.Minute || g.Left > long {
		t.Fatalf("beside a holder: %t, %+v", ok, g)
	}
	_, ok, err = a.Renew(t.Context(), first, long)
	check(t, err)
	equal(t, "renewed", ok, true)
	_, ok, err = b.Renew(t.Context(), first+1, long)
	check(t, err)
	equal(t, "another epoch renewed", ok, false)

	check(t, b.Resign(t.Context(), first+1)) // not its own
	if _, ok, _ = b.Acquire(t.Context(), "b", long); ok {
		t.Fatal("a foreign resignation frees the lease")
	}
	check(t, a.Resign(t.Context(), first))
	second := acquired(t, b, "b", long)
	if second <= first {
		t.Errorf("epoch %d follows %d", second, first)
	}
	now, ok, err := a.Renew(t.Context(), first, long)
	check(t, err)
	if ok {
		t.Errorf("the old holder renews the lease at %s", now)
	}
	// A holder that lost its connection takes its own lease again at once.
	if third := acquired(t, b, "b", long); third <= second {
		t.Errorf("epoch %d follows %d", third, second)
	}
}

func TestALeaseExpires(t *testing.T) {
	t.Parallel()
	all := leases(t, pgtest.URL(t), 2)
	first := acquired(t, all[0], "a", time.Millisecond)
	within(t, "the lease to expire", func() bool {
		g, ok, err := all[1].Acquire(t.Context(), "b", long)
		check(t, err)
		return ok && g.Epoch == first+1
	})
	_, ok, err := all[0].Renew(t.Context(), first, long)
	check(t, err)
	equal(t, "an expired and taken lease is renewed", ok, false)
}

// The server's clock was set back: the lease of a leader that is gone seems to
// last for another ten minutes.
func TestALeaseThatNobodyRenewsHasExpired(t *testing.T) {
	t.Parallel()
	all := leases(t, pgtest.URL(t), 2)
	acquired(t, all[0], "gone", 10*time.Minute)
	const length = 50 * time.Millisecond
	within(t, "a lease that nobody renews", func() bool {
		_, ok, err := all[1].Acquire(t.Context(), "b", length)
		check(t, err)
		return ok
	})
	// One that is renewed is not taken, however long it is watched.
	epoch := acquired(t, all[0], "b", long) // the holder again
	for range 5 {
		_, ok, err := all[0].Renew(t.Context(), epoch, long)
		check(t, err)
		equal(t, "renewed", ok, true)
		g, ok, err := all[1].Acquire(t.Context(), "c", length)
		check(t, err)
		if ok {
			t.Fatalf("a lease that is renewed was taken: %+v", g)
		}
		all[1].seenAt = all[1].seenAt.Add(-length) // time passes
	}
}

func TestAResignationIsNotified(t *testing.T) {
	t.Parallel()
	all := leases(t, pgtest.URL(t), 2)
	epoch := acquired(t, all[0], "a", long)
	_, _, err := all[1].Acquire(t.Context(), "b", long) // it begins to stand by
	check(t, err)
	freed := all[1].Freed()
	limit := time.After(time.Minute)
	for tries := 0; ; tries++ { // it listens a moment later
		check(t, all[0].Resign(t.Context(), epoch))
		select {
		case <-freed:
			return
		case <-limit:
			t.Fatal("nobody is notified")
		case <-time.After(100 * time.Millisecond):
			epoch = acquired(t, all[0], "a", long)
		}
	}
}

// A process that ends without a word lets go of its connections.
func TestACrashedLeaderIsReplacedBeforeItsLeaseExpires(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	all := leases(t, pgtest.URL(t), 3)
	acquired(t, all[0], "a", long)
	beside := func(l *Lease, holder string) (ok bool) {
		_, ok, err := l.Acquire(t.Context(), holder, long)
		check(t, err)
		return ok
	}
	within(t, "a standby to see the leader connected", func() bool {
		if beside(all[1], "b") {
			t.Fatal("the lease of a leader that is connected was taken")
		}
		return all[1].met
	})
	began := time.Now()
	all[0].close()
	within(t, "the takeover", func() bool { return beside(all[1], "b") })
	if took := time.Since(began); took < absentTime {
		t.Errorf("taken over %s after the connection was lost: it may be made anew", took)
	}
	// Who never saw the holder connected waits for the lease to expire.
	all[1].close()
	if beside(all[2], "c") || !all[2].absent.IsZero() {
		t.Error("a replica that starts takes the lease of a holder that it never met")
	}
}

// A leader is asked to end while its line to the server is dead, in the middle of a
// transaction, which keeps every other replica from taking over until it ends.
func TestATransactionThatCannotEndDelaysNoTakeover(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	for what, asked := range map[string]bool{"a renewal failed": true, "no renewal was due": false} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			direct := pgtest.URL(t)
			proxy, address := pgtest.NewProxy(t, direct)
			leaving, next := replica(t, address), replica(t, direct)
			epoch := acquired(t, leaving.lease, "a", time.Millisecond)
			ctx, end := context.WithCancel(t.Context())
			under, ended := make(chan struct{}), make(chan error)
			go func() {
				ended <- leaving.tx(ctx, func(tx *sql.Tx) error {
					proxy.Swallow(true)
					close(under)
					_, err := exec(ctx, tx, sqlSetValue, "word", []byte("lost"))
					return err
				})
			}()
			<-under
			soon, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer stop()
			if asked {
				if _, ok, err := leaving.lease.Renew(soon, epoch, long); ok || err == nil {
					t.Errorf("renewed: %t, %v", ok, err)
				}
			}
			end()
			if err := <-ended; err == nil {
				t.Error("the transaction was committed")
			}
			before := leaving.lease.lines.all()
			if err := leaving.lease.Resign(soon, epoch); err == nil {
				t.Error("it resigned")
			}
			after := leaving.lease.lines.all() // that of a standby may be among them
			if kept := slices.ContainsFunc(after, func(c *lineConn) bool { return slices.Contains(before, c) }); kept || len(before) == 0 {
				t.Errorf("of %d connections some are open", len(before))
			}
			short, cancel := context.WithTimeout(t.Context(), time.Second) // only a failure waits for it
			defer cancel()
			if err := leaving.SetValue(short, "word", nil); !errors.Is(err, ErrNotLeader) {
				t.Errorf("a later write waits for the server: %v", err)
			}
			acquired(t, next.lease, "b", long)
		})
	}
}

func (l *lines) all() []*lineConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.open))
}

// A leader may be gone a moment after it has taken the lease: the first look at it shows
// that it is connected, and a later one that it no longer is.
func TestALeaderIsSeenConnectedAtOnce(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	all := leases(t, pgtest.URL(t), 2)
	first := acquired(t, all[0], "a", long)
	all[0].attending() // as if it could not connect once more
	if _, ok, err := all[1].Acquire(t.Context(), "b", long); ok || err != nil || !all[1].met {
		t.Fatalf("taken: %t, seen connected: %t, %v", ok, all[1].met, err)
	}
	all[0].close()
	within(t, "the takeover", func() bool {
		g, ok, err := all[1].Acquire(t.Context(), "b", long)
		check(t, err)
		return ok && g.Epoch > first
	})
}

func TestALeaderWhoseConnectionsAreCutStays(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	address := pgtest.URL(t)
	all := leases(t, address, 2)
	all[1].patience = time.Hour // connecting takes a while on a busy machine
	epoch := acquired(t, all[0], "a", long)
	seen := func() bool {
		_, ok, err := all[1].Acquire(t.Context(), "b", long)
		if ok {
			t.Fatal("the lease was taken")
		}
		return err == nil && all[1].met && all[1].absent.IsZero()
	}
	within(t, "a standby to see the leader connected", seen)
	pgtest.Exec(t, address, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	within(t, "the leader to connect again", seen)
	within(t, "a renewal", func() bool {
		_, ok, err := all[0].Renew(t.Context(), epoch, long)
		return err == nil && ok
	})
}

// A newer program starts beside an older one that leads, as in a rollout.
func TestAnOlderProgramDoesNotLeadOnANewerSchema(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	a, b := replica(t, address), replica(t, address)
	acquired(t, a.lease, "a", long)
	newer := *postgres
	newer.migrations = append(slices.Clone(postgres.migrations), migration{statements: `CREATE TABLE later (n INTEGER)`})
	check(t, migrate(t.Context(), &newer, b.write, len(newer.migrations)))
	if err := a.SetValue(t.Context(), "x", nil); !errors.Is(err, ErrNotLeader) {
		t.Errorf("the older program writes on: %v", err)
	}
	if _, ok, err := a.lease.Acquire(t.Context(), "a", long); ok || !errors.Is(err, ErrNewer) {
		t.Errorf("it asks for the lease: %t, %v", ok, err)
	}
}

// However a connection ends, the next question is asked on another one.
func TestALeaseOutlivesItsConnection(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	server := pgtest.Start(t)
	address := server.Database(t)
	l := leases(t, address, 1)[0]
	epoch := acquired(t, l, "a", long)
	renewed := func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, ok, err := l.Renew(ctx, epoch, long)
		return err == nil && ok
	}
	for what, cut := range map[string]func(){
		"terminated": func() {
			pgtest.Exec(t, address, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		},
		"restarted": func() { server.Stop(t); server.Again(t) },
		"crashed":   func() { server.Crash(t); server.Again(t) },
	} {
		cut()
		if renewed() && what != "crashed" {
			continue // pgx may notice before it asks
		}
		within(t, "a renewal after the connection was "+what, renewed)
	}
	server.Stop(t)
	if renewed() {
		t.Error("a lease is renewed without a server")
	}
	server.Again(t)
	within(t, "a renewal after an outage", renewed)
}

// within polls until ok.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// A database that was put back to an earlier time is recognised at the first write:
// by a table that is another one, by transactions that are numbered again, or by a
// lease that is older than the one this process wrote.
func TestALeaderNoticesThatTheDatabaseWasPutBack(t *testing.T) {
	t.Parallel()
	for what, put := range map[string]func(t *testing.T, l *Lease, address string){
		"restored from a dump": func(t *testing.T, _ *Lease, address string) {
			pgtest.Exec(t, address, `CREATE TABLE dumped AS TABLE lease; DROP TABLE lease; ALTER TABLE dumped RENAME TO lease`)
		},
		"restored with its server": func(_ *testing.T, l *Lease, _ string) {
			was := l.point.Load()
			l.point.Store(&point{was.place, was.xact + 1_000_000})
		},
		"taken over by a standby that lacks the last renewals": func(t *testing.T, _ *Lease, address string) {
			pgtest.Exec(t, address, `UPDATE lease SET expires = expires - interval '8 seconds'`)
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			address := pgtest.URL(t)
			db := replica(t, address)
			epoch := acquired(t, db.lease, "a", long)
			write := func() error { return db.SetValue(t.Context(), "x", nil) }
			check(t, write())
			check(t, write())
			put(t, db.lease, address)
			if err := write(); !errors.Is(err, ErrNotLeader) {
				t.Errorf("it is written to: %v", err)
			}
			if _, ok, err := db.lease.Renew(t.Context(), epoch, long); ok || err != nil {
				t.Errorf("the lease is renewed: %t, %v", ok, err)
			}
			g, ok, err := db.lease.Acquire(t.Context(), "a", long)
			if check(t, err); !ok || !g.PutBack {
				t.Errorf("taken again: %t, %+v", ok, g)
			}
			check(t, write())
			if g, _, err := db.lease.Acquire(t.Context(), "a", long); g.PutBack || err != nil {
				t.Errorf("once more: %+v, %v", g, err)
			}
		})
	}
}
