// Command mokabot is a Discord bot that watches the balance of accounts on a
// gateway of the new-api family. Run without arguments it lists its commands.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"mokabot/internal/account"
	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/hangup"
	"mokabot/internal/lang"
	"mokabot/moka"
)

// subcommand is one entry of the command line.
type subcommand struct {
	name, args string
	run        func(ctx context.Context, t terminal, args []string) error
}

// subcommands is all of the command line; a new command is one line here and one function.
func subcommands() []subcommand {
	return []subcommand{
		{"run", "[--config FILE]", runBot},
		{"demo", "[--listen 127.0.0.1:8080] [--language en|zh-CN]", runDemo},
		{"preview", "[--config FILE] [--listen 127.0.0.1:8080]", runPreview},
		{"init", "[--config FILE] [--yes] [--force] [--language en|zh-CN]", runInit},
		{"check", "[--config FILE] [--offline] [--send] [--json]", runCheck},
		{"balance", "[--config FILE] [--json] [ACCOUNT]", runBalance},
		{"models", "[--config FILE] [--json] [--search TEXT] [-o FILE] [ACCOUNT]", runModels},
		{"usage", "[--config FILE] [--json] [--period P] [--by model|key] [--chart FILE.png] [ACCOUNT]", runUsage},
		{"budget", "[--config FILE] [--json] [NAME]", runBudget},
		{"report", "[--config FILE] [--json] NAME", runReport},
		{"schedule", "[--config FILE] [--json] [--from RFC3339] [--count N]", runSchedule},
		{"backtest", "[--config FILE] [--against FILE] [--json] [--days N] [ACCOUNT]", runBacktest},
		{"export", "[--config FILE] [--since T] [ACCOUNT]", runExport},
		{"copy", "--to URL [--config FILE]", runCopy},
		{"healthcheck", "[--config FILE]", runHealthcheck},
		{"completion", "bash|zsh|fish", runCompletion},
		{"version", "", runVersion},
	}
}

// terminal is what a subcommand may use of the world outside the program.
type terminal struct {
	out    io.Writer // the answer
	err    io.Writer // the log, and what went wrong
	lookup config.Lookup
	in     io.Reader // answers to questions; nil for none

	hangups <-chan os.Signal // SIGHUPs, for run only
	args    []string         // the whole command line
}

// words are those of the language that a command line asks for: by its flag, else in its
// configuration, else by the environment.
func (t terminal) words() *lang.Words {
	for _, w := range lang.All() {
		if w.Tag == flagIn(t.args, "language") {
			return w
		}
	}
	return lang.For(config.LanguageOf(cmp.Or(flagIn(t.args, "config"), defaultConfig), t.lookup))
}

// flagIn is the value of a flag in a command line that may be wrong elsewhere; empty: there is none.
func flagIn(args []string, name string) string {
	found := ""
	for i, arg := range args {
		flag, value, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		switch {
		case flag != name || !strings.HasPrefix(arg, "-"):
		case joined:
			found = value
		case i+1 < len(args):
			found = args[i+1]
		}
	}
	return found
}

// Exit statuses.
const (
	exitFine   = 0
	exitFailed = 1 // something could not be read or done
	exitUsage  = 2 // bad arguments or bad configuration
)

func main() {
	silenceHTTPDebug(os.Getenv("GODEBUG"))
	app.LimitMemory(os.LookupEnv)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if hangup.Ended() {
		stop()
	}
	os.Exit(execute(ctx, terminal{out: os.Stdout, err: os.Stderr, lookup: os.LookupEnv, in: os.Stdin, hangups: hangup.Signals()}, os.Args[1:]))
}

// execute runs one command line and returns its exit status.
func execute(ctx context.Context, t terminal, args []string) int {
	t.out, t.err, t.args = redacting{ctx, t.out}, redacting{context.WithoutCancel(ctx), t.err}, args
	if len(args) == 0 {
		_ = usage(t) // it is a mistake in any case
		return exitUsage
	}
	name := args[0]
	switch name {
	case "-h", "-help", "--help", "help":
		return help(ctx, t, args[1:])
	case "-v", "-version", "--version":
		name = "version"
	case "__complete":
		return status(t, subcommand{}, runComplete(ctx, t, args[1:]))
	}
	if c, ok := findSubcommand(name); ok {
		err := c.run(ctx, t, args[1:])
		if err != nil && ctx.Err() != nil && c.name != "run" && !errors.Is(err, errInterrupted) {
			err = errInterrupted // what it failed with is nobody else's fault
		}
		return status(t, c, err)
	}
	return unknown(t, name)
}

// unknown explains that a word is no subcommand.
func unknown(t terminal, name string) int {
	w := t.words().Arguments
	text := ""
	if strings.HasPrefix(name, "-") {
		name, _, _ = strings.Cut(strings.TrimLeft(name, "-"), "=")
		meant := dashed(config.Closest(name, []string{"help", "version"}))
		text = w.NoFlagHere(moka.Plain(dashed(name)), meant)
		if c, ok := withFlag(t.args, name); meant == "" && ok {
			text = w.FlagOf(dashed(name), c.name)
		}
	} else {
		text = w.NoCommand(name, config.Closest(name, commandNames()))
	}
	fmt.Fprintf(t.err, "mokabot: %s\n%s\n", text, w.SeeHelp)
	return exitUsage
}

