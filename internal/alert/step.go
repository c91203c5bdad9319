package alert

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"mokabot/moka"
)

// editEvery is the least time between two edits of a live message for changed figures.
const editEvery = time.Minute

// Step compares the result of a poll with what was already posted, and returns
// what to post now together with the state after it. f.At is the current time. It changes neither s nor rules; the same arguments give the same result.
//
// One incident reports one fact. Balance, Exhausted and WalletEmpty form one
// ladder with an empty key or wallet at its bottom; Refused replaces Unreachable,
// and Expired replaces Expiring. At most one incident of each group is open, so no
// two of them ping for the same reading.
func Step(rules Rules, s State, f Facts) (State, []Event) {
	p := &pass{rules: rules, state: s.clone(), facts: f, now: f.At, quietUntil: rules.Quiet.Until(f.At)}
	p.state.clamp(p.now)
	p.followRules()
	p.noteTopUp()
	p.expiry()
	p.plan()
	p.access()
	p.money()
	p.spike()
	p.repeat()
	p.state.LastAt = p.now
	p.state.Recheck = p.recheckAt()
	slices.SortStableFunc(p.events, func(a, b Event) int {
		return rank(a.Incident.Condition) - rank(b.Incident.Condition)
	})
	return p.state, p.events
}

// pass is one run of Step.
type pass struct {
	rules  Rules
	state  State
	facts  Facts
	now    time.Time
	events []Event
	quiet  bool // the open balance incident was posted under other rules

	quietUntil time.Time // the end of the quiet hours; zero outside of them
}

// open returns the open incident of a condition.
func (p *pass) open(c Condition) (Incident, bool) {
	i, ok := p.state.Incidents[c]
	return i, ok
}

// raise opens an incident, which may have begun earlier, and reports it.
func (p *pass) raise(i Incident) {
	p.state.Sequence++
	i.ID = p.newID(i.Condition)
	if i.Since.IsZero() {
		i.Since = p.now
	}
	p.addEvent(Raised, i, -1)
}

// newID includes the time, so that an account whose state was lost does not reuse
// an id.
func (p *pass) newID(c Condition) string {
	return string(c) + "-" + strconv.FormatInt(p.now.Unix(), 36) + "-" + strconv.FormatUint(p.state.Sequence, 10)
}

// addEvent adds a message about an incident that stays open.
func (p *pass) addEvent(k Kind, i Incident, from int) {
	held := k.Post() && p.heldBack(i)
	switch {
	case held && i.HeldBack == "":
		i.HeldBack, i.OwedFrom, i.OwedAt, i.OwedMoney = k, from, p.now, p.figures(i).Money
	case k.Post() && !held:
		i.PostedAt, i.HeldBack = p.now, ""
		i.Posts++
	case k == Eased && i.HeldBack == Worsened && i.Level <= i.OwedFrom:
		i.HeldBack = ""
	}
	i.EditedAt = p.now
	i.Shown = p.figures(i)
	p.state.Incidents[i.Condition] = i
	e := p.event(k, i, from)
	e.Held = held
	p.events = append(p.events, e)
}

// end closes an incident, if it is open, and posts the end to the channel of the first
// post.
func (p *pass) end(c Condition) {
	i, ok := p.close(c)
	if !ok {
		return
	}
	held := i.Posts == 0 || p.heldBack(i)
	switch {
	case !held:
		i.PostedAt = p.now
		i.Posts++
	case i.Posts > 0 && p.quietLevel(i):
		if p.state.Ends == nil {
			p.state.Ends = make(map[Condition]Incident)
		}
		p.state.Ends[c] = i
	}
	e := p.event(Ended, i, i.Level)
	e.Held = held
	p.events = append(p.events, e)
}

// withdraw closes an incident, if it is open, without a post, because another incident
// reports the trouble now.
func (p *pass) withdraw(c, by Condition) { p.closeQuietly(c, by, "") }

// drop closes an incident, if it is open, without a post and without a successor.
func (p *pass) drop(c Condition, why Reason) { p.closeQuietly(c, "", why) }

func (p *pass) closeQuietly(c, by Condition, why Reason) {
	if i, ok := p.close(c); ok {
		e := p.event(Withdrawn, i, i.Level)
		e.By, e.Reason = by, why
		p.events = append(p.events, e)
	}
}

