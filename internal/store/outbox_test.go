package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func post(key, channel string) Outgoing {
	return Outgoing{Key: key, Channel: channel, Account: "acc", Payload: raw(`{"for":"` + key + `"}`), At: t0}
}

func edit(key, of string) Outgoing {
	o := post(key, "elsewhere")
	o.EditOf = of
	return o
}

// dueKeys are the messages that are due, by their keys.
func dueKeys(t *testing.T, db *DB, now time.Time) string {
	t.Helper()
	var keys []string
	for _, d := range due(t, db, now) {
		keys = append(keys, d.Key)
	}
	return strings.Join(keys, " ")
}

func due(t *testing.T, db *DB, now time.Time) []Due {
	t.Helper()
	found, err := db.Due(t.Context(), now, 100)
	check(t, err)
	return found
}

func id(t *testing.T, db *DB, key string) int64 {
	t.Helper()
	p, ok, err := db.FindPost(t.Context(), key)
	check(t, err)
	equal(t, key+" is there", ok, true)
	return p.ID
}

func send(t *testing.T, db *DB, keys ...string) {
	t.Helper()
	for _, key := range keys {
		check(t, db.Sending(t.Context(), id(t, db, key), t0))
		check(t, db.Sent(t.Context(), id(t, db, key), "msg "+key, t0))
	}
}

func TestOutboxOrder(t *testing.T) {
	db, ctx := temp(t), t.Context()
	check(t, db.Enqueue(ctx, post("1", "a"), post("2", "a"), post("3", "b"), post("1", "c"), edit("4", "1")))
	equal(t, "heads", dueKeys(t, db, t0), "1 3")
	first := due(t, db, t0)[0]
	equal(t, "due", fmt.Sprintf("%+v", first), fmt.Sprintf("%+v", Due{
		ID: 1, Key: "1", Channel: "a", Payload: []byte(`{"for":"1"}`), Nonce: "nodle477gt6odhllqbhp6wr7k", // sha256("1") in base32
	}))
	limited, err := db.Due(ctx, t0, 1)
	check(t, err)
	equal(t, "limit", len(limited), 1)

	check(t, db.Sending(ctx, 1, t0.Add(time.Second)))
	check(t, db.Retry(ctx, 1, t0.Add(time.Minute), "later"))
	equal(t, "put off", dueKeys(t, db, t0), "3")
	equal(t, "put off", dueKeys(t, db, t0.Add(time.Minute)), "1 3")
	check(t, db.Sending(ctx, 1, t0.Add(time.Minute)))
	again := due(t, db, t0.Add(time.Minute))[0]
	equal(t, "first tried", again.FirstTriedAt, t0.Add(time.Second))
	equal(t, "attempts", again.Attempts, 2)

	check(t, db.Sent(ctx, 1, "m1", t0.Add(time.Hour)))
	equal(t, "second", dueKeys(t, db, t0), "2 3")
	send(t, db, "2", "3")
	last := due(t, db, t0)[0]
	equal(t, "edit", last.Channel+" "+last.EditOf+" "+last.TargetMessageID, "a 1 m1")
	found, ok, err := db.FindByMessage(ctx, "m1")
	check(t, err)
	equal(t, "found", fmt.Sprint(found.Key, found.Account, found.State, found.DoneAt, ok), fmt.Sprint("1", "acc", StateSent, t0.Add(time.Hour), true))
	_, ok, err = db.FindByMessage(ctx, "")
	check(t, err)
	equal(t, "no id", ok, false)
}

func TestNewerEditsReplaceOlder(t *testing.T) {
	db, ctx := temp(t), t.Context()
	check(t, db.Enqueue(ctx, post("p", "a"), edit("e1", "p"), edit("e2", "p")))
	check(t, db.Enqueue(ctx, edit("e1", "p"))) // said before: that replaces nothing
	send(t, db, "p")
	equal(t, "newest", dueKeys(t, db, t0), "e2")
	check(t, db.Sending(ctx, id(t, db, "e2"), t0))
	check(t, db.Enqueue(ctx, edit("e3", "p")))
	equal(t, "under way", dueKeys(t, db, t0), "e2")
	check(t, db.Retry(ctx, id(t, db, "e2"), t0.Add(time.Hour), "no answer"))
	check(t, db.Enqueue(ctx, edit("e4", "p")))
	equal(t, "put off and overtaken", dueKeys(t, db, t0), "e4")
}

func TestEditsOfDeadPosts(t *testing.T) {
	db, ctx := temp(t), t.Context()
	check(t, db.Enqueue(ctx, post("p", "a"), edit("e1", "p"), post("q", "a"), edit("x", "unknown")))
	check(t, db.Dead(ctx, id(t, db, "p"), t0, "no permission"))
	equal(t, "edit is dropped", dueKeys(t, db, t0), "q")
	letters, err := db.DeadLetters(ctx, 10)
	check(t, err)
	equal(t, "dead", letters[0].Key+" "+letters[0].LastError, "p no permission")
	waiting, dead, err := db.Depth(ctx)
	check(t, err)
	equal(t, "depth", [2]int{waiting, dead}, [2]int{1, 1})
	check(t, revive(db, t))
	equal(t, "revived", dueKeys(t, db, t0), "p")
	send(t, db, "p")
	equal(t, "with its edit", dueKeys(t, db, t0), "e1")
}

func TestReviveLeavesOvertakenEdits(t *testing.T) {
	db, ctx := temp(t), t.Context()
	check(t, db.Enqueue(ctx, post("p", "a"), edit("e1", "p")))
	send(t, db, "p")
	check(t, db.Dead(ctx, id(t, db, "e1"), t0, "no"))
	check(t, db.Enqueue(ctx, edit("e2", "p")))
	send(t, db, "e2")
	check(t, revive(db, t))
	equal(t, "old figures stay away", dueKeys(t, db, t0), "")
}

func TestCrashWhileSending(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, ctx := reopen(t, path), t.Context()
	check(t, db.Enqueue(ctx, post("1", "a"), post("2", "a")))
	check(t, db.Retry(ctx, 1, t0.Add(time.Hour), "later"))
	check(t, db.Sending(ctx, 1, t0))
	check(t, db.Close())
	db = reopen(t, path)
	again := due(t, db, t0)
	equal(t, "first again", again[0].Key, "1")
	equal(t, "known to have been tried", again[0].FirstTriedAt, t0)
}

func TestChangedIsOneSignal(t *testing.T) {
	db := temp(t)
	for i := range 3 {
		check(t, db.Enqueue(t.Context(), post(fmt.Sprint(i), "a")))
	}
	<-db.Changed()
	select {
	case <-db.Changed():
		t.Fatal("a second signal")
	default:
	}
}

func revive(db *DB, t *testing.T) error {
	err := db.Revive(t.Context())
	return err
}
