package page

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// menu is what the composer offers while a command is typed.
type menu struct {
	Kind  string `json:"kind"` // commands, options, values; empty: nothing
	Items []item `json:"items"`
	Usage string `json:"usage,omitempty"` // the command, once its name stands
	Chips []chip `json:"chips,omitempty"` // its options
	About string `json:"about,omitempty"` // of the command, or of the option being typed

	// Strict: nothing but an item will do, so Enter takes the first one.
	Strict bool `json:"strict,omitempty"`
}

// chip is an option of the command that is being typed.
type chip struct {
	Name     string `json:"name"`
	Value    string `json:"value,omitempty"`
	State    string `json:"state"` // given, typing, open
	Required bool   `json:"required,omitempty"`
	Text     string `json:"text,omitempty"` // what the composer holds once an open one is chosen
}

// item is an entry of the menu.
type item struct {
	Label string `json:"label"`
	About string `json:"about,omitempty"`
	Hint  string `json:"hint,omitempty"` // the options of a command
	Text  string `json:"text"`           // what the composer then holds
}

// complete answers with the menu for a line that is being typed.
func (s server) complete(r *http.Request) (any, error) {
	c, err := s.caller(caller{r.FormValue("channel"), r.FormValue("person"), r.FormValue("locale")})
	if err != nil {
		return nil, err
	}
	return s.menu(r.Context(), c, r.FormValue("text")), nil
}

func (s server) menu(ctx context.Context, c Caller, text string) menu {
	all := decode(s.Commands())
	name, rest, ok := splitLine(text)
	if !ok {
		return menu{Items: []item{}}
	}
	if rest == "" {
		return menu{Kind: "commands", Items: commandItems(all, name, c.Locale), Strict: true}
	}
	found, ok := find(all, name)
	if !ok {
		return menu{Items: []item{}}
	}
	t := typing{command: found, caller: c, head: strings.TrimSuffix(text, rest)}
	t.read(rest)
	return s.inside(ctx, t)
}

// commandItems are the commands that the typed name may become.
func commandItems(all []command, typed, locale string) []item {
	out := []item{}
	for _, c := range all {
		if name, ok := c.begins(typed, locale); ok {
			out = append(out, item{Label: "/" + name, About: c.about(locale), Hint: c.hint(locale), Text: "/" + name + " "})
		}
	}
	return out
}

