package spend

import (
	"time"

	"mokabot/moka"
)

// dearestDays is how far back the dearest hours are looked for.
const dearestDays = 14

// Dearest is the most that an hour cost in the last two weeks: of those that the
// reader's clock showed as it does now and until a while ahead, and of all. Both
// are unknown without readings. They say how fast the money may go at once, where
// [Expect] says how fast it is likely to go.
func Dearest(hours []Hour, now time.Time, ahead time.Duration, loc *time.Location) (such, any moka.Maybe) {
	first := now.Add(-dearestDays * hoursInDay * time.Hour)
	from, to := now.Truncate(time.Hour).In(loc).Hour(), now.Add(ahead).Truncate(time.Hour).In(loc).Hour() // of when these hours begin
	for i := len(hours) - 1; i >= 0 && hours[i].Start.After(first); i-- {
		h := hours[i]
		if h.Covered < minCovered {
			continue
		}
		rate := moka.Known(moka.Amount(float64(h.Spent) / h.Covered.Hours()))
		any = highest(any, rate)
		if clock := h.Start.In(loc).Hour(); clock == from || clock == to {
			such = highest(such, rate)
		}
	}
	return such, any
}
