package app

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mokabot/internal/proof"
)

// Pages that were written to exist nowhere else, also when nobody can write to
// them any more: a program that is relocated has its addresses in such pages.
func TestOnlyPagesThatAreAsInTheFileAreGivenBack(t *testing.T) {
	const smaps = `00400000-00c5f000 r-xp 00000000 fe:00 131 /usr/local/bin/mokabot
Size:               8572 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
00c5f000-014f1000 r--p 0085f000 fe:00 131                                /usr/local/bin/mokabot
Rss:                8776 kB
Anonymous:             0 kB
014f1000-01500000 r--p 010f1000 fe:00 131 /usr/local/bin/mokabot
Anonymous:            60 kB
01500000-01598000 rw-p 01100000 fe:00 131 /usr/local/bin/mokabot
Anonymous:             0 kB
01598000-015d0000 rw-p 00000000 00:00 0
Anonymous:             0 kB
7f0000000000-7f0000001000 r--p 00000000 fe:00 77 /usr/share/zoneinfo/UTC
Anonymous:             0 kB
`
	got, err := programParts(strings.NewReader(smaps), "/usr/local/bin/mokabot")
	if want := []part{{0x400000, 0x85f000}, {0xc5f000, 0x892000}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%#x, %v; want %#x", got, err, want)
	}
}

// A program that is relocated at its start, as many distributions build theirs.
func TestARelocatedProgramGoesOnWithoutItsPages(t *testing.T) {
	proof.NeedsLong(t) // it compiles the program anew
	t.Parallel()
	relocated := filepath.Join(t.TempDir(), "relocated.test")
	build := exec.Command("go", "test", "-c", "-buildmode=pie", "-o", relocated, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("no such programs here: %v: %s", err, out)
	}
	again := exec.Command(relocated, "-test.run", "^TestTheProgramGoesOnWithoutItsPages$", "-test.v")
	if out, err := again.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// The program goes on with pages that it takes from its file again, and holds
// less of the file than before.
func TestTheProgramGoesOnWithoutItsPages(t *testing.T) {
	before := ofFile(t)
	if err := dropProgramPages(); err != nil {
		t.Fatal(err)
	}
	after := ofFile(t)
	if after >= before {
		t.Errorf("%d kB of the program's file before, %d kB after", before, after)
	}
	if Version() == "" {
		t.Error("the program has lost its version")
	}
}

// ofFile is how much of mapped files is in memory, in kB.
func ofFile(t *testing.T) (kB int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	for line := range bytes.Lines(text) {
		name, rest, _ := bytes.Cut(line, []byte(":"))
		if what := string(name); what != "RssFile" && what != "RssShmem" { // the latter of a file system in memory
			continue
		}
		n, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
		if err != nil {
			t.Fatal(err)
		}
		kB += n
	}
	if kB == 0 {
		t.Skip("this system does not say")
	}
	return kB
}
