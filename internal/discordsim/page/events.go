package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// keepAlive is how often a silent stream shows that it lives.
const keepAlive = 15 * time.Second

// snapshot is everything there is when a page connects.
type snapshot struct {
	Channels []Channel                    `json:"channels"`
	People   []Person                     `json:"people"`
	Messages map[string][]json.RawMessage `json:"messages"` // by channel
	Names    map[string]string            `json:"names"`    // of users and roles

	Storybook bool `json:"storybook,omitempty"` // there is one
}

// events is the stream of server-sent events: a snapshot, and then the changes.
// It subscribes first, so that nothing is missed in between; what comes twice
// changes nothing.
func (s server) events(w http.ResponseWriter, r *http.Request) {
	changes := s.Subscribe(r.Context())
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	out := stream{w, http.NewResponseController(w)}
	_ = out.SetWriteDeadline(time.Time{}) // not every server has one
	if out.send("snapshot", s.snapshot()) != nil {
		return
	}
	s.follow(r, out, changes)
}

// follow passes the changes on until one of the two sides leaves.
func (s server) follow(r *http.Request, out stream, changes <-chan Event) {
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case e, ok := <-changes:
			if !ok {
				return
			}
			err = out.change(e)
		case <-tick.C:
			err = out.write(": alive\n\n")
		}
		if err != nil {
			return
		}
	}
}

// snapshot collects what there is now.
func (s server) snapshot() snapshot {
	all := snapshot{Channels: []Channel{}, People: append([]Person{}, s.People()...), Messages: map[string][]json.RawMessage{}, Names: s.Names()}
	_, all.Storybook = s.Backend.(Storyteller)
	for _, c := range s.Channels() {
		all.Channels = append(all.Channels, c)
		all.Messages[c.ID] = valid(s.Messages(c.ID))
	}
	return all
}

// valid leaves out what is no JSON, which would spoil all the rest.
func valid(raw []json.RawMessage) []json.RawMessage {
	out := []json.RawMessage{}
	for _, m := range raw {
		if json.Valid(m) {
			out = append(out, m)
		}
	}
	return out
}

// stream writes server-sent events.
type stream struct {
	w http.ResponseWriter
	*http.ResponseController
}

// change sends an event of a kind that the page knows.
func (s stream) change(e Event) error {
	switch e.Type {
	case "create", "update", "delete":
	default:
		return nil
	}
	if !json.Valid(e.Message) {
		return nil
	}
	return s.send(e.Type, e)
}

func (s stream) send(kind string, v any) error {
	raw, err := json.Marshal(v) // in one line
	if err != nil {
		return fmt.Errorf("event %s: %w", kind, err)
	}
	return s.write("event: " + kind + "\ndata: " + string(raw) + "\n\n")
}

func (s stream) write(text string) error {
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.Flush()
}
