package demo

import (
	"strconv"
	"sync"

	"mokabot/internal/discordsim"
	"mokabot/internal/discordsim/page"
)

// maxForms is how many open forms are kept; the oldest go first.
const maxForms = 100

// forms are those that are open in visitors' browsers.
type forms struct {
	mu   sync.Mutex
	last int // number of the newest
	open map[int]discordsim.Form
}

// keep notes a form, and returns it as the page shows it.
func (f *forms) keep(form discordsim.Form) *page.Form {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		f.open = map[int]discordsim.Form{}
	}
	f.last++
	f.open[f.last] = form
	delete(f.open, f.last-maxForms)
	shown := &page.Form{ID: strconv.Itoa(f.last), Title: form.Title}
	for _, in := range form.Inputs {
		shown.Inputs = append(shown.Inputs, page.Input{
			ID: in.CustomID, Label: in.Label, Hint: in.Placeholder, Value: in.Value,
			Required: in.Required, Long: in.Long, Min: in.MinLength, Max: in.MaxLength,
		})
	}
	return shown
}

// get finds a form that is open. It stays open, as on Discord until it is answered.
func (f *forms) get(id string) (discordsim.Form, bool) {
	n, err := strconv.Atoi(id)
	if err != nil {
		return discordsim.Form{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	form, ok := f.open[n]
	return form, ok
}
