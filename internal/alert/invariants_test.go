package alert

import (
	"errors"
	"fmt"
	"time"

	"mokabot/moka"
)

// check holds a step against what must be true of every step.
func (h *history) check(s State, f Facts, events []Event) error {
	if at := s.RecheckAt(); !at.IsZero() && !at.After(f.At) {
		return errors.New("asks for a reading in the past")
	}
	posts, open := make(map[Topic]int), make(map[Topic]int)
	for _, e := range events {
		h.said[e.Kind]++
		h.moves[move(e)]++
		if e.Post() {
			posts[e.Incident.Condition.Topic()]++
		}
		if err := h.checkLife(e); err != nil {
			return err
		}
	}
	for c := range s.Incidents {
		open[c.Topic()]++
	}
	for fact := range posts {
		if posts[fact] > 1 {
			return fmt.Errorf("%d posts about %s at once", posts[fact], fact)
		}
	}
	for fact := range open {
		if open[fact] > 1 {
			return fmt.Errorf("%d incidents about %s", open[fact], fact)
		}
	}
	if h.reloads {
		return nil
	}
	return errors.Join(checkUnknown(f, events), h.checkTold(s, f, events))
}

// checkLife: an incident is raised once, over once, and no two posts in a row
// are the same unless the reminder's interval lies between.
func (h *history) checkLife(e Event) error {
	id := e.Incident.ID
	_, open := h.open[id]
	switch {
	case e.Late:
	case h.over[id]:
		return fmt.Errorf("%s after the end", id)
	case open == (e.Kind == Raised):
		return fmt.Errorf("%s %s: open is %v", e.Kind, id, open)
	}
	h.open[id] = e.Incident.Condition
	h.over[id] = h.over[id] || e.Kind == Ended || e.Kind == Withdrawn
	if !e.Post() {
		return nil
	}
	last, had := h.lastPost[id]
	h.lastPost[id] = e
	switch {
	case had && e.Incident.Posts != last.Incident.Posts+1:
		return fmt.Errorf("post %d follows post %d", e.Incident.Posts, last.Incident.Posts)
	case e.Kind == Reminder && !h.jumps && !h.reloads && e.At.Sub(last.At) < interval(e):
		return errors.New("reminder ahead of its time")
	case e.Kind == Reminder && e.Incident.Snoozed(e.At):
		return errors.New("reminder during a snooze")
	case e.Kind == Worsened && e.Incident.Level <= e.From:
		return errors.New("worsened to a level no worse")
	case e.Kind == Worsened && e.Incident.Snoozed(e.At):
		return errors.New("a worse level left the snooze on")
	}
	return nil
}

func interval(e Event) time.Duration {
	if e.Level != nil {
		return e.Level.RemindEvery
	}
	return 6 * time.Hour // of the worst level
}

// moneyRung is where a reading stands, found another way than Step does: -1
// for fine, the level, or 2 for empty; false when the reading does not say.
func moneyRung(f Facts) (int, bool) {
	r := f.Reading
	if r.KeyErr != nil {
		return 0, false
	}
	left, known := r.Key.Remaining.Get()
	switch {
	case r.Key.State == moka.KeyExhausted, known && left <= 0:
		return 2, true
	case r.Key.State != moka.KeyOK:
		return 0, false
	case r.Wallet != nil && r.WalletErr == nil:
		return 2, true // a wallet that can be read is always empty here
	case r.WalletErr != nil || !known:
		return 0, false
	case left < 5*moka.Dollar:
		return 1, true
	case left < 20*moka.Dollar:
		return 0, true
	}
	return -1, true
}

// checkUnknown: what is not known raises and clears no balance level.
func checkUnknown(f Facts, events []Event) error {
	if _, known := moneyRung(f); known {
		return nil
	}
	for _, e := range events {
		if e.Incident.Condition == Balance && e.Kind != Reminder && e.Kind != Updated {
			return fmt.Errorf("%s balance without a figure", e.Kind)
		}
	}
	return nil
}

// checkTold: a rung that every reading was on or below for ConfirmAfter has been told.
func (h *history) checkTold(s State, f Facts, events []Event) error {
	for _, e := range events {
		if c := e.Incident.Condition; e.Kind == Ended && (c == Exhausted || c == WalletEmpty) {
			clear(h.runs)
		}
	}
	rung, known := moneyRung(f)
	if !known {
		return nil
	}
	told := -1
	for c, i := range s.Incidents {
		switch c {
		case Balance:
			told = i.Level
		case Exhausted, WalletEmpty:
			told = 2
		}
	}
	for r := range h.runs {
		switch {
		case r > rung:
			h.runs[r] = time.Time{}
		case h.runs[r].IsZero() || h.runs[r].After(f.At):
			h.runs[r] = f.At
		case r <= 1 && told < r && f.At.Sub(h.runs[r]) >= h.rules.ConfirmAfter:
			return fmt.Errorf("on rung %d since %s, told is %d", r, h.runs[r].Format(time.TimeOnly), told)
		case r == 2 && told < 1 && f.At.Sub(h.runs[r]) >= h.rules.ConfirmAfter:
			return fmt.Errorf("empty since %s, told is %d", h.runs[r].Format(time.TimeOnly), told)
		}
	}
	return nil
}
