package store

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
)

func TestPruneKeepsTheSums(t *testing.T) { onBoth(t, testPruneKeepsTheSums) }

func testPruneKeepsTheSums(t *testing.T, on backend) {
	proof.NotShort(t)
	db, ctx, r := on.temp(t), t.Context(), rand.New(rand.NewPCG(11, 12))
	samples := walk(r, t0.Add(time.Hour+time.Second), sampleCount(2500))
	keep(t, db, "a", samples...)
	now := samples[len(samples)-1].At
	kept := Retention{Readings: 3 * 24 * time.Hour, Hours: 8 * 24 * time.Hour}
	for range 2 {
		check(t, db.Prune(ctx, now, kept))
	}
	fine := now.Add(-kept.Readings).Truncate(time.Hour)
	coarse := now.Add(-kept.Hours).Truncate(24 * time.Hour)
	for range 150 {
		from, to := t0.Add(time.Duration(r.Int64N(int64(now.Sub(t0))))), t0.Add(time.Duration(r.Int64N(int64(now.Sub(t0)))))
		from, to = onGrid(from, fine, coarse), onGrid(to, fine, coarse)
		got, err := db.Spent(ctx, "a", from, to)
		check(t, err)
		want := naive(samples, from, to)
		equal(t, fmt.Sprint(from, to, fine, coarse), got, want)
	}
	oldest := number(t, db.read, "SELECT MIN(at) FROM readings")
	if oldest < fine.UnixMilli() || number(t, db.read, "SELECT MIN(start) FROM hours") < coarse.UnixMilli() {
		t.Fatal("not pruned")
	}
	first, _, err := db.FirstReading(ctx, "a")
	check(t, err)
	equal(t, "first reading", first, samples[0].At)
	points, err := db.Points(ctx, "a", t0, now, 12*time.Hour)
	check(t, err)
	var sum moka.Amount
	for _, p := range points {
		sum += p.Spent
	}
	equal(t, "curve", sum, naive(samples, t0, now).Spent)
}

// onGrid moves a time to where the rows that are left still tell exactly.
func onGrid(at, fine, coarse time.Time) time.Time {
	switch {
	case at.Before(coarse):
		return at.Truncate(24 * time.Hour)
	case at.Before(fine):
		return at.Truncate(time.Hour)
	}
	return at.Truncate(time.Millisecond)
}

func TestPruneWhilePollsRun(t *testing.T) { onBoth(t, testPruneWhilePollsRun) }

func testPruneWhilePollsRun(t *testing.T, on backend) {
	proof.NotShort(t)
	db, ctx := on.temp(t), t.Context()
	samples := walk(rand.New(rand.NewPCG(21, 22)), t0, sampleCount(1500))
	early, late := samples[:len(samples)*2/3], samples[len(samples)*2/3:]
	keep(t, db, "a", early...)
	keep(t, db, "b", early...)
	end := samples[len(samples)-1].At
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		wg.Go(func() {
			for _, s := range late {
				check(t, db.Poll(ctx, name, func(_, _ json.RawMessage) (Poll, error) { return Poll{Sample: s}, nil }))
			}
		})
	}
	wg.Go(func() {
		for age := 30 * 24 * time.Hour; age >= 0; age -= 24 * time.Hour { // readings just stored go, too
			check(t, db.Prune(ctx, end, Retention{Readings: age, Hours: 2 * age}))
		}
	})
	wg.Wait()
	check(t, db.Prune(ctx, end, Retention{Readings: time.Hour, Hours: 48 * time.Hour}))
	from, to := t0.Truncate(24*time.Hour), end.Add(24*time.Hour).Truncate(24*time.Hour)
	for _, name := range []string{"a", "b"} {
		got, err := db.Spent(ctx, name, from, to)
		check(t, err)
		equal(t, name, got, naive(samples, from, to))
	}
	if left := number(t, db.read, "SELECT COUNT(*) FROM readings"); left > 60 {
		t.Errorf("%d readings are left of the last hour", left)
	}
}

