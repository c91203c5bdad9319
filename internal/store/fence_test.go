package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"mokabot/internal/lead"
	"mokabot/internal/proof"
	"mokabot/internal/store/pgtest"
)

// reads are the methods of a DB that store nothing. All others must be refused
// where another replica leads.
var reads = []string{
	"Accounts", "AlertState", "Changed", "Close", "DeadLetters", "Depth", "Events", "Export", "Exposed", "FindByMessage", "FindPost", "FirstReading",
	"Full", "Gaps", "Hours", "LastGood", "Lease", "Marked", "NewestReading", "NewestWrite", "Past", "Points", "PostsOf", "QuietAcross", "Recorded", "Samples", "SpendState",
	"Spent", "States", "TopUps", "Trouble", "Value", "ValueNames", "Whole",
}

// argument is something for a method to store, or to change that is there.
func argument(t *testing.T, want reflect.Type) reflect.Value {
	t.Helper()
	for _, v := range []any{
		"team", int64(1), 5, true, t0, time.Hour, []byte("{}"), json.RawMessage("{}"), []json.RawMessage{json.RawMessage("{}"), json.RawMessage("{}")},
		Due{ID: 1, Key: "post", Channel: "1", Joins: true}, Retention{Readings: time.Hour, Hours: time.Hour}, []string{"other/known"},
		[]Outgoing{{Key: "new", Channel: "1", Payload: json.RawMessage("{}"), At: t0}}, map[string]string{"team": "other"}, map[string][]byte{"team": []byte("{}")},
		[]Recorded{{Start: t0, Quota: 1, Requests: 1}},
	} {
		if reflect.TypeOf(v) == want {
			return reflect.ValueOf(v)
		}
	}
	switch {
	case want == reflect.TypeFor[context.Context]():
		return reflect.ValueOf(t.Context())
	case want.Kind() == reflect.Func: // what it makes of the states is to leave them
		return reflect.MakeFunc(want, func([]reflect.Value) (results []reflect.Value) {
			for i := range want.NumOut() {
				results = append(results, reflect.Zero(want.Out(i)))
			}
			return results
		})
	}
	t.Fatalf("a method takes a %s: say in this function what it is given", want)
	return reflect.Value{}
}

// call calls a method and returns its error.
func call(t *testing.T, db *DB, name string) error {
	t.Helper()
	method := reflect.ValueOf(db).MethodByName(name)
	var args []reflect.Value
	for i := range method.Type().NumIn() {
		args = append(args, argument(t, method.Type().In(i)))
	}
	do := method.Call
	if method.Type().IsVariadic() {
		do = method.CallSlice
	}
	results := do(args)
	if len(results) == 0 {
		return nil
	}
	err, _ := results[len(results)-1].Interface().(error)
	return err
}

// stored is what the tables hold.
func stored(t *testing.T, db *DB) (all string) {
	t.Helper()
	tables, err := list(t.Context(), db.read, scanText, `SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'lease' ORDER BY 1`)
	check(t, err)
	for _, table := range tables {
		var sum string
		check(t, db.read.QueryRowContext(t.Context(), `SELECT COALESCE(md5(string_agg(CAST(x AS TEXT), ',' ORDER BY CAST(x AS TEXT))), '') FROM `+table+` x`).Scan(&sum))
		all += table + " " + sum + "\n"
	}
	return all
}

// seed stores something for every method to change.
func seed(t *testing.T, db *DB) {
	t.Helper()
	keep(t, db, "team", spentSample(t0.Add(-48*time.Hour), t0.Add(-47*time.Hour), 5), spentSample(t0.Add(-time.Hour), t0, 5))
	check(t, db.UpdateAlert(t.Context(), "team", func(json.RawMessage) (json.RawMessage, []Outgoing, []Event, error) {
		return json.RawMessage("{}"), nil, nil, nil
	}))
	for _, key := range []string{"post", "next"} {
		check(t, db.Enqueue(t.Context(), Outgoing{Key: key, Channel: "1", Joins: true, Payload: json.RawMessage("{}"), At: t0}))
	}
	check(t, db.Enqueue(t.Context(), Outgoing{Key: "edit", EditOf: "gone", Channel: "1", Payload: json.RawMessage("{}"), At: t0})) // to be dropped
	for _, mark := range []string{"report", "team/known"} {
		_, err := db.EnqueueOnce(t.Context(), mark, t0.Add(time.Hour))
		check(t, err)
	}
	check(t, db.SetValue(t.Context(), "team", []byte("[]")))
}