// withFlag is a subcommand that has the flag: the one in the command line, else the first.
func withFlag(args []string, name string) (subcommand, bool) {
	all := subcommands()
	slices.SortStableFunc(all, func(a, b subcommand) int {
		return cmp.Compare(slices.Index(args, b.name), slices.Index(args, a.name))
	})
	for _, c := range all {
		if flagsOf(c).Lookup(name) != nil {
			return c, true
		}
	}
	return subcommand{}, false
}

// help explains the named subcommand, or lists all.
func help(ctx context.Context, t terminal, args []string) int {
	if len(args) == 0 || args[0] == "help" {
		return status(t, subcommand{name: "help"}, usage(t))
	}
	c, ok := findSubcommand(args[0])
	if !ok {
		return unknown(t, args[0])
	}
	return status(t, c, c.run(ctx, t, []string{"-h"}))
}

func findSubcommand(name string) (subcommand, bool) {
	for _, c := range subcommands() {
		if c.name == name {
			return c, true
		}
	}
	return subcommand{}, false
}

// commandNames are all words that may be the first argument.
func commandNames() []string {
	names := []string{"help"}
	for _, c := range subcommands() {
		names = append(names, c.name)
	}
	return names
}

// flagsOf are the flags of a subcommand. Every subcommand parses its arguments
// before it does anything else.
func flagsOf(c subcommand) *flag.FlagSet {
	var help helpRequest
	if !errors.As(c.run(context.Background(), terminal{out: io.Discard, err: io.Discard, lookup: os.LookupEnv}, []string{"-h"}), &help) {
		return flag.NewFlagSet(c.name, flag.ContinueOnError)
	}
	return help.flags
}

// silentError fails a command whose output explains the failure already.
type silentError struct{}

func (silentError) Error() string { return "failed" }

// usageError is a mistake in the arguments, with its words.
type usageError struct{ say func(*lang.Words) string }

func (e usageError) Error() string { return e.say(lang.English()) }

// wrongArguments is a [usageError] in words about command lines.
func wrongArguments(say func(lang.ArgumentWords) string) usageError {
	return usageError{func(w *lang.Words) string { return say(w.Arguments) }}
}

// wrongSetup is a [usageError] for an error without words of its own.
func wrongSetup(err error) usageError {
	return usageError{func(w *lang.Words) string {
		if unknown, ok := errors.AsType[*account.UnknownError](err); ok {
			return w.Arguments.NoAccount(unknown.Name, unknown.Known)
		}
		return err.Error()
	}}
}

// failure is something that could not be read or done, with its words.
type failure struct {
	say   func(lang.ArgumentWords) string
	cause error
}

func (f *failure) Error() string { return f.say(lang.English().Arguments) }

func (f *failure) Unwrap() error { return f.cause }

// status reports an error in the language of the command line, and returns the exit status.
func status(t terminal, c subcommand, err error) int {
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, silentError{}):
		return exitFailed
	}
	if help, ok := errors.AsType[helpRequest](err); ok {
		return status(t, c, explain(t, c, help))
	}
	if problems, ok := errors.AsType[*config.Problems](err); ok {
		fmt.Fprintln(t.err, moka.PlainLines(problems.In(lang.For(problems.Language))))
		return exitUsage
	}
	w := t.words()
	if mistake, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(t.err, "mokabot %s: %s\n%s\n", c.name, moka.PlainLines(mistake.say(w)), w.Arguments.Usage(c.line()))
		return exitUsage
	}
	text := err.Error()
	if f, ok := errors.AsType[*failure](err); ok {
		text = f.say(w.Arguments)
	}
	fmt.Fprintf(t.err, "mokabot %s: %s\n", c.name, moka.PlainLines(text))
	return exitFailed
}

// line is how a subcommand is written.
func (c subcommand) line() string { return strings.TrimSpace("mokabot " + c.name + " " + c.args) }

// explain writes the help for a subcommand.
func explain(t terminal, c subcommand, help helpRequest) error {
	w := t.words().Arguments
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n%s\n", c.line(), w.Abouts[c.name])
	writeFlags(&text, w, help.flags)
	_, err := io.WriteString(t.out, text.String())
	return err
}

func usage(t terminal) error {
	w := t.words().Arguments
	var text strings.Builder
	text.WriteString(w.Program + "\n\n")
	for _, c := range subcommands() {
		text.WriteString(strings.TrimRight(fmt.Sprintf("  mokabot %-11s %s", c.name, c.args), " ") + "\n")
		fmt.Fprintf(&text, "          %-11s %s\n", "", w.Abouts[c.name])
	}
	text.WriteString("\n" + w.Help + "\n")
	_, err := io.WriteString(t.out, text.String())
	return err
}
