package page

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Discord's kinds of options that have a type of their own here.
const (
	kindInteger = 4
	kindBoolean = 5
	kindNumber  = 10
)

// command is a slash command as it was registered.
type command struct {
	named
	Type    int      `json:"type"`
	Options []option `json:"options"`
}

// option is an option of a command.
type option struct {
	named
	Type         int      `json:"type"`
	Required     bool     `json:"required"`
	Autocomplete bool     `json:"autocomplete"`
	Choices      []choice `json:"choices"`
}

// choice is one of the values that an option is limited to.
type choice struct {
	Name  string            `json:"name"`
	Names map[string]string `json:"name_localizations"`
	Value any               `json:"value"`
}

// called reports whether somebody who typed this means the choice.
func (c choice) called(typed string) bool {
	if strings.EqualFold(typed, c.Name) || strings.EqualFold(typed, fmt.Sprint(c.Value)) {
		return true
	}
	for _, other := range c.Names {
		if strings.EqualFold(typed, other) {
			return true
		}
	}
	return false
}

// named is what commands and options have in common.
type named struct {
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations"`
	Description  string            `json:"description"`
	Descriptions map[string]string `json:"description_localizations"`
}

// shown is the name in a language.
func (n named) shown(locale string) string { return inLocale(n.Names, locale, n.Name) }

// about is the description in a language.
func (n named) about(locale string) string { return inLocale(n.Descriptions, locale, n.Description) }

// called reports whether this is its name, in any language.
func (n named) called(name string) bool {
	if strings.EqualFold(n.Name, name) {
		return true
	}
	for _, other := range n.Names {
		if strings.EqualFold(other, name) {
			return true
		}
	}
	return false
}

// begins reports whether what was typed may become its name, and shown is the
// name that it would become.
func (n named) begins(typed, locale string) (shown string, ok bool) {
	typed = strings.ToLower(typed)
	for _, name := range []string{n.shown(locale), n.Name} {
		if strings.HasPrefix(strings.ToLower(name), typed) {
			return name, true
		}
	}
	return "", false
}

func inLocale(all map[string]string, locale, otherwise string) string {
	if text := all[locale]; text != "" {
		return text
	}
	return otherwise
}

// decode reads the commands that can be typed: chat commands, whose type is 1
// or left out.
func decode(raw []json.RawMessage) []command {
	var out []command
	for _, r := range raw {
		var c command
		if json.Unmarshal(r, &c) == nil && c.Name != "" && c.Type <= 1 {
			out = append(out, c)
		}
	}
	return out
}

func find(all []command, name string) (command, bool) {
	i := slices.IndexFunc(all, func(c command) bool { return c.called(name) })
	if i < 0 {
		return command{}, false
	}
	return all[i], true
}

// option finds an option by its name in any language.
func (c command) option(name string) (option, bool) {
	i := slices.IndexFunc(c.Options, func(o option) bool { return o.called(name) })
	if i < 0 {
		return option{}, false
	}
	return c.Options[i], true
}
