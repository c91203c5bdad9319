package message

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// Budgets shows the standing of budgets, one card each.
func Budgets(w *lang.Words, standings []budget.Standing) Message {
	if len(standings) == 0 {
		return Note(w.Budget.None, ToneMuted)
	}
	var m Message
	for i, s := range worstFirst(standings, maxCards, standingTone) {
		if i == maxCards {
			m.Cards = append(m.Cards, Card{Text: w.Incident.MoreOf(len(standings) - i), Tone: ToneMuted})
			break
		}
		m.Cards = append(m.Cards, budgetCard(w, s))
	}
	return m
}

// budgetNamed is how many accounts and keys of a budget are named.
const budgetNamed = 10

func budgetCard(w *lang.Words, s budget.Standing) Card {
	card := Card{
		Title: w.Budget.Title(s.Budget.Name, budgetPeriod(s)), Text: budgetText(w, s), Tone: budgetTone(s.State), At: s.At,
	}
	card.add(w.Budget.Standing, w.Budget.State[string(s.State)])
	switch left, ok := s.Left.Get(); {
	case !ok:
	case left < 0:
		card.add(w.Budget.Over, soFar(w, spend.SoFar{Spent: moka.Known(-left), AtLeast: s.AtLeast}))
	case s.AtLeast:
		card.add(w.Budget.Left, w.Budget.LeftAtMost(left))
	default:
		card.add(w.Budget.Left, left.String())
	}
	card.row(w.Budget.Forecast, budgetForecast(w, s))
	card.add(w.Budget.Accounts, Disarm(strings.Join(firstLines(w, s.Budget.Accounts, budgetNamed), w.And)))
	card.add(w.Budget.Keys, Disarm(strings.Join(firstLines(w, s.Budget.Keys, budgetNamed), w.And)))
	return card
}

// budgetPeriod is a budget's period in its own calendar.
func budgetPeriod(s budget.Standing) string {
	return periodText(s.Budget.Span, s.Period.From.In(s.Budget.Zone), s.Period.To.In(s.Budget.Zone))
}

func budgetSpent(w *lang.Words, s budget.Standing) string {
	spent, known := s.Spent.Get()
	percent, _ := s.Percent()
	switch {
	case !known:
		return w.Budget.NotKnown
	case spent < 0:
		return w.Budget.Refunded(-spent, s.Budget.Amount)
	case s.AtLeast:
		return w.Budget.SpentAtLeast(spent, s.Budget.Amount, partOf(percent))
	}
	return w.Budget.Spent(spent, s.Budget.Amount, partOf(percent))
}

// partOf returns the part of an amount in percent, never rounded up: 99.9 % is not all
// of it.
func partOf(percent float64) string {
	const rounding = 1e-9
	if percent >= 1000 {
		return fmt.Sprintf("%.0f×", math.Floor(percent/100+rounding))
	}
	return fmt.Sprintf("%.0f%%", math.Floor(percent+rounding))
}

// budgetText is what was spent and, where a part of that is not known, why and when
// readings began.
func budgetText(w *lang.Words, s budget.Standing) string {
	lines := []string{budgetSpent(w, s)}
	if s.Unread != nil {
		lines = append(lines, Failure(w, s.Unread))
	}
	if !s.Began.IsZero() {
		lines = append(lines, w.Report.Began(Moment(s.Began)))
	}
	return strings.Join(lines, "\n")
}

// expectedLine is the forecast beside other figures, "" without enough history.
func expectedLine(w *lang.Words, s budget.Standing) string {
	if amounts := budgetForecast(w, s); amounts != "" {
		return w.Budget.Expected(amounts)
	}
	return ""
}

// budgetForecast is what the whole period is expected to cost, "" without
// enough history.
func budgetForecast(w *lang.Words, s budget.Standing) string {
	low, lowKnown := s.Low.Get()
	high, highKnown := s.High.Get()
	if !lowKnown || !highKnown {
		return ""
	}
	return w.Budget.Range(low, high, w.Day(s.Period.To.Add(-time.Second).In(s.Budget.Zone)))
}

func standingTone(s budget.Standing) Tone { return budgetTone(s.State) }

