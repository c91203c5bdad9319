package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/moka"
)

const defaultConfig = "config.yaml"

// arguments are a subcommand's flags, which may be before or after its
// other arguments.
type arguments struct {
	*flag.FlagSet
	file *string
}

func newArguments(name string) arguments {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard) // status reports mistakes
	f.Usage = func() {}
	return arguments{FlagSet: f}
}

// withConfig adds the flag --config.
func (a arguments) withConfig() arguments {
	a.file = a.String("config", "", "configuration `FILE`; without a config.yaml, the environment is the configuration")
	a.Lookup("config").DefValue = defaultConfig
	return a
}

// withJSON adds the flag --json.
func (a arguments) withJSON() *bool {
	return a.Bool("json", false, "answer with one JSON object")
}

// choice is the value of a flag that takes one of a few words.
type choice struct {
	value string
	words []string
}

func (c *choice) String() string { return c.value }

func (c *choice) Set(text string) error {
	if !slices.Contains(c.words, text) {
		return errors.New("not one of the words")
	}
	c.value = text
	return nil
}

// oneOf adds a flag that takes one of the given words. The first is the default.
func (a arguments) oneOf(name, about string, words ...string) *string {
	c := &choice{words[0], words}
	a.Var(c, name, about)
	return &c.value
}

// withLanguage adds the flag --language, whose default is the environment's language.
func (a arguments) withLanguage(about string, lookup config.Lookup) *string {
	tag := a.oneOf("language", about, "en", "zh-CN")
	*tag = config.Locale(lookup)
	a.Lookup("language").DefValue = *tag
	return tag
}

// withListen adds the flag for the address of a page.
func (a arguments) withListen() *string {
	l := pageAddress(demoAddress)
	a.Var(&l, "listen", "serve the page at this `ADDRESS`")
	return (*string)(&l)
}

// pageAddress is the value of a flag for a host and a port.
type pageAddress string

func (p *pageAddress) String() string { return string(*p) }

func (p *pageAddress) Set(text string) error {
	if !config.ListenAddress(text) {
		return errors.New("not host:port")
	}
	*p = pageAddress(text)
	return nil
}

// helpRequest is the error of [arguments.parse] for -h. It carries the flags.
type helpRequest struct{ flags *flag.FlagSet }

func (helpRequest) Error() string { return "help requested" }

// parse reads the flags and returns the other arguments, at most limit of them.
func (a arguments) parse(args []string, limit int) ([]string, error) {
	var rest []string
	for {
		if err := a.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, helpRequest{a.FlagSet}
		} else if err != nil {
			return nil, wrongArguments(func(w lang.ArgumentWords) string { return a.explained(w, err) })
		}
		if a.NArg() == 0 {
			break
		}
		rest, args = append(rest, a.Arg(0)), a.Args()[1:]
	}
	if len(rest) > limit {
		return nil, wrongArguments(func(w lang.ArgumentWords) string { return w.Unexpected(rest[limit]) })
	}
	return rest, nil
}

// How package flag phrases a mistake; it has no other way to say which.
var (
	undefinedFlag = regexp.MustCompile(`^flag provided but not defined: -(.*)$`)
	flagAlone     = regexp.MustCompile(`^flag needs an argument: -(.+)$`)
	badValue      = regexp.MustCompile(`(?s)^invalid (?:boolean )?value (".*") for (?:flag )?-([a-z]+): `)
)

// explained rephrases an error of package flag, with a suggestion.
func (a arguments) explained(w lang.ArgumentWords, err error) string {
	text := err.Error()
	if m := undefinedFlag.FindStringSubmatch(text); m != nil {
		mistyped := strings.TrimLeft(m[1], "-")
		var names []string
		a.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
		return w.NoFlag(dashed(mistyped), dashed(config.Closest(mistyped, names)))
	}
	if m := flagAlone.FindStringSubmatch(text); m != nil {
		return w.NeedsValue(dashed(m[1]))
	}
	if m := badValue.FindStringSubmatch(text); m != nil && a.Lookup(m[2]) != nil {
		value, err := strconv.Unquote(m[1])
		if err != nil {
			value = m[1]
		}
		return w.BadValue(value, dashed(m[2]), wanted(w, a.Lookup(m[2]), value))
	}
	return text
}

