package message

import (
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
)

const (
	// maxHeadline is how many characters a headline has: what a phone's lock
	// screen shows of a notification, next to the mention.
	maxHeadline = 150
	// maxHeadlineName is how much of an account's name a headline shows, so that
	// the figures behind it still fit.
	maxHeadlineName = 40
)

// firstLine is an alert in one line that is complete without the card: account,
// condition, amount and runway. Phones show nothing else.
func firstLine(w *lang.Words, a AlertDetails) string {
	e := a.Event
	name := fit(a.Account, maxHeadlineName)
	of := headline{w: w, alert: a, name: name, raised: eventWords(&w.Alert, e).Raised(name, e.Incident.LevelName), left: leftLine(w, e)}
	var line string
	switch e.Kind {
	case alert.Ended:
		line = resolvedLine(w, name, e)
	case alert.Withdrawn:
		line = alertTitle(w, name, e, eventWords(&w.Alert, e))
	case alert.Reminder:
		line = w.Headline.Reminder(of.condition(), lasted(e))
	default:
		line = of.condition()
	}
	return fit(line, maxHeadline)
}

// headline is what the first line of an alert is made of.
type headline struct {
	w      *lang.Words
	alert  AlertDetails
	name   string // of the account
	raised string // that the condition holds
	left   string // what can be spent and how long it lasts; empty where that is unknown or nothing
}

// condition is what is wrong, with the figures of the condition's topic.
func (h headline) condition() string {
	switch c := h.alert.Event.Incident.Condition; c.Topic() {
	case alert.TopicAccess:
		if c.CallsFail() {
			return refusedLine(h)
		}
		return unknownLine(h)
	case alert.TopicPlan:
		return planEndingLine(h)
	case alert.TopicPace:
		return spikeLine(h)
	case alert.TopicExpiry:
		if !c.CallsFail() {
			return expiringLine(h)
		}
	case alert.TopicMoney:
		if !c.CallsFail() {
			return balanceLine(h)
		}
	}
	return callsFailLine(h)
}

func balanceLine(h headline) string {
	if h.left == "" {
		return h.raised
	}
	words, level := &h.w.Headline, h.alert.Event.Incident.LevelName
	switch h.alert.Event.Kind {
	case alert.Worsened:
		level = words.EscalatedTo(level)
	case alert.Eased:
		level = words.EasedTo(level)
	}
	return words.OnLevel(words.Of(h.name, h.left), level)
}

func spikeLine(h headline) string {
	spent := spikeText(h.w, h.alert.Event.Facts)
	if spent == "" {
		return h.raised
	}
	return h.w.Headline.With(h.w.Headline.Of(h.name, spent), h.left)
}

func expiringLine(h headline) string {
	e := h.alert.Event
	if e.Incident.Expires.IsZero() {
		return h.raised
	}
	return h.w.Headline.With(h.w.Headline.ExpiresIn(h.name, max(0, e.Incident.Expires.Sub(e.At))), moneyLine(h.w, e))
}

func planEndingLine(h headline) string {
	e := h.alert.Event
	if e.Facts.Runway.EndsUnspent() { // that is the plan's end
		h.left = moneyLine(h.w, e)
	}
	return h.w.Headline.With(h.w.Headline.PlanEndsIn(h.name, max(0, e.Incident.Expires.Sub(e.At))), h.left)
}

func callsFailLine(h headline) string {
	return h.w.Headline.With(h.w.Headline.CallsFail(h.raised), h.left)
}

func refusedLine(h headline) string {
	switch r := h.alert.Event.Facts.Reading; {
	case keyRefused(r) || banned(r):
		return h.w.Headline.CallsFail(h.raised)
	case tokenRefused(r):
		return h.w.Headline.With(h.w.Headline.CallsGoOn(h.w.Headline.For(h.raised, lasted(h.alert.Event))), lastKnown(h.w, h.alert))
	}
	return unknownLine(h)
}

// unknownLine is since when the balance has been unknown, and what it was.
func unknownLine(h headline) string {
	return h.w.Headline.With(h.w.Headline.For(h.raised, lasted(h.alert.Event)), lastKnown(h.w, h.alert))
}

// lastKnown is what could be spent when that was last known, "" where it still is.
func lastKnown(w *lang.Words, a AlertDetails) string {
	last, known := a.Last.Get()
	if !known || a.Event.Facts.Reading.Spendable().Known() {
		return ""
	}
	return w.Headline.LastKnown(last)
}