// readDaily stores one reading a day of an account that only lets time pass.
func readDaily(t *testing.T, db *DB, days int) {
	t.Helper()
	var samples []Sample
	for n := range days {
		samples = append(samples, Sample{At: t0.Add(time.Duration(n)*24*time.Hour + time.Second)})
	}
	keep(t, db, "clock", samples...)
}

func TestPruneKeepsTheLastGoodReading(t *testing.T) { onBoth(t, testPruneKeepsTheLastGoodReading) }

func testPruneKeepsTheLastGoodReading(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	readDaily(t, db, 375)
	keep(t, db, "a", spentSample(t0, t0.Add(time.Minute), 5), spentSample(t0.Add(time.Minute), t0.Add(time.Hour), 5))
	for i := range 5 {
		keep(t, db, "a", Sample{At: t0.Add(time.Duration(i+2) * time.Hour), ErrKind: moka.Unavailable})
	}
	check(t, db.Prune(ctx, t0.Add(9000*time.Hour), Retention{Readings: time.Hour}))
	equal(t, "left", number(t, db.read, "SELECT COUNT(*) FROM readings WHERE account = 'a'"), 2)
	good, ok, err := db.LastGood(ctx, "a")
	check(t, err)
	equal(t, "good", good.At, t0.Add(time.Hour))
	equal(t, "ok", ok, true)
}

func TestPruneOutbox(t *testing.T) { onBoth(t, testPruneOutbox) }

func testPruneOutbox(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	readDaily(t, db, 100)
	check(t, db.Enqueue(ctx, post("sent", "a"), post("edited", "a"), edit("e", "edited"), post("dead", "b"), post("waits", "b")))
	send(t, db, "sent", "edited")
	check(t, db.Dead(ctx, Due{ID: id(t, db, "dead")}, t0, 0, "no"))
	check(t, db.Prune(ctx, t0.Add(80*24*time.Hour), Retention{Readings: time.Hour}))
	equal(t, "young", number(t, db.read, "SELECT COUNT(*) FROM outbox"), 5)
	check(t, db.Prune(ctx, t0.Add(100*24*time.Hour), Retention{Readings: time.Hour}))
	equal(t, "old", number(t, db.read, "SELECT COUNT(*) FROM outbox"), 3)
	if _, ok, err := db.FindPost(ctx, "sent"); ok || err != nil {
		t.Fatal(err)
	}
}

// Two years of events and marks: what is older than the hours goes, but for
// what a report goes by that was never posted in that time.
func TestPruneTheLog(t *testing.T) { onBoth(t, testPruneTheLog) }

func testPruneTheLog(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	readDaily(t, db, 2*365)
	const year = 365 * 24 * time.Hour
	keep(t, db, "a", spentSample(t0, t0.Add(time.Minute), 5))
	for month := range 24 {
		at := t0.Add(time.Duration(month) * year / 12)
		check(t, db.Poll(ctx, "a", func(_, _ json.RawMessage) (Poll, error) {
			return Poll{Sample: Sample{At: at.Add(time.Hour)}, Events: []Event{{Account: "a", Condition: "balance", Kind: "began", At: at, Since: at, IncidentID: fmt.Sprint(month)}}}, nil
		}))
		_, err := db.EnqueueOnce(ctx, fmt.Sprint("report/m/month/", month), at)
		check(t, err)
	}
	_, err := db.EnqueueOnce(ctx, "report/m/known", t0)
	check(t, err)
	check(t, db.Prune(ctx, t0.Add(2*year), Retention{Readings: 30 * 24 * time.Hour}))
	equal(t, "events kept forever", number(t, db.read, "SELECT COUNT(*) FROM events"), 24)
	check(t, db.Prune(ctx, t0.Add(2*year), Retention{Readings: 30 * 24 * time.Hour, Hours: year}))
	equal(t, "events", number(t, db.read, "SELECT COUNT(*) FROM events"), 12)
	equal(t, "marks", number(t, db.read, "SELECT COUNT(*) FROM marks"), 13+1) // 400 days reach back a month further
	_, known, err := db.Marked(ctx, "report/m/known")
	check(t, err)
	equal(t, "known", known, true)
}

