package page

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Storyteller is what a [Backend] may also be: it has the messages of the
// storybook. Without it there is no storybook.
type Storyteller interface {
	// Stories are all messages, each in every language; their order is the
	// storybook's.
	Stories() []Story
}

// Story is a message with made-up data.
type Story struct {
	Name     string            `json:"name"`
	Language string            `json:"language"`         // a tag such as en
	Golden   string            `json:"golden,omitempty"` // the file that it is held to
	At       time.Time         `json:"at,omitzero"`      // when it plays; the storybook's clock stands still then
	Message  json.RawMessage   `json:"message"`          // as a client gets it
	Files    map[string][]byte `json:"-"`                // what is attached, by file name
	Names    map[string]string `json:"-"`                // of whom and what it mentions, by id
}

// book is what the storybook shows.
type book struct {
	Stories []Story           `json:"stories"`
	Names   map[string]string `json:"names"`
}

// storybook adds the storybook's addresses.
func (s server) storybook(mux *http.ServeMux, teller Storyteller) {
	mux.HandleFunc("GET /storybook", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "static/storybook.html")
	})
	mux.HandleFunc("GET /storybook/stories.json", func(w http.ResponseWriter, _ *http.Request) {
		all := slices.DeleteFunc(teller.Stories(), func(s Story) bool { return !json.Valid(s.Message) })
		names := maps.Clone(s.Names())
		for _, story := range all {
			maps.Copy(names, story.Names)
		}
		answer(w, http.StatusOK, book{append([]Story{}, all...), names})
	})
	mux.HandleFunc("GET /storybook/files/{language}/{story}/{name}", func(w http.ResponseWriter, r *http.Request) {
		data, ok := storyFile(teller.Stories(), r.PathValue("language"), r.PathValue("story"), r.PathValue("name"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", http.DetectContentType(data))
		_, _ = w.Write(data) // a visitor who left needs no answer
	})
}

func storyFile(all []Story, language, story, name string) ([]byte, bool) {
	i := slices.IndexFunc(all, func(s Story) bool { return s.Language == language && s.Name == story })
	if i < 0 {
		return nil, false
	}
	data, ok := all[i].Files[name]
	return data, ok
}