// Whatever is written goes by the epoch: nothing of the program can forget it.
func TestNobodyWritesWhoDoesNotLead(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	for _, c := range []struct {
		what  string
		loses func(*testing.T, *DB, *DB) *DB // by the leader and another replica; returns who must not write
	}{
		{"a replica that never led", func(_ *testing.T, _, other *DB) *DB { return other }},
		{"a leader that was paused while another took over", func(t *testing.T, leader, other *DB) *DB {
			_, _, err := leader.lease.Renew(t.Context(), leader.lease.epoch.Load(), time.Millisecond)
			check(t, err)
			within(t, "the lease to expire", func() bool {
				_, ok, err := other.lease.Acquire(t.Context(), "other", long)
				check(t, err)
				return ok
			})
			return leader
		}},
		{"a leader that resigned", func(t *testing.T, leader, _ *DB) *DB {
			check(t, leader.lease.Resign(t.Context(), leader.lease.epoch.Load()))
			return leader
		}},
		{"a leader that resigned and does not know it", func(t *testing.T, leader, _ *DB) *DB {
			epoch := leader.lease.epoch.Load()
			check(t, leader.lease.Resign(t.Context(), epoch))
			leader.lease.epoch.Store(epoch)
			return leader
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			address := pgtest.URL(t)
			leader, other := replica(t, address), replica(t, address)
			acquired(t, leader.lease, "leader", long)
			seed(t, leader)
			loser := c.loses(t, leader, other)
			before, epoch := stored(t, loser), loser.lease.epoch.Load()
			methods := reflect.TypeFor[*DB]()
			for i := range methods.NumMethod() {
				name := methods.Method(i).Name
				if name == "Close" {
					continue
				}
				loser.lease.epoch.Store(epoch) // it learns of its loss again each time
				err := call(t, loser, name)
				if reading := slices.Contains(reads, name); !reading && !errors.Is(err, ErrNotLeader) {
					t.Errorf("%s ends with %v", name, err)
				} else if reading && err != nil {
					t.Errorf("%s is not answered: %v", name, err)
				}
				if stored(t, loser) != before {
					t.Fatalf("%s has written", name)
				}
			}
			if err := loser.Trouble(); err != nil {
				t.Errorf("a refusal is taken for trouble of the database: %v", err)
			}
		})
	}
	for _, name := range reads {
		if _, ok := reflect.TypeFor[*DB]().MethodByName(name); !ok {
			t.Errorf("there is no method %s", name)
		}
	}
}

