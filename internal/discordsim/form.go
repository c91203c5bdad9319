package discordsim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf16"
)

// Form is a modal that the bot opened for a user, with text inputs alone.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal
type Form struct {
	CustomID string  `json:"custom_id"`
	Title    string  `json:"title"`
	Inputs   []Input `json:"inputs"`

	opened *interaction // that the form is the answer to
	locale string
}

// Input is a line or a box of text in a form.
type Input struct {
	CustomID    string `json:"custom_id"`
	Label       string `json:"label"`
	Placeholder string `json:"placeholder"`
	Value       string `json:"value"` // that it begins with
	Required    bool   `json:"required"`
	Long        bool   `json:"long"` // more than one line
	MinLength   int    `json:"min_length"`
	MaxLength   int    `json:"max_length"`
}

// Limits of a form, in UTF-16 units as everywhere.
const (
	componentText  = 4
	maxFormTitle   = 45
	maxInputLabel  = 45
	maxInputHint   = 100
	maxInputLength = 4000
)

// formBody is the data of an answer that opens a form.
type formBody struct {
	CustomID   string     `json:"custom_id"`
	Title      string     `json:"title"`
	Components []inputRow `json:"components"`
}

type inputRow struct {
	Type       int         `json:"type"`
	Components []textInput `json:"components"`
}

type textInput struct {
	Type        int    `json:"type"`
	CustomID    string `json:"custom_id"`
	Style       int    `json:"style"` // 1 a line, 2 a box
	Label       string `json:"label"`
	Placeholder string `json:"placeholder"`
	Value       string `json:"value"`
	Required    *bool  `json:"required"` // true where it is left out
	MinLength   *int   `json:"min_length"`
	MaxLength   *int   `json:"max_length"`
}

// open checks the form that answers an interaction, and keeps it.
func (c *call) open(i *interaction, raw json.RawMessage) *problem {
	var in formBody
	if p := decodeData(raw, &in); p != nil {
		return p
	}
	var f form
	f.length("data.custom_id", in.CustomID, 1, maxCustomID)
	f.length("data.title", in.Title, 1, maxFormTitle)
	f.count("data.components", len(in.Components), 1, maxRows)
	opened := Form{CustomID: in.CustomID, Title: in.Title, opened: i, locale: i.locale}
	seen := map[string]bool{}
	for n, row := range in.Components {
		path := fmt.Sprintf("data.components.%d", n)
		if row.Type != componentRow {
			f.add(path+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).")
			continue
		}
		f.count(path+".components", len(row.Components), 1, 1)
		for m, t := range row.Components {
			opened.Inputs = append(opened.Inputs, t.check(&f, fmt.Sprintf("%s.components.%d", path, m), seen))
		}
	}
	if p := f.problem(); p != nil {
		return p
	}
	i.form = &opened
	return nil
}

func (t textInput) check(f *form, path string, seen map[string]bool) Input {
	if t.Type != componentText {
		f.add(path+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (4,).")
	}
	if t.Style != 1 && t.Style != 2 {
		f.add(path+".style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2}.")
	}
	f.length(path+".custom_id", t.CustomID, 1, maxCustomID)
	if seen[t.CustomID] {
		f.add(path+".custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
	}
	seen[t.CustomID] = true
	f.length(path+".label", t.Label, 1, maxInputLabel)
	f.length(path+".placeholder", t.Placeholder, 0, maxInputHint)
	in := Input{CustomID: t.CustomID, Label: t.Label, Placeholder: t.Placeholder, Value: t.Value,
		Required: t.Required == nil || *t.Required, Long: t.Style == 2, MaxLength: maxInputLength}
	if t.MinLength != nil {
		in.MinLength = *t.MinLength
	}
	if t.MaxLength != nil {
		in.MaxLength = *t.MaxLength
	}
	if in.MinLength < 0 || in.MinLength > maxInputLength || in.MaxLength < 1 || in.MaxLength > maxInputLength || in.MinLength > in.MaxLength {
		f.add(path+".max_length", "NUMBER_TYPE_RANGE", "Lengths must be between 0 and 4000, the least not above the most.")
	}
	f.length(path+".value", t.Value, 0, in.MaxLength)
	return in
}

// accepts reports whether Discord's client would send what was written.
func (in Input) accepts(text string) bool {
	if text == "" {
		return !in.Required
	}
	units := len(utf16.Encode([]rune(text)))
	return units >= in.MinLength && units <= in.MaxLength
}

// Open presses a button that opens a form, and returns the form.
func (s *Server) Open(ctx context.Context, press Press) (Form, error) {
	_, f, err := s.Press(ctx, press)
	if err == nil && f == nil {
		err = fmt.Errorf("%w: the button %q opens no form", ErrUsage, press.CustomID)
	}
	if err != nil {
		return Form{}, err
	}
	return *f, nil
}

// Submit sends a form with what the user wrote into its inputs, by their custom
// ids, and returns what came of it: the edited message or a new one. A form that
// was not answered stays open, and can be sent again.
func (s *Server) Submit(ctx context.Context, f Form, values map[string]string) (Message, error) {
	i, err := s.submit(f, values)
	if err != nil {
		return Message{}, err
	}
	return s.result(ctx, i)
}

func (s *Server) submit(f Form, values map[string]string) (*interaction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := f.opened
	if before == nil {
		return nil, fmt.Errorf("%w: that form was never opened", ErrUsage)
	}
	rows, err := f.filled(values)
	if err != nil {
		return nil, err
	}
	if !s.reachable() {
		return nil, ErrNotConnected
	}
	i := s.begin(interactionSubmit, before.user, before.channel, f.CustomID)
	i.source = before.source
	i.locale = f.locale
	o := s.object(i, f.locale, map[string]any{"custom_id": f.CustomID, "components": rows})
	if i.source != nil {
		o["message"] = i.source.stored()
	}
	s.dispatch("INTERACTION_CREATE", 0, o)
	return i, nil
}

// filled is what a client sends of a form: its rows with the values alone.
func (f Form) filled(values map[string]string) ([]any, error) {
	var rows []any
	for n, in := range f.Inputs {
		value, written := values[in.CustomID]
		if !written {
			value = in.Value
		}
		if !in.accepts(value) {
			return nil, fmt.Errorf("%w: the client does not send %q for %q", ErrUsage, value, in.Label)
		}
		rows = append(rows, map[string]any{"type": componentRow, "id": 2*n + 1, "components": []any{
			map[string]any{"type": componentText, "id": 2*n + 2, "custom_id": in.CustomID, "value": value},
		}})
	}
	for id := range values {
		if !slices.ContainsFunc(f.Inputs, func(in Input) bool { return in.CustomID == id }) {
			return nil, fmt.Errorf("%w: input %q", ErrUnknown, id)
		}
	}
	return rows, nil
}
