package store

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

func TestRename(t *testing.T) { onBoth(t, testRename) }

func testRename(t *testing.T, on backend) {
	db, ctx := on.temp(t), t.Context()
	keep(t, db, "old", spentSample(t0, t0.Add(time.Minute), 5))
	check(t, db.SetValue(ctx, "models/old", []byte(`{}`)))
	check(t, db.Poll(ctx, "old", func(_, _ json.RawMessage) (Poll, error) {
		return Poll{
			Sample: Sample{At: t0.Add(time.Hour)}, Alert: json.RawMessage(`{"a":1}`), Spend: json.RawMessage(`{"s":1}`),
			Events: []Event{{Account: "old", At: t0, Since: t0, IncidentID: "x"}},
			Out:    []Outgoing{{Key: "alert/old/x/1", Channel: "c", Account: "old", Payload: json.RawMessage(`{}`), At: t0}},
		}, nil
	}))
	had := map[string]int64{}
	for _, table := range ofAccounts {
		had[table] = number(t, db.read, "SELECT COUNT(*) FROM "+table)
	}
	check(t, db.Rename(ctx, map[string]string{"old": "new"}, func(from string, alert json.RawMessage) (json.RawMessage, error) {
		equal(t, "the name", from, "old")
		equal(t, "alert state", string(alert), `{"a":1}`)
		return json.RawMessage(`{"a":2}`), nil
	}))
	for _, table := range ofAccounts {
		if n := number(t, db.read, "SELECT COUNT(*) FROM "+table+" WHERE account = 'old'"); n != 0 {
			t.Errorf("%s has %d rows of the old name", table, n)
		}
		if n := number(t, db.read, "SELECT COUNT(*) FROM "+table+" WHERE account = 'new'"); n != had[table] {
			t.Errorf("%s has %d rows of the new name, want %d", table, n, had[table])
		}
	}
	state, err := db.AlertState(ctx, "new")
	check(t, err)
	equal(t, "alert state", string(state), `{"a":2}`)
	if _, ok, err := db.FindPost(ctx, "alert/old/x/1"); !ok || err != nil {
		t.Errorf("the post lost its key: %v", err)
	}
	if _, ok, err := db.Value(ctx, "models/new"); !ok || err != nil {
		t.Errorf("the models are forgotten: %v", err)
	}
}

// D12: names that are exchanged take everything with them in one transaction, and
// leave nothing of the one behind with the other.
func TestRenameInARing(t *testing.T) {
	for _, names := range [][]string{{"a", "b"}, {"a", "b", "c"}} {
		db, ctx := temp(t), t.Context()
		moves := map[string]string{}
		for n, name := range names {
			moves[name] = names[(n+1)%len(names)]
			check(t, db.Poll(ctx, name, func(_, _ json.RawMessage) (Poll, error) {
				return Poll{
					Sample: Sample{At: t0}, // of all at the same moment
					Alert:  json.RawMessage(`{"of":"` + name + `"}`), Spend: json.RawMessage(`{"of":"` + name + `"}`),
				}, nil
			}))
			for i, value := range valuesOfAccount(name) {
				if n > 0 || i > 0 { // one has a value that the others lack
					check(t, db.SetValue(ctx, value, []byte(name)))
				}
			}
		}
		check(t, db.Rename(ctx, moves, func(_ string, alert json.RawMessage) (json.RawMessage, error) { return alert, nil }))
		for n, from := range names {
			state, err := db.AlertState(ctx, moves[from])
			check(t, err)
			equal(t, "alert state of "+moves[from], string(state), `{"of":"`+from+`"}`)
			spent, err := db.SpendState(ctx, moves[from])
			check(t, err)
			equal(t, "spend state of "+moves[from], string(spent), `{"of":"`+from+`"}`)
			for i, value := range valuesOfAccount(moves[from]) {
				kept, ok, err := db.Value(ctx, value)
				check(t, err)
				if ok != (n > 0 || i > 0) || ok && string(kept) != from {
					t.Errorf("%s is %q, %v", value, kept, ok)
				}
			}
		}
	}
}

// Every table that knows accounts takes part in a rename.
func TestRenameKnowsEveryTable(t *testing.T) {
	db := temp(t)
	tables, err := list(t.Context(), db.read, scanText, `SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name = 'account' ORDER BY m.name`)
	check(t, err)
	if known := slices.Sorted(slices.Values(ofAccounts)); !slices.Equal(tables, known) {
		t.Errorf("tables with accounts are %q, known are %q", tables, known)
	}
}
