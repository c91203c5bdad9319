package message

import (
	"mokabot/internal/alert"
	"mokabot/internal/lang"
)

// Views is how many conditions have a view.
func Views() int { return len(conditionViews) }

// HasView reports whether people can see a condition, in every language.
func HasView(c alert.Condition) bool {
	v, ok := conditionViews[c]
	for _, w := range lang.All() {
		ok = ok && v.words != nil && v.words(&w.Alert).Raised != nil && v.words(&w.Alert).Ended != nil && v.tone != "" && v.line != nil
	}
	return ok
}
