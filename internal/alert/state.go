package alert

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// State is what was posted about an account, and what the next step needs to know. The
// zero value is a new account. It is encoded as JSON; use [Decode] to read it.
type State struct {
	Incidents map[Condition]Incident `json:"incidents,omitempty"` // open ones
	Ends      map[Condition]Incident `json:"ends,omitempty"`      // over, and to be posted when the quiet hours are
	Pending   []Pending              `json:"pending,omitempty"`   // seen, not confirmed
	Clearing  time.Time              `json:"clearing,omitzero"`   // since when an empty key or wallet has money again, not confirmed
	Failing   time.Time              `json:"failing,omitzero"`    // since when no reading was complete
	Refusing  time.Time              `json:"refusing,omitzero"`   // since when every reading was refused
	Refusals  int                    `json:"refusals,omitempty"`  // how many such readings in a row
	Expires   time.Time              `json:"expires,omitzero"`    // the key's expiry as last reported by the gateway
	LastAt    time.Time              `json:"last_at,omitzero"`    // of the last step
	Recheck   time.Time              `json:"recheck,omitzero"`    // see RecheckAt
	Sequence  uint64                 `json:"sequence"`            // of the last incident
}

// Pending is a rung of the money ladder that every reading since then was on
// or below, and that waits for confirmation.
type Pending struct {
	Condition Condition `json:"condition"`
	Level     string    `json:"level,omitempty"`
	Since     time.Time `json:"since"`
	Settled   bool      `json:"settled,omitempty"` // low whatever calls under way give back, by the last reading
}

// Decode reads a stored State. Nothing stored, in an old database or for a new
// account, is the zero State. An incident of an unknown condition is left out: there are
// no words for it, and nothing would ever end it.
func Decode(data []byte) (State, error) {
	var s State
	if len(data) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, err
	}
	unknown := func(c Condition, i Incident) bool { return c != i.Condition || rank(c) < 0 }
	maps.DeleteFunc(s.Incidents, unknown)
	maps.DeleteFunc(s.Ends, unknown)
	return s, nil
}

// RecheckAt is when a reading should be taken ahead of the usual round, to
// confirm what the last one saw; zero when nothing waits. It is always later
// than the last step, so a failing gateway is not asked in a tight loop.
func (s State) RecheckAt() time.Time { return s.Recheck }

// Open lists the open incidents, the oldest first.
func (s State) Open() []Incident {
	open := slices.Collect(maps.Values(s.Incidents))
	slices.SortFunc(open, func(a, b Incident) int {
		if byTime := a.Since.Compare(b.Since); byTime != 0 {
			return byTime
		}
		return rank(a.Condition) - rank(b.Condition)
	})
	return open
}

// clone makes a copy that can be changed without touching s.
func (s State) clone() State {
	s.Incidents = maps.Clone(s.Incidents)
	if s.Incidents == nil {
		s.Incidents = make(map[Condition]Incident)
	}
	s.Ends = maps.Clone(s.Ends)
	s.Pending = slices.Clone(s.Pending)
	return s
}

// clamp replaces times that lie in the future by the present, so that a clock that was
// set back neither delays an event nor repeats it.
func (s *State) clamp(now time.Time) {
	for c, i := range s.Incidents {
		i.Since = notAfter(i.Since, now)
		i.PostedAt = notAfter(i.PostedAt, now)
		i.EditedAt = notAfter(i.EditedAt, now)
		i.OwedAt = notAfter(i.OwedAt, now)
		i.clampSnooze(now)
		s.Incidents[c] = i
	}
	for n := range s.Pending {
		s.Pending[n].Since = notAfter(s.Pending[n].Since, now)
	}
	s.Clearing = notAfter(s.Clearing, now)
	s.Failing = notAfter(s.Failing, now)
	s.Refusing = notAfter(s.Refusing, now)
}

// clampSnooze shortens a snooze to the length that was chosen, because the clock may
// have been ahead when it was chosen.
func (i *Incident) clampSnooze(now time.Time) {
	length := maxSnooze
	if !i.SnoozedAt.IsZero() {
		length = i.SnoozedUntil.Sub(i.SnoozedAt)
	}
	if latest := now.Add(length); i.SnoozedUntil.After(latest) {
		i.SnoozedAt, i.SnoozedUntil = now, latest
	}
}

// maxSnooze is the longest snooze of earlier versions, which did not store when it was
// chosen.
const maxSnooze = 24 * time.Hour

func notAfter(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}
