package page

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
)

//go:embed static
var files embed.FS

// maxBody is far above what the page sends.
const maxBody = 64 << 10

// policy lets the page use what comes from its own address, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// server answers the page's requests.
type server struct {
	Backend
}

// Handler serves the page of a simulated Discord. Other sites' pages cannot
// make a visitor's browser post to it.
func Handler(b Backend) http.Handler {
	s := server{b}
	mux := http.NewServeMux()
	mux.Handle("GET /", assets())
	mux.HandleFunc("GET /events", s.events)
	mux.Handle("GET /complete", handler(s.complete))
	mux.Handle("GET /panel", handler(s.panel))
	mux.Handle("POST /say", handler(s.say))
	mux.Handle("POST /press", handler(s.press))
	mux.Handle("POST /submit", handler(s.submit))
	mux.Handle("POST /act", handler(s.act))
	mux.Handle("GET /attachments/", b.Attachments())
	if teller, ok := b.(Storyteller); ok {
		s.storybook(mux, teller)
	}
	return http.NewCrossOriginProtection().Handler(guarded(mux))
}

// assets serves the files of the page.
func assets() http.Handler {
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic(err) // the name is a constant
	}
	return http.FileServerFS(static)
}

// guarded adds the headers that keep the page to itself.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// caller is who asks in a request, as the page sends it.
type caller struct{ Channel, Person, Locale string }

// caller takes what a request says of its caller. Where a channel is missing
// it is the first one, where the person is missing the usual one.
func (s server) caller(in caller) (Caller, error) {
	c := Caller{Channel: in.Channel, Person: in.Person, Locale: localeOf(in.Locale)}
	channels, people := s.Channels(), s.People()
	if c.Channel == "" && len(channels) > 0 {
		c.Channel = channels[0].ID
	}
	if c.Person == "" && len(people) > 0 {
		c.Person = people[0].ID
	}
	say := wordsFor(c.Locale)
	if !slices.ContainsFunc(channels, func(o Channel) bool { return o.ID == c.Channel && o.seenBy(c.Person) }) {
		return c, errors.New(say.noChannel)
	}
	if !slices.ContainsFunc(people, func(p Person) bool { return p.ID == c.Person }) {
		return c, errors.New(say.noPerson)
	}
	return c, nil
}

// seenBy reports whether a person can open the channel.
func (c Channel) seenBy(person string) bool { return c.Person == "" || c.Person == person }

// say uses the command in a typed line.
func (s server) say(r *http.Request) (any, error) {
	var in struct {
		caller
		Text string
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	c, err := s.caller(in.caller)
	if err != nil {
		return nil, err
	}
	line, err := parse(decode(s.Commands()), in.Text, c.Locale)
	if err != nil {
		return nil, err
	}
	return nil, s.Slash(r.Context(), c, line.command.Name, line.options)
}

// press presses a button, and answers with the form that it opens.
func (s server) press(r *http.Request) (any, error) {
	var in struct {
		caller
		MessageID string `json:"message_id"`
		CustomID  string `json:"custom_id"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	channel, ok := s.channelOf(in.MessageID)
	if !ok {
		return nil, errors.New(wordsFor(localeOf(in.Locale)).noMessage)
	}
	in.Channel = channel
	c, err := s.caller(in.caller)
	if err != nil {
		return nil, err
	}
	form, err := s.Press(r.Context(), c, in.MessageID, in.CustomID)
	if err != nil || form == nil {
		return nil, err
	}
	return form, nil
}

// submit sends a form that a button opened.
func (s server) submit(r *http.Request) (any, error) {
	var in struct {
		caller
		ID     string
		Values map[string]string
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	c, err := s.caller(in.caller)
	if err != nil {
		return nil, err
	}
	return nil, s.Submit(r.Context(), c, in.ID, in.Values)
}

// channelOf finds the channel of a message.
func (s server) channelOf(message string) (string, bool) {
	for _, c := range s.Channels() {
		for _, raw := range s.Messages(c.ID) {
			var m struct {
				ID string `json:"id"`
			}
			if json.Unmarshal(raw, &m) == nil && m.ID != "" && m.ID == message {
				return c.ID, true
			}
		}
	}
	return "", false
}

// panel is the side panel as it is now.
func (s server) panel(r *http.Request) (any, error) {
	p := s.Panel(localeOf(r.FormValue("locale")))
	p.Actions = append([]Action{}, p.Actions...) // an empty list is [], not null
	return p, nil
}

// act does what an action of the side panel says.
func (s server) act(r *http.Request) (any, error) {
	var in struct{ ID, Locale string }
	if err := read(r, &in); err != nil {
		return nil, err
	}
	text, err := s.Act(r.Context(), localeOf(in.Locale), in.ID)
	if err != nil {
		return nil, err
	}
	return map[string]string{"text": text}, nil
}

// handler answers a request with JSON, or with nothing for nil. Its error is what the
// visitor is to read.
type handler func(r *http.Request) (any, error)

// errNotJSON is of a request that the page does not send.
var errNotJSON = errors.New("not the JSON that was expected")

// ServeHTTP answers with what h makes of the request.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	switch v, err := h(r); {
	case errors.Is(err, errNotJSON):
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
	case err != nil:
		answer(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
	case v == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(w, http.StatusOK, v)
	}
}

// read takes the JSON of a request.
func read(r *http.Request, into any) error {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		return fmt.Errorf("%w: %w", errNotJSON, err)
	}
	return nil
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // a visitor who left needs no answer
}
