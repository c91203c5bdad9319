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

// Levels shows the levels of accounts, a line each. Of many accounts, those with the same
// levels are shown together.
func Levels(w *lang.Words, all []AccountLevels) Message {
	card := Card{Title: w.Levels.Title, Tone: ToneInfo}
	var texts []string
	names := map[string][]string{} // by text
	for _, a := range all {
		text := levelsText(w, a)
		if len(all) <= maxCards {
			card.row(a.Account, text)
			continue
		}
		if names[text] == nil {
			texts = append(texts, text)
		}
		names[text] = append(names[text], a.Account)
	}
	for _, text := range texts {
		card.row(strings.Join(firstLines(w, names[text], levelsNamed), w.And), text)
	}
	return Message{Cards: []Card{card}}
}

// levelsNamed is how many accounts with the same levels are named.
const levelsNamed = 6

func levelsText(w *lang.Words, a AccountLevels) string {
	var lines []string
	for _, l := range a.Levels {
		lines = append(lines, levelLine(w, l, a.Changed[l.Name]))
	}
	return cmp.Or(joinLines(lines...), w.Levels.None)
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
