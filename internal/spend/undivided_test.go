package spend

import (
	"testing"
	"time"

	"mokabot/moka"
)

// What was spent between readings on both sides of a midnight is divided only where they
// are close together.
func TestSpendingAcrossMidnightIsNotDivided(t *testing.T) {
	kolkata := time.FixedZone("IST", 19800)
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 30, hour, minute, 0, 0, time.UTC) }
	for _, c := range []struct {
		what     string
		from, to time.Time
		spent    moka.Amount
		zones    []*time.Location
		divided  bool
	}{
		{"an hour across midnight", at(-1, 30), at(0, 30), 5, []*time.Location{time.UTC}, false},
		{"two intervals", at(-1, 55), at(0, 5), 5, []*time.Location{time.UTC}, true},
		{"an hour that ends at midnight", at(-1, 0), at(0, 0), 5, []*time.Location{time.UTC}, true},
		{"an hour that begins at midnight", at(0, 0), at(1, 0), 5, []*time.Location{time.UTC}, true},
		{"an hour of nothing", at(-1, 30), at(0, 30), 0, []*time.Location{time.UTC}, true},
		{"midnight in another zone", at(18, 15), at(18, 45), 5, []*time.Location{time.UTC, kolkata}, false},
		{"no midnight", at(18, 15), at(18, 45), 5, []*time.Location{time.UTC}, true},
	} {
		d := Delta{From: c.from, To: c.to, Known: true, Spent: c.spent, Covered: c.to.Sub(c.from)}
		if got := d.Undivided(c.zones); (got.Covered == d.Covered) != c.divided || got.Spent != d.Spent {
			t.Errorf("%s: covers %v of %v", c.what, got.Covered, d.Covered)
		}
	}
}
