package alert

import (
	"slices"
	"time"
)

// money decides on the levels: down after confirmation, up past the margin. A change of
// the gateway's unit alone changes no level.
func (p *pass) money() {
	if p.facts.Rescaled {
		p.state.Pending, p.state.Clearing = nil, time.Time{}
		return
	}
	posted, i := p.postedRung()
	at := p.stand(i)
	if !at.known && !at.freed {
		return
	}
	if posted == len(p.rules.Levels) {
		p.fromEmpty(i, at)
		return
	}
	p.state.Clearing = time.Time{}
	confirmed := p.confirm(posted, at)
	switch {
	case confirmed == len(p.rules.Levels):
		p.toEmpty(at.empty)
	case confirmed > posted:
		p.toLevel(i, posted, confirmed)
	case posted >= 0:
		p.better(i, posted, max(at.held, at.rung))
	}
}

// postedRung returns the rung of the open incident, -1 for none, and the incident.
func (p *pass) postedRung() (int, Incident) {
	for _, c := range []Condition{Exhausted, WalletEmpty} {
		if i, ok := p.open(c); ok {
			return len(p.rules.Levels), i
		}
	}
	if i, ok := p.open(Balance); ok {
		return i.Level, i
	}
	return -1, Incident{}
}

// confirm notes which rungs the reading is on. It returns the worst rung that readings
// at least ConfirmAfter apart agree on, or that a second look confirms because calls
// under way cannot explain it. Without a worse one it returns posted.
func (p *pass) confirm(posted int, at standing) int {
	was := p.state.Pending
	p.state.Pending = nil
	confirmed := posted
	for r := posted + 1; r <= at.rung; r++ {
		rung := p.pendingRung(r, at.empty)
		if n := slices.IndexFunc(was, func(w Pending) bool {
			return w.Condition == rung.Condition && w.Level == rung.Level
		}); n >= 0 {
			rung.Since = was[n].Since
		}
		rung.Settled = p.lowAnyway(r)
		if p.now.Sub(rung.Since) >= p.confirmAfter(rung) {
			confirmed = r
			continue
		}
		p.state.Pending = append(p.state.Pending, rung)
	}
	return confirmed
}

// secondLook is the time until the second look at a balance that calls under way
// cannot explain.
const secondLook = 2 * time.Second

// furtherLook is the time until the next look at a balance that calls under way may
// explain: most of them are over by then.
const furtherLook = 10 * time.Second

// maxInFlight is how long calls under way can make a balance look low. Whoever
// configures a longer confirm_after has other reasons to wait, and gets no second look
// before it.
const maxInFlight = time.Minute

// confirmAfter is how long a rung has to last before it raises an incident.
func (p *pass) confirmAfter(rung Pending) time.Duration {
	if rung.Settled && p.rules.ConfirmAfter <= maxInFlight {
		return min(secondLook, p.rules.ConfirmAfter)
	}
	return p.rules.ConfirmAfter
}

// lowAnyway reports whether the figures would be on a rung even if calls under way
// gave back everything they hold.
func (p *pass) lowAnyway(r int) bool {
	held, known := p.facts.InFlight.Get()
	left, leftKnown := p.facts.Reading.Spendable().Get()
	switch {
	case !known || !leftKnown:
		return false
	case r == len(p.rules.Levels):
		return left+held <= 0
	}
	l := p.rules.Levels[r]
	if below, ok := l.Below.Get(); ok && left+held < below {
		return true
	}
	runway := p.facts.Runway
	return left > 0 && runway.Known && !runway.Idle && withMargin(runway.Mid, held.USD()/left.USD()) < l.Runway
}

func (p *pass) pendingRung(r int, empty Condition) Pending {
	if r == len(p.rules.Levels) {
		return Pending{Condition: empty, Since: p.now}
	}
	return Pending{Condition: Balance, Level: p.rules.Levels[r].Name, Since: p.now}
}

// toEmpty raises Exhausted or WalletEmpty in place of a balance level.
func (p *pass) toEmpty(c Condition) {
	p.withdraw(Balance, c)
	p.raise(Incident{Condition: c, Level: -1})
}

// toLevel announces a worse level; that ends a snooze.
func (p *pass) toLevel(i Incident, posted, level int) {
	if posted < 0 {
		i = Incident{Condition: Balance}
	}
	i.unsnooze()
	i = p.onLevel(i, level)
	if posted < 0 {
		p.raise(i)
		return
	}
	p.addEvent(Worsened, i, posted)
}

// better follows figures that rose, or rules that changed, with an edit or the end.
func (p *pass) better(i Incident, posted, held int) {
	switch {
	case held < 0 && p.quiet:
		p.drop(Balance, RulesChanged)
	case held < 0:
		p.end(Balance)
	case held < posted:
		p.addEvent(Eased, p.onLevel(i, held), posted)
	default:
		p.state.Incidents[Balance] = p.onLevel(i, posted)
	}
}

// fromEmpty waits until the key or wallet has had money for ConfirmAfter, or
// for a top-up, because refunds of requests in flight make an empty one look
// alive. Then it ends, or becomes the level that the money reaches.
func (p *pass) fromEmpty(i Incident, at standing) {
	p.state.Pending = nil
	if at.empty == i.Condition {
		p.state.Clearing = time.Time{}
		return
	}
	if p.state.Clearing.IsZero() {
		p.state.Clearing = p.now
	}
	if p.facts.TopUp <= 0 && p.now.Sub(p.state.Clearing) < p.rules.ConfirmAfter {
		return
	}
	p.state.Clearing = time.Time{}
	switch {
	case at.empty != "":
		p.withdraw(i.Condition, at.empty)
		p.raise(Incident{Condition: at.empty, Level: -1})
	case at.rung >= 0:
		p.withdraw(i.Condition, Balance)
		p.raise(p.onLevel(Incident{Condition: Balance, TopUp: i.TopUp}, at.rung))
	default:
		p.end(i.Condition)
	}
}

// onLevel returns the incident on another level, with that level's limits.
func (p *pass) onLevel(i Incident, n int) Incident {
	l := p.rules.Levels[n]
	i.Level, i.LevelName, i.Below, i.Runway = n, l.Name, l.Below, l.Runway
	switch {
	case l.Runway == 0 || p.facts.Runway.Idle:
		i.ByRunway = false
	case p.facts.Runway.Known:
		i.ByRunway = p.facts.Runway.Mid < withMargin(l.Runway, p.rules.Margin)
	}
	return i
}

// recheckAt returns when the next step can confirm a pending rung or post what quiet
// hours hold back.
func (p *pass) recheckAt() time.Time {
	var next time.Time
	sooner := func(at time.Time) {
		if at.After(p.now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if !p.state.Clearing.IsZero() {
		sooner(p.state.Clearing.Add(p.rules.ConfirmAfter))
	}
	for _, rung := range p.state.Pending {
		sooner(rung.Since.Add(p.confirmAfter(rung)))
		if p.facts.InFlight.Known() && p.rules.ConfirmAfter <= maxInFlight {
			sooner(p.now.Add(furtherLook))
		}
	}
	if p.owesQuietly() {
		sooner(p.quietUntil)
	}
	return next
}

// owesQuietly reports whether a post waits for the end of the quiet hours.
func (p *pass) owesQuietly() bool {
	for _, i := range p.state.Incidents {
		if i.HeldBack != "" && p.quietLevel(i) {
			return true
		}
	}
	return len(p.state.Ends) > 0
}
