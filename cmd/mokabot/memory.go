package main

import (
	"runtime/debug"

	"mokabot/internal/config"
)

// thrifty has garbage collected at half of what lives instead of all of it,
// unless the environment says otherwise. The bot makes little garbage and lives
// long: memory is worth more to its host than the moments that this takes.
func thrifty(lookup config.Lookup) {
	if _, set := lookup("GOGC"); !set {
		debug.SetGCPercent(50)
	}
}
