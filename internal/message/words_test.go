package message_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/lang/langtest"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/story"
	"mokabot/moka"
)

// said is everything that the examples and the failures say, and what an
// incident's story says when it ends while somebody asks for it, and the form.
func said(t *testing.T, w *lang.Words) string {
	t.Helper()
	var b strings.Builder
	for _, s := range story.All(w) {
		raw, err := json.Marshal(s.Message)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(raw)
	}
	for _, k := range kinds {
		b.WriteString(message.Failure(w, &moka.Error{Kind: k}))
	}
	for _, h := range hints {
		b.WriteString(message.Failure(w, &moka.Error{Kind: moka.Unavailable, Hint: h}))
	}
	b.WriteString(message.Failure(w, nil))
	ends := []message.TimelineEntry{{Kind: alert.Ended}, {Kind: alert.Withdrawn}}
	ending := message.OpenIncident{Incident: alert.Incident{Condition: alert.Balance}}
	b.WriteString(message.IncidentDetails(w, ending, ends, time.Time{}).Cards[0].Fields[0].Value)
	form := message.SnoozeForm(w, "")
	b.WriteString(form.Title + form.Label + form.Hint)
	return b.String()
}

// Every word of every language is in a message that a golden file pins, but
// for those of the command line and of Discord's menu, which
// TestTheCommandLineSaysEveryWord, TestTranscripts and TestCommandsAreWhatDiscordAllows look for,
// and those of problems, for which TestMistakesSayEveryWord does.
func TestEveryWordIsSaid(t *testing.T) {
	proof.NotShort(t)
	for _, w := range lang.All() {
		tag, all := w.Tag, langtest.Mark(w)
		text := said(t, w)
		for _, path := range all {
			elsewhere := strings.HasPrefix(path, "CLI.") && !strings.HasPrefix(path, "CLI.Backtest") ||
				strings.HasPrefix(path, "Command.Abouts/") || strings.HasPrefix(path, "Command.Names/") || strings.HasPrefix(path, "Levels.Actions/") || strings.HasPrefix(path, "Usage.By/") || strings.HasPrefix(path, "Init.") ||
				strings.HasPrefix(path, "Arguments.") || strings.HasPrefix(path, "Config.") && path != "Config.AtLeastSecond" ||
				strings.HasPrefix(path, "Failure.Permissions/") ||
				strings.HasPrefix(path, "Delivery.") || strings.HasPrefix(path, "Database.") || strings.HasPrefix(path, "Chart.") || ofDiscord[path]
			if !elsewhere && !langtest.Said(text, path) {
				t.Errorf("%s: nobody says %s", tag, path)
			}
		}
	}
}

// ofDiscord, and what is said of the delivery, are said by package discord, and looked for on the command line.
// Package app says what is wrong with the database.
var ofDiscord = map[string]bool{
	"Failure.DiscordToken": true, "Failure.DiscordDown": true, "Failure.DiscordTLS": true, "Failure.DiscordProxy": true, "Failure.NoChannel": true, "Failure.NoAccess": true, "Failure.NotText": true,
	"Failure.MissingPermissions": true,
}
