package message

import (
	"fmt"
	"strings"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/moka"
)

// Backtest tells what an account's rules would have said of the past.
func Backtest(w *lang.Words, account string, days int, h alert.History) Message {
	words := w.CLI.Backtest
	card := Card{Title: words.Title(account, days), Tone: ToneInfo}
	if h.Readings == 0 {
		card.Text = words.None
		return Message{Cards: []Card{card}}
	}
	posts, incidents := 0, 0
	var lines []string
	for _, e := range h.Events {
		if e.Post() {
			posts++
		}
		if e.Kind == alert.Raised {
			incidents++
		}
		if what := happened(w, TimelineEntry{At: e.At, Kind: e.Kind, Level: e.Incident.LevelName}); what != "" {
			lines = append(lines, Moment(e.At)+"  "+IncidentName(w, account, e.Incident)+" · "+what)
		}
	}
	count := func(name string, n int) { // one figure a line reads well in a terminal
		card.Fields = append(card.Fields, Field{Name: name, Value: moka.Grouped(uint64(n)), Inline: true})
	}
	count(words.Pings, h.Pings)
	count(words.Posts, posts)
	count(words.Incidents, incidents)
	count(words.Flaps, h.Flaps)
	count(words.Edits, h.Edits)
	card.Text = strings.Join(append(emptyLines(w, h), lines...), "\n")
	return Message{Cards: []Card{card}}
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
