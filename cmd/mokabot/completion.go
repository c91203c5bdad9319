package main

import (
	"cmp"
	"context"
	"embed"
	"flag"
	"fmt"
	"slices"
	"strings"

	"mokabot/internal/config"
	"mokabot/internal/lang"
)

// shells are those that mokabot writes completion for.
var shells = []string{"bash", "zsh", "fish"}

//go:embed completion
var completions embed.FS

func runCompletion(_ context.Context, t terminal, args []string) error {
	names, err := newArguments("completion").parse(args, 1)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return wrongArguments(func(w lang.ArgumentWords) string { return w.NameShell(strings.Join(shells, ", ")) })
	}
	if !slices.Contains(shells, names[0]) {
		return wrongArguments(func(w lang.ArgumentWords) string {
			return w.NotOneOf(names[0], shells, config.Closest(names[0], shells))
		})
	}
	script, err := completions.ReadFile("completion/mokabot." + names[0])
	if err != nil {
		return err
	}
	_, err = t.out.Write(script)
	return err
}

// runComplete is what the completion scripts call: it prints the candidates for
// the last of the words, one a line.
func runComplete(_ context.Context, t terminal, words []string) error {
	for _, candidate := range complete(t, words) {
		fmt.Fprintln(t.out, candidate)
	}
	return nil
}

// complete returns the candidates for the last word of a command line, which may
// be empty. None means that the shell may offer files.
func complete(t terminal, words []string) []string {
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "=" }) // bash makes words of them
	if len(words) == 0 {
		words = []string{""}
	}
	before, typed := words[:len(words)-1], words[len(words)-1]
	if len(before) == 0 || before[0] == "help" {
		return beginningWith(typed, commandNames())
	}
	c, ok := findSubcommand(before[0])
	if !ok {
		return nil
	}
	flags := flagsOf(c)
	if name, value, found := strings.Cut(typed, "="); found && strings.HasPrefix(name, "-") {
		var list []string
		for _, v := range beginningWith(value, choicesOf(flags, name)) {
			list = append(list, name+"="+v)
		}
		return list
	}
	if last := before[len(before)-1]; takesValue(flags, last) {
		return beginningWith(typed, choicesOf(flags, last))
	}
	if strings.HasPrefix(typed, "-") {
		return beginningWith(typed, flagNames(flags))
	}
	return beginningWith(typed, operands(t, c, before))
}

// beginningWith are the words that begin with what was typed.
func beginningWith(typed string, words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !strings.HasPrefix(w, typed) })
}

// operands are the possible values of ACCOUNT, NAME or the shell.
func operands(t terminal, c subcommand, before []string) []string {
	if c.name == "completion" {
		return shells
	}
	account, report, budget := strings.Contains(c.args, "ACCOUNT"), c.name == "report", c.name == "budget"
	if !account && !report && !budget {
		return nil
	}
	file := cmp.Or(flagIn(before, "config"), defaultConfig)
	lookup := func(name string) (string, bool) {
		if v, ok := t.lookup(name); ok || strings.HasPrefix(name, "MOKABOT_") {
			return v, ok
		}
		return "1", true // any credential will do: only names are wanted
	}
	loaded, err := config.LoadWith(file, lookup)
	if err != nil {
		return nil
	}
	var names []string
	if account {
		for _, a := range loaded.Accounts {
			names = append(names, a.Name)
		}
	}
	if report {
		for _, r := range loaded.Reports {
			names = append(names, r.Name)
		}
	}
	if budget {
		for _, b := range loaded.Budgets {
			names = append(names, b.Name)
		}
	}
	return names
}

func flagNames(flags *flag.FlagSet) []string {
	var names []string
	flags.VisitAll(func(f *flag.Flag) { names = append(names, dashed(f.Name)) })
	return names
}

// choicesOf are the values that a flag, as it was typed, can have.
func choicesOf(flags *flag.FlagSet, typed string) []string {
	if f := flags.Lookup(strings.TrimLeft(typed, "-")); f != nil {
		if c, ok := f.Value.(*choice); ok {
			return c.words
		}
	}
	return nil
}

// takesValue reports whether a word is a flag whose value is the next word.
func takesValue(flags *flag.FlagSet, word string) bool {
	if !strings.HasPrefix(word, "-") {
		return false
	}
	f := flags.Lookup(strings.TrimLeft(word, "-"))
	return f != nil && !isSwitch(f)
}