// wanted is what a flag takes, instead of a value that it does not take.
func wanted(w lang.ArgumentWords, f *flag.Flag, value string) string {
	switch v := f.Value.(type) {
	case *choice:
		return w.OneOf(v.words, config.Closest(value, v.words))
	case *pageAddress:
		return w.HostPort(demoAddress)
	}
	if isSwitch(f) {
		return w.OneOf([]string{"true", "false"}, "")
	}
	return w.WholeNumber
}

// dashed is a flag as people write it, "" when there is none.
func dashed(name string) string {
	switch len(name) {
	case 0:
		return ""
	case 1:
		return "-" + name
	}
	return "--" + name
}

// isSwitch reports whether a flag takes no value.
func isSwitch(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// writeFlags explains every flag, with its default.
func writeFlags(out io.Writer, w lang.ArgumentWords, flags *flag.FlagSet) {
	var names, texts []string
	flags.VisitAll(func(f *flag.Flag) {
		f.Usage = cmp.Or(w.Flags[flags.Name()+"."+f.Name], w.Flags["."+f.Name], f.Usage)
		value, text := flag.UnquoteUsage(f)
		name := dashed(f.Name)
		switch c, ok := f.Value.(*choice); {
		case ok:
			name += " " + strings.Join(c.words, "|")
		case !isSwitch(f):
			name += " " + value
		}
		if f.DefValue != "" && !isSwitch(f) {
			text += w.Default(f.DefValue)
		}
		names, texts = append(names, name), append(texts, text)
	})
	if len(names) == 0 {
		return
	}
	width := 0
	for _, name := range names {
		width = max(width, len(name))
	}
	fmt.Fprintln(out)
	for i, name := range names {
		fmt.Fprintf(out, "  %-*s  %s\n", width, name, texts[i])
	}
}

// load reads the configuration, and keeps its credentials out of all output.
func (a arguments) load(lookup config.Lookup) (*config.Config, error) {
	c, err := a.read(lookup)
	if err != nil {
		return nil, err
	}
	secrets.Add(c.Secrets()...)
	go secrets.Prepare() // the answer takes longer
	return c, nil
}

// configName is the configuration's file, or what people call the environment that replaces it.
func (a arguments) configName() string { return cmp.Or(*a.file, defaultConfig) }

// read reads the configuration: the file named by --config, else config.yaml,
// else one account from the environment.
func (a arguments) read(lookup config.Lookup) (*config.Config, error) {
	file := *a.file
	if file == "" {
		file = defaultConfig
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return config.FromEnvironment(lookup)
		}
	}
	return config.LoadWith(file, lookup)
}

// readAuthorities has the certificate authorities read beside what comes before the first
// request to a gateway.
func readAuthorities(c *config.Config) {
	if slices.ContainsFunc(c.Accounts, func(a config.Account) bool { return strings.HasPrefix(a.BaseURL, "https:") }) {
		go moka.ReadAuthorities()
	}
}

// accounts are the configuration and those of its accounts that are named, or all
// of them without names.
func (a arguments) accounts(lookup config.Lookup, names []string) (*config.Config, []*account.Account, error) {
	c, err := a.load(lookup)
	if err != nil {
		return nil, nil, err
	}
	readAuthorities(c)
	book, err := account.New(c)
	if err != nil {
		return nil, nil, wrongSetup(err)
	}
	some, err := book.Select(names...)
	if err != nil {
		return nil, nil, wrongSetup(err)
	}
	return c, some, nil
}
