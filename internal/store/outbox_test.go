package store

import (
	"encoding/json"
	"fmt"
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

func TestOutboxOrder(t *testing.T) { onBoth(t, testOutboxOrder) }

func testOutboxOrder(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	check(t, db.Enqueue(ctx, post("1", "a"), post("2", "a"), post("3", "b"), post("1", "c"), edit("4", "1")))
	equal(t, "heads", dueKeys(t, db, t0), "1 3")
	first := due(t, db, t0)[0]
	equal(t, "due", fmt.Sprintf("%+v", first), fmt.Sprintf("%+v", Due{
		ID: 1, Key: "1", Channel: "a", Account: "acc", At: t0, Payload: []byte(`{"for":"1"}`), Nonce: "nodle477gt6odhllqbhp6wr7k", // sha256("1") in base32
	}))
	limited, err := db.Due(ctx, t0, 1)
	check(t, err)
	equal(t, "limit", len(limited), 1)

	check(t, db.Sending(ctx, 1, t0.Add(time.Second)))
	check(t, db.Retry(ctx, first, true, "refused"))
	equal(t, "a refused attempt has not arrived", due(t, db, t0)[0].FirstTriedAt, time.Time{})
	check(t, db.Sending(ctx, 1, t0.Add(time.Second)))
	check(t, db.Retry(ctx, first, false, "cut"))
	check(t, db.Sending(ctx, 1, t0.Add(time.Minute)))
	equal(t, "when to try again is for the sender to say", dueKeys(t, db, t0), "1 3")
	again := due(t, db, t0)[0]
	equal(t, "first tried", again.FirstTriedAt, t0.Add(time.Second))
	equal(t, "last tried", again.LastTriedAt, t0.Add(time.Minute))
	equal(t, "attempts", again.Attempts, 3)

	check(t, db.Sent(ctx, 1, "m1", t0.Add(time.Hour)))
	equal(t, "second", dueKeys(t, db, t0), "2 3 4")
	send(t, db, "2", "3")
	last := due(t, db, t0)[0]
	equal(t, "edit", last.Channel+" "+last.EditOf+" "+last.TargetMessageID+" "+last.Nonce, "a 1 m1 "+first.Nonce)
	found, ok, err := db.FindByMessage(ctx, "m1")
	check(t, err)
	equal(t, "found", fmt.Sprint(found.Key, found.Account, found.State, found.DoneAt, ok), fmt.Sprint("1", "acc", StateSent, t0.Add(time.Hour), true))
	_, ok, err = db.FindByMessage(ctx, "")
	check(t, err)
	equal(t, "no id", ok, false)
}

func TestNewerEditsReplaceOlder(t *testing.T) { onBoth(t, testNewerEditsReplaceOlder) }

func testNewerEditsReplaceOlder(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	check(t, db.Enqueue(ctx, post("p", "a"), edit("e1", "p"), edit("e2", "p")))
	check(t, db.Enqueue(ctx, edit("e1", "p"))) // said before: that replaces nothing
	send(t, db, "p")
	equal(t, "newest", dueKeys(t, db, t0), "e2")
	check(t, db.Sending(ctx, id(t, db, "e2"), t0))
	check(t, db.Enqueue(ctx, edit("e3", "p")))
	equal(t, "under way", dueKeys(t, db, t0), "e2 e3")
	check(t, db.Retry(ctx, due(t, db, t0)[0], false, "no answer"))
	equal(t, "put off and overtaken", dueKeys(t, db, t0), "e3")
	check(t, db.Enqueue(ctx, edit("e4", "p")))
	equal(t, "newest", dueKeys(t, db, t0), "e4")
}

func TestEditsOfDeadPosts(t *testing.T) { onBoth(t, testEditsOfDeadPosts) }

func testEditsOfDeadPosts(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	check(t, db.Enqueue(ctx, post("p", "a"), edit("e1", "p"), post("q", "a"), edit("x", "unknown")))
	check(t, db.Dead(ctx, due(t, db, t0)[0], t0, 50013, "no permission"))
	equal(t, "edit is dropped", dueKeys(t, db, t0), "q")
	letters, err := db.DeadLetters(ctx, 10)
	check(t, err)
	equal(t, "dead", fmt.Sprint(letters[0].Key, letters[0].LastError, letters[0].Code), fmt.Sprint("p", "no permission", 50013))
	waiting, dead, err := db.Depth(ctx)
	check(t, err)
	equal(t, "depth", [2]int{waiting, dead}, [2]int{1, 1})
	check(t, requeue(t, db))
	equal(t, "requeued", dueKeys(t, db, t0), "p")
	send(t, db, "p")
	equal(t, "with its edit", dueKeys(t, db, t0), "q e1")
}

func TestLanes(t *testing.T) { onBoth(t, testLanes) }

func testLanes(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	report, second := post("report", "a"), post("second report", "a")
	report.Lane, second.Lane = LanePost, LanePost
	check(t, db.Enqueue(ctx, post("sent", "a")))
	send(t, db, "sent")
	check(t, db.Enqueue(ctx, report, edit("sent/edit", "sent"), second, post("ping", "a"), post("second ping", "a"), edit("ping/edit", "ping")))
	equal(t, "the head of each lane", dueKeys(t, db, t0), "ping report sent/edit")
	send(t, db, "ping")
	equal(t, "next", dueKeys(t, db, t0), "second ping report sent/edit ping/edit")
}

func TestADroppedEditIsForgotten(t *testing.T) { onBoth(t, testADroppedEditIsForgotten) }

func testADroppedEditIsForgotten(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	check(t, db.Enqueue(ctx, post("p", "a"), edit("e", "p")))
	send(t, db, "p")
	check(t, db.Drop(ctx, id(t, db, "e"), t0, "refused"))
	_, err := db.RequeueDead(ctx)
	check(t, err)
	equal(t, "due", dueKeys(t, db, t0), "")
	waiting, dead, err := db.Depth(ctx)
	check(t, err)
	equal(t, "depth", [2]int{waiting, dead}, [2]int{})
}

func TestMovedToAnotherChannel(t *testing.T) { onBoth(t, testMovedToAnotherChannel) }

func testMovedToAnotherChannel(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	check(t, db.Enqueue(ctx, joining("a", true), joining("b", true), edit("e", "a")))
	lead := due(t, db, t0)[0]
	_, err := db.Joined(ctx, lead, 9, all)
	check(t, err)
	check(t, db.Sending(ctx, lead.ID, t0))
	check(t, db.Dead(ctx, lead, t0, 10003, "no such channel"))
	_, err = db.RequeueDead(ctx)
	check(t, err)
	check(t, db.Move(ctx, lead.ID, "right"))
	both := due(t, db, t0)
	equal(t, "moved", both[0].Key+" "+both[0].Channel+" "+both[1].Key+" "+both[1].Channel, "a right b c")
	send(t, db, "a")
	equal(t, "its edit goes where it is", due(t, db, t0)[1].Channel, "right")
}

func TestSplitIsDurable(t *testing.T) { onBoth(t, testSplitIsDurable) }

func testSplitIsDurable(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	check(t, db.Enqueue(ctx, post("p", "a"), post("q", "a")))
	check(t, db.Split(ctx, due(t, db, t0)[0], []json.RawMessage{raw(`"1"`), raw(`"2"`)}))
	check(t, db.Split(ctx, due(t, db, t0)[0], []json.RawMessage{raw(`"1"`), raw(`"2"`)}))
	equal(t, "first part", string(due(t, db, t0)[0].Payload), `"1"`)
	send(t, db, "p", "q")
	rest := due(t, db, t0)
	equal(t, "second part, once", fmt.Sprint(len(rest), rest[0].Key, string(rest[0].Payload)), fmt.Sprint(1, "p/part/2", `"2"`))
}

// A clock that was hours ahead for a moment holds nothing back, nor does the
// time that an earlier version stored for the next attempt.
func TestAStoredTimeHoldsNothing(t *testing.T) { onBoth(t, testAStoredTimeHoldsNothing) }

func testAStoredTimeHoldsNothing(t *testing.T, on backend) {
	path := on.address(t)
	db, ctx := reopen(t, path), t.Context()
	ahead := post("1", "a")
	ahead.At = t0.Add(8 * time.Hour)
	ahead.NotBefore = ahead.At.Add(2 * time.Second)
	check(t, db.Enqueue(ctx, ahead))
	equal(t, "the clock was set back", dueKeys(t, db, t0), "1")
	_, err := db.write.Exec(`UPDATE outbox SET next_try = ?`, millis(t0.Add(5*time.Second)))
	check(t, err)
	equal(t, "held", dueKeys(t, db, t0), "")
	check(t, db.Close())
	equal(t, "after a restart", dueKeys(t, reopen(t, path), t0), "1")
}

func TestCrashWhileSending(t *testing.T) { onBoth(t, testCrashWhileSending) }

func testCrashWhileSending(t *testing.T, on backend) {
	path := on.address(t)
	db, ctx := reopen(t, path), t.Context()
	check(t, db.Enqueue(ctx, post("1", "a"), post("2", "a")))
	check(t, db.Sending(ctx, 1, t0))
	check(t, db.Close())
	db = reopen(t, path)
	again := due(t, db, t0)
	equal(t, "first again", again[0].Key, "1")
	equal(t, "known to have been tried", again[0].FirstTriedAt, t0)
}

func TestChangedIsOneSignal(t *testing.T) { onBoth(t, testChangedIsOneSignal) }

func testChangedIsOneSignal(t *testing.T, on backend) {
	db := on.temp(t)
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

func requeue(t *testing.T, db *DB) error {
	t.Helper()
	_, err := db.RequeueDead(t.Context())
	return err
}
