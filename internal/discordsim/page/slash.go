package page

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// line is a command as somebody typed it.
type line struct {
	command command
	options map[string]any // by the names that Discord knows
}

// word is a part of a typed line: a bare value, or key:value.
type word struct {
	key    string // empty: a bare value
	value  string
	start  int  // where it begins in the line, in bytes
	quoted bool // a quote was opened, so it is a value and no name
	open   bool // the line ends before the value did
}

// parse reads a typed line such as
//
//	/balance account:team share:true
//	/models claude
//
// Bare words belong to the options that have no value yet, in order. A value
// with spaces stands in quotes.
func parse(all []command, text, locale string) (line, error) {
	say := wordsFor(locale)
	name, rest, ok := splitLine(text)
	if !ok || name == "" {
		return line{}, errors.New(say.noSlash)
	}
	c, ok := find(all, name)
	if !ok {
		return line{}, unknown(all, name, locale)
	}
	l := line{c, map[string]any{}}
	for _, w := range c.words(rest) {
		if err := l.take(w, locale); err != nil {
			return line{}, err
		}
	}
	return l, l.complete(locale)
}

// unknown says that there is no such command, and which one may be meant.
func unknown(all []command, name, locale string) error {
	say := wordsFor(locale)
	for _, c := range all {
		if shown, ok := c.begins(name, locale); ok {
			return fmt.Errorf(say.meant, name, shown)
		}
	}
	return fmt.Errorf(say.noCommand, name)
}

// splitLine separates the name of a command from its options.
func splitLine(text string) (name, rest string, ok bool) {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	text, ok = cutSlash(text)
	if !ok {
		return "", "", false
	}
	if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
		return text[:i], text[i:], true
	}
	return text, "", true
}

// cutSlash takes the slash away, also the wide one of Chinese keyboards.
func cutSlash(text string) (string, bool) {
	if after, ok := strings.CutPrefix(text, "／"); ok {
		return after, true
	}
	return strings.CutPrefix(text, "/")
}

// words takes the options of a line apart. Only the command's own options are
// keys, so a value may contain a colon.
func (c command) words(text string) []word {
	var out []word
	for at := 0; ; {
		at += spaces(text[at:])
		if at == len(text) {
			return out
		}
		w := word{start: at}
		at += c.key(text[at:], &w)
		if w.key != "" {
			at += spaces(text[at:]) // also "key: value"
		}
		at += w.read(text[at:])
		out = append(out, w)
	}
}

// key reads the key of a word, if it has one, and returns its length.
func (c command) key(text string, w *word) int {
	i := strings.IndexFunc(text, func(r rune) bool { return r == ':' || r == '：' || unicode.IsSpace(r) })
	if i < 0 || unicode.IsSpace([]rune(text[i:])[0]) {
		return 0
	}
	o, ok := c.option(text[:i])
	if !ok {
		return 0
	}
	w.key = o.Name
	return i + len(string([]rune(text[i:])[:1]))
}

// read reads the value of a word and returns its length.
func (w *word) read(text string) int {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		w.quoted = true
		if i := strings.IndexByte(quoted, '"'); i >= 0 {
			w.value = quoted[:i]
			return i + 2
		}
		w.value, w.open = quoted, true
		return len(text)
	}
	i := strings.IndexFunc(text, unicode.IsSpace)
	if i < 0 {
		i, w.open = len(text), true
	}
	w.value = text[:i]
	return i
}

func spaces(text string) int {
	return len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
}

// take gives a word to the option that it belongs to. A key without a value is
// as good as none.
func (l line) take(w word, locale string) error {
	if w.key != "" && w.value == "" {
		return nil
	}
	o, ok := l.target(w)
	if !ok {
		return fmt.Errorf(wordsFor(locale).tooMany, w.value)
	}
	v, err := o.value(w.value, locale)
	if err != nil {
		return err
	}
	l.options[o.Name] = v
	return nil
}

// target is the option that a word belongs to.
func (l line) target(w word) (option, bool) {
	if w.key != "" {
		return l.command.option(w.key)
	}
	i := slices.IndexFunc(l.command.Options, func(o option) bool {
		_, has := l.options[o.Name]
		return !has
	})
	if i < 0 {
		return option{}, false
	}
	return l.command.Options[i], true
}

// complete reports whether nothing is missing.
func (l line) complete(locale string) error {
	for _, o := range l.command.Options {
		if _, has := l.options[o.Name]; o.Required && !has {
			return fmt.Errorf(wordsFor(locale).missing, o.shown(locale))
		}
	}
	return nil
}

// value reads what was typed for an option.
func (o option) value(typed, locale string) (any, error) {
	for _, c := range o.Choices {
		if c.called(typed) {
			return c.Value, nil
		}
	}
	say := wordsFor(locale)
	if len(o.Choices) > 0 {
		var values []string
		for _, c := range o.Choices {
			values = append(values, fmt.Sprint(c.Value))
		}
		return nil, fmt.Errorf(say.noChoice, o.shown(locale), typed, strings.Join(values, ", "))
	}
	var v any = typed
	var err error
	switch o.Type {
	case kindBoolean:
		v, err = boolean(typed)
	case kindInteger:
		v, err = strconv.ParseInt(typed, 10, 64)
	case kindNumber:
		v, err = strconv.ParseFloat(typed, 64)
	}
	if err != nil {
		return nil, fmt.Errorf(say.noValue, o.shown(locale), typed)
	}
	return v, nil
}

func boolean(typed string) (bool, error) {
	switch strings.ToLower(typed) {
	case "true", "yes", "on", "是", "真":
		return true, nil
	case "false", "no", "off", "否", "假":
		return false, nil
	}
	return false, errors.New("neither true nor false")
}
