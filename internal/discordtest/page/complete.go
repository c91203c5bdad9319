package page

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// menu is what the composer offers while a command is typed.
type menu struct {
	Kind  string `json:"kind"` // commands, options, values; empty: nothing
	Items []item `json:"items"`
	Usage string `json:"usage,omitempty"` // the command with its options
	About string `json:"about,omitempty"` // of the command, or of the option being typed
}

// item is an entry of the menu.
type item struct {
	Label string `json:"label"`
	About string `json:"about,omitempty"`
	Hint  string `json:"hint,omitempty"` // the options of a command
	Text  string `json:"text"`           // what the composer then holds
}

// complete answers with the menu for a line that is being typed.
func (s server) complete(w http.ResponseWriter, r *http.Request) {
	locale := localeOf(r.FormValue("locale"))
	text := r.FormValue("text")
	answer(w, http.StatusOK, s.menu(r.Context(), r.FormValue("channel"), locale, text))
}

func (s server) menu(ctx context.Context, channel, locale, text string) menu {
	all := decode(s.Commands())
	name, rest, ok := splitLine(text)
	if !ok {
		return menu{Items: []item{}}
	}
	if rest == "" {
		return menu{Kind: "commands", Items: commandItems(all, name, locale)}
	}
	c, ok := find(all, name)
	if !ok {
		return menu{Items: []item{}}
	}
	t := typing{command: c, locale: locale, head: strings.TrimSuffix(text, rest)}
	t.read(rest)
	channel, _ = s.channel(channel)
	return s.inside(ctx, channel, t)
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

// typing is a line of which the name stands and the last word is being typed.
type typing struct {
	command command
	locale  string
	head    string         // the line before the word
	last    word           // the word, empty where the next one begins
	given   map[string]any // the options that have a value before it
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
func (s server) inside(ctx context.Context, channel string, t typing) menu {
	m := menu{Kind: "options", Items: []item{}, Usage: strings.TrimSpace("/" + t.command.shown(t.locale) + " " + t.command.hint(t.locale)),
		About: t.command.about(t.locale)}
	if t.last.key == "" && !t.last.quoted {
		m.Items = t.optionItems()
	}
	l := line{t.command, t.given}
	o, ok := l.target(t.last)
	if !ok || t.last.key == "" && t.last.value == "" && !t.last.quoted {
		return m
	}
	m.About = o.shown(t.locale) + ": " + o.about(t.locale)
	if values := s.values(ctx, channel, t, o); len(values) > 0 {
		m.Kind, m.Items = "values", append(values, m.Items...)
	}
	return m
}

// optionItems are the options without a value that the typed word may become.
func (t typing) optionItems() []item {
	out := []item{}
	for _, o := range t.command.Options {
		name, ok := o.begins(t.last.value, t.locale)
		if _, has := t.given[o.Name]; ok && !has {
			out = append(out, item{Label: name, About: o.about(t.locale), Text: t.head + name + ":"})
		}
	}
	return out
}

// values are the values that an option may get.
func (s server) values(ctx context.Context, channel string, t typing, o option) []item {
	var out []item
	for _, c := range s.choices(ctx, channel, t, o) {
		value := fmt.Sprint(c.Value)
		text := t.head + o.shown(t.locale) + ":" + quote(value) + " "
		out = append(out, item{Label: c.Name, Text: text})
	}
	return out
}

// choices are an option's own values, or those that the bot suggests. A bot
// that fails suggests nothing.
func (s server) choices(ctx context.Context, channel string, t typing, o option) []Choice {
	var own []Choice
	for _, c := range o.Choices {
		own = append(own, Choice{inLocale(c.Names, t.locale, c.Name), c.Value})
	}
	if o.Type == kindBoolean {
		own = []Choice{{"true", true}, {"false", false}}
	}
	if o.Autocomplete {
		list, err := s.Autocomplete(ctx, channel, t.locale, t.command.Name, o.Name, t.last.value)
		if err != nil {
			return nil
		}
		return list
	}
	return matching(own, t.last.value)
}

func matching(all []Choice, typed string) []Choice {
	var out []Choice
	for _, c := range all {
		if strings.HasPrefix(strings.ToLower(c.Name), strings.ToLower(typed)) {
			out = append(out, c)
		}
	}
	return out
}

// quote puts a value with spaces into quotes.
func quote(value string) string {
	if strings.ContainsFunc(value, unicode.IsSpace) {
		return `"` + value + `"`
	}
	return value
}
