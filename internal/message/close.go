package message

import (
	"slices"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
)

// Close is an earlier post of an incident that is over. It keeps its text, loses its
// buttons, changes its colour, and says when and why the incident ended.
func Close(w *lang.Words, posted Message, e alert.Event) Message {
	m := Message{Text: posted.Text, Files: posted.Files}
	for n, card := range posted.Cards {
		card.Tone = ToneMuted
		if e.Kind == alert.Ended && !planEnded(e) {
			card.Tone = ToneGood
		}
		card.Fields = slices.DeleteFunc(slices.Clone(card.Fields), func(f Field) bool { return f.Name == w.Alert.Snoozed })
		if n == len(posted.Cards)-1 {
			card.Text = joinLines(card.Text, closedLine(w, e))
		}
		m.Cards = append(m.Cards, card)
	}
	return m
}

func closedLine(w *lang.Words, e alert.Event) string {
	switch {
	case planEnded(e):
		return w.Alert.PlanEndedAt(Moment(e.Incident.Expires))
	case e.Kind == alert.Ended:
		return w.Alert.Resolved(Moment(e.Incident.EndedAt), w.Duration(e.Duration()))
	case e.By != "":
		return w.Alert.Replaced
	case e.Reason == alert.Removed:
		return w.Alert.AccountRemoved
	case e.Reason == alert.Mistaken:
		return w.Alert.Mistaken
	}
	return w.Alert.RulesChanged
}

// heldBackLine is since when an alert was held back, and how much was left then; empty
// for one that was not.
func heldBackLine(w *lang.Words, e alert.Event) string {
	if !e.Late || e.Kind == alert.Ended {
		return ""
	}
	then := ""
	if money, ok := e.Incident.OwedMoney.Get(); ok {
		then = money.String()
	}
	return w.Alert.HeldBack(Moment(e.Incident.OwedAt), then)
}
