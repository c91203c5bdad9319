package spend

import "time"

// A job that has run away is none of the past's habits.
const (
	sudden     = 5                // times what is expected of an hour
	suddenSeen = 30 * time.Minute // of readings before it is called so
	suddenSoon = 72 * time.Hour   // in which it would spend all: later than that, it is no matter
)

// ifItGoesOn lets the range begin with the time that is left should it go on
// like the last hour, where that cost several times what is expected of it.
func (b *blend) ifItGoesOn(r Runway, hours []Hour, left float64, now time.Time, loc *time.Location) Runway {
	var spent float64
	var covered time.Duration
	for _, h := range hours {
		// Unlike in spentIn, what a gap cost does not count: it is not known when.
		if h.Covered > 0 && h.Start.Add(time.Hour).After(now.Add(-time.Hour)) && h.Start.Before(now) {
			spent, covered = spent+float64(h.Spent), covered+h.Covered
		}
	}
	expected := 0.0
	for _, from := range []time.Duration{-time.Hour, 0, time.Hour} { // habits do not keep the hour
		slot := slotOf(now.Add(from), loc)
		expected = max(expected, b.flat[slot]+b.growing[slot])
	}
	rate := spent / max(covered, suddenSeen).Hours()
	if covered < suddenSeen || rate <= sudden*expected || left/rate > suddenSoon.Hours() {
		return r
	}
	r.Low = min(r.Low, time.Duration(max(0, left)/rate*float64(time.Hour)))
	return r
}
