package spend

import "time"

// walk goes through the coming hours and adds up what they will cost.
type walk struct {
	*blend
	loc   *time.Location
	t     time.Time
	cost  float64 // up to t
	grown float64
	hours int
}

func (b *blend) walk(now time.Time, loc *time.Location) *walk {
	return &walk{blend: b, loc: loc, t: now, grown: 1}
}

// step goes on to the next full hour and returns how far that was.
func (w *walk) step() time.Duration {
	next := w.t.Truncate(time.Hour).Add(time.Hour)
	part := next.Sub(w.t)
	slot := slotOf(w.t, w.loc)
	w.cost += part.Hours() * (w.flat[slot] + w.growing[slot]*w.grown)
	if w.hours++; w.hours <= growsFor {
		w.grown *= w.growth
	}
	w.t = next
	return part
}
