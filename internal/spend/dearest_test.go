package spend

import (
	"testing"
	"time"

	"mokabot/moka"
)

func TestDearest(t *testing.T) {
	now := time.Date(2026, 11, 29, 1, 57, 0, 0, time.UTC)
	at := func(daysAgo, clock int, dollars moka.Amount, covered time.Duration) Hour {
		day := time.Date(2026, 11, 29-daysAgo, clock, 0, 0, 0, time.UTC)
		return Hour{Start: day, Spent: dollars * moka.Dollar, Covered: covered}
	}
	for _, c := range []struct {
		what      string
		hours     []Hour
		such, any moka.Maybe
	}{
		{"nothing read", nil, moka.Maybe{}, moka.Maybe{}},
		{"by day only", []Hour{at(2, 12, 7, time.Hour)}, moka.Maybe{}, moka.Known(7 * moka.Dollar)},
		{"the hour that begins soon", []Hour{at(2, 12, 7, time.Hour), at(1, 2, 3, time.Hour)}, moka.Known(3 * moka.Dollar), moka.Known(7 * moka.Dollar)},
		{"longer ago than two weeks", []Hour{at(20, 2, 9, time.Hour), at(1, 2, 3, time.Hour)}, moka.Known(3 * moka.Dollar), moka.Known(3 * moka.Dollar)},
		{"hardly read", []Hour{at(1, 2, 3, 10*time.Minute)}, moka.Maybe{}, moka.Maybe{}},
	} {
		if such, any := Dearest(c.hours, now, 5*time.Minute, time.UTC); such != c.such || any != c.any {
			t.Errorf("%s: %v and %v, want %v and %v", c.what, such, any, c.such, c.any)
		}
	}
}
