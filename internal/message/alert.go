package message

import (
	"slices"
	"strings"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// AlertDetails are the contents of an alert of an account.
type AlertDetails struct {
	Account string
	Levels  int // how many levels the account has
	Event   alert.Event
	Today   spend.SoFar   // spent on the reader's calendar day
	Models  []ModelUse    // what cost most lately, the most expensive first, for conditions about spending; nil: not known
	Key     KeyUse        // what cost most of a spike; zero: not known
	Remind  time.Duration // between reminders of this incident; 0: no reminders
	Last    moka.Maybe    // what could be spent when that was last known, for one that cannot be read
	Page    string        // that a button opens to add money or renew a credential: https; empty: no button
}

// Alert is the message of an alert, for a post and for an edit of the live message; only
// a post pings. See [Close] for the posts of an incident that is over.
func Alert(w *lang.Words, a AlertDetails) Message {
	e, account := a.Event, a.Account
	words := eventWords(&w.Alert, e)
	over := e.Kind == alert.Ended
	card := Card{Title: alertTitle(w, account, e, words), Tone: alertTone(a, over), At: e.At}
	if !over {
		card.Text = joinLines(alertText(w, e, words), spikeKeyLine(w, a), heldBackLine(w, e))
	}
	addAlertFields(w, &card, a, over)
	m := Message{Text: firstLine(w, a), Cards: []Card{card}}
	if !over {
		m.Buttons = alertButtons(w, a)
	}
	if e.Post() {
		m.Mentions = Mentions{Roles: e.MentionRoles, Users: e.MentionUsers}
	}
	return m
}

// spikeKeyLine is the key that caused a spike, empty where that is unknown.
func spikeKeyLine(w *lang.Words, a AlertDetails) string {
	if a.Key.Spent <= 0 || a.Event.Incident.Condition != alert.Spike {
		return ""
	}
	return w.Alert.KeySpent(lineName(w, a.Key.Key), a.Key.Spent)
}

// severityTones are the colours of conditions.
var severityTones = map[alert.Severity]Tone{alert.SeverityCritical: ToneCritical, alert.SeverityWarning: ToneWarn, alert.SeverityUnknown: ToneMuted}

func conditionWords(a *lang.AlertWords, c alert.Condition) lang.ConditionWords {
	return a.Conditions[string(c)]
}

// eventWords are the words of an event's condition. For a refused credential they name
// which one it is, where the reading shows that; the end has the condition's own words,
// except that of a plan which was not renewed.
func eventWords(a *lang.AlertWords, e alert.Event) lang.ConditionWords {
	words := conditionWords(a, e.Incident.Condition)
	if planEnded(e) {
		words.Ended = a.PlanEnded
	}
	if e.Incident.Condition != alert.Refused || e.Kind == alert.Ended {
		return words
	}
	r := e.Facts.Reading
	switch {
	case banned(r):
		words.Raised = ofAccount(a.Banned)
	case keyDisabled(r):
		words.Raised = ofAccount(a.KeyDisabled)
	case keyRefused(r):
		words.Raised = ofAccount(a.KeyRefused)
	case tokenRefused(r):
		words.Raised, words.Text = ofAccount(a.TokenRefused), a.TokenText
	}
	return words
}

// planEnded reports whether an incident is over because the plan came to its end, which
// is no good news.
func planEnded(e alert.Event) bool {
	i := e.Incident
	return e.Kind == alert.Ended && i.Condition == alert.PlanEnding && !i.Expires.IsZero() && !i.Expires.After(i.EndedAt)
}

// tokenRefused reports whether it is the access token that is not accepted. Calls work
// without it; only the balance needs it.
func tokenRefused(r moka.Reading) bool {
	return !banned(r) && !keyRefused(r) && r.WalletErr != nil && r.WalletErr.Kind == moka.Unauthorized
}

// keyDisabled reports whether the key was disabled in the console. Only the account's
// list of keys shows that.
func keyDisabled(r moka.Reading) bool {
	return !banned(r) && r.Key != nil && r.Key.State == moka.KeyDisabled
}

// banned reports whether the gateway has banned the account.
func banned(r moka.Reading) bool {
	err := r.Err()
	return err != nil && err.Kind == moka.Banned
}

// ofAccount returns the words of a condition without levels.
func ofAccount(raised func(account string) string) func(account, level string) string {
	return func(account, _ string) string { return raised(account) }
}

func alertTitle(w *lang.Words, account string, e alert.Event, words lang.ConditionWords) string {
	switch e.Kind {
	case alert.Ended:
		return words.Ended(account)
	case alert.Worsened:
		return w.Alert.Worse(account, e.Incident.LevelName)
	case alert.Reminder:
		return w.Alert.Still(words.Raised(account, e.Incident.LevelName))
	}
	return words.Raised(account, e.Incident.LevelName)
}

func alertTone(a AlertDetails, over bool) Tone {
	switch {
	case planEnded(a.Event):
		return ToneMuted
	case over:
		return ToneGood
	case a.Event.Incident.Condition == alert.Refused && tokenRefused(a.Event.Facts.Reading):
		return ToneWarn
	}
	return incidentTone(a.Event.Incident, a.Levels)
}

// incidentTone is the colour of an open incident, wherever it is shown.
func incidentTone(i alert.Incident, levels int) Tone {
	if i.Condition == alert.Balance && i.Level < levels-1 {
		return ToneWarn
	}
	return severityTones[i.Condition.Severity()]
}

// alertText says what the alert means and what to do. It omits what the failure or the
// figures say better.
func alertText(w *lang.Words, e alert.Event, words lang.ConditionWords) string {
	cause := alertCause(w, e)
	switch c := e.Incident.Condition; {
	case (c == alert.WalletEmpty || c == alert.Balance) && locked(e.Facts.Reading):
		return joinLines(w.Balance.WalletLocked, cause)
	case c == alert.Refused && keyDisabled(e.Facts.Reading):
		return words.Text // the gateway's words leave open what is known
	case c == alert.Refused && tokenRefused(e.Facts.Reading):
	case c == alert.Refused && cause != "", c == alert.Spike && e.Facts.HourUsual.Known() && e.Facts.HourSpent.Known():
		return cause
	}
	return joinLines(words.Text, cause)
}

// locked reports whether a top-up would not help.
func locked(r moka.Reading) bool { return r.Wallet != nil && r.Wallet.Locked() }

// alertCause is the gateway's failure in words, where there is one.
func alertCause(w *lang.Words, e alert.Event) string {
	c := e.Incident.Condition
	if failed := e.Facts.Reading.Err(); failed != nil && (c == alert.Unreachable || c == alert.Refused) {
		return Failure(w, failed)
	}
	return ""
}

// alertModels is how many models an alert has room for.
const alertModels = 3

func addAlertFields(w *lang.Words, card *Card, a AlertDetails, over bool) {
	e := a.Event
	card.add(w.Alert.Left, known(e.Facts.Reading.Spendable()))
	if a.Today.Spent.Known() {
		card.add(w.Alert.Today, soFar(w, a.Today))
	}
	if over {
		card.add(w.Alert.TopUp, aboveZero(e.Incident.TopUp))
		card.add(w.Alert.Lasted, w.Duration(e.Duration()))
	}
	// Omit the runway when the balance is zero.
	if r := e.Facts.Runway; (r.Idle || r.Mid > 0) && e.Incident.Condition.AboutSpending() {
		card.row(w.Alert.Runway, w.Runway(e.Facts.Runway))
	}
	if over {
		return
	}
	card.row(w.Alert.Limit, reasonText(w, e))
	if !e.Incident.Expires.IsZero() {
		card.add(w.Alert.Expires, Relative(e.Incident.Expires))
	}
	card.add(w.Alert.Since, Relative(e.Incident.Since))
	card.row(w.Alert.Snoozed, snoozeText(w, e.Incident, e.At))
	if e.Incident.Condition.AboutSpending() {
		card.row(w.Alert.Models, modelLines(w, a.Models, alertModels)...)
	}
}

// reasonText is why there is a warning, in figures.
func reasonText(w *lang.Words, e alert.Event) string {
	if e.Incident.Condition == alert.Spike {
		return spikeText(w, e.Facts)
	}
	return limitText(w, e)
}

func spikeText(w *lang.Words, f alert.Facts) string {
	spent, known := f.HourSpent.Get()
	if !known {
		return ""
	}
	if usual, ok := f.HourUsual.Get(); ok {
		return w.Alert.HourAgainst(spent, usual)
	}
	return w.Alert.HourCost(spent)
}

// limitText names the level's limits that the figures are below. Where the figures are
// unknown, or above the limits but within the margin, it names the limit of the first
// post.
func limitText(w *lang.Words, e alert.Event) string {
	if e.Level == nil {
		return ""
	}
	money, hasMoney := e.Level.Below.Get()
	ofMoney, ofTime := w.Alert.Below(money), w.Alert.RunwayBelow(e.Level.Runway)
	switch short, soon := e.Level.Short(e.Facts.Reading.Spendable(), e.Facts.Runway); {
	case short && soon:
		return w.Alert.Both(ofMoney, ofTime)
	case short:
		return ofMoney
	case soon:
		return ofTime
	case e.Incident.ByRunway || !hasMoney:
		return w.Alert.Earlier(ofTime)
	}
	return w.Alert.Earlier(ofMoney)
}

// joinLines joins the lines that are not empty.
func joinLines(lines ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return l == "" }), "\n")
}
