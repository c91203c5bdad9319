// Command mokabot is a Discord bot that watches the balance of accounts on a
// gateway of the new-api family. Run without arguments it lists its commands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/hangup"
	"mokabot/moka"
)

// subcommand is one entry of the command line.
type subcommand struct {
	name, args, about string
	run               func(ctx context.Context, t terminal, args []string) error
}

// subcommands is all of the command line; a new command is one line here and one function.
func subcommands() []subcommand {
	return []subcommand{
		{"run", "[--config FILE]", "run the bot until it is interrupted", runBot},
		{"demo", "[--listen 127.0.0.1:8080] [--language en|zh-CN]", "try everything in the browser: no account, no Discord", runDemo},
		{"preview", "[--config FILE] [--listen 127.0.0.1:8080]", "try your own accounts in the browser, on a simulated Discord", runPreview},
		{"init", "[--config FILE] [--yes] [--force] [--language en|zh-CN]", "ask for what the bot needs, try it, and write a small configuration", runInit},
		{"check", "[--config FILE] [--offline] [--send] [--json]", "check the configuration, every credential and every channel", runCheck},
		{"balance", "[--config FILE] [--json] [ACCOUNT]", "show what is left", runBalance},
		{"models", "[--config FILE] [--json] [--search TEXT] [-o FILE] [ACCOUNT]", "list the models a key may call", runModels},
		{"usage", "[--config FILE] [--json] [--period P] [--by model|key] [--chart FILE.png] [ACCOUNT]", "show what was spent; P: today yesterday 7d 30d month", runUsage},
		{"budget", "[--config FILE] [--json] [NAME]", "show where the budgets stand", runBudget},
		{"report", "[--config FILE] [--json] NAME", "show a report now; nothing is posted", runReport},
		{"schedule", "[--config FILE] [--json] [--from RFC3339] [--count N]", "show when the next reports are due", runSchedule},
		{"backtest", "[--config FILE] [--against FILE] [--json] [--days N] [ACCOUNT]", "replay the past: which pings these rules would have sent", runBacktest},
		{"export", "[--config FILE] [--since T] [ACCOUNT]", "write the stored readings as CSV", runExport},
		{"copy", "--to URL [--config FILE]", "copy the database from SQLite to PostgreSQL or back, and compare both", runCopy},
		{"healthcheck", "[--config FILE]", "ask a running bot whether it is alive", runHealthcheck},
		{"completion", "bash|zsh|fish", "print the completion script for a shell, as in: source <(mokabot completion bash)", runCompletion},
		{"version", "", "print this program's version", runVersion},
	}
}

// terminal is what a subcommand may use of the world outside the program.
type terminal struct {
	out    io.Writer // the answer
	err    io.Writer // the log, and what went wrong
	lookup config.Lookup
	in     io.Reader // answers to questions; nil for none

	hangups <-chan os.Signal // SIGHUPs, for run only
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
	t.out, t.err = redacting{ctx, t.out}, redacting{context.WithoutCancel(ctx), t.err}
	if len(args) == 0 {
		_ = usage(t.out) // it is a mistake in any case
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
	if strings.HasPrefix(name, "-") {
		name, _, _ = strings.Cut(strings.TrimLeft(name, "-"), "=")
		meant := didYouMean(dashed(config.Closest(name, []string{"help", "version"})))
		if c, ok := withFlag(name); meant == "" && ok {
			meant = fmt.Sprintf("; write it after the command, as in mokabot %s %s", c.name, dashed(name))
		}
		fmt.Fprintf(t.err, "mokabot: there is no flag %s here%s\nmokabot help lists the commands\n", moka.Plain(dashed(name)), meant)
		return exitUsage
	}
	fmt.Fprintf(t.err, "mokabot: there is no command %q%s\nmokabot help lists the commands\n", name, didYouMean(config.Closest(name, commandNames())))
	return exitUsage
}

// withFlag is a subcommand that has the flag.
func withFlag(name string) (subcommand, bool) {
	for _, c := range subcommands() {
		if flagsOf(c).Lookup(name) != nil {
			return c, true
		}
	}
	return subcommand{}, false
}

// help explains the named subcommand, or lists all.
func help(ctx context.Context, t terminal, args []string) int {
	if len(args) == 0 || args[0] == "help" {
		return status(t, subcommand{name: "help"}, usage(t.out))
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

// usageError is a mistake in the arguments.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func status(t terminal, c subcommand, err error) int {
	var problems *config.Problems
	var mistake usageError
	var help helpRequest
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &help):
		var text strings.Builder
		fmt.Fprintf(&text, "mokabot %s\n%s\n", strings.TrimSpace(c.name+" "+c.args), c.about)
		writeFlags(&text, help.flags)
		_, err := io.WriteString(t.out, text.String())
		return status(t, c, err)
	case errors.As(err, &problems):
		fmt.Fprintln(t.err, moka.PlainLines(problems.Error()))
		return exitUsage
	case errors.As(err, &mistake):
		fmt.Fprintf(t.err, "mokabot %s: %s\nusage: mokabot %s\n", c.name, moka.PlainLines(mistake.text), strings.TrimSpace(c.name+" "+c.args))
		return exitUsage
	case errors.Is(err, silentError{}):
		return exitFailed
	}
	fmt.Fprintf(t.err, "mokabot %s: %s\n", c.name, moka.PlainLines(err.Error()))
	return exitFailed
}

func usage(w io.Writer) error {
	var text strings.Builder
	text.WriteString("mokabot watches the balance of moka-ai accounts, from Discord and from here.\n\n")
	for _, c := range subcommands() {
		text.WriteString(strings.TrimRight(fmt.Sprintf("  mokabot %-11s %s", c.name, c.args), " ") + "\n")
		fmt.Fprintf(&text, "          %-11s %s\n", "", c.about)
	}
	text.WriteString("\nmokabot help COMMAND explains its flags. Exit status: 0 fine, 1 something could not be read or done, 2 bad arguments or configuration.\n")
	_, err := io.WriteString(w, text.String())
	return err
}
