package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// fake is a Discord with made-up messages.
type fake struct {
	mu       sync.Mutex
	channels []Channel
	messages map[string][]json.RawMessage
	events   chan Event
	calls    []string
	fail     error
}

const testCommands = `[
 {"type":1,"name":"balance","description":"What is left","name_localizations":{"zh-CN":"余额"},"description_localizations":{"zh-CN":"还剩多少"},
  "options":[{"type":3,"name":"account","description":"Which account","name_localizations":{"zh-CN":"账户"},"autocomplete":true},
             {"type":5,"name":"share","description":"Show it to everybody","name_localizations":{"zh-CN":"公开"}}]},
 {"name":"models","description":"Models and prices",
  "options":[{"type":3,"name":"search","description":"Part of a name"},{"type":3,"name":"account","description":"Which account","autocomplete":true},{"type":5,"name":"share","description":"Show it to everybody"}]},
 {"name":"plan","description":"A made-up one","options":[
  {"type":3,"name":"kind","description":"Which","required":true,"choices":[{"name":"Daily report","value":"day","name_localizations":{"zh-CN":"日报"}},{"name":"Weekly","value":"week"}]},
  {"type":4,"name":"days","description":"How many"},{"type":10,"name":"limit","description":"How much"}]},
 {"type":3,"name":"a message command"}]`

func newFake() *fake {
	return &fake{
		channels: []Channel{
			{ID: "1", Name: "alerts", Topic: Words{"en": "Pings", "zh-CN": "告警"}}, {ID: "2", Name: "reports"},
			{ID: "3", Name: "mokabot", Direct: true, Person: "81"}, {ID: "4", Name: "mokabot", Direct: true, Person: "82"},
		},
		messages: map[string][]json.RawMessage{
			"1": {json.RawMessage(`{"id":"11","content":"<script>alert(1)</script>"}`), json.RawMessage(`{broken`)},
			"2": {json.RawMessage(`{"id":"21","content":"**summary**"}`)},
		},
		events: make(chan Event, 8),
	}
}

func (f *fake) note(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
	return f.fail
}

// setFail makes everything fail with a text, or nothing with none.
func (f *fake) setFail(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = nil
	if text != "" {
		f.fail = errors.New(text)
	}
}

func (f *fake) last() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) == 0 {
		return ""
	}
	return f.calls[len(f.calls)-1]
}

func (f *fake) Channels() []Channel { return f.channels }

func (f *fake) Messages(channel string) []json.RawMessage { return f.messages[channel] }

func (f *fake) Subscribe(context.Context) <-chan Event { return f.events }

func (f *fake) Commands() []json.RawMessage {
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(testCommands), &all); err != nil {
		panic(err)
	}
	return all
}

func (f *fake) People() []Person {
	return []Person{
		{ID: "81", Name: "mei", Roles: []string{"77"}, About: Words{"en": "operator", "zh-CN": "管理员"}},
		{ID: "82", Name: "somebody", About: Words{"en": "member", "zh-CN": "成员"}},
	}
}

func (f *fake) Slash(_ context.Context, c Caller, name string, options map[string]any) error {
	return f.note("slash %s %s %s %s %v", c.Channel, c.Person, c.Locale, name, options)
}

func (f *fake) Press(_ context.Context, c Caller, message, custom string) (*Form, error) {
	err := f.note("press %s %s %s %s %s", c.Channel, c.Person, c.Locale, message, custom)
	if custom != "k:form" || err != nil {
		return nil, err
	}
	return &Form{ID: "form-1", Title: "How long", Inputs: []Input{{ID: "text", Label: "Time", Hint: "such as 6h", Required: true, Max: 10}}}, nil
}

func (f *fake) Submit(_ context.Context, c Caller, id string, values map[string]string) error {
	return f.note("submit %s %s %s %s %v", c.Channel, c.Person, c.Locale, id, values)
}

func (f *fake) Autocomplete(_ context.Context, c Caller, name, option string, options map[string]any) ([]Choice, error) {
	if options[option] == "fail" {
		return nil, errors.New("no")
	}
	return []Choice{{"team", "team"}, {"the other " + option, "the other"}}, f.note("complete %s %s %s %v", c.Person, name, option, options)
}

func (f *fake) Attachments() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("file " + r.URL.Path))
	})
}

func (f *fake) Panel(locale string) Panel {
	return Panel{State: "fine", Actions: []Action{{ID: "spend", Label: "Spend " + locale}}}
}

func (f *fake) Act(_ context.Context, locale, id string) (string, error) {
	return "did " + id, f.note("act %s %s", locale, id)
}

func (f *fake) Stories() []Story {
	return []Story{
		{Name: "low", Language: "en", Golden: "en-low.golden", Message: json.RawMessage(`{"id":"1","content":"low"}`),
			Files: map[string][]byte{"chart.png": []byte("\x89PNG\r\n\x1a\n")}},
		{Name: "low", Language: "zh-CN", Message: json.RawMessage(`{"id":"2","content":"不足"}`)},
		{Name: "broken", Language: "en", Message: json.RawMessage(`{`)},
	}
}

func (f *fake) Names() map[string]string { return map[string]string{"77": "operators"} }
