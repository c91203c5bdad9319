// Package hangup keeps SIGHUP and SIGPIPE from ending the bot. It imports almost nothing,
// so that Go initializes it among the first packages, some milliseconds before main.
package hangup

import (
	"os"
	"os/signal"
	"syscall"
)

var signals <-chan os.Signal // nil: this is not the bot

func init() {
	if len(os.Args) > 1 && os.Args[1] == "run" {
		signals = catch()
	}
}

// catch takes both signals until the process ends. Go ends a program that
// writes to a closed stdout or stderr unless SIGPIPE is ignored.
func catch() <-chan os.Signal {
	signal.Ignore(syscall.SIGPIPE)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	return hangups
}

// Signals are the SIGHUPs since the start of `mokabot run`; nil for any other
// subcommand, which SIGHUP ends.
func Signals() <-chan os.Signal { return signals }
