package alert

import (
	"slices"
	"time"
)

// QuietHours are the hours of the day in which some levels ping nobody. What they hold
// back is posted once when they are over: a raised or worsened incident with the figures
// of that time, an end with the time at which it came. What was raised and ended within
// them is not posted. What makes calls fail is never held back.
type QuietHours struct {
	From, To time.Duration // since midnight by the clock on the wall; the same twice: no quiet hours
	Zone     *time.Location
	Levels   []string // whose pings are held back; nil: all but the worst
}

// Until is when the quiet hours end if now is within them; zero outside of them.
// They begin and end at instants: a clock change in between makes them an hour
// longer or shorter, and never interrupts them.
func (q QuietHours) Until(now time.Time) time.Time {
	if q.From == q.To || q.Zone == nil {
		return time.Time{}
	}
	local := now.In(q.Zone)
	for back := range 2 {
		day := local.Day() - back
		start, end := q.at(local, day, q.From), q.at(local, day, q.To)
		if q.To < q.From {
			end = q.at(local, day+1, q.To)
		}
		if !now.Before(start) && now.Before(end) {
			return end
		}
	}
	return time.Time{}
}

// at returns a time of day on a day of the month, which may lie beyond the month's
// ends. When clocks repeat the time, it returns the first.
func (q QuietHours) at(month time.Time, day int, clock time.Duration) time.Time {
	t := time.Date(month.Year(), month.Month(), day, 0, int(clock/time.Minute), 0, 0, q.Zone)
	for _, repeated := range []time.Duration{time.Hour, 30 * time.Minute} { // Lord Howe's is the half hour
		if first := t.Add(-repeated); first.Format(time.DateTime) == t.Format(time.DateTime) {
			return first
		}
	}
	return t
}

// heldBack reports whether an incident's posts have to wait: there is no channel, or its
// level is quiet now.
func (p *pass) heldBack(i Incident) bool {
	return p.rules.ChannelID == "" || p.quietLevel(i)
}

func (p *pass) quietLevel(i Incident) bool {
	return i.Condition == Balance && p.rules.Quiet.holds(i, len(p.rules.Levels)) && !p.quietUntil.IsZero()
}

// holds reports whether quiet hours hold back an incident's level. levels is the
// number of configured levels.
func (q QuietHours) holds(i Incident, levels int) bool {
	if q.Levels == nil {
		return i.Level < levels-1
	}
	return slices.Contains(q.Levels, i.LevelName)
}

// replaced reports whether an end that was held back need not be posted, because the same
// trouble is back and has posts of its own, or gets them now: what quiet hours hold back
// may be over before anyone hears of it.
func (p *pass) replaced(ended Incident) bool {
	for c, i := range p.state.Incidents {
		if c.Topic() == ended.Condition.Topic() && (i.Posts > 0 || !p.heldBack(ended)) {
			return true
		}
	}
	return false
}

// postOwed posts what was held back and may be posted now.
func (p *pass) postOwed(posted map[Condition]bool) {
	for _, c := range Conditions() {
		if i, open := p.open(c); open && !posted[c] && i.HeldBack != "" && !p.heldBack(i) {
			if i.HeldBack == Worsened && i.Level <= i.OwedFrom { // by other levels it is no worse
				i.HeldBack = ""
				p.state.Incidents[c] = i
				continue
			}
			if i.HeldBack == Worsened {
				i.unsnooze() // as a worse level does outside of quiet hours
			}
			p.addEvent(i.HeldBack, i, i.OwedFrom)
			p.events[len(p.events)-1].Late = true
			posted[c] = true
		}
		i, waits := p.state.Ends[c]
		if !waits {
			continue
		}
		if p.replaced(i) {
			delete(p.state.Ends, c)
		} else if !p.heldBack(i) {
			delete(p.state.Ends, c)
			i.PostedAt = p.now
			i.Posts++
			e := p.event(Ended, i, i.Level)
			e.Late = true
			p.events = append(p.events, e)
		}
	}
}