// D8: A clock that is a year ahead makes nothing old, neither while it is ahead nor
// for the readings that were taken then.
func TestAWrongClockRemovesNothing(t *testing.T) { onBoth(t, testAWrongClockRemovesNothing) }

func testAWrongClockRemovesNothing(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	var samples []Sample
	for n := range 864 { // three days
		at := t0.Add(time.Duration(n) * 5 * time.Minute)
		samples = append(samples, spentSample(at, at.Add(5*time.Minute), 5))
	}
	keep(t, db, "a", samples...)
	check(t, db.Poll(ctx, "a", func(_, _ json.RawMessage) (Poll, error) {
		return Poll{Sample: Sample{At: t0.Add(72 * time.Hour)}, Events: []Event{{Account: "a", At: t0, Since: t0, IncidentID: "x"}}}, nil
	}))
	_, err := db.EnqueueOnce(ctx, "report/daily/day/2026-03-01", t0)
	check(t, err)
	kept := Retention{Readings: 30 * 24 * time.Hour, Hours: 365 * 24 * time.Hour}
	for _, ahead := range []time.Duration{8 * time.Hour, 365 * 24 * time.Hour, 20 * 365 * 24 * time.Hour} {
		wrong := t0.Add(72*time.Hour + ahead)
		keep(t, db, "a", Sample{At: wrong})
		check(t, db.Prune(ctx, wrong, kept))
	}
	check(t, db.Prune(ctx, t0.Add(73*time.Hour), kept))
	equal(t, "readings", number(t, db.read, "SELECT COUNT(*) FROM readings"), 864+1+3)
	equal(t, "events", number(t, db.read, "SELECT COUNT(*) FROM events"), 1)
	equal(t, "marks", number(t, db.read, "SELECT COUNT(*) FROM marks"), 1)
}

// D12: the posts of an incident that is open are kept however old they are.
func TestPruneKeepsOpenIncidents(t *testing.T) { onBoth(t, testPruneKeepsOpenIncidents) }

func testPruneKeepsOpenIncidents(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	readDaily(t, db, 500)
	check(t, db.Enqueue(ctx, post("alert/a/balance-1/1", "c"), edit("alert/a/balance-1/1/edit/1", "alert/a/balance-1/1"),
		post("alert/a/balance-2/1", "c")))
	send(t, db, "alert/a/balance-1/1", "alert/a/balance-1/1/edit/1")
	check(t, db.Enqueue(ctx, edit("alert/a/balance-1/1/edit/2", "alert/a/balance-1/1")))
	send(t, db, "alert/a/balance-1/1/edit/2", "alert/a/balance-2/1")
	check(t, db.Poll(ctx, "a", func(_, _ json.RawMessage) (Poll, error) {
		return Poll{Sample: Sample{At: t0}, Events: []Event{{Account: "a", At: t0, Since: t0, IncidentID: "balance-1"}, {Account: "a", At: t0, Since: t0, IncidentID: "balance-2"}}}, nil
	}))
	check(t, db.Prune(ctx, t0.Add(500*24*time.Hour), Retention{Readings: 30 * 24 * time.Hour, Hours: 365 * 24 * time.Hour, Open: []string{"balance-1"}}))
	left, err := list(ctx, db.read, scanText, `SELECT post FROM outbox ORDER BY post`)
	check(t, err)
	equal(t, "posts", fmt.Sprint(left), "[alert/a/balance-1/1 alert/a/balance-1/1/edit/2]")
	events, err := db.Events(ctx, "a", t0, t0.Add(time.Hour))
	check(t, err)
	if len(events) != 1 || events[0].IncidentID != "balance-1" {
		t.Errorf("events %+v", events)
	}
}
