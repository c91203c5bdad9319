package e2e

import (
	"regexp"
	"strconv"
	"testing"
)

// initialised is a line of the runtime's trace of package initialisation.
var initialised = regexp.MustCompile(`init mokabot/(\S+) @.* (\d+) bytes`)

// The simulators are in the binary for the demo only: the real program does
// nothing for them when it starts.
func TestTheSimulatorsCostTheStartNothing(t *testing.T) {
	const enough = 16 << 10 // bytes, for a variable or two
	cmd, _, trace := program(t, []string{"GODEBUG=inittrace=1"}, "version")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	for _, m := range initialised.FindAllStringSubmatch(trace.String(), -1) {
		switch bytes, _ := strconv.Atoi(m[2]); m[1] {
		case "internal/discordsim", "internal/discordsim/page", "internal/demo", "internal/story", "moka/mokatest":
			if bytes > enough {
				t.Errorf("%s takes %d bytes before main, want at most %d", m[1], bytes, enough)
			}
		}
	}
}
