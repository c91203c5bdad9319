// Package proof says how thorough the tests of a run are to be: quick with
// -short, a newcomer's minute and a half without a flag, and everything with
// MOKABOT_LONG set, as .ci/run has it.
package proof

import (
	"os"
	"testing"
)

// Long reports whether the long proofs run.
func Long() bool { return os.Getenv("MOKABOT_LONG") != "" }

// Size is how much a test does: one of three amounts, for -short, for a run
// without a flag and for the long proofs.
func Size[T any](short, normal, long T) T {
	switch {
	case Long():
		return long
	case testing.Short():
		return short
	}
	return normal
}

// NeedsLong skips a test that runs with the long proofs alone, or when one of
// its own variables is set.
func NeedsLong(t testing.TB, variables ...string) {
	t.Helper()
	for _, name := range append(variables, "MOKABOT_LONG") {
		if os.Getenv(name) != "" {
			return
		}
	}
	t.Skip("set MOKABOT_LONG=1 to run it")
}
