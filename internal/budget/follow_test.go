package budget

import (
	"maps"
	"slices"
	"testing"
	"time"

	"mokabot/moka"
)

func TestFollowKnowsABudgetByWhatItIs(t *testing.T) {
	of := func(name string, dollars moka.Amount, accounts ...string) Budget {
		return Budget{Name: name, Span: Month, Zone: time.UTC, Amount: dollars * moka.Dollar, Accounts: accounts}
	}
	told := func(b Budget) Memory {
		return Memory{Posted: Posted{From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Amount: b.Amount, Mark: Mark{Threshold: 0.8}, Posts: 2}, Identity: b.Identity()}
	}
	old, other := of("old", 100, "b", "a"), of("other", 200)
	nameless := told(old)
	nameless.Identity = ""
	for name, c := range map[string]struct {
		known   map[string]Memory
		budgets []Budget
		want    map[string]string // the budget's earlier name
	}{
		"nothing changed":      {map[string]Memory{"old": told(old)}, []Budget{old}, nil},
		"renamed":              {map[string]Memory{"old": told(old)}, []Budget{of("new", 100, "a", "b")}, map[string]string{"new": "old"}},
		"exchanged":            {map[string]Memory{"old": told(old), "other": told(other)}, []Budget{of("old", 200), of("other", 100, "a", "b")}, map[string]string{"old": "other", "other": "old"}},
		"moved on in turn":     {map[string]Memory{"old": told(old), "other": told(other)}, []Budget{of("other", 100, "a", "b"), of("third", 200)}, map[string]string{"other": "old", "third": "other"}},
		"another amount":       {map[string]Memory{"old": told(old)}, []Budget{of("new", 101, "a", "b")}, nil},
		"other accounts":       {map[string]Memory{"old": told(old)}, []Budget{of("new", 100, "a")}, nil},
		"changed, not renamed": {map[string]Memory{"old": told(old)}, []Budget{of("old", 101, "a", "b")}, nil},
		"added beside it":      {map[string]Memory{"old": told(old)}, []Budget{old, of("new", 100, "a", "b")}, nil},
		"two could be it":      {map[string]Memory{"old": told(old), "older": told(old)}, []Budget{of("new", 100, "a", "b")}, nil},
		"an early version's":   {map[string]Memory{"old": nameless}, []Budget{of("new", 100, "a", "b")}, nil},
		"an early one's stays": {map[string]Memory{"old": nameless, "x": told(old)}, []Budget{old}, nil},
	} {
		changed, earlier := Follow(c.known, c.budgets)
		if !maps.Equal(earlier, c.want) {
			t.Errorf("%s: %v, want %v", name, earlier, c.want)
		}
		for now, was := range earlier {
			m := changed[now]
			if m.Mark != c.known[was].Mark || !slices.Equal(m.Former, []Former{{was, 2}}) {
				t.Errorf("%s: %s goes on with %+v", name, now, m)
			}
		}
		for was := range c.known {
			if m, ok := changed[was]; ok && c.want[was] == "" && (m.Mark != Mark{} || len(m.Earlier) != 1 || m.Earlier[0].Mark != Mark{} || m.Earlier[0].Posts != 2) {
				t.Errorf("%s: %s keeps %+v", name, was, m)
			}
		}
	}
}

func TestPostsKeepTheNameTheyWereMadeUnder(t *testing.T) {
	told := Posted{Posts: 5, Former: []Former{{"first", 2}, {"second", 4}}}
	var got []string
	for n := range 5 {
		got = append(got, told.NameOf(n+1, "third"))
	}
	if want := []string{"first", "first", "second", "second", "third"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
