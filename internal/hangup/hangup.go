// Package hangup keeps SIGHUP and SIGPIPE from ending the bot, and notes that SIGINT or
// SIGTERM came before main. It imports almost nothing, so that Go initializes it among the
// first packages, some milliseconds before main.
package hangup

import (
	"os"
	"os/signal"
	"syscall"
)

// Both are nil where this is not the bot.
var hangups, ends <-chan os.Signal

func init() {
	if len(os.Args) > 1 && os.Args[1] == "run" {
		hangups, ends = catch()
	}
}

// catch takes the signals until the process ends. Go ends a program that writes to a
// closed stdout or stderr unless SIGPIPE is ignored.
func catch() (hangups, ends <-chan os.Signal) {
	signal.Ignore(syscall.SIGPIPE)
	again, end := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGHUP)
	signal.Notify(end, os.Interrupt, syscall.SIGTERM)
	return again, end
}

// Signals are the SIGHUPs since the start of `mokabot run`; nil for any other
// subcommand, which SIGHUP ends.
func Signals() <-chan os.Signal { return hangups }

// Ended reports whether `mokabot run` was asked to end. Whoever has its own channel for
// that registers it first: a signal reaches one of them.
func Ended() bool {
	select {
	case <-ends:
		return true
	default: // also without a channel
		return false
	}
}
