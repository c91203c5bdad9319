package spend

import (
	"time"

	"mokabot/moka"
)

// LongestCovered is the longest time between two readings that still dates what
// was spent: a little over an hour, so that hourly polls do.
const LongestCovered = 90 * time.Minute

// Log is what the gateway's log says of the time between two readings, in raw
// quota. The zero value is unknown.
type Log struct {
	Known    bool
	Failed   bool  // it could not be read, and says more another time
	Consumed int64 // rows of type 2
	Earlier  int64 // the part of Consumed that the reading before may have counted
	Refunded int64 // rows of type 6
	Before   int64 // rows of type 6 from before the time, since the total was at its highest
	Returns  int   // rows of type 4 that tell of a refund, but not of its amount, those from before included
	Noted    bool  // refunds are rows of type 4
	TopUps   int   // rows that tell of money that was added
	Until    int64 // Unix time of the newest refund; 0 without one
	Credits  moka.Credits
}

// LogOf is what was read of the gateway's log.
func LogOf(b moka.Booked) Log {
	return Log{
		Known: true, Consumed: b.Consumed, Earlier: b.Earlier, Refunded: b.Refunded, Before: b.Before, Returns: b.Returns, Noted: b.Noted,
		TopUps: b.TopUps, Until: b.Until, Credits: b.Credits,
	}
}

// Step compares a reading with what is remembered and returns what happened in
// between. Everything is compared in raw quota, each reading converted with the
// unit that was in force when it was read, so a change of unit moves nothing.
//
// Spending is what the used quota rose by, net of refunds. A fall of the used
// quota with a rise of what is left is a refund; a rise of both together above
// all that was seen is a top-up, except for what log calls a refund, and for what
// calls give back that were under way at the first reading: of a rise soon after
// that, log has to say how much was added. A used quota that was set back by the
// operator is neither; see [State.wasReset]. What cannot be told apart is unknown.
func Step(s State, r moka.Reading, log Log) (State, Delta) {
	now, ok := figures(r)
	unknown := Delta{From: s.At, To: r.At, PerUnit: now.PerUnit}
	switch {
	case !ok || r.At.Equal(s.At):
		return s, unknown // nothing to compare: the memory stands
	case !s.comparesWith(now):
		anew := now.begin()
		anew.UnitSince = now.unitSince(s)
		return anew, unknown
	}
	c := s.changeTo(now, log)
	if c.reset || log.Failed && c.leavesOpen() {
		anew := now.begin()
		anew.UnitSince, anew.NetsRefunds, anew.KeepsUsed = c.state.UnitSince, c.state.NetsRefunds, c.state.KeepsUsed
		return anew, unknown
	}
	return c.state, c.delta(s, r.At)
}

// NeedsLog reports whether the gateway's log would say more about what happened
// before a reading than its figures do, and what to ask it, up to the present.
func NeedsLog(s State, r moka.Reading) (q moka.BookedQuery, needed bool) {
	now, ok := figures(r)
	if !ok || now.Basis != basisWallet || r.At.Equal(s.At) || !s.comparesWith(now) {
		return q, false
	}
	c := s.changeTo(now, Log{})
	decides := c.topUp != 0 || c.rose || c.blurs || c.fell
	if !decides && !c.moved {
		return q, false
	}
	q = moka.BookedQuery{
		From: s.At.Add(-logSlack).Truncate(time.Second), Last: s.At, RefundsOnly: !decides, UnitSince: c.state.UnitSince, Charges: c.fell,
	}
	if c.rose || c.moved || c.fell {
		q.CreditsSince = time.Unix(max(q.From.Unix(), s.CreditedUntil+1), 0)
		if s.unsettled(r.At) {
			q.CreditsSince = time.Unix(max(s.Begun.Unix(), s.CreditedUntil)+1, 0)
		}
	}
	if next := time.Unix(s.LoggedUntil+1, 0); s.LoggedUntil > 0 && next.After(q.From) {
		q.From = next
	}
	if c.moved || s.dip() > 0 {
		q.RefundsSince = s.Since
		if s.Before != nil {
			q.RefundsSince = s.Since.Add(-settled)
		}
		if next := time.Unix(s.LoggedUntil+1, 0); !s.NetsRefunds && next.After(q.RefundsSince) {
			q.RefundsSince = next
		}
	}
	return q, true
}

// logSlack is how long after a figure changed its row may appear in the log.
const logSlack = 2 * time.Second

// change is what became of the figures between two readings, in raw quota.
type change struct {
	state  State
	reset  bool  // the figures were set anew: nothing can be concluded
	used   int64 // rise of the used quota
	refund int64
	unused int64 // part of refund that did not lower the used quota
	topUp  int64
	rose   bool // the total is higher than ever
	fell   bool // the used quota fell, and figures alone do not tell why
	blurs  bool // plans may have paid, or been paid back, unseen, so refunds cannot be told from that
	moved  bool // the total moved in an account whose plans may have kept a refund, which hides a top-up
}

