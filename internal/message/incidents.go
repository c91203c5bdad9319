package message

import (
	"strings"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/moka"
)

// OpenIncident is an incident that is not over, with what is known now.
type OpenIncident struct {
	Account  string
	Incident alert.Incident
	Levels   int // how many levels the account has
	Left     moka.Maybe
	Remind   time.Duration // between reminders; 0: none
}

// The actions of the buttons below an alert, and of /alerts.
const (
	ActionHour       = "1h"
	ActionShift      = "8h"
	ActionCustom     = "for" // opens a form
	ActionUntilTopUp = "topup"
	ActionEnd        = "end"
	ActionDetails    = "details"
)

// alertButtons offer a link to where money is added or a credential is renewed, the
// details, and in a row of its own a snooze if there are reminders to hold back.
func alertButtons(w *lang.Words, a AlertDetails) []Button {
	var buttons []Button
	if a.Page != "" {
		label := w.Button.Console
		if a.Event.Incident.Condition.EndsByTopUp() {
			label = w.Button.TopUp
		}
		buttons = append(buttons, Button{Label: label, URL: a.Page})
	}
	buttons = append(buttons, Button{Label: w.Button.Details, Action: "alerts:" + ActionDetails})
	snooze := snoozeButtons(w, a.Event.Incident, "", a.Remind, a.Event.At)
	if len(snooze) > 0 {
		snooze[0].NewRow = true
	}
	return append(buttons, snooze...)
}

// snoozeButtons change a snooze: of all incidents of a message where of is empty, else of
// one. Their actions are complete, so they work after a restart.
func snoozeButtons(w *lang.Words, i alert.Incident, of string, remind time.Duration, now time.Time) []Button {
	var buttons []Button
	add := func(label, what string, style ButtonStyle) {
		buttons = append(buttons, Button{Label: label, Action: "alerts:" + what + of, Style: style})
	}
	snoozed := i.Snoozed(now)
	if remind > 0 {
		first := StylePrimary // what most people want before it was done
		if snoozed {
			first = StylePlain
		}
		add(w.Button.SnoozeHour, ActionHour, first)
		add(w.Button.SnoozeShift, ActionShift, StylePlain)
		add(w.Button.SnoozeCustom, ActionCustom, StylePlain)
		if i.Condition.EndsByTopUp() && !i.UntilTopUp {
			add(w.Button.SnoozeUntilTopUp, ActionUntilTopUp, StylePlain)
		}
	}
	if snoozed {
		add(w.Button.EndSnooze, ActionEnd, StylePlain)
	}
	return buttons
}

// SnoozeForm asks for how long to snooze; its answer has the action.
func SnoozeForm(w *lang.Words, action string) Form {
	const max = 40 // characters
	return Form{Action: action, Title: w.Incident.SnoozeTitle, Label: w.Incident.SnoozeLabel, Hint: w.Incident.SnoozeHint, Max: max}
}

// snoozeText is until when an incident is quiet, "" when it is not.
func snoozeText(w *lang.Words, i alert.Incident, now time.Time) string {
	switch {
	case i.UntilTopUp:
		return w.Alert.UntilTopUp
	case i.Snoozed(now):
		return w.Alert.Until(Moment(i.SnoozedUntil))
	}
	return ""
}

const (
	incidentsListed  = 9 // and a card for the rest
	incidentsPressed = 5 // rows of buttons that a message has room for
	rowButtons       = 5 // that a row has room for
)

// Incidents lists what is wrong at the moment, accounts before budgets, with
// buttons for each.
func Incidents(w *lang.Words, open []OpenIncident, budgets []budget.Standing, now time.Time) Message {
	total := len(open) + len(budgets)
	if total == 0 {
		return Note(w.Incident.None, ToneGood)
	}
	m := Message{}
	add := func(c Card, buttons []Button) {
		if len(m.Cards) < incidentsPressed {
			m.Buttons = append(m.Buttons, buttons...)
		}
		m.Cards = append(m.Cards, c)
	}
	worst := worstFirst(open, incidentsListed, func(o OpenIncident) Tone { return incidentTone(o.Incident, o.Levels) })
	for _, o := range worst[:min(len(open), incidentsListed)] {
		add(incidentCard(w, o, now), incidentButtons(w, o, now, total > 1))
	}
	room := incidentsListed - len(m.Cards)
	for _, s := range worstFirst(budgets, room, standingTone)[:min(len(budgets), room)] {
		add(openBudgetCard(w, s), openBudgetButtons(w, s, total > 1))
	}
	if rest := total - len(m.Cards); rest > 0 {
		m.Cards = append(m.Cards, Card{Text: w.Incident.MoreOf(rest), Tone: ToneMuted})
	}
	return m
}

