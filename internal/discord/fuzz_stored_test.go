package discord

import (
	"encoding/json"
	"strings"
	"testing"

	"mokabot/internal/message"
)

// FuzzStored: whatever stands in the outbox becomes something that Discord takes.
func FuzzStored(f *testing.F) {
	for _, m := range []message.Message{
		{Text: "hello", Mentions: message.Mentions{Roles: []string{"7"}}},
		{Cards: []message.Card{{Title: strings.Repeat("x", 300), Text: strings.Repeat("y", 5000), Fields: []message.Field{{Name: "n", Value: ""}}}}},
		{Buttons: []message.Button{{Label: "", Action: "a"}, {Label: "b", Action: strings.Repeat("c", 200)}}},
	} {
		raw, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	f.Fuzz(func(t *testing.T, raw string) {
		var m message.Message
		if json.Unmarshal([]byte(raw), &m) != nil {
			return
		}
		w := toPayload(m)
		total := 0
		for _, e := range w.Embeds {
			total += units(e.Title) + units(e.Description)
			for _, field := range e.Fields {
				total += units(field.Name) + units(field.Value)
			}
		}
		if units(w.Content) > maxContent || len(w.Embeds) > maxEmbeds || total > 6000 || len(w.Components) > maxRows {
			t.Errorf("beyond the limits: %d in the text, %d embeds of %d, %d rows", units(w.Content), len(w.Embeds), total, len(w.Components))
		}
	})
}
