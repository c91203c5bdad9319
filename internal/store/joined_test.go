package store

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func texts(raw []json.RawMessage) string {
	text := ""
	for _, r := range raw {
		text += string(r) + " "
	}
	return text
}

func joining(key string, joins bool) Outgoing {
	return Outgoing{Key: key, Channel: "c", Account: key, Payload: json.RawMessage(`"` + key + `"`), At: t0, Joins: joins}
}

func TestPostsThatShareAMessage(t *testing.T) { onBoth(t, testPostsThatShareAMessage) }

func testPostsThatShareAMessage(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	edit := Outgoing{Key: "old/edit", EditOf: "old", Channel: "c", Payload: json.RawMessage(`"edit"`), At: t0}
	check(t, db.Enqueue(ctx, joining("old", false)))
	due := head(t, db)
	check(t, db.Sending(ctx, due.ID, t0))
	check(t, db.Sent(ctx, due.ID, "m0", t0))
	check(t, db.Enqueue(ctx, joining("a", true), edit, joining("b", true), joining("c", true), joining("report", false), joining("d", true)))

	lead := head(t, db)
	equal(t, "the first leads", lead.Key, "a")
	led, err := db.Joined(ctx, lead, 9, all)
	check(t, err)
	equal(t, "an edit of another message is no obstacle, a report is", texts(led), `"b" "c" `)
	check(t, db.Sending(ctx, lead.ID, t0))
	check(t, db.Enqueue(ctx, joining("late", true)))
	again := head(t, db)
	led, err = db.Joined(ctx, again, 9, all)
	check(t, err)
	equal(t, "after an attempt nothing joins any more", texts(led), `"b" "c" `)

	check(t, db.Sent(ctx, lead.ID, "m1", t0))
	posts, err := db.PostsOf(ctx, "m1")
	check(t, err)
	equal(t, "posts of the message", len(posts), 3)
	equal(t, "what comes next", dueKeys(t, db, t0), "report old/edit")
	check(t, db.Sent(ctx, due.ID, "m0", t0))
	check(t, db.Sent(ctx, id(t, db, "old/edit"), "m0", t0))

	check(t, db.Enqueue(ctx, Outgoing{Key: "b/edit/1", EditOf: "b", Payload: json.RawMessage(`"b1"`), At: t0}))
	report := head(t, db)
	equal(t, "order is kept", report.Key, "report")
	alone, err := db.Joined(ctx, report, 9, all)
	check(t, err)
	equal(t, "a report goes alone", len(alone), 0)
	check(t, db.Sent(ctx, report.ID, "m2", t0))
	for range 2 { // d and late
		check(t, db.Sent(ctx, head(t, db).ID, "m3", t0))
	}
	change := head(t, db)
	whole, err := db.Whole(ctx, change)
	check(t, err)
	equal(t, "an edit keeps the others", texts(whole), `"a" "b1" "c" `)
	check(t, db.Sent(ctx, change.ID, "m1", t0))
	check(t, db.Enqueue(ctx, Outgoing{Key: "c/edit/1", EditOf: "c", Payload: json.RawMessage(`"c1"`), At: t0}))
	whole, err = db.Whole(ctx, head(t, db))
	check(t, err)
	equal(t, "as they are by now", texts(whole), `"a" "b1" "c1" `)
}

func TestRefusedTogetherAndRequeuedTogether(t *testing.T) {
	onBoth(t, testRefusedTogetherAndRequeuedTogether)
}

func testRefusedTogetherAndRequeuedTogether(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	check(t, db.Enqueue(ctx, joining("a", true), joining("b", true)))
	lead := head(t, db)
	_, err := db.Joined(ctx, lead, 9, all)
	check(t, err)
	check(t, db.Sending(ctx, lead.ID, t0))
	check(t, db.Dead(ctx, lead, t0, 50013, "no"))
	_, dead, err := db.Depth(ctx)
	check(t, err)
	equal(t, "dead", dead, 2)
	check(t, requeue(t, db))
	led, err := db.Joined(ctx, head(t, db), 9, all)
	check(t, err)
	equal(t, "still together", texts(led), `"b" `)
}

// A message that was refused together with others leads them still when it is
// tried again behind another one: none of them is left behind.
func TestNobodyLeadsALeader(t *testing.T) { onBoth(t, testNobodyLeadsALeader) }

func testNobodyLeadsALeader(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	refuse := func() {
		t.Helper()
		lead := head(t, db)
		_, err := db.Joined(ctx, lead, 9, all)
		check(t, err)
		check(t, db.Sending(ctx, lead.ID, t0))
		check(t, db.Dead(ctx, lead, t0, 50013, "no"))
	}
	check(t, db.Enqueue(ctx, joining("a", true)))
	refuse()
	check(t, db.Enqueue(ctx, joining("b", true), joining("c", true)))
	refuse()
	check(t, requeue(t, db))
	check(t, db.Enqueue(ctx, joining("d", true)))
	var messages []string
	for {
		due, err := db.Due(ctx, t0.Add(time.Hour), 9)
		check(t, err)
		if len(due) == 0 {
			break
		}
		led, err := db.Joined(ctx, due[0], 9, all)
		check(t, err)
		messages = append(messages, due[0].Key+": "+texts(led))
		check(t, db.Sending(ctx, due[0].ID, t0))
		check(t, db.Sent(ctx, due[0].ID, "m"+due[0].Key, t0))
	}
	equal(t, "the messages", strings.Join(messages, ", "), `a: , b: "c" , d: `)
	waiting, _, err := db.Depth(ctx)
	check(t, err)
	equal(t, "what waits in vain", waiting, 0)
}

// What an earlier version left behind a message that was sent without it goes
// out after a start.
func TestAPostLeftBehindIsFreed(t *testing.T) {
	db, ctx := temp(t), t.Context()
	check(t, db.Enqueue(ctx, joining("a", true), joining("b", true), joining("c", true)))
	a, b, c := id(t, db, "a"), id(t, db, "b"), id(t, db, "c")
	for led, lead := range map[int64]int64{b: a, c: b} {
		_, err := db.update(ctx, sqlLead, lead, led)
		check(t, err)
	}
	check(t, db.Sent(ctx, a, "m", t0))
	equal(t, "before the start", dueKeys(t, db, t0), "")
	path := db.path
	check(t, db.Close())
	db, err := Open(path)
	check(t, err)
	defer db.Close()
	equal(t, "after it", dueKeys(t, db, t0), "c")
}

func TestAPostIsHeldBack(t *testing.T) { onBoth(t, testAPostIsHeldBack) }

func testAPostIsHeldBack(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	held := joining("a", true)
	held.NotBefore = t0.Add(time.Second)
	check(t, db.Enqueue(ctx, held))
	equal(t, "before its time", dueKeys(t, db, t0), "")
	equal(t, "at its time", dueKeys(t, db, t0.Add(time.Second)), "a")
}

func head(t *testing.T, db *DB) Due {
	t.Helper()
	due, err := db.Due(t.Context(), t0.Add(time.Hour), 9)
	check(t, err)
	if len(due) == 0 {
		t.Fatal("nothing is due")
	}
	return due[0]
}

// all takes every candidate for joining.
func all(payloads []json.RawMessage) int { return len(payloads) - 1 }
