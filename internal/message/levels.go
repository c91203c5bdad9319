package message

import (
	"cmp"
	"strings"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
)

// AccountLevels are the levels of an account that are in force.
type AccountLevels struct {
	Account string
	Levels  []alert.Level
	Changed map[string]bool // by name: set in Discord, not in the file
}

// Levels shows the levels of accounts, a line each.
func Levels(w *lang.Words, all []AccountLevels) Message {
	card := Card{Title: w.Levels.Title, Tone: ToneInfo}
	for _, a := range all {
		var lines []string
		for _, l := range a.Levels {
			lines = append(lines, levelLine(w, l, a.Changed[l.Name]))
		}
		card.row(a.Account, cmp.Or(joinLines(lines...), w.Levels.None))
	}
	return Message{Cards: []Card{card}}
}

func levelLine(w *lang.Words, l alert.Level, changed bool) string {
	var limits []string
	if amount, ok := l.Below.Get(); ok {
		limits = append(limits, w.Levels.Below(amount))
	}
	if l.Runway > 0 {
		limits = append(limits, w.Levels.Runway(l.Runway))
	}
	line := "**" + Disarm(l.Name) + "**" + w.Colon + strings.Join(limits, w.Levels.Or)
	if changed {
		line += " · " + w.Levels.Changed
	}
	return line
}