// openBudgetCard is a budget that people were warned of, among the incidents.
func openBudgetCard(w *lang.Words, s budget.Standing) Card {
	return Card{
		Title: w.Budget.Title(s.Budget.Name, budgetPeriod(s)), Tone: budgetTone(s.State),
		Text: w.Headline.With(budgetSpent(w, s), expectedLine(w, s)),
	}
}

func openBudgetButtons(w *lang.Words, s budget.Standing, several bool) []Button {
	b := Button{Label: w.Button.Details, Action: "budget:" + s.Budget.Name, NewRow: true}
	if several {
		b.Label = s.Budget.Name + " · " + b.Label
	}
	return []Button{b}
}

// incidentButtons are the row below an incident of /alerts. Below a snoozed one, the
// button that ends the snooze replaces the shortest snooze.
func incidentButtons(w *lang.Words, o OpenIncident, now time.Time, several bool) []Button {
	of := ":" + o.Incident.ID + ":" + o.Incident.SubjectOf(o.Account)
	buttons := snoozeButtons(w, o.Incident, of, o.Remind, now)
	if len(buttons) == rowButtons {
		buttons = buttons[1:]
	}
	buttons = append(buttons, Button{Label: w.Button.Details, Action: "alerts:" + ActionDetails + of})
	buttons[0].NewRow = true
	if several {
		buttons[0].Label = o.Account + " · " + buttons[0].Label
	}
	return buttons
}

// IncidentName is an incident's heading, such as "team: balance is low".
func IncidentName(w *lang.Words, account string, i alert.Incident) string {
	return conditionWords(&w.Alert, i.Condition).Raised(account, i.LevelName)
}

func incidentCard(w *lang.Words, o OpenIncident, now time.Time) Card {
	parts := []string{w.Incident.Since(Relative(o.Incident.Since))}
	if left, ok := o.Left.Get(); ok {
		parts = append(parts, w.Headline.Left(left))
	}
	switch quiet := snoozeText(w, o.Incident, now); {
	case quiet != "":
		parts = append(parts, w.Incident.Until(quiet))
	case o.Remind > 0:
		parts = append(parts, w.Incident.Reminds(o.Remind))
	}
	return Card{Title: IncidentName(w, o.Account, o.Incident), Text: strings.Join(parts, " · "), Tone: incidentTone(o.Incident, o.Levels)}
}

// TimelineEntry is one step in an incident's life.
type TimelineEntry struct {
	At    time.Time
	Kind  alert.Kind
	Level string
}

// IncidentDetails shows an incident with its timeline.
func IncidentDetails(w *lang.Words, o OpenIncident, timeline []TimelineEntry, now time.Time) Message {
	card := incidentCard(w, o, now)
	var lines []string
	for _, h := range timeline {
		if what := happened(w, h); what != "" {
			lines = append(lines, Moment(h.At)+" "+what)
		}
	}
	const maxShown = 12
	card.row(w.Incident.History, lines[max(0, len(lines)-maxShown):]...)
	return Message{Cards: []Card{card}}
}

func happened(w *lang.Words, h TimelineEntry) string {
	switch h.Kind {
	case alert.Raised:
		return w.Incident.Raised(h.Level)
	case alert.Worsened:
		return w.Incident.Worsened(h.Level)
	case alert.Eased:
		return w.Incident.Eased(h.Level)
	case alert.Reminder:
		return w.Incident.Reminded
	case alert.Ended:
		return w.Incident.Ended
	case alert.Withdrawn:
		return w.Incident.Closed
	}
	return ""
}
