// Package proof selects how thorough the tests of a run are: seconds with -short, a minute
// and a half without a flag, and everything with MOKABOT_LONG set, as in .ci/run.
package proof

import (
	"flag"
	"os"
	"runtime/debug"
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

// NotRaced skips a test that computes so much that the race detector takes many
// times as long for it, and sees the same code in other tests.
func NotRaced(t testing.TB) {
	t.Helper()
	if Raced {
		t.Skip("takes many times as long with the race detector")
	}
}

// Main runs a package's tests: more of them at a time than there are processors,
// unless -parallel says how many, since most of their time is waiting for polls,
// backoffs and heartbeats; with their files in memory, where there is room, since the
// databases otherwise wait for the disk; and with less collecting of garbage. The
// functions run at the end, before the files are removed.
func Main(m *testing.M, end ...func()) int {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", "12"); err != nil {
			panic(err)
		}
	}
	if os.Getenv("GOGC") == "" {
		const spacious = 300 // percent; tests have memory rather than time
		debug.SetGCPercent(spacious)
	}
	if dir := inMemory(); dir != "" {
		defer os.RemoveAll(dir)
		if err := os.Setenv("TMPDIR", dir); err != nil {
			panic(err)
		}
	}
	for _, f := range end {
		defer f()
	}
	return m.Run()
}