// The same calls are carried out for a leader: the walk above proves something.
func TestALeaderWrites(t *testing.T) {
	t.Parallel()
	methods := reflect.TypeFor[*DB]()
	address := pgtest.URL(t)
	db := replica(t, address)
	acquired(t, db.lease, "leader", long)
	seed(t, db)
	for i := range methods.NumMethod() {
		if name := methods.Method(i).Name; name != "Close" {
			if err := call(t, db, name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A takeover waits for the transaction of the old leader that is under way, and
// sees what it wrote.
func TestATakeoverComesAfterTheTransactionUnderWay(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	address := pgtest.URL(t)
	a, b := replica(t, address), replica(t, address)
	acquired(t, a.lease, "a", time.Millisecond)
	taken := make(chan error, 1)
	err := a.tx(t.Context(), func(tx *sql.Tx) error {
		go func() {
			for {
				_, ok, err := b.lease.Acquire(t.Context(), "b", long)
				if ok || err != nil {
					taken <- err
					return
				}
			}
		}()
		within(t, "the other replica to wait", func() bool {
			var waiting int
			check(t, a.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM pg_locks WHERE NOT granted`).Scan(&waiting))
			return waiting > 0
		})
		_, err := exec(t.Context(), tx, sqlSetValue, "word", []byte("last"))
		return err
	})
	check(t, err)
	check(t, <-taken)
	word, ok, err := b.Value(t.Context(), "word")
	if err != nil || !ok || string(word) != "last" {
		t.Errorf("after the takeover the last word is %q, %t, %v", word, ok, err)
	}
	if err := a.SetValue(t.Context(), "word", []byte("more")); !errors.Is(err, ErrNotLeader) {
		t.Errorf("the old leader writes: %v", err)
	}
}

// The server gives up the transaction of a leader that is stopped in the middle
// of it, so that it holds up nobody.
func TestALeaderStoppedInATransactionHoldsUpNobody(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	address := pgtest.URL(t)
	a, b := replica(t, address), replica(t, address)
	acquired(t, a.lease, "a", time.Millisecond)
	err := a.tx(t.Context(), func(tx *sql.Tx) error {
		if _, err := exec(t.Context(), tx, sqlSetValue, "word", []byte("late")); err != nil {
			return err
		}
		if _, err := exec(t.Context(), tx, soonAbandoned); err != nil {
			return err
		}
		within(t, "the takeover", func() bool {
			_, ok, err := b.lease.Acquire(t.Context(), "b", long)
			check(t, err)
			return ok
		})
		return nil // the process goes on
	})
	if err == nil {
		t.Error("the transaction was committed")
	}
	if _, ok, err := b.Value(t.Context(), "word"); ok || err != nil {
		t.Errorf("it was stored, %v", err)
	}
}

// What the old leader had begun to send is looked for by the next one.
func TestATakeoverMakesWhatWasUnderWayDueAgain(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	a, b := replica(t, address), replica(t, address)
	epoch := acquired(t, a.lease, "a", long)
	check(t, a.Enqueue(t.Context(), Outgoing{Key: "post", Channel: "1", Payload: json.RawMessage("{}"), At: t0}))
	due, err := a.Due(t.Context(), t0, 5)
	check(t, err)
	check(t, a.Sending(t.Context(), due[0].ID, t0))
	check(t, a.lease.Resign(t.Context(), epoch))
	acquired(t, b.lease, "b", long)
	post, _, err := b.FindPost(t.Context(), "post")
	check(t, err)
	equal(t, "state", post.State, StateDue)
	if due, err = b.Due(t.Context(), t0, 5); err != nil || len(due) != 1 || due[0].FirstTriedAt.IsZero() || due[0].Nonce == "" {
		t.Errorf("due is %+v, %v", due, err)
	}
}

// Four replicas write whenever they lead, and resign after a while; their
// connections are cut. In the order of what was written the epoch never falls.
func TestWritesFollowTheEpoch(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	address := pgtest.URL(t)
	pgtest.Exec(t, address, `CREATE TABLE written (id BIGINT GENERATED BY DEFAULT AS IDENTITY, epoch BIGINT)`)
	const terms = 5 // of each
	var all sync.WaitGroup
	for i := range 4 {
		db := replica(t, address)
		all.Go(func() {
			dice := rand.New(rand.NewPCG(1, uint64(i)))
			e := &lead.Elector{Lease: db.lease, Holder: fmt.Sprint(i), Log: slog.New(slog.DiscardHandler), Check: 5 * time.Millisecond}
			for range terms {
				if err := e.Run(t.Context(), func(_ context.Context, tenure *lead.Tenure) error {
					for range 1 + dice.IntN(10) {
						_ = db.tx(t.Context(), func(tx *sql.Tx) error {
							_, err := exec(t.Context(), tx, `INSERT INTO written (epoch) VALUES (?)`, tenure.Epoch)
							return err
						})
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for cutting := true; cutting; {
		pgtest.Exec(t, address, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.05`)
		select {
		case <-done:
			cutting = false
		case <-time.After(20 * time.Millisecond):
		}
	}
	var rows, epochs, falls int64
	check(t, replica(t, address).read.QueryRowContext(t.Context(), `SELECT COUNT(*), COUNT(DISTINCT epoch), COUNT(*) FILTER (WHERE epoch < before)
		FROM (SELECT epoch, LAG(epoch) OVER (ORDER BY id) AS before FROM written) w`).Scan(&rows, &epochs, &falls))
	t.Logf("%d rows of %d leaders", rows, epochs)
	if falls > 0 || epochs < terms {
		t.Errorf("the epoch falls %d times among %d rows of %d leaders", falls, rows, epochs)
	}
}