// moneyLine is what can be spent, "" when it is unknown.
func moneyLine(w *lang.Words, e alert.Event) string {
	if left, ok := e.Facts.Reading.Spendable().Get(); ok {
		return w.Headline.Left(left)
	}
	return ""
}

// keyRefused reports whether it is the key that is not accepted, so that calls
// fail; without the access token they go on.
func keyRefused(r moka.Reading) bool {
	if r.Key == nil {
		return false
	}
	switch r.Key.State {
	case moka.KeyDisabled, moka.KeyRefused:
		return true
	}
	return r.KeyErr != nil && r.KeyErr.Hint == moka.HintAPIKey
}

// leftLine says what can be spent and how long it lasts. It is empty when that is
// unknown, or when the condition already says that nothing is left.
func leftLine(w *lang.Words, e alert.Event) string {
	left, ok := e.Facts.Reading.Spendable().Get()
	if !ok || left <= 0 && e.Incident.Condition != alert.Balance {
		return ""
	}
	return leftAndRunway(w, left, e.Facts.Runway)
}

// leftAndRunway says what can be spent and how long it lasts, where that is known.
func leftAndRunway(w *lang.Words, left moka.Amount, r spend.Runway) string {
	switch {
	case left <= 0 || r.Mid <= 0 || r.Rising && r.AtThisPace == 0:
		return w.Headline.Left(left)
	case r.Rising:
		return w.Headline.LeftAtMost(left, lang.Brief(r.AtThisPace))
	case r.AtThisPace > 0:
		return w.Headline.LeftAtPace(left, lang.Brief(r.AtThisPace))
	case r.EndsUnspent():
		return w.Headline.LeftUntilEnd(left, lang.Coarse(r.Mid))
	case r.Known && !r.Idle:
		return w.Headline.LeftAndRunway(left, lang.Coarse(r.Mid))
	}
	return w.Headline.Left(left)
}

// resolvedLine is the end of an incident: how long it lasted, what is left now and what
// was topped up.
func resolvedLine(w *lang.Words, name string, e alert.Event) string {
	line := eventWords(&w.Alert, e).Ended(name)
	if !planEnded(e) {
		line = w.Headline.After(line, lasted(e))
	}
	if left, ok := e.Facts.Reading.Spendable().Get(); ok {
		line = w.Headline.With(line, w.Headline.Left(left))
	}
	if e.Incident.TopUp > 0 {
		line = w.Headline.With(line, w.Headline.ToppedUp(e.Incident.TopUp))
	}
	return line
}

// lasted is how long the incident lasted, or lasts by now. Seconds matter below
// a minute only.
func lasted(e alert.Event) time.Duration {
	d := e.Duration()
	if d < time.Minute {
		return d.Round(time.Second)
	}
	return d.Round(time.Minute)
}

// reportHeadline is a report in one line: what was spent and how that compares,
// and what is left.
func reportHeadline(w *lang.Words, r Report) string {
	name := w.Report.Totals
	if len(r.Accounts) == 1 {
		name = fit(r.Accounts[0].Name, maxHeadlineName)
	}
	sum := totals(w, r.Accounts)
	line := w.Headline.Of(name, w.Headline.NotKnown(spanText(w, r)))
	if sum.spent.Spent.Known() {
		line = w.Headline.Of(name, w.Headline.Spent(soFar(w, sum.spent), spanText(w, r), change(sum.spent, sum.before)))
	}
	if amount, ok := sum.left.Get(); ok {
		line = w.Headline.With(line, w.Headline.Left(amount))
	}
	return fit(line, maxHeadline)
}

// spanText names a report's period in a few characters.
func spanText(w *lang.Words, r Report) string {
	switch r.Span {
	case budget.Month:
		return w.Headline.InMonth(w.Month(r.From))
	case budget.Week:
		return w.Headline.Days(w.Day(r.From), w.Day(r.To.Add(-time.Second)))
	}
	return w.Headline.OnDay(w.Day(r.From))
}

// change is the difference to the period before, "" where the two do not compare.
func change(spent spend.SoFar, before moka.Maybe) string {
	now, nowKnown := spent.Spent.Get()
	then, thenKnown := before.Get()
	if !nowKnown || spent.AtLeast || !thenKnown || then <= 0 {
		return ""
	}
	return changeText(now, then)
}

// fit cuts text to a number of characters, and shows that it did.
func fit(text string, runes int) string {
	r := []rune(text)
	if len(r) <= runes {
		return text
	}
	return string(r[:runes-1]) + "…"
}
