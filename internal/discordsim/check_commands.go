package discordsim

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// Limits of commands.
const (
	maxCommands     = 100
	maxCommandName  = 32
	maxCommandAbout = 100
	maxChoices      = 25
	maxChoiceText   = 100
	maxCommandTotal = 8000

	optionSubcommand = 1
	optionGroup      = 2
	optionString     = 3
	optionInteger    = 4
	optionBoolean    = 5
	optionNumber     = 10
	optionLast       = 11
)

// goodCommandName reports whether Discord takes a name of a command or an
// option: ^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$. The regular expression
// would cost every start of the program a millisecond.
func goodCommandName(name string) bool {
	n := 0
	for _, r := range name {
		if n++; !strings.ContainsRune("-_'", r) && !unicode.In(r, unicode.L, unicode.N, unicode.Devanagari, unicode.Thai) {
			return false
		}
	}
	return n >= 1 && n <= 32
}

var (
	locales = strings.Fields(`id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja zh-TW ko`)
)

func checkCommands(list []Command) *problem {
	var f form
	if len(list) > maxCommands {
		return refuse(http.StatusBadRequest, 30032, "Maximum number of application commands reached (100)")
	}
	seen := map[string]bool{}
	for i := range list {
		c := &list[i]
		path := fmt.Sprint(i)
		c.check(&f, path)
		key := fmt.Sprint(max(1, c.Type), c.Name)
		if seen[key] {
			f.add(path+".name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
		}
		seen[key] = true
	}
	return f.problem()
}

func (c *Command) check(f *form, path string) {
	if c.Type > 1 {
		f.length(path+".name", c.Name, 1, maxCommandName)
		return
	}
	names(f, path, c.Name, c.NameLocalizations)
	abouts(f, path, c.Description, c.DescriptionLocalizations)
	checkOptions(f, path, c.Options)
	if c.size() > maxCommandTotal {
		f.add(path, "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (%d)", maxCommandTotal)
	}
	if c.DefaultMemberPermissions != nil && strings.Trim(*c.DefaultMemberPermissions, "0123456789") != "" {
		f.add(path+".default_member_permissions", "BITFIELD_TYPE_CONVERT", "Could not parse %s as a bitfield", *c.DefaultMemberPermissions)
	}
	if c.Contexts == nil {
		return
	}
	for i, where := range *c.Contexts {
		if where < 0 || where > 2 {
			f.add(fmt.Sprintf("%s.contexts.%d", path, i), "BASE_TYPE_CHOICES", "Value must be one of {0, 1, 2}.")
		}
	}
}

func names(f *form, path, name string, local map[string]string) {
	check := func(path, name string) {
		f.length(path, name, 1, maxCommandName)
		if name != "" && !goodCommandName(name) || name != strings.ToLower(name) {
			f.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
		}
	}
	check(path+".name", name)
	for locale, text := range local {
		at := path + ".name_localizations." + locale
		checkLocale(f, at, locale)
		check(at, text)
	}
}

func abouts(f *form, path, about string, local map[string]string) {
	f.length(path+".description", about, 1, maxCommandAbout)
	for locale, text := range local {
		at := path + ".description_localizations." + locale
		checkLocale(f, at, locale)
		f.length(at, text, 1, maxCommandAbout)
	}
}

func checkLocale(f *form, path, locale string) {
	if !slices.Contains(locales, locale) {
		f.add(path, "BASE_TYPE_CHOICES", "Value must be one of the locales.")
	}
}

func checkOptions(f *form, path string, list []CommandOption) {
	f.count(path+".options", len(list), 0, maxOptions)
	seen := map[string]bool{}
	voluntary := false
	for i := range list {
		o := &list[i]
		at := fmt.Sprintf("%s.options.%d", path, i)
		names(f, at, o.Name, o.NameLocalizations)
		abouts(f, at, o.Description, o.DescriptionLocalizations)
		o.check(f, at)
		if seen[o.Name] {
			f.add(at+".name", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option name already exists")
		}
		if o.Required && voluntary {
			f.add(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before non-required options")
		}
		seen[o.Name] = true
		voluntary = voluntary || !o.Required
	}
}

func (o *CommandOption) check(f *form, path string) {
	if o.Type < optionSubcommand || o.Type > optionLast {
		f.add(path+".type", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}.")
	}
	if o.Type == optionSubcommand || o.Type == optionGroup {
		checkOptions(f, path, o.Options)
	}
	listed := slices.Contains([]int{optionString, optionInteger, optionNumber}, o.Type)
	if (o.Autocomplete || len(o.Choices) > 0) && !listed || o.Autocomplete && len(o.Choices) > 0 {
		f.add(path, "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", "autocomplete and choices exclude each other and need a string, integer or number")
	}
	checkChoices(f, path+".choices", o.Choices)
	for j, choice := range o.Choices {
		if !valueFits(o.Type, choice.Value) {
			f.add(fmt.Sprintf("%s.choices.%d.value", path, j), "BASE_TYPE_CHOICES", "Could not interpret the value as the option's type")
		}
	}
}

// checkChoices checks the choices of an option or of an autocompletion.
func checkChoices(f *form, path string, list []Choice) {
	f.count(path, len(list), 0, maxChoices)
	for i, choice := range list {
		at := fmt.Sprintf("%s.%d", path, i)
		f.length(at+".name", choice.Name, 1, maxChoiceText)
		switch v := choice.Value.(type) {
		case string:
			f.length(at+".value", v, 1, maxChoiceText)
		case float64:
		default:
			f.add(at+".value", "BASE_TYPE_REQUIRED", "This field is required")
		}
	}
}

// valueFits reports whether a JSON value is of an option's type.
func valueFits(kind int, v any) bool {
	switch v := v.(type) {
	case string:
		return kind != optionInteger && kind != optionNumber && kind != optionBoolean
	case float64:
		return kind == optionNumber || kind == optionInteger && v == math.Trunc(v)
	case bool:
		return kind == optionBoolean
	}
	return false
}

// size counts names, descriptions and values, the longest localisation of
// each.
func (c *Command) size() int {
	return maxLength(c.Name, c.NameLocalizations) + maxLength(c.Description, c.DescriptionLocalizations) + optionsSize(c.Options)
}

func optionsSize(list []CommandOption) int {
	n := 0
	for _, o := range list {
		n += maxLength(o.Name, o.NameLocalizations) + maxLength(o.Description, o.DescriptionLocalizations) + optionsSize(o.Options)
		for _, choice := range o.Choices {
			n += maxLength(choice.Name, choice.NameLocalizations) + units(fmt.Sprint(choice.Value))
		}
	}
	return n
}

func maxLength(text string, local map[string]string) int {
	n := units(text)
	for _, other := range local {
		n = max(n, units(other))
	}
	return n
}
