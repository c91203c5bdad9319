package message

import (
	"strings"

	"mokabot/internal/lang"
)

// Reloaded is the result of reading the configuration again.
type Reloaded struct {
	Accounts, Reports int
	Restart           []string // changed keys that take effect only at a restart

	// Problems are why the old configuration stays in force, a line each; nil: the new one is.
	Problems func(w *lang.Words) []string
}

// Reload shows the result of reading the configuration again.
func Reload(w *lang.Words, r Reloaded) Message {
	if r.Problems != nil {
		const maxShown = 15
		var lines []string
		for _, p := range firstLines(w, r.Problems(w), maxShown) {
			lines = append(lines, "• "+Disarm(p))
		}
		return Note(w.Reload.Kept+"\n"+strings.Join(lines, "\n"), ToneWarn)
	}
	text := w.Reload.Done(r.Accounts, r.Reports)
	if len(r.Restart) > 0 {
		text += "\n" + w.Reload.Restart(strings.Join(r.Restart, w.And))
	}
	return Note(text, ToneGood)
}
