package store

import (
	"context"
	"encoding/json"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/internal/store/pgtest"
)

// together has many polls wait for one that is under way, and then stores them. queued is
// called while they wait, and first when the first of them is stored. It returns how each
// ended.
func together(t *testing.T, db *DB, many int, poll func(i int) Poll, contextOf func(i int) context.Context, queued, first func()) []error {
	t.Helper()
	entered, goOn := make(chan struct{}), make(chan struct{})
	var begun sync.Once
	var polling sync.WaitGroup
	ended := make([]error, 1+many)
	polling.Go(func() {
		ended[0] = db.Poll(t.Context(), name(0), func(_, _ json.RawMessage) (Poll, error) {
			select {
			case <-entered: // again, because the connection broke
			default:
				close(entered)
			}
			<-goOn
			return poll(0), nil
		})
	})
	<-entered
	for i := 1; i <= many; i++ {
		polling.Go(func() {
			ended[i] = db.Poll(contextOf(i), name(i), func(_, _ json.RawMessage) (Poll, error) {
				begun.Do(first)
				return poll(i), nil
			})
		})
	}
	for waiting := 0; waiting < many; {
		db.polls.mu.Lock()
		waiting = len(db.polls.waiting)
		db.polls.mu.Unlock()
		runtime.Gosched()
	}
	queued()
	close(goOn)
	polling.Wait()
	return ended
}

// plain is a poll with a reading, states and a message.
func plain(i int) Poll {
	return Poll{
		Sample: spentSample(t0, t0.Add(time.Minute), 7), Spend: raw(`1`), Alert: raw(`1`),
		Out: []Outgoing{{Key: name(i), Channel: "c", Payload: raw(`{}`), At: t0}},
	}
}

func nothing() {}

// asEnded checks that the polls that ended without an error are stored in full, once, and
// the others not at all.
func asEnded(t *testing.T, db *DB, ended []error) {
	t.Helper()
	for i, err := range ended {
		readings := 0
		for _, bad := range db.Samples(t.Context(), name(i), time.Unix(1, 0), t0.AddDate(1, 0, 0)) {
			check(t, bad)
			readings++
		}
		_, posted, bad := db.FindPost(t.Context(), name(i))
		check(t, bad)
		state, bad := db.AlertState(t.Context(), name(i))
		check(t, bad)
		if stored := err == nil; (readings == 1) != stored || readings > 1 || posted != stored || (string(state) == "1") != stored {
			t.Errorf("poll %d ended with %v: %d readings, posted %t, state %q", i, err, readings, posted, state)
		}
	}
}

func TestAPollIsStoredAsItIsTold(t *testing.T) { onBoth(t, testAPollIsStoredAsItIsTold) }