func (p *pass) close(c Condition) (Incident, bool) {
	i, ok := p.open(c)
	if !ok {
		return i, false
	}
	delete(p.state.Incidents, c)
	i.EndedAt, i.EditedAt = p.now, p.now
	i.HeldBack = ""
	i.unsnooze()
	i.Shown = p.figures(i)
	return i, true
}

func (p *pass) event(k Kind, i Incident, from int) Event {
	e := Event{Kind: k, Incident: i, From: from, Facts: p.facts, At: p.now}
	level := p.rules.levelOf(i)
	if k != Ended && k != Withdrawn && i.Condition == Balance {
		e.Level = level
	}
	if level != nil && k.Post() && (k != Ended || p.rules.MentionOnRecovery) {
		e.MentionRoles, e.MentionUsers = slices.Clone(level.MentionRoles), slices.Clone(level.MentionUsers)
	}
	return e
}

// levelOf returns the level whose mentions and reminders apply to an incident: its
// own, or the worst when calls fail. It is nil for an incident that can wait.
func (r Rules) levelOf(i Incident) *Level {
	n := -1
	switch {
	case i.Condition == Balance:
		n = i.Level
	case i.Condition.CallsFail():
		n = len(r.Levels) - 1
	}
	if n < 0 || n >= len(r.Levels) {
		return nil
	}
	l := r.Levels[n]
	return &l
}

// RemindEvery is the time between reminders of an incident, 0 for one that is
// reported once: only incidents about money are repeated.
func (r Rules) RemindEvery(i Incident) time.Duration {
	if l := r.levelOf(i); l != nil && i.Condition.Topic() == TopicMoney {
		return l.RemindEvery
	}
	return 0
}

// noteTopUp adds money that came in to every open incident.
func (p *pass) noteTopUp() {
	if p.facts.TopUp <= 0 {
		return
	}
	for c, i := range p.state.Incidents {
		i.TopUp += p.facts.TopUp
		i.UntilTopUp = false
		p.state.Incidents[c] = i
	}
}

// repeat sends reminders that are due and edits live messages whose figures
// changed. An incident that was reported in this step is not repeated.
func (p *pass) repeat() {
	posted := make(map[Condition]bool)
	for _, e := range p.events {
		posted[e.Incident.Condition] = true
	}
	p.postOwed(posted)
	for _, c := range slices.Sorted(maps.Keys(p.state.Incidents)) {
		i := p.state.Incidents[c]
		if !i.SnoozedUntil.After(p.now) {
			i.SnoozedAt, i.SnoozedUntil = time.Time{}, time.Time{}
			p.state.Incidents[c] = i
		}
		switch {
		case posted[c]:
		case p.reminderDue(i):
			p.addEvent(Reminder, i, i.Level)
		case p.now.Sub(i.EditedAt) >= editEvery && p.figures(i).differ(i.Shown):
			p.addEvent(Updated, i, i.Level)
		}
	}
}

// reminderDue reports whether a reminder is due. An empty key or wallet that seems
// to have money again gets none.
func (p *pass) reminderDue(i Incident) bool {
	every := p.rules.RemindEvery(i)
	return every > 0 && i.HeldBack == "" && !p.heldBack(i) && !i.Snoozed(p.now) && p.state.Clearing.IsZero() && p.now.Sub(i.PostedAt) >= every
}

// figures returns what the live message shows after this step. A figure that is
// unknown now keeps its last value.
func (p *pass) figures(i Incident) Figures {
	shown := i.Shown
	shown.Snoozed = i.Snoozed(p.now)
	var money moka.Maybe
	switch {
	case i.Condition == Spike:
		money = p.facts.HourSpent
	case tellsMoney(p.facts.Reading):
		money = p.facts.Reading.Spendable()
	}
	if money.Known() {
		shown.Money = money
		shown.Runway = 0
		if p.facts.Runway.Known {
			shown.Runway = p.facts.Runway.Mid
		}
	}
	return shown
}

// differ reports whether a reader would see a difference worth an edit: a cent,
// a tenth of the runway, or a snooze that has passed.
func (f Figures) differ(shown Figures) bool {
	a, known := f.Money.Get()
	b, was := shown.Money.Get()
	if f.Snoozed != shown.Snoozed || known != was || toCents(a) != toCents(b) {
		return true
	}
	return (f.Runway - shown.Runway).Abs() > max(f.Runway, shown.Runway)/10
}

func toCents(a moka.Amount) moka.Amount { return a / (moka.Dollar / 100) }