// changeTo works out how a remembered state led to the figures of a reading.
func (s State) changeTo(now State, log Log) change {
	c := change{state: s.carriedTo(now), used: now.Used - s.Used}
	paid := c.state.followPlans(s, c.used)
	left := now.Left - s.Left - paid.rise
	c.blurs = paid.ended && (!c.state.NetsRefunds || c.used+left < 0)
	if c.blurs && log.Refunded+int64(log.Returns) > 0 {
		c.reset = true
		return c
	}
	if c.used < 0 {
		c.fell = now.Requests >= s.Requests && left != -c.used
		if s.wasReset(now, left, log) {
			c.reset = true
			return c
		}
		c.refund = -c.used
		c.state.NetsRefunds, c.state.KeepsUsed = true, false
	}
	if s.dip() <= 0 {
		log.Before = 0 // all of it has shown
	}
	rise, unseen := c.state.keepTotal(s, paid)
	c.rose = rise > 0 || unseen > 0
	c.moved = c.state.keepsRefunds() && (now.total()-c.state.Paid != s.total()-s.Paid)
	if c.ambiguous(rise, unseen, paid, log) {
		c.reset = true
		return c
	}
	c.learn(rise, log)
	open := log.Refunded + log.Before
	if now.At.Sub(time.Unix(s.LoggedUntil, 0)) < settled {
		open += s.Awaited
	}
	if c.ambiguousRefunds(s, rise, open, log) {
		c.reset = true
		return c
	}
	back := c.countRefunds(rise, open, log.Refunded+log.Before)
	c.refund += c.unused
	added, known := c.added(s, rise-back, log)
	if !known {
		c.reset = true // how much of it calls gave back, nothing tells
		return c
	}
	c.topUp = added + paid.bought - min(paid.bought, c.state.Taken) // the wallet may have paid for a plan
	c.state.LoggedUntil = max(s.LoggedUntil, log.Until)
	return c
}

// carriedTo is the state of a reading with what holds on from the one before.
func (s State) carriedTo(now State) State {
	now.NetsRefunds, now.KeepsUsed = s.NetsRefunds, s.KeepsUsed
	now.UnitSince, now.Begun = now.unitSince(s), s.Begun
	now.Credited, now.CreditedUntil = s.Credited, s.CreditedUntil
	now.Rescaled = (s.Rescaled || now.PerUnit != s.PerUnit) && near(now.Used, s.Used) && near(now.Left, s.Left)
	return now
}

// leavesOpen reports whether the figures have several explanations of which only the log can
// rule some out: a rise of the total is money that was added, or a refund where these do not
// lower the used quota.
func (c change) leavesOpen() bool { return c.rose && !c.state.NetsRefunds || c.blurs || c.fell }

// ambiguous reports whether a rise of the total, or what the log says of the time,
// has several explanations that add up to different amounts.
func (c *change) ambiguous(rise, unseen int64, paid payments, log Log) bool {
	lost := log.Refunded > 0 && c.state.NetsRefunds || log.Before > 0
	switch {
	case c.moved && lost && (rise > 0 || log.TopUps > 0):
		return true // how much of a top-up the refund hides, nothing tells
	case paid.uncertain > 0 && (rise > 0 || unseen > 0 && log.TopUps > 0):
		return true // plans paid a part of it that nothing tells
	}
	// Nothing shows how much of it was given back or is still hidden.
	return rise > 0 && log.Returns > 0 && !c.state.NetsRefunds
}

// ambiguousRefunds is the same for refunds, once it is known what they do to the used
// quota. open is what the total has yet to show of them.
func (c *change) ambiguousRefunds(s State, rise, open int64, log Log) bool {
	switch {
	case rise > 0 && log.Before > 0 && !c.state.NetsRefunds && !c.state.KeepsUsed:
		return true // whether they show in the total
	case rise > 0 && open > 0 && (log.TopUps > 0 || rise > open) && (c.state.mayLoseRefunds(c.used) || s.Awaited > 0 && c.state.keepsRefunds()):
		return true // whether they gave anything back
	}
	// Hidden ones are counted at another time from now on.
	return s.Awaited > 0 && s.keepsRefunds() != c.state.keepsRefunds()
}

// countRefunds counts the refunds of a gateway that keeps the used quota as it is, and
// returns how much of a rise of the total they explain. open is what the total has
// yet to show of refunds, logged the part of it that the log tells of for the first
// time.
func (c *change) countRefunds(rise, open, logged int64) (back int64) {
	if c.state.NetsRefunds {
		return 0
	}
	back = min(rise, open)
	c.unused = back
	if c.state.KeepsUsed {
		c.state.Awaited = open - back
		if !c.state.keepsRefunds() {
			c.unused = logged // given back for certain, though calls under way hide it from the total
		}
	}
	return back
}

