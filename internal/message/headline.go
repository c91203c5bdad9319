package message

import (
	"time"

	"mokabot/internal/alert"
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

// headline is an alert in one line that is complete without the card: account,
// condition, amount and runway. Phones show nothing else.
func headline(w *lang.Words, a AlertDetails) string {
	e := a.Event
	name := fit(a.Account, maxHeadlineName)
	var line string
	switch e.Kind {
	case alert.Ended:
		line = resolvedLine(w, name, e)
	case alert.Withdrawn:
		line = alertTitle(w, name, e, eventWords(&w.Alert, e))
	case alert.Reminder:
		line = w.Headline.Reminder(conditionLine(w, name, a), lasted(e))
	default:
		line = conditionLine(w, name, a)
	}
	return fit(line, maxHeadline)
}

// conditionLine says what is wrong, with the figures that the condition is about.
func conditionLine(w *lang.Words, name string, a AlertDetails) string {
	e := a.Event
	h, i := &w.Headline, e.Incident
	raised := eventWords(&w.Alert, e).Raised(name, i.LevelName)
	left := leftLine(w, e)
	switch i.Condition {
	case alert.Balance:
		level := i.LevelName
		switch e.Kind {
		case alert.Worsened:
			level = h.EscalatedTo(level)
		case alert.Eased:
			level = h.EasedTo(level)
		}
		if left == "" {
			return raised
		}
		return h.OnLevel(h.Of(name, left), level)
	case alert.Spike:
		if spent := spikeText(w, e.Facts); spent != "" {
			return h.With(h.Of(name, spent), left)
		}
	case alert.Expiring:
		if !i.Expires.IsZero() {
			return h.With(h.ExpiresIn(name, max(0, i.Expires.Sub(e.At))), moneyLine(w, e))
		}
	case alert.PlanEnding:
		if e.Facts.Runway.EndsUnspent() { // that is the plan's end
			left = moneyLine(w, e)
		}
		return h.With(h.PlanEndsIn(name, max(0, i.Expires.Sub(e.At))), left)
	case alert.Refused:
		if keyRefused(e.Facts.Reading) {
			return h.CallsFail(raised)
		}
		return h.With(unknownFor(w, raised, e), lastKnown(w, a))
	case alert.WalletEmpty:
		return h.CallsFail(raised)
	case alert.Exhausted, alert.Expired:
		return h.With(h.CallsFail(raised), left)
	case alert.Unreachable:
		return h.With(unknownFor(w, raised, e), lastKnown(w, a))
	}
	return raised
}

// unknownFor says since when the balance has not been known.
func unknownFor(w *lang.Words, line string, e alert.Event) string {
	return w.Headline.For(line, lasted(e))
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

// leftLine is what can be spent and how long it lasts, "" when it is unknown or
// when the condition says already that it is nothing.
func leftLine(w *lang.Words, e alert.Event) string {
	left, ok := e.Facts.Reading.Spendable().Get()
	if !ok || left <= 0 && e.Incident.Condition != alert.Balance {
		return ""
	}
	switch r := e.Facts.Runway; {
	case left <= 0 || r.Mid <= 0:
		return w.Headline.Left(left)
	case r.AtThisPace > 0:
		return w.Headline.LeftAtPace(left, lang.Brief(r.AtThisPace))
	case r.EndsUnspent():
		return w.Headline.LeftUntilEnd(left, lang.Coarse(r.Mid))
	case r.Known && !r.Idle:
		return w.Headline.LeftAndRunway(left, lang.Coarse(r.Mid))
	}
	return w.Headline.Left(left)
}

// resolvedLine says that it is over: how long it lasted, what is left now and
// what came in.
func resolvedLine(w *lang.Words, name string, e alert.Event) string {
	line := w.Headline.After(conditionWords(&w.Alert, e.Incident.Condition).Ended(name), lasted(e))
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
	case SpanMonth:
		return w.Headline.InMonth(r.From.Format("2006-01"))
	case SpanWeek:
		return w.Headline.Days(w.Day(r.From), w.Day(r.To.Add(-time.Second)))
	}
	return w.Headline.OnDay(r.From.Format("2006-01-02"))
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