// hint is the options of a command, the optional ones in brackets.
func (c command) hint(locale string) string {
	var parts []string
	for _, o := range c.Options {
		part := o.shown(locale)
		if !o.Required {
			part = "[" + part + "]"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

// typing is a line whose command is known and whose last word is being typed.
type typing struct {
	command command
	caller  Caller
	head    string         // the line before the word
	last    word           // the word, empty where the next one begins
	given   map[string]any // the options that have a value before it, as typed
}

// read takes the options apart.
func (t *typing) read(rest string) {
	l := line{t.command, map[string]any{}}
	parts := t.command.words(rest)
	if n := len(parts); n > 0 && (parts[n-1].open || parts[n-1].key != "" && parts[n-1].value == "") {
		t.last, parts = parts[n-1], parts[:n-1]
	} else {
		t.last.start = len(rest)
	}
	for _, w := range parts {
		if o, ok := l.target(w); ok {
			l.options[o.Name] = w.value
		}
	}
	t.head += rest[:t.last.start]
	if spaces(t.head[len(t.head)-1:]) == 0 {
		t.head += " " // behind a closing quote
	}
	t.given = l.options
}

// inside is the menu behind the name: the values of the option that is being
// typed, or the names of the options that are left.
func (s server) inside(ctx context.Context, t typing) menu {
	locale := t.caller.Locale
	m := menu{Kind: "options", Items: []item{}, Usage: "/" + t.command.shown(locale), About: t.command.about(locale)}
	if t.last.key == "" && !t.last.quoted {
		m.Items = t.optionItems()
	}
	l := line{t.command, t.given}
	o, ok := l.target(t.last)
	if !ok || t.last.key == "" && t.last.value == "" && !t.last.quoted {
		m.Chips = t.chips("")
		return m
	}
	m.Chips = t.chips(o.Name)
	m.About = o.shown(locale) + wordsFor(locale).colon + o.about(locale)
	if values := s.values(ctx, t, o); len(values) > 0 {
		m.Kind, m.Items = "values", append(values, m.Items...)
		m.Strict = t.last.key != "" && (len(o.Choices) > 0 || o.Type == kindBoolean)
	}
	return m
}

// chips are all options of the command. The focused one is being typed.
func (t typing) chips(focused string) []chip {
	var out []chip
	for _, o := range t.command.Options {
		name := o.shown(t.caller.Locale)
		c := chip{Name: name, State: "open", Required: o.Required}
		value, given := t.given[o.Name]
		switch {
		case o.Name == focused:
			c.State, c.Value = "typing", t.last.value
		case given:
			c.State, c.Value = "given", fmt.Sprint(value)
		default:
			c.Text = t.whole() + name + ":"
		}
		out = append(out, c)
	}
	return out
}

// whole is the line with the word that is being typed, ready for another.
func (t typing) whole() string {
	switch {
	case t.last.value == "":
		return t.head
	case t.last.key != "":
		o, _ := t.command.option(t.last.key)
		return t.head + o.shown(t.caller.Locale) + ":" + quote(t.last.value) + " "
	}
	return t.head + quote(t.last.value) + " "
}

// optionItems are the options without a value that the typed word may become.
func (t typing) optionItems() []item {
	out := []item{}
	for _, o := range t.command.Options {
		name, ok := o.begins(t.last.value, t.caller.Locale)
		if _, has := t.given[o.Name]; ok && !has {
			out = append(out, item{Label: name, About: o.about(t.caller.Locale), Text: t.head + name + ":"})
		}
	}
	return out
}

// values are the values that an option may get.
func (s server) values(ctx context.Context, t typing, o option) []item {
	var out []item
	for _, c := range s.choices(ctx, t, o) {
		value := fmt.Sprint(c.Value)
		text := t.head + o.shown(t.caller.Locale) + ":" + quote(value) + " "
		out = append(out, item{Label: c.Name, Text: text})
	}
	return out
}

// choices are an option's own values, or those that the bot suggests. A bot
// that fails suggests nothing.
func (s server) choices(ctx context.Context, t typing, o option) []Choice {
	var own []Choice
	for _, c := range o.Choices {
		own = append(own, Choice{inLocale(c.Names, t.caller.Locale, c.Name), c.Value})
	}
	if o.Type == kindBoolean {
		own = []Choice{{"true", true}, {"false", false}}
	}
	if o.Autocomplete {
		list, err := s.Autocomplete(ctx, t.caller, t.command.Name, o.Name, t.soFar(o))
		if err != nil {
			return nil
		}
		return list
	}
	return matching(own, t.last.value)
}

// soFar are the options that the bot gets while one is being typed.
// What is typed for it may be anything; of the others only what fits counts.
func (t typing) soFar(focused option) map[string]any {
	out := map[string]any{focused.Name: t.last.value}
	for name, typed := range t.given {
		o, ok := t.command.option(name)
		if !ok || name == focused.Name {
			continue
		}
		if v, err := o.value(fmt.Sprint(typed), t.caller.Locale); err == nil {
			out[name] = v
		}
	}
	return out
}

// matching are the choices whose shown name or value holds what was typed.
func matching(all []Choice, typed string) []Choice {
	typed = strings.ToLower(typed)
	return slices.DeleteFunc(all, func(c Choice) bool {
		return !strings.Contains(strings.ToLower(c.Name), typed) && !strings.Contains(strings.ToLower(fmt.Sprint(c.Value)), typed)
	})
}

// quote puts a value with spaces into quotes.
func quote(value string) string {
	if strings.ContainsFunc(value, unicode.IsSpace) {
		return `"` + value + `"`
	}
	return value
}
