package store

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

func TestPollIsOneTransaction(t *testing.T) { onBoth(t, testPollIsOneTransaction) }

func testPollIsOneTransaction(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	full := Poll{
		Sample: spentSample(t0, t0.Add(time.Minute), 7), Spend: raw(`{"s":1}`), Alert: raw(`{"a":1}`),
		Events: []Event{{Account: "a", Condition: "low", Kind: "began", Level: "warning", At: t0, Since: t0, IncidentID: "i"}},
		Out:    []Outgoing{{Key: "k", Channel: "c", Payload: raw(`{}`), At: t0}},
	}
	broken := errors.New("no")
	check(t, db.Poll(ctx, "a", func(s, a json.RawMessage) (Poll, error) {
		equal(t, "states at first", len(s)+len(a), 0)
		return full, nil
	}))
	<-db.Changed()
	err := db.Poll(ctx, "a", func(s, a json.RawMessage) (Poll, error) {
		equal(t, "states", string(s)+string(a), `{"s":1}{"a":1}`)
		full.Sample.At, full.Out[0].Key = full.Sample.At.Add(time.Minute), "k2"
		return full, broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	full.Out[0].Payload, full.Spend = nil, nil
	func() {
		defer func() { _ = recover() }()
		_ = db.Poll(ctx, "a", func(_, _ json.RawMessage) (Poll, error) { panic("no") })
	}()
	for table, want := range map[string]int64{"readings": 1, "hours": 1, "days": 1, "events": 1, "outbox": 1, "states": 1} {
		equal(t, table, number(t, db.read, "SELECT COUNT(*) FROM "+table), want)
	}
	events, err := db.Events(ctx, "a", t0, t0.Add(time.Millisecond))
	check(t, err)
	equal(t, "event", events[0], Event{Account: "a", Condition: "low", Kind: "began", Level: "warning", At: t0, Since: t0, IncidentID: "i"})
}

func TestUpdateAlert(t *testing.T) { onBoth(t, testUpdateAlert) }

func testUpdateAlert(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	state, err := db.AlertState(ctx, "a")
	check(t, err)
	equal(t, "no state", state == nil, true)
	check(t, db.UpdateAlert(ctx, "a", func(s json.RawMessage) (json.RawMessage, []Outgoing, []Event, error) {
		equal(t, "at first", s == nil, true)
		return raw("1"), []Outgoing{{Key: "k"}}, nil, nil
	}))
	<-db.Changed()
	if _, ok, err := db.FirstReading(ctx, "a"); ok || err != nil {
		t.Fatal("an alert is no reading", err)
	}
	keep(t, db, "a", spentSample(t0, t0.Add(time.Minute), 7))
	state, err = db.AlertState(ctx, "a")
	check(t, err)
	equal(t, "kept by a poll that said nothing", string(state), "1")
	first, ok, err := db.FirstReading(ctx, "a")
	check(t, err)
	equal(t, "first", first, t0.Add(time.Minute))
	equal(t, "ok", ok, true)
}

func TestSamplesComeBackAsTheyWere(t *testing.T) { onBoth(t, testSamplesComeBackAsTheyWere) }

func testSamplesComeBackAsTheyWere(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	good := Sample{
		At: t0, Spendable: moka.Known(0), KeyRemaining: moka.Known(-5), KeyUsed: moka.Known(1), WalletUsed: moka.Known(1 << 60),
		Requests: 12, KeyState: moka.KeyExhausted, Unlimited: true,
		Delta: spend.Delta{From: t0.Add(-time.Minute), To: t0, Known: true, Spent: 3, TopUp: 4, Requests: 5, Covered: time.Minute},
	}
	bad := Sample{At: t0.Add(time.Hour), ErrKind: moka.Banned, Delta: spend.Delta{To: t0.Add(time.Hour)}}
	keep(t, db, "a", good, bad)
	keep(t, db, "b", bad)
	last, ok, err := lastSample(ctx, db, "a")
	check(t, err)
	equal(t, "last", last, bad)
	equal(t, "ok", ok, true)
	last, ok, err = db.LastGood(ctx, "a")
	check(t, err)
	equal(t, "last good", last, good)
	equal(t, "ok", ok, true)
	_, ok, err = db.LastGood(ctx, "b")
	check(t, err)
	equal(t, "none good", ok, false)
	names, err := db.Accounts(ctx)
	check(t, err)
	equal(t, "accounts", len(names), 2)
}

func TestTwoPollsInOneMillisecond(t *testing.T) { onBoth(t, testTwoPollsInOneMillisecond) }

func testTwoPollsInOneMillisecond(t *testing.T, on backend) {
	db := on.temp(t)
	s := spentSample(t0, t0.Add(time.Minute), 7)
	keep(t, db, "a", s, s, s)
	total, err := db.Spent(t.Context(), "a", t0, t0.Add(time.Hour))
	check(t, err)
	equal(t, "spent", total.Spent, 21)
	equal(t, "readings", number(t, db.read, "SELECT COUNT(*) FROM readings"), 3)
}

func TestOnceAndValues(t *testing.T) { onBoth(t, testOnceAndValues) }

func testOnceAndValues(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	for i, want := range []bool{true, false} {
		first, err := db.EnqueueOnce(ctx, "m", t0.Add(time.Duration(i)), Outgoing{Key: "k"}, Outgoing{Key: "l"})
		check(t, err)
		equal(t, "first", first, want)
	}
	at, ok, err := db.Marked(ctx, "m")
	check(t, err)
	equal(t, "marked", at, t0)
	equal(t, "ok", ok, true)
	_, ok, err = db.Marked(ctx, "other")
	check(t, err)
	equal(t, "other", ok, false)
	waiting, dead, err := db.Depth(ctx)
	check(t, err)
	equal(t, "depth", [2]int{waiting, dead}, [2]int{2, 0})
	for _, want := range []string{"x", "", "\x00\xff"} {
		check(t, db.SetValue(ctx, "v", []byte(want)))
		got, ok, err := db.Value(ctx, "v")
		check(t, err)
		equal(t, "value", string(got), want)
		equal(t, "ok", ok, true)
	}
}

func TestAValueIsThereAsSoonAsItsMessageIs(t *testing.T) {
	onBoth(t, testAValueIsThereAsSoonAsItsMessageIs)
}

func testAValueIsThereAsSoonAsItsMessageIs(t *testing.T, on backend) {
	const times = 100
	db, ctx := on.temp(t), t.Context()
	var writing sync.WaitGroup
	defer writing.Wait()
	writing.Go(func() {
		for i := 1; i <= times && !t.Failed(); i++ {
			if err := db.SetValueAndEnqueue(ctx, "v", []byte(strconv.Itoa(i)), Outgoing{Key: strconv.Itoa(i)}); err != nil {
				t.Error(err)
			}
		}
	})
	for told := 0; told < times && !t.Failed(); {
		waiting, _, err := db.Depth(ctx)
		check(t, err)
		value, _, err := db.Value(ctx, "v")
		check(t, err)
		if n, _ := strconv.Atoi(string(value)); n < waiting {
			t.Errorf("%d messages tell of the value %d", waiting, n)
		}
		told = waiting
	}
}

func TestAClockThatWasAheadIsForgotten(t *testing.T) { onBoth(t, testAClockThatWasAheadIsForgotten) }

func testAClockThatWasAheadIsForgotten(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	ahead := spentSample(t0, t0.AddDate(10, 0, 0), 5)
	keep(t, db, "a", spentSample(t0, t0.Add(time.Minute), 5), ahead, Sample{At: ahead.At.Add(time.Hour), ErrKind: moka.Unavailable})
	now := spentSample(t0.Add(time.Minute), t0.Add(2*time.Minute), 5)
	keep(t, db, "a", now, Sample{At: t0.Add(3 * time.Minute), ErrKind: moka.Unavailable})
	good, _, err := db.LastGood(ctx, "a")
	check(t, err)
	equal(t, "good", good.At, now.At)
	last, _, err := lastSample(ctx, db, "a")
	check(t, err)
	equal(t, "last", last.At, t0.Add(3*time.Minute))
	check(t, db.UpdateAlert(ctx, "a", func(json.RawMessage) (json.RawMessage, []Outgoing, []Event, error) { return raw("1"), nil, nil, nil }))
	if last, _, err = lastSample(ctx, db, "a"); err != nil || last.At.IsZero() {
		t.Error("an alert takes the reading away:", err)
	}
}

// A failed reading may be dated by a wrong clock that no server has corrected.
func TestTheNewestReadingIsOneWithFigures(t *testing.T) {
	onBoth(t, testTheNewestReadingIsOneWithFigures)
}

func testTheNewestReadingIsOneWithFigures(t *testing.T, on backend) {
	db := on.temp(t)
	for _, want := range []struct {
		account string
		sample  Sample
		newest  time.Time
	}{
		{"a", Sample{At: t0.AddDate(1, 0, 0), ErrKind: moka.Unavailable}, time.Time{}},
		{"a", spentSample(t0, t0.Add(time.Minute), 5), t0.Add(time.Minute)},
		{"a", Sample{At: t0.AddDate(1, 0, 0), ErrKind: moka.Unavailable}, t0.Add(time.Minute)},
		{"b", Sample{At: t0.Add(2 * time.Minute), ErrKind: moka.Unavailable, Spendable: moka.Known(5)}, t0.Add(2 * time.Minute)},
	} {
		keep(t, db, want.account, want.sample)
		newest, err := db.NewestReading(t.Context())
		check(t, err)
		equal(t, "newest", newest, want.newest)
	}
}

func TestPollsThatWaitAreStoredTogether(t *testing.T) { onBoth(t, testPollsThatWaitAreStoredTogether) }

// While one poll is stored others come. They share the next transaction, unless one of
// them fails, which then is its own failure alone.
func testPollsThatWaitAreStoredTogether(t *testing.T, on backend) {
	const many = 10
	broken := errors.New("no")
	for _, c := range []struct {
		what  string
		third func() error // what the third of them does
		want  error
		most  int64 // readings that anybody else sees before the last is stored
	}{
		{"all are fine", func() error { return nil }, nil, 1},
		{"one fails", func() error { return broken }, broken, many},
		{"one panics", func() error { panic("no") }, errPanicked, many},
	} {
		db := on.temp(t)
		entered, goOn := make(chan struct{}), make(chan struct{})
		var polling sync.WaitGroup
		poll := func(i int, then func() error) error {
			return db.Poll(t.Context(), name(i), func(_, _ json.RawMessage) (Poll, error) {
				return Poll{Sample: spentSample(t0, t0.Add(time.Minute), 7), Out: []Outgoing{{Key: name(i), Channel: "c", Payload: raw(`{}`), At: t0}}}, then()
			})
		}
		polling.Go(func() {
			check(t, poll(0, func() error { close(entered); <-goOn; return nil }))
		})
		<-entered
		var mu sync.Mutex
		seen, failed := int64(0), make([]error, 1+many)
		for i := 1; i <= many; i++ {
			polling.Go(func() {
				defer func() {
					if recover() != nil {
						failed[i] = errPanicked
					}
				}()
				failed[i] = poll(i, func() error {
					mu.Lock()
					defer mu.Unlock()
					seen = max(seen, number(t, db.read, "SELECT COUNT(*) FROM readings"))
					if i == 3 {
						return c.third()
					}
					return nil
				})
			})
		}
		for waiting := 0; waiting < many; {
			db.polls.mu.Lock()
			waiting = len(db.polls.waiting)
			db.polls.mu.Unlock()
			runtime.Gosched()
		}
		close(goOn)
		polling.Wait()
		stored := int64(1 + many)
		for i, err := range failed {
			if i == 3 && c.want != nil {
				stored--
			}
			if want := c.want; i == 3 && !errors.Is(err, want) || i != 3 && err != nil {
				t.Errorf("%s: poll %d ended with %v", c.what, i, err)
			}
		}
		if seen > c.most {
			t.Errorf("%s: %d readings were seen before all were stored", c.what, seen)
		}
		for _, table := range []string{"readings", "outbox", "states"} {
			equal(t, c.what+": "+table, number(t, db.read, "SELECT COUNT(*) FROM "+table), stored)
		}
	}
}

// A poll whose time is up while another is stored is withdrawn, and stores nothing.
func TestAPollThatWaitsTooLongIsWithdrawn(t *testing.T) { onBoth(t, testAPollThatWaitsTooLong) }

func testAPollThatWaitsTooLong(t *testing.T, on backend) {
	db := on.temp(t)
	ctx, cancel := context.WithCancel(t.Context())
	check(t, db.Poll(t.Context(), "a", func(_, _ json.RawMessage) (Poll, error) {
		var waiting sync.WaitGroup
		waiting.Go(func() {
			err := db.Poll(ctx, "b", func(_, _ json.RawMessage) (Poll, error) { return Poll{}, errors.New("called") })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
		})
		cancel()
		waiting.Wait()
		return Poll{Sample: spentSample(t0, t0.Add(time.Minute), 7)}, nil
	}))
	equal(t, "readings", number(t, db.read, "SELECT COUNT(*) FROM readings"), 1)
}
