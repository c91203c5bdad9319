package alert

import (
	"iter"
	"time"
)

// flapWithin is how soon after its end an incident that comes back counts as a flap.
const flapWithin = time.Hour

// History is what rules would have posted for a series of stored readings.
type History struct {
	Posts     []Event     // in order
	Edits     int         // how often live messages would have been edited
	Pings     int         // posts that mention somebody
	Incidents int         // that were raised
	Flaps     int         // incidents raised again within an hour of their end, and levels posted again within an hour
	Empties   []Depletion // every time the money ran out
	Readings  int
	From, To  time.Time
}

// Depletion is one time that the money ran out.
type Depletion struct {
	At       time.Time     // the first reading with nothing left
	WarnedAt time.Time     // the first post of the decline that led there, zero when nobody was warned
	Lead     time.Duration // from WarnedAt to At; 0 when nobody was warned in time
}

// Replay runs stored readings, the oldest first, through the rules. The
// readings are taken as they are: those that a running bot takes early to
// confirm a low balance are missing, so it posts later than the bot would have, by one
// poll interval at most.
func Replay(rules Rules, facts iter.Seq[Facts]) History {
	r := replay{ended: make(map[Condition]time.Time)}
	if rules.ChannelID == "" {
		rules.ChannelID = "replay" // or everything would be held back
	}
	var s State
	for f := range facts {
		var events []Event
		s, events = Step(rules, s, f)
		r.note(f)
		for _, e := range events {
			r.take(e)
		}
		r.follow(f)
	}
	return r.History
}

// replay gathers a History.
type replay struct {
	History
	ended  map[Condition]time.Time
	eased  time.Time // when a balance incident last became milder
	warned time.Time // first post of the current decline
	wasOut bool
}

func (r *replay) note(f Facts) {
	if r.Readings == 0 {
		r.From = f.At
	}
	r.To = f.At
	r.Readings++
}

func (r *replay) take(e Event) {
	r.countFlap(e)
	if !e.Post() {
		r.Edits++
		return
	}
	r.Posts = append(r.Posts, e)
	if e.Kind == Raised {
		r.Incidents++
	}
	if len(e.MentionRoles)+len(e.MentionUsers) > 0 {
		r.Pings++
	}
	switch {
	case e.Incident.Condition.Topic() != TopicMoney:
	case e.Kind == Ended:
		r.warned = time.Time{}
	case r.warned.IsZero():
		r.warned = e.At
	}
}

func (r *replay) countFlap(e Event) {
	c := e.Incident.Condition
	switch e.Kind {
	case Ended:
		r.ended[c] = e.At
	case Eased:
		r.eased = e.At
	case Raised:
		r.flap(r.ended[c], e.At)
	case Worsened:
		r.flap(r.eased, e.At)
	}
}

func (r *replay) flap(before, at time.Time) {
	if !before.IsZero() && at.Sub(before) < flapWithin {
		r.Flaps++
	}
}

// follow notes when the money runs out. An unknown balance changes nothing.
func (r *replay) follow(f Facts) {
	spendable, known := f.Reading.Spendable().Get()
	if !known {
		return
	}
	out := spendable <= 0
	if out && !r.wasOut {
		e := Depletion{At: f.At, WarnedAt: r.warned}
		if !r.warned.IsZero() {
			e.Lead = f.At.Sub(r.warned)
		}
		r.Empties = append(r.Empties, e)
	}
	r.wasOut = out
}