func budgetTone(s budget.State) Tone {
	switch s {
	case budget.StateExceeded:
		return ToneCritical
	case budget.StateWarning, budget.StateForecast:
		return ToneWarn
	case budget.StateUnknown:
		return ToneMuted
	}
	return ToneGood
}

// budgetLines are budgets in one line each, for a report.
func budgetLines(w *lang.Words, standings []budget.Standing) []string {
	var lines []string
	for i, s := range worstFirst(standings, maxCards, standingTone) {
		if i == maxCards {
			return append(lines, w.Incident.MoreOf(len(standings)-i))
		}
		lines = append(lines, w.Headline.With(Disarm(s.Budget.Name)+w.Colon+budgetSpent(w, s), expectedLine(w, s)))
	}
	return lines
}

// Budget shows one budget, with a picture of how it is used up where there is one.
func Budget(w *lang.Words, s budget.Standing, picture Picture) Message {
	m := Budgets(w, []budget.Standing{s})
	m.illustrate(0, "chart.png", picture)
	return m
}

// BudgetWarning is what a warning of a budget is about.
type BudgetWarning struct {
	News    budget.News
	Page    string // the accounts' console, where they share one; else empty
	Picture Picture
}

// BudgetAlert is the message of a budget's warning. Each threshold is posted once, so
// there is nothing to snooze.
func BudgetAlert(w *lang.Words, a BudgetWarning) Message {
	s := a.News.Standing
	line, forecast := w.Budget.Reached(s.Budget.Name, budgetSpent(w, s)), expectedLine(w, s)
	if a.News.Threshold == 0 {
		line = w.Budget.Exceeds(s.Budget.Name, s.Budget.Amount)
	}
	s.Unread = nil // it is of a moment; the warning stays
	card := budgetCard(w, s)
	if held := a.News.Held; !held.At.IsZero() {
		card.Text = joinLines(card.Text, w.Budget.HeldBack(Moment(held.At), held.Spent))
	}
	m := Message{
		Text: fit(w.Headline.With(line, forecast), maxHeadline), Cards: []Card{card},
		Mentions: Mentions{Roles: s.Budget.MentionRoles, Users: s.Budget.MentionUsers},
	}
	if a.Page != "" {
		m.Buttons = append(m.Buttons, Button{Label: w.Button.Console, URL: a.Page})
	}
	m.Buttons = append(m.Buttons, Button{Label: w.Button.Details, Action: "budget:" + s.Budget.Name})
	m.illustrate(0, "chart.png", a.Picture)
	return m
}

// BudgetAlt is what a picture of a budget shows, in words.
func BudgetAlt(w *lang.Words, s budget.Standing) string {
	return w.Headline.With(w.Headline.Of(w.Budget.Title(s.Budget.Name, budgetPeriod(s)), budgetSpent(w, s)), expectedLine(w, s))
}

// keepFiles are the files of a posted message, for an edit that does not change them.
func keepFiles(files []File) []File {
	var kept []File
	for _, f := range files {
		f.Data = nil
		kept = append(kept, f)
	}
	return kept
}

// Picture is a PNG with what it shows in words; the zero value is none.
type Picture struct {
	PNG []byte
	Alt string
}

// illustrate shows a picture in a card.
func (m *Message) illustrate(card int, name string, p Picture) {
	if len(p.PNG) > 0 {
		m.Cards[card].Picture = name
		m.Files = append(m.Files, File{Name: name, Type: "image/png", Data: p.PNG, Alt: p.Alt})
	}
}

// CloseBudget is an earlier warning of a budget whose period is over, or that was
// changed. It keeps its text and pings nobody.
func CloseBudget(w *lang.Words, posted Message, at time.Time) Message {
	m := Message{Text: posted.Text, Cards: slices.Clone(posted.Cards), Files: keepFiles(posted.Files)}
	for i := range m.Cards {
		m.Cards[i].Tone = ToneMuted
	}
	if last := len(m.Cards) - 1; last >= 0 {
		m.Cards[last].Text = joinLines(m.Cards[last].Text, w.Budget.Closed(Moment(at)))
	}
	return m
}
