package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
)

// furnish fills a database with something in every table, odd values included.
func furnish(t *testing.T, db *DB) {
	t.Helper()
	ctx := t.Context()
	r := rand.New(rand.NewPCG(31, 32))
	for i, account := range []string{"a", "团队", "ümlaut", "Z"} {
		keep(t, db, account, walk(r, t0, 15*(i+1))...)
		check(t, db.AddRecorded(ctx, account, []Recorded{{Start: t0, Quota: math.MaxInt64, Requests: 1}, {Start: t0.Add(time.Hour), Quota: -5}}))
	}
	odd := spentSample(t0, t0.Add(time.Minute), -1)
	odd.Delta.PerUnit, odd.Units.CNYPerUSD, odd.RawKey = 1.0/3, 7.3, &moka.RawKey{Limit: 0.1, Used: math.MaxFloat64}
	odd.RawWallet = &moka.RawWallet{Quota: math.MinInt64, Used: 1}
	keep(t, db, "odd", odd)
	check(t, db.Poll(ctx, "a", func(_, _ json.RawMessage) (Poll, error) {
		return Poll{
			Sample: Sample{At: t0.AddDate(0, 1, 0)}, Spend: raw(`{"s":"\u0000"}`), Alert: raw(`{"a":"余额"}`),
			Events: []Event{{Account: "a", At: t0, Since: t0, IncidentID: "x"}, {Account: "a", At: t0, Since: t0, IncidentID: "y"}},
			Out:    []Outgoing{post("p", "c"), post("q", "c"), edit("e", "p")},
		}, nil
	}))
	send(t, db, "p")
	check(t, db.Sending(ctx, id(t, db, "q"), t0))
	check(t, db.Retry(ctx, due(t, db, t0)[0], false, "no answer"))
	check(t, db.Drop(ctx, id(t, db, "e"), t0, "bytes\x00 that are \xff no text"))
	check(t, db.SetValue(ctx, "v", []byte("\x00\xff")))
	check(t, db.SetValue(ctx, "empty", nil))
	_, err := db.EnqueueOnce(ctx, "m", t0)
	check(t, err)
	check(t, db.Prune(ctx, t0.AddDate(0, 2, 0), Retention{Readings: 24 * time.Hour, Hours: 48 * time.Hour, Open: []string{"x", "y"}}))
}

// answers are what a database says to every question of a few accounts.
func answers(t *testing.T, db *DB) string {
	t.Helper()
	ctx, text := t.Context(), ""
	add := func(v any, err error) {
		check(t, err)
		text += fmt.Sprintf("%+v\n", v)
	}
	for _, a := range []string{"a", "团队", "ümlaut", "Z", "odd"} {
		add(db.Spent(ctx, a, t0.Add(-time.Hour), t0.AddDate(0, 2, 0)))
		add(db.Hours(ctx, a, t0.Add(-time.Hour), t0.AddDate(0, 2, 0)))
		add(db.Gaps(ctx, a, t0.Add(-time.Hour), t0.AddDate(0, 2, 0)))
		add(db.TopUps(ctx, a, t0.Add(-time.Hour), t0.AddDate(0, 2, 0)))
		add(db.Events(ctx, a, t0.Add(-time.Hour), t0.AddDate(0, 2, 0)))
		add(db.Points(ctx, a, t0, t0.AddDate(0, 0, 20), time.Hour))
		add(db.AlertState(ctx, a))
		last, _, err := lastSample(ctx, db, a)
		if last.RawKey != nil {
			add(*last.RawKey, nil)
		}
		add(last.Spendable, err)
	}
	add(db.Accounts(ctx))
	for _, key := range []string{"p", "q", "e"} {
		p, _, err := db.FindPost(ctx, key)
		p.LastError = cleanText(p.LastError)
		add(p, err)
	}
	add(due(t, db, t0), nil)
	for _, name := range []string{"v", "empty"} {
		v, ok, err := db.Value(ctx, name)
		add(fmt.Sprintf("%q %t", v, ok), err)
	}
	return text
}

// alike compares answers line by line.
func alike(t *testing.T, got, want string) {
	t.Helper()
	lines := strings.Split(got, "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(lines) || lines[i] != line {
			t.Fatalf("answer %d: got %.300s\nwant %.300s", i, lines[min(i, len(lines)-1)], line)
		}
	}
}

func silent(CopyStep) {}

func copied(t *testing.T, from, to string) []Copied {
	t.Helper()
	all, err := Copy(t.Context(), from, to, silent)
	check(t, err)
	return all
}

