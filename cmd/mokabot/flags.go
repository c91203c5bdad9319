package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"mokabot/internal/account"
	"mokabot/internal/config"
)

const defaultConfig = "config.yaml"

// arguments are a subcommand's flags, which may stand before or after its
// other arguments.
type arguments struct {
	*flag.FlagSet
	file *string
}

func newArguments(name string) arguments {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard) // mistakes are told by status
	f.Usage = func() {}
	return arguments{FlagSet: f}
}

// withConfig adds the flag --config.
func (a arguments) withConfig() arguments {
	a.file = a.String("config", "", "configuration file")
	return a
}

// parse reads the flags and returns the other arguments, of which there may be most.
func (a arguments) parse(args []string, most int) ([]string, error) {
	var rest []string
	for {
		if err := a.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, usageError{err.Error()}
		}
		if a.NArg() == 0 {
			break
		}
		rest, args = append(rest, a.Arg(0)), a.Args()[1:]
	}
	if len(rest) > most {
		return nil, usageError{fmt.Sprintf("unexpected argument %q", rest[most])}
	}
	return rest, nil
}

// load reads the configuration: the file named by --config, else config.yaml,
// else one account from the environment.
func (a arguments) load(lookup config.Lookup) (*config.Config, error) {
	file := *a.file
	if file == "" {
		file = defaultConfig
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return config.FromEnvironment(lookup)
		}
	}
	return config.LoadWith(file, lookup)
}

// accounts are the configuration and those of its accounts that are named, all
// when none is.
func (a arguments) accounts(lookup config.Lookup, names []string) (*config.Config, []*account.Account, error) {
	c, err := a.load(lookup)
	if err != nil {
		return nil, nil, err
	}
	book, err := account.New(c)
	if err != nil {
		return nil, nil, usageError{err.Error()}
	}
	some, err := book.Some(names...)
	if err != nil {
		return nil, nil, usageError{err.Error()}
	}
	return c, some, nil
}
