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

// Hours are stored from full hour to full hour of UTC, which in India is from half to half.
func TestDearestInAZoneOfHalfAnHour(t *testing.T) {
	india := time.FixedZone("India", 5*3600+1800)
	now := time.Date(2026, 11, 29, 3, 45, 0, 0, time.UTC) // 9:15 there, in the hour from 8:30 on
	running := []Hour{{Start: time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC), Spent: 7 * moka.Dollar, Covered: time.Hour}}
	if such, _ := Dearest(running, now, 10*time.Minute, india); such != moka.Known(7*moka.Dollar) {
		t.Errorf("the hour that is running cost %v yesterday", such)
	}
}
