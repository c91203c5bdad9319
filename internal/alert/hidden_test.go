package alert

import (
	"testing"
	"time"

	"mokabot/moka"
)

// Fault M21: figures that hide when the key expires renew no key. The expiry that
// was told last stands until it has passed and the key still works.
func TestHiddenExpiryNeitherRenewsNorExpires(t *testing.T) {
	rules := storyRules()
	rules.KeyExpiry = 72 * time.Hour
	start := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	expires := start.Add(48 * time.Hour)
	key := func(change func(*moka.Key)) moka.Reading {
		k := moka.Key{State: moka.KeyOK, Scope: moka.ScopeKey, Remaining: moka.Known(90 * moka.Dollar), ExpiresAt: expires}
		change(&k)
		return moka.Reading{Key: &k}
	}
	hidden := key(func(k *moka.Key) { k.Scope, k.ExpiresAt = moka.ScopeUnknown, time.Time{} })
	own := key(func(*moka.Key) {})
	never := key(func(k *moka.Key) { k.ExpiresAt = time.Time{} })
	s := State{}
	for _, step := range []struct {
		hours   int
		reading moka.Reading
		want    string
	}{
		{0, own, "expiring raised"},
		{1, hidden, ""},
		{2, own, ""},
		{3, hidden, ""},
		{47, hidden, ""},
		{49, hidden, "expiring ended"},
		{50, never, ""},
	} {
		f := Facts{At: start.Add(time.Duration(step.hours) * time.Hour), Reading: step.reading}
		f.Reading.At = f.At
		var events []Event
		s, events = Step(rules, s, f)
		got := ""
		for _, e := range events {
			got += move(e)
		}
		if got != step.want {
			t.Errorf("after %d h: %q, want %q", step.hours, got, step.want)
		}
	}
}