func testAPollIsStoredAsItIsTold(t *testing.T, on backend) {
	const many = 10
	forTest := func(int) context.Context { return t.Context() }
	failing := func(t *testing.T, ended []error, want ...int) {
		t.Helper()
		for i, err := range ended {
			wanted := false
			for _, n := range want {
				wanted = wanted || n == i
			}
			if (err != nil) != wanted {
				t.Errorf("poll %d ended with %v", i, err)
			}
		}
	}
	t.Run("more than one transaction takes", func(t *testing.T) {
		db := on.temp(t)
		ended := together(t, db, 2*maxTogether+5, plain, forTest, nothing, nothing)
		failing(t, ended)
		asEnded(t, db, ended)
	})
	t.Run("the database refuses what two of them store", func(t *testing.T) {
		db := on.temp(t)
		_, err := db.write.ExecContext(t.Context(), `CREATE UNIQUE INDEX taken ON outbox (channel) WHERE channel = 'taken'`)
		check(t, err)
		check(t, db.Enqueue(t.Context(), Outgoing{Key: "taken", Channel: "taken", Payload: raw(`{}`), At: t0}))
		ended := together(t, db, many, func(i int) Poll {
			p := plain(i)
			if i == 3 || i == 7 {
				p.Out[0].Channel = "taken"
			}
			return p
		}, forTest, nothing, nothing)
		failing(t, ended, 3, 7)
		asEnded(t, db, ended)
	})
	t.Run("two are given up while they wait", func(t *testing.T) {
		db := on.temp(t)
		ctx, cancel := context.WithCancel(t.Context())
		var given []*queuedPoll
		ended := together(t, db, many, plain, func(i int) context.Context {
			if i == 3 || i == 7 {
				return ctx
			}
			return t.Context()
		}, func() {
			cancel()
			for waiting := many; waiting > many-2; {
				db.polls.mu.Lock()
				waiting, given = len(db.polls.waiting), db.polls.waiting
				db.polls.mu.Unlock()
				runtime.Gosched()
			}
		}, nothing)
		failing(t, ended, 3, 7)
		asEnded(t, db, ended)
		equal(t, "left waiting", len(given), many-2)
	})
	t.Run("all are given up while they are stored", func(t *testing.T) {
		db := on.temp(t)
		ctx, cancel := context.WithCancel(t.Context())
		ended := together(t, db, many, plain, func(int) context.Context { return ctx }, nothing, cancel)
		failing(t, ended)
		asEnded(t, db, ended)
	})
	t.Run("the database is closed while they wait", func(t *testing.T) {
		address := on.address(t)
		db := reopen(t, address)
		var closing sync.WaitGroup
		ended := together(t, db, many, plain, forTest, func() { closing.Go(func() { _ = db.Close() }) }, nothing)
		closing.Wait()
		asEnded(t, reopen(t, address), ended)
	})
}

func TestPollsTogetherOnAServerInTrouble(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	const many = 10
	direct := pgtest.URL(t)
	proxy, address := pgtest.NewProxy(t, direct)
	db := reopen(t, address)
	forTest := func(int) context.Context { return t.Context() }
	for what, first := range map[string]func(){
		"the server never sees the commit":   func() { proxy.Lose(pgtest.Request) },
		"the commit's answer is lost":        func() { proxy.Lose(pgtest.Answer) },
		"the connection breaks in the midst": proxy.Cut,
	} {
		pgtest.Exec(t, direct, `TRUNCATE readings, states, outbox`)
		ended := together(t, db, many, plain, forTest, nothing, first)
		for i, err := range ended {
			if err != nil {
				t.Errorf("%s: poll %d ended with %v", what, i, err)
			}
		}
		asEnded(t, db, ended)
	}
}

func TestPollsTogetherOnAFullDisk(t *testing.T) {
	const many = 10
	dir := small(t, "16m")
	db := reopen(t, filepath.Join(dir, "f.db"))
	free := crowd(t, dir)
	defer free()
	rounds := 0
	for ; !db.Full(); rounds++ {
		at := t0.Add(time.Duration(rounds) * time.Minute)
		ended := together(t, db, many, func(i int) Poll {
			p := plain(i)
			p.Sample, p.Out[0].Key = spentSample(at.Add(-time.Minute), at, 5), name(i)+at.String()
			p.Spend, p.Owing = raw(`"counted"`), raw(`"owed"`)
			return p
		}, func(int) context.Context { return t.Context() }, nothing, nothing)
		for i, err := range ended {
			if err != nil {
				t.Fatalf("round %d: poll %d ended with %v", rounds, i, err)
			}
		}
	}
	waiting, _, err := db.Depth(t.Context())
	check(t, err)
	equal(t, "messages", waiting, rounds*(1+many))
	for i := range 1 + many { // a reading that was left out is owed
		state, err := db.SpendState(t.Context(), name(i))
		check(t, err)
		last, _, err := lastSample(t.Context(), db, name(i))
		check(t, err)
		at := t0.Add(time.Duration(rounds-1) * time.Minute)
		if owed := string(state) == `"owed"`; owed == last.At.Equal(at) {
			t.Errorf("%s: %s, and the last reading is of %s", name(i), state, last.At)
		}
	}
}
