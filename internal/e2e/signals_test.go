//go:build unix

package e2e

import (
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"mokabot/internal/discordsim"
	"mokabot/internal/testbed"
)

// A command that is interrupted while a gateway lets it wait ends at once, and blames
// nobody.
func TestAnInterruptedCommandEndsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, args := range readingCommands {
		for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
			// One for each, because a request may arrive after the program that sent it has ended.
			hanging, answered := hostile(t, w.gateway, everywhere(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
			file := w.config(t, w.server.URL, hanging, "  token: "+discordsim.Token, "  token: \"\"")
			cmd, out, log := program(t, nil, append(args, "--config", file)...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			within(t, patience, "a call that hangs", func() bool { return answered.Load() > 0 })
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // its exit status follows
			text := out.String() + log.String()
			if status := cmd.ProcessState.ExitCode(); status != 1 || out.String() != "" || !strings.HasSuffix(text, "mokabot "+args[0]+": interrupted\n") {
				t.Errorf("%v, %s: exit %d, %s", args, signal, status, text)
			}
			testbed.NoSecrets(t, "the output", text)
		}
	}
}
