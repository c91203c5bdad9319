// Package proof says how thorough the tests of a run are to be: seconds with
// -short, a newcomer's minute and a half without a flag, and everything with
// MOKABOT_LONG set, as .ci/run has it.
package proof

import (
	"flag"
	"os"
	"testing"
)

// Long reports whether the long proofs run.
func Long() bool { return os.Getenv("MOKABOT_LONG") != "" }

// Quick reports whether a few examples are enough: with -short, and with the
// race detector, which looks for races and needs no large numbers.
func Quick() bool { return !Long() && (Raced || testing.Short()) }

// Size is how much a test does: one of three amounts, for a quick run, for one
// without a flag and for the long proofs.
func Size[T any](quick, normal, long T) T {
	switch {
	case Long():
		return long
	case Quick():
		return quick
	}
	return normal
}

// NotShort skips a test that takes longer than a fifth of a second with -short.
func NotShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes too long for -short")
	}
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

// NotRaced skips a simulation that would take minutes with the race detector,
// which sees the same code in other tests.
func NotRaced(t testing.TB) {
	t.Helper()
	if Raced {
		t.Skip("takes minutes with the race detector")
	}
}

// SideBySide runs a package's tests with more of them at a time than there are
// processors, unless -parallel says how many: most of their time is waiting for
// polls, backoffs and heartbeats.
func SideBySide(m *testing.M) int {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", "8"); err != nil {
			panic(err)
		}
	}
	return m.Run()
}
