package alert

import (
	"maps"
	"time"
)

// Ref names an incident of an account.
type Ref struct{ Account, ID string }

// SnoozeOptions are for how long the reminders of an incident are held back:
// for a time, until money comes in, or not at all.
type SnoozeOptions struct {
	For        time.Duration
	UntilTopUp bool
}

// Snooze holds back the reminders of an open incident until a time, in place
// of any snooze it has. It reports false, and changes nothing, when no such
// incident is open or the time has passed. The caller shows the new snooze in the live
// message.
func Snooze(s State, c Condition, now, until time.Time) (State, bool) {
	if !until.After(now) {
		return s, false
	}
	return changed(s, c, func(i *Incident) {
		i.SnoozedAt, i.SnoozedUntil, i.UntilTopUp, i.Shown.Snoozed = now, until, false, true
	})
}

// SnoozeUntilTopUp holds back the reminders of an open incident until money
// comes in. It reports false when no such incident is open, or when money does
// not end its condition: it could be snoozed for good.
func SnoozeUntilTopUp(s State, c Condition) (State, bool) {
	if !c.EndsByTopUp() {
		return s, false
	}
	return changed(s, c, func(i *Incident) {
		i.unsnooze()
		i.UntilTopUp = true
		i.Shown.Snoozed = true
	})
}

// Unsnooze ends a snooze. It reports false when the incident is not open or
// not snoozed at now.
func Unsnooze(s State, c Condition, now time.Time) (State, bool) {
	if !s.Incidents[c].Snoozed(now) {
		return s, false
	}
	return changed(s, c, func(i *Incident) {
		i.unsnooze()
		i.Shown.Snoozed = false
	})
}

func (i *Incident) unsnooze() {
	i.SnoozedAt, i.SnoozedUntil, i.UntilTopUp = time.Time{}, time.Time{}, false
}

func changed(s State, c Condition, change func(*Incident)) (State, bool) {
	i, ok := s.Incidents[c]
	if !ok {
		return s, false
	}
	change(&i)
	s.Incidents = maps.Clone(s.Incidents)
	s.Incidents[c] = i
	return s, true
}
