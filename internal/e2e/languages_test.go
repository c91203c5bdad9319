package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"mokabot/internal/discordsim"
	"mokabot/internal/lang"
	"mokabot/moka/mokatest"
)

// TestEveryCommandInEveryLanguage: each registered command, and each button
// below its answer, answers in the caller's language and in no other, while
// something is wrong and lists have several pages.
func TestEveryCommandInEveryLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 40 {
		w.gateway.AddKey(2, mokatest.Key{Key: fmt.Sprintf("sk-%048d", i), Name: fmt.Sprintf("key-%d", i), Remain: 1_000_000})
	}
	w.gateway.Update(func(s *mokatest.State) {
		for i := range 60 {
			s.Models = append(s.Models, mokatest.Model{ID: fmt.Sprintf("many/model-%02d", i), OwnedBy: "many", Ratio: 1, Completion: 2})
		}
	})
	w.run(t, w.config(t, `"* * * * *"`, `"0 0 1 1 *"`), nil)
	w.polled(t, 2)
	w.spend(36_000_000) // $72 of $90
	w.waits(t, discordsim.AlertsChannel, "the alert", titled("team"))
	for _, words := range lang.All() {
		locale := map[string]string{"en": "en-US"}[words.Tag]
		if locale == "" {
			locale = words.Tag
		}
		pressed := map[string]bool{}
		for _, c := range w.discord.Commands(discordsim.GuildID) {
			var command struct{ Name string }
			if err := json.Unmarshal(c.Raw, &command); err != nil {
				t.Fatal(err)
			}
			m, err := w.discord.Slash(deadline(t), discordsim.Call{Name: command.Name, Locale: locale})
			speaks(t, words, "/"+command.Name, m, err)
			for _, row := range m.Components {
				for _, b := range row.Components {
					what, _, _ := strings.Cut(b.CustomID, ":")
					if b.Disabled {
						continue
					}
					pressed[what] = true
					after, form, err := w.discord.Press(deadline(t), discordsim.Press{MessageID: m.ID, CustomID: b.CustomID, Locale: locale, Stale: true})
					if form != nil {
						after, err = w.discord.Submit(deadline(t), *form, map[string]string{form.Inputs[0].CustomID: "3h"})
					}
					speaks(t, words, b.CustomID, after, err)
				}
			}
		}
		if !pressed["models"] || !pressed["keys"] || !pressed["alerts"] {
			t.Errorf("%s: pressed %v", words.Tag, pressed)
		}
	}
	w.noViolations(t)
}

// speaks: the answer is one, and in the language.
func speaks(t *testing.T, w *lang.Words, what string, m discordsim.Message, err error) {
	t.Helper()
	text := string(m.JSON())
	chinese := strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	if err != nil || len(m.Embeds) == 0 || chinese != (w.Tag == "zh-CN") || strings.Contains(text, w.Command.Panicked) || strings.Contains(text, w.Failure.Unexpected) {
		t.Errorf("%s in %s: %v, %s", what, w.Tag, err, text)
	}
}
