package bot

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"mokabot/internal/message"
)

// shared is an outbox whose messages are sent along with another one.
type shared struct {
	*box
	along []json.RawMessage
}

func (s shared) Joined(context.Context, Due, int) ([]json.RawMessage, error) { return s.along, nil }

// A row that another program damaged takes no alarm with it that shares its post.
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
		m, err := d.compose(t.Context(), Due{Payload: c.payload})
		if len(m.Cards) != c.want || (c.want == 0) != permanent(err) {
			t.Errorf("%s: %d cards, %v", c.what, len(m.Cards), err)
		}
	}
}

func TestAServerThatLetsTheBotInGetsItsCommands(t *testing.T) {
	r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, "[]") })
	b := quietBot(t)
	b.REST, b.Values = r, memory{}
	b.place.set(Ready{ApplicationID: "43"})
	b.Joined(t.Context(), "2") // not one that is served
	if n := len(f.requests()); n != 0 {
		t.Errorf("%d requests for a server that is not served", n)
	}
	b.Joined(t.Context(), "1")
	if got := f.requests(); len(got) == 0 || got[0].method != http.MethodPut || !strings.HasSuffix(got[0].path, "/applications/43/guilds/1/commands") {
		t.Errorf("the requests are %v", got)
	}
}