// learn finds out whether refunds lower the used quota of this gateway.
func (c *change) learn(rise int64, log Log) {
	c.state.KeepsUsed = c.state.KeepsUsed || log.Noted && !c.state.NetsRefunds
	if log.Refunded <= 0 || log.Noted || c.state.NetsRefunds {
		return
	}
	net, gross := log.charged(c.used+log.Refunded), log.charged(c.used)
	switch {
	case net && !gross && log.Consumed > 0:
		c.state.NetsRefunds, c.state.KeepsUsed = true, false
	case gross && !net || rise == log.Refunded && c.used == 0:
		c.state.KeepsUsed = true
	case log.Credits.Quota == 0 || log.Credits.Unread > 0:
	case net && rise == log.Credits.Quota: // the refunds do not show in the total
		c.state.NetsRefunds, c.state.KeepsUsed = true, false
	case gross && rise == log.Credits.Quota+log.Refunded:
		c.state.KeepsUsed = true
	}
}

// unsettled reports whether calls that were under way at the first reading may
// still be, and hold money that does not show.
func (s State) unsettled(at time.Time) bool {
	age := at.Sub(s.Begun)
	return s.Basis != basisKey && !s.Begun.IsZero() && age >= 0 && age < settled
}

// added is how much of a rise of the total, less refunds, was added; the rest is
// what calls gave back that were under way at the first reading.
func (c *change) added(s State, rise int64, log Log) (topUp int64, known bool) {
	if rise <= 0 {
		return rise, true // credits that are hidden are asked for again
	}
	credits := log.Credits
	c.state.CreditedUntil = max(s.CreditedUntil, credits.Newest)
	if !s.unsettled(c.state.At) {
		return rise, true
	}
	limit := c.state.held(s)
	settledNone := c.used == 0 && c.state.Requests == s.Requests
	switch open := s.Credited + credits.Quota; {
	case log.Known && credits.Unread == 0 && open > 0:
		topUp = min(rise, open)
		c.state.Credited = open - topUp
		return topUp, rise-topUp <= limit
	case log.Known && credits.None() && rise <= limit:
		return 0, true
	case credits.Unread > 0 && c.state.wholeCents(rise):
		return rise, true // what calls held is no such amount
	case !log.Known && settledNone, rise > limit && credits.None():
		return rise, true
	}
	return 0, false
}

// wholeCents reports whether raw quota is a number of cents without a rest, as
// amounts that people add are and costs of calls are not.
func (s State) wholeCents(quota int64) bool {
	cent := int64(s.PerUnit / 100)
	return cent > noise && float64(cent*100) == s.PerUnit && quota%cent == 0
}

// wasReset reports whether a used quota that fell was set back by the operator. A
// refund gives back what it takes off, less what calls under way hold at the
// moment, and leaves the count of requests. After a reset to 0 the used quota is
// what was charged since.
func (s State) wasReset(now State, left int64, log Log) bool {
	drop := s.Used - now.Used
	switch {
	case now.Requests < s.Requests:
		return true
	case left == drop:
		return false
	case now.Requests == s.Requests && s.Requests > 0 && now.Used > 0:
		// Nothing was charged since, so what is used would be 0, unless as many calls
		// were counted after it as before.
		return log.Known && log.Consumed-log.Earlier > noise
	case log.Known && (now.Used == 0 || log.Consumed > 0):
		return now.Used <= log.Consumed+noise && (log.Refunded < drop || !log.charged(log.Refunded-drop))
	case left >= drop:
		return false
	case !s.HasLeft || !now.HasLeft, now.Used < s.Used/2:
		return true
	}
	return left < drop/2
}

// charged reports whether a rise of the used quota agrees with the charges in the log.
func (l Log) charged(used int64) bool {
	return used >= l.Consumed-l.Earlier-noise && used <= l.Consumed+noise
}

// delta is the change in dollars, by the unit of the later reading.
func (c change) delta(s State, at time.Time) Delta {
	now := c.state
	d := Delta{From: s.At, To: at, Known: true, PerUnit: now.PerUnit}
	if at.Before(s.At) {
		d.From = at
	}
	// Differences of converted totals add up without rounding errors.
	d.Spent = now.dollars(now.Used-c.unused) - now.dollars(s.Used)
	d.Refunds, d.TopUp = now.dollars(c.refund), now.dollars(c.topUp)
	d.Requests = max(0, now.Requests-s.Requests)
	if gap := d.To.Sub(d.From); gap <= LongestCovered {
		d.Covered = gap
	}
	return d
}
