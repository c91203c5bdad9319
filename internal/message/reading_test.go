package message_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/story"
)

// What a reader looks for in the first line of an alert.
var (
	amounts = regexp.MustCompile(`-?\$[0-9.,]*[0-9]`)
	times   = regexp.MustCompile(`[0-9]+ (d|h|min)( [0-9]+ (h|min))?|by [A-Z][a-z]{2} [0-9]+`)
)

// TestTheFirstLineOfAnAlertAnswersWhatPeopleAsk makes docs/first-lines.md: of
// each alert, which of four questions its first line answers, and what the
// buttons offer. A line that says neither how bad it is nor for how long is
// worth nothing at night.
func TestTheFirstLineOfAnAlertAnswersWhatPeopleAsk(t *testing.T) {

	var b strings.Builder
	b.WriteString("# What the first line of an alert answers\n\nMade by a test from the examples in `internal/story`. The first line is all that a phone's lock screen shows.\n\n")
	b.WriteString("| alert | first line | how bad | until when, since when | what to do |\n|---|---|---|---|---|\n")
	for _, s := range story.All(lang.English()) {
		if s.From != "Alert" && s.From != "BudgetAlert" {
			continue
		}
		line := lang.PlainSpaces(s.Message.Text)
		bad, when := amounts.FindAllString(line, -1), times.FindAllString(line, -1)
		if strings.Contains(line, "calls fail") {
			bad = append(bad, "calls fail")
		}
		if len(bad)+len(when) == 0 {
			t.Errorf("%s says neither how bad it is nor for how long: %q", s.Name, line)
		}
		if !strings.HasPrefix(line, "team") && !strings.HasPrefix(line, "Reminder · team") && !strings.HasPrefix(line, "Budget ") {
			t.Errorf("%s does not say what it is about: %q", s.Name, line)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", s.Name, line, strings.Join(bad, ", "), strings.Join(when, ", "), strings.Join(offers(s.Message), ", "))
	}
	golden(t, filepath.Join("..", "..", "..", "docs", "first-lines.md"), b.String())
}

// offers are the labels of a message's buttons; the snoozes count as one.
func offers(m message.Message) []string {
	var labels []string
	for _, b := range m.Buttons {
		label := b.Label
		if strings.HasPrefix(label, "Snooze") || label == lang.English().Button.SnoozeUntilTopUp {
			label = "Snooze"
		}
		if !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	return labels
}
