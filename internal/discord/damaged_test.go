package discord

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"mokabot/internal/message"
	"mokabot/internal/store"
)

// shared is an outbox whose messages are sent along with another one.
type shared struct {
	*box
	along []json.RawMessage
}

func (s shared) Joined(context.Context, store.Due, int, func([]json.RawMessage) int) ([]json.RawMessage, error) {
	return s.along, nil
}

// A row that another program damaged takes no alert with it that shares its post.
func TestADamagedMessageTakesNoOtherWithIt(t *testing.T) {
	well := func(text string) json.RawMessage {
		raw, err := json.Marshal(message.Note(text, message.ToneWarn))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	damaged := json.RawMessage(`{"Cards":[`)
	for _, c := range []struct {
		what    string
		payload json.RawMessage
		along   []json.RawMessage
		want    int // cards; 0: it is given up
	}{
		{"all are well", well("a"), []json.RawMessage{well("b"), well("c")}, 3},
		{"one of them", well("a"), []json.RawMessage{damaged, well("c")}, 2},
		{"the first of them", damaged, []json.RawMessage{well("b")}, 1},
		{"all of them", damaged, []json.RawMessage{damaged}, 0},
	} {
		d := &Delivery{Box: shared{newBox(), c.along}, Log: slog.New(slog.DiscardHandler)}
		m, err := d.compose(t.Context(), store.Due{Payload: c.payload})
		if len(m.Cards) != c.want || (c.want == 0) != (err != nil && remedyOf(err) == remedyHuman) {
			t.Errorf("%s: %d cards, %v", c.what, len(m.Cards), err)
		}
	}
}
