package history_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/history"
	"mokabot/internal/store"
	"mokabot/moka"
)

func listOf(prefix string, n int) moka.Catalogue {
	c := moka.Catalogue{Priced: true}
	for i := range n {
		c.Models = append(c.Models, moka.PricedModel{Model: moka.Model{ID: fmt.Sprintf("%s-%05d", prefix, i)}})
	}
	return c
}

// A gateway that offers other models each time must not fill memory and disk.
func TestTheMemoryOfModelsIsBounded(t *testing.T) {
	const many = 3000
	var m history.ModelMemory
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := range 40 {
		list := listOf(fmt.Sprint(i), many)
		for range 2 {
			m, _ = m.Saw(list, "team", at)
			at = at.Add(time.Minute)
		}
	}
	logged := 0
	for _, c := range m.Log {
		logged += len(c.Added) + len(c.Removed) + len(c.Repriced)
	}
	if logged > 20_000 || len(m.Log) < 3 || len(m.Models) != many {
		t.Errorf("%d models in %d changes are remembered, and %d models", logged, len(m.Log), len(m.Models))
	}
}

// FuzzModelMemory: a row that another program damaged is an error of its own
// kind or a memory from which one can go on, and the file of ids has no line
// that is not an id.
func FuzzModelMemory(f *testing.F) {
	f.Add([]byte(`{"since":"2026-11-01T00:00:00Z","models":{"a":{"InputPerMTok":1}},"log":[{"Account":"x","Added":[{"ID":"a"}]}]}`))
	f.Add([]byte(`{"models":{"a\nb":null},"pending":{},"log":[{}]}`))
	f.Add([]byte(`{"log":`))
	db, err := store.Open(filepath.Join(f.TempDir(), "m.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := db.SetValue(t.Context(), "models/team", raw); err != nil {
			t.Fatal(err)
		}
		m, err := history.Models(t.Context(), db, "team")
		if err != nil && (!errors.Is(err, history.ErrUnreadable) || m.Models != nil) {
			t.Fatalf("%+v, %v", m, err)
		}
		m.New(time.Time{})
		list, now := listOf("m", 3), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		m, _ = m.Saw(list, "team", now)
		m, _ = m.Saw(list, "team", now)
		if len(m.Models) != 3 || m.Pending != nil {
			t.Errorf("after the same list twice: %+v", m)
		}
		if ids := string(history.IDs([]history.ModelMemory{m})); ids != "m-00000\nm-00001\nm-00002\n" || !slices.IsSorted(strings.Fields(ids)) {
			t.Errorf("ids %q", ids)
		}
		if err := m.Keep(t.Context(), db, "team"); err != nil {
			t.Errorf("it cannot be kept: %v", err)
		}
	})
}
