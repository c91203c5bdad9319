package page

import (
	"embed"
	"encoding/json"
	"errors"
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
	"connect-src 'self'; base-uri 'none'; form-action 'none'"

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
	mux.HandleFunc("GET /complete", s.complete)
	mux.HandleFunc("GET /actions", s.actions)
	mux.HandleFunc("POST /say", s.say)
	mux.HandleFunc("POST /press", s.press)
	mux.HandleFunc("POST /act", s.act)
	mux.Handle("GET /attachments/", b.Attachments())
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

// say uses the command in a typed line.
func (s server) say(w http.ResponseWriter, r *http.Request) {
	var in struct{ Text, Channel, Locale string }
	if !read(w, r, &in) {
		return
	}
	locale := localeOf(in.Locale)
	channel, ok := s.channel(in.Channel)
	if !ok {
		refuse(w, errors.New(wordsFor(locale).noChannel))
		return
	}
	line, err := parse(decode(s.Commands()), in.Text, locale)
	if err != nil {
		refuse(w, err)
		return
	}
	done(w, s.Slash(r.Context(), channel, locale, line.command.Name, line.options))
}

// channel is the chosen channel, or the first one where none was chosen.
func (s server) channel(id string) (string, bool) {
	list := s.Channels()
	if id == "" && len(list) > 0 {
		return list[0].ID, true
	}
	return id, slices.ContainsFunc(list, func(c Channel) bool { return c.ID == id })
}

// press presses a button.
func (s server) press(w http.ResponseWriter, r *http.Request) {
	var in struct {
		MessageID string `json:"message_id"`
		CustomID  string `json:"custom_id"`
		Locale    string `json:"locale"`
	}
	if !read(w, r, &in) {
		return
	}
	locale := localeOf(in.Locale)
	channel, ok := s.channelOf(in.MessageID)
	if !ok {
		refuse(w, errors.New(wordsFor(locale).noMessage))
		return
	}
	done(w, s.Press(r.Context(), channel, locale, in.MessageID, in.CustomID))
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

// actions lists the buttons of the side panel.
func (s server) actions(w http.ResponseWriter, r *http.Request) {
	list := s.Actions(localeOf(r.FormValue("locale")))
	answer(w, http.StatusOK, append([]Action{}, list...)) // none is [], not null
}

// act does what a button of the side panel says.
func (s server) act(w http.ResponseWriter, r *http.Request) {
	var in struct{ ID string }
	if read(w, r, &in) {
		done(w, s.Act(r.Context(), in.ID))
	}
}

// read takes the JSON of a request, or refuses it.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into)
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": "not the JSON that was expected: " + err.Error()})
	}
	return err == nil
}

// done answers with what came of a request.
func done(w http.ResponseWriter, err error) {
	if err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// refuse answers with an error that the visitor is to read.
func refuse(w http.ResponseWriter, err error) {
	answer(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
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