// There and back again, through every pair of engines.
func TestCopy(t *testing.T) {
	proof.NotShort(t)
	for _, first := range backends {
		for _, second := range backends {
			t.Run(first.name+" to "+second.name, func(t *testing.T) {
				a, b, c := first.address(t), second.address(t), first.address(t)
				db := reopen(t, a)
				furnish(t, db)
				want := answers(t, db)
				release(t, db)
				there := copied(t, a, b)
				db = reopen(t, b)
				alike(t, answers(t, db), want)
				for _, table := range there {
					if table.Rows == 0 {
						t.Errorf("%s is empty: the test copies nothing of it", table.Table)
					}
				}
				release(t, db)
				equal(t, "and back", fmt.Sprint(copied(t, b, c)), fmt.Sprint(there))
				db = reopen(t, c)
				alike(t, answers(t, db), want)
				check(t, db.Enqueue(t.Context(), post("new", "c"))) // ids go on behind those that there are
				if n := id(t, db, "new"); n <= id(t, db, "e") {
					t.Errorf("a new message gets the id %d", n)
				}
			})
		}
	}
}

// release closes a database as a bot does that ends in order.
func release(t *testing.T, db *DB) {
	t.Helper()
	if l := db.Lease(); l != nil {
		check(t, l.Resign(t.Context(), l.epoch.Load()))
	}
	check(t, db.Close())
}

// A copy is broken off after each of its steps in turn; the next one goes on, and
// sees what changed meanwhile.
func TestCopyGoesOn(t *testing.T) { onBoth(t, testCopyGoesOn) }

func testCopyGoesOn(t *testing.T, on backend) {
	from, to := backends[0].address(t), on.address(t)
	db := reopen(t, from)
	furnish(t, db)
	release(t, db)
	broken := 0
	for after := 1; ; after += 3 {
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		_, err := Copy(ctx, from, to, func(CopyStep) {
			if steps++; steps == after {
				cancel()
			}
		})
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		broken++
		if _, err := Open(to); !errors.Is(err, ErrUnfinished) {
			t.Fatalf("after %d steps a bot starts on half a copy: %v", after, err)
		}
		if _, err := OpenReadOnly(to); !errors.Is(err, ErrUnfinished) {
			t.Fatalf("after %d steps half a copy is read: %v", after, err)
		}
		db = reopen(t, from)
		keep(t, db, "a", spentSample(t0.AddDate(0, 1, after), t0.AddDate(0, 1, after).Add(time.Minute), 7))
		release(t, db)
	}
	if broken < 5 {
		t.Errorf("it was broken off only %d times", broken)
	}
	db = reopen(t, from)
	want := answers(t, db)
	release(t, db)
	alike(t, answers(t, reopen(t, to)), want)
}

func TestCopyRefuses(t *testing.T) { onBoth(t, testCopyRefuses) }

func testCopyRefuses(t *testing.T, on backend) {
	from, to, other := on.address(t), on.address(t), on.address(t)
	refused := func(what string, from, to string, want error) {
		t.Helper()
		if _, err := Copy(t.Context(), from, to, silent); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	db := reopen(t, from)
	furnish(t, db)
	running := ErrInUse
	if db.Lease() != nil {
		running = ErrRunning
	}
	refused("a bot runs on the source", from, to, running)
	release(t, db)
	refused("onto itself", from, from, ErrSame)
	db = reopen(t, to)
	refused("a bot runs on the target", from, to, running)
	keep(t, db, "b", spentSample(t0, t0.Add(time.Minute), 5))
	release(t, db)
	refused("a target with something in it", from, to, ErrNotEmpty)

	db = reopen(t, other)
	release(t, db)
	third := on.address(t)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := Copy(ctx, from, third, func(CopyStep) { cancel() }); err == nil {
		t.Fatal("the copy was not broken off")
	}
	refused("the half copy of another database", other, third, ErrNotEmpty)
	if on.name == "sqlite" {
		refused("a source that is not there", from+"-none", other, os.ErrNotExist)
	}
	copied(t, from, third)
}

// A copy that differs is made anew once, and refused when it differs again.
func TestCopyIsCompared(t *testing.T) { onBoth(t, testCopyIsCompared) }

func testCopyIsCompared(t *testing.T, on backend) {
	from, to := backends[0].address(t), on.address(t)
	db := reopen(t, from)
	furnish(t, db)
	release(t, db)
	spoiled := 0
	_, err := Copy(t.Context(), from, to, func(s CopyStep) {
		if s.Table == "days" && !s.Verifying {
			spoiled++
			spoil(t, to)
		}
	})
	if !errors.Is(err, ErrDiffers) || spoiled != 2 {
		t.Fatalf("spoiled %d times: %v", spoiled, err)
	}
	copied(t, from, to)
}

// spoil changes a row behind the back of a copy.
func spoil(t *testing.T, address string) {
	t.Helper()
	var db *DB
	var err error
	if IsURL(address) {
		db, err = openServer(t.Context(), address)
	} else {
		pool, failed := connect(address, 1, nil)
		db, err = &DB{write: pool, read: pool}, failed
	}
	check(t, err)
	_, err = db.write.ExecContext(t.Context(), `UPDATE days SET spent = spent + 1 WHERE account = 'Z'`)
	check(t, err)
	check(t, db.write.Close())
}
