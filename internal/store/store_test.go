package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func opened(t *testing.T) *DB {
	t.Helper()
	db, err := Open(filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// spentPoll is a poll that spent a dollar since another moment.
func spentPoll(from, to time.Time, out ...Outgoing) func(json.RawMessage, json.RawMessage) (Poll, error) {
	return func(json.RawMessage, json.RawMessage) (Poll, error) {
		return Poll{
			Sample: Sample{At: to, Spendable: moka.Known(moka.Dollar),
				Delta: spend.Delta{From: from, To: to, Known: true, Spent: moka.Dollar, Covered: to.Sub(from), Requests: 4}},
			Spend: json.RawMessage(`{"a":1}`), Alert: json.RawMessage(`{}`), Out: out,
		}, nil
	}
}

func TestAPollIsAllOrNothing(t *testing.T) {
	db, ctx := opened(t), t.Context()
	must(t, db.Poll(ctx, "team", spentPoll(noon, noon.Add(time.Hour), Outgoing{Key: "one", Channel: "c", Payload: []byte(`{}`)})))
	broken := errors.New("broken")
	err := db.Poll(ctx, "team", func(spent, _ json.RawMessage) (Poll, error) {
		if string(spent) != `{"a":1}` {
			t.Errorf("the state is %s", spent)
		}
		return Poll{Out: []Outgoing{{Key: "two"}}}, broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("the failure is %v", err)
	}
	if waiting, _, err := db.Depth(ctx); waiting != 1 || err != nil {
		t.Errorf("%d messages wait, %v", waiting, err)
	}
	if first, ok, err := db.FirstReading(ctx, "team"); !ok || !first.Equal(noon.Add(time.Hour)) || err != nil {
		t.Errorf("first reading %v, %t, %v", first, ok, err)
	}
}

func TestSpendingIsDividedAtTheBoundary(t *testing.T) {
	db, ctx := opened(t), t.Context()
	must(t, db.Poll(ctx, "team", spentPoll(noon.Add(-15*time.Minute), noon.Add(45*time.Minute))))
	before, err := db.Spent(ctx, "team", noon.Add(-time.Hour), noon)
	must(t, err)
	after, err := db.Spent(ctx, "team", noon, noon.Add(time.Hour))
	must(t, err)
	if before.Spent != moka.Dollar/4 || after.Spent != 3*moka.Dollar/4 || after.Covered != 45*time.Minute || before.Requests+after.Requests != 4 {
		t.Errorf("%+v before, %+v after", before, after)
	}
	hours, err := db.Hours(ctx, "team", noon.Add(-time.Hour), noon.Add(time.Hour))
	must(t, err)
	if len(hours) != 2 || hours[1].Spent != 3*moka.Dollar/4 || !hours[1].Start.Equal(noon) {
		t.Errorf("hours %+v", hours)
	}
	if nothing, err := db.Spent(ctx, "other", noon, noon.Add(time.Hour)); err != nil || !nothing.First.IsZero() {
		t.Errorf("of another account %+v, %v", nothing, err)
	}
}

func TestAMarkIsSetOnce(t *testing.T) {
	db, ctx := opened(t), t.Context()
	for i, want := range []bool{true, false} {
		first, err := db.Once(ctx, "report/daily/2026-11-22", noon, Outgoing{Key: fmt.Sprint(i), Channel: "c", Payload: []byte(`{}`)})
		if first != want || err != nil {
			t.Errorf("call %d: first %t, %v", i, first, err)
		}
	}
	if waiting, _, _ := db.Depth(ctx); waiting != 1 {
		t.Errorf("%d messages wait", waiting)
	}
}

func keys(t *testing.T, db *DB, now time.Time) (found []string) {
	t.Helper()
	list, err := db.Due(t.Context(), now, 10)
	must(t, err)
	for _, d := range list {
		found = append(found, d.Key)
	}
	return found
}

func TestTheOutboxKeepsOrderAndForgetsNothing(t *testing.T) {
	db, ctx := opened(t), t.Context()
	post := func(key, channel, editOf string) Outgoing {
		return Outgoing{Key: key, Channel: channel, EditOf: editOf, Payload: []byte(`{}`)}
	}
	_, err := db.Once(ctx, "m", noon, post("a1", "a", ""), post("a2", "a", ""), post("b1", "b", ""), post("a1", "a", ""))
	must(t, err)
	is := func(now time.Time, want ...string) {
		t.Helper()
		if got := keys(t, db, now); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("due is %v, want %v", got, want)
		}
	}
	is(noon, "a1", "b1")
	first, err := db.Due(ctx, noon, 1)
	must(t, err)
	if first[0].Nonce != nonce("a1") || len(first[0].Nonce) != 25 {
		t.Errorf("nonce %q", first[0].Nonce)
	}
	must(t, db.Sending(ctx, first[0].ID, noon))
	must(t, db.Retry(ctx, first[0].ID, noon.Add(time.Minute), "503"))
	is(noon, "b1") // a2 waits behind a1
	is(noon.Add(time.Minute), "a1", "b1")
	must(t, db.Sent(ctx, first[0].ID, "99", noon))
	_, err = db.Once(ctx, "edits", noon, post("e1", "a", "a1"), post("e2", "a", "a1"), post("orphan", "z", "never"))
	must(t, err)
	is(noon, "a2", "b1")
	second, err := db.Due(ctx, noon, 1)
	must(t, err)
	must(t, db.Dead(ctx, second[0].ID, noon, "50013"))
	is(noon, "b1", "e2") // e2 took the place of e1
	must(t, db.Revive(ctx))
	is(noon, "a2", "b1")
}

func TestWhatCannotBeOpenedIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.db")
	db, err := Open(good)
	must(t, err)
	if _, err := Open(good); !errors.Is(err, ErrInUse) {
		t.Errorf("a second process gets %v", err)
	}
	must(t, db.SetValue(t.Context(), "name", []byte("value")))
	must(t, db.Close())
	if info, err := os.Stat(good); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	db, err = Open(good)
	must(t, err)
	if v, ok, err := db.Value(t.Context(), "name"); string(v) != "value" || !ok || err != nil {
		t.Errorf("after reopening: %q, %t, %v", v, ok, err)
	}
	if _, err := db.write.ExecContext(context.Background(), `PRAGMA user_version = 999`); err != nil {
		t.Fatal(err)
	}
	must(t, db.Close())
	if _, err := Open(good); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer file gives %v", err)
	}
	garbage, bad := bytes.Repeat([]byte("no database "), 1000), filepath.Join(dir, "bad.db")
	must(t, os.WriteFile(bad, garbage, 0o600))
	if _, err := Open(bad); !errors.Is(err, ErrCorrupt) {
		t.Errorf("garbage gives %v", err)
	}
	if left, err := os.ReadFile(bad); err != nil || !bytes.Equal(left, garbage) {
		t.Error("the garbage was touched")
	}
}
