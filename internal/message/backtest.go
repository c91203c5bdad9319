package message

import (
	"fmt"
	"strings"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/moka"
)

// Backtest shows what an account's rules would have posted in the past.
func Backtest(w *lang.Words, account string, days int, h alert.History) Message {
	words := w.CLI.Backtest
	card := Card{Title: words.Title(account, days), Tone: ToneInfo}
	if h.Readings == 0 {
		card.Text = words.None
		return Message{Cards: []Card{card}}
	}
	var lines []string
	for _, e := range h.Posts {
		lines = append(lines, Moment(e.At)+"  "+firstLine(w, AlertDetails{Account: account, Event: e}))
	}
	card.count(words.Pings, h.Pings)
	card.count(words.Posts, len(h.Posts))
	card.count(words.Incidents, h.Incidents)
	card.count(words.Flaps, h.Flaps)
	card.count(words.Edits, h.Edits)
	card.Text = strings.Join(append(emptyLines(w, h), lines...), "\n")
	return Message{Cards: []Card{card}}
}

func (c *Card) count(name string, n int) { c.add(name, moka.Grouped(uint64(n))) }

// BacktestBudget shows what would have been posted about a budget.
func BacktestBudget(w *lang.Words, b budget.Budget, days int, news []budget.News) Message {
	words := w.CLI.Backtest
	card := Card{Title: words.Budget(b.Name, days), Tone: ToneInfo}
	if len(b.Keys) > 0 {
		card.Text = words.ByKeys
		return Message{Cards: []Card{card}}
	}
	pings := 0
	var lines []string
	for _, n := range news {
		if len(b.MentionRoles)+len(b.MentionUsers) > 0 {
			pings++
		}
		lines = append(lines, Moment(n.Standing.At)+"  "+BudgetAlert(w, BudgetWarning{News: n}).Text)
	}
	card.Text = strings.Join(lines, "\n")
	card.count(words.Pings, pings)
	card.count(words.Posts, len(news))
	return Message{Cards: []Card{card}}
}

// Outcome is what a configuration would have posted about an account or budget.
type Outcome struct {
	Config       string // its name
	Missing      bool   // it does not have the account or budget
	Pings, Posts int
	First        time.Time // the first warning; zero: none
}

// BacktestAgainst compares two configurations.
func BacktestAgainst(w *lang.Words, title string, a, b Outcome) Message {
	words := w.CLI.Backtest
	lines := []string{words.With(a.Config, a.Pings, a.Posts)}
	if b.Missing {
		lines = append(lines, words.Missing(b.Config))
	} else {
		lines = append(lines, words.With(b.Config, b.Pings, b.Posts))
	}
	switch earlier := a.First.Sub(b.First); {
	case b.Missing || a.First.IsZero() && b.First.IsZero():
	case b.First.IsZero():
		lines = append(lines, words.Only(a.Config))
	case a.First.IsZero():
		lines = append(lines, words.Only(b.Config))
	case earlier == 0:
		lines = append(lines, words.SameTime)
	default:
		lines = append(lines, words.First(b.Config, earlier))
	}
	return Message{Cards: []Card{{Title: title, Text: strings.Join(lines, "\n"), Tone: ToneInfo}}}
}

func emptyLines(w *lang.Words, h alert.History) []string {
	var lines []string
	for _, e := range h.Empties {
		warned := w.CLI.Backtest.NoWarning
		if e.Lead > 0 {
			warned = w.CLI.Backtest.Lead(e.Lead)
		}
		lines = append(lines, fmt.Sprintf("%s · %s", w.CLI.Backtest.Empty(Moment(e.At)), warned))
	}
	return lines
}
