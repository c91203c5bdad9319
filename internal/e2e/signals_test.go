//go:build unix

package e2e

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
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

// A signal comes in the first milliseconds of a start. Before Go can catch it, it ends the
// process, as the kernel does; from then on SIGHUP ends nothing, and the others end the bot
// in order. Whatever was begun, the next start finds its database as it should be.
func TestAStartThatIsSignalledEndsInOrder(t *testing.T) {
	proof.NeedsLong(t)
	t.Parallel()
	w := newWorld(t)
	file, env := w.config(t), w.throughProxy(t)
	for _, signal := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT} {
		killed, lived := 0, 0
		for i := range 40 {
			cmd, _, log := program(t, env, "run", "--config", file)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			sleepFor(t.Context(), time.Duration(i)*time.Millisecond/2)
			_ = cmd.Process.Signal(signal)
			if signal == syscall.SIGHUP {
				within(t, patience, "the start to go on, or to be over", func() bool {
					return strings.Contains(log.String(), "mokabot starts") || !exists(cmd.Process.Pid)
				})
				_ = cmd.Process.Signal(syscall.SIGTERM)
			}
			_ = cmd.Wait() // its status follows
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			switch {
			case status.Signaled() && status.Signal() == signal:
				killed++
			case status.ExitStatus() == 0:
				lived++
			default:
				t.Errorf("%s after %d half milliseconds: %s\n%s", signal, i, cmd.ProcessState, log.Tail())
			}
		}
		t.Logf("%s: %d starts ended before it could be caught, %d in order", signal, killed, lived)
	}
	cmd, log := w.process(t, file)
	w.polled(t, 2)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the next start ended with %v\n%s", err, log.Tail())
	}
}

// exists reports whether a process runs, which a zombie no longer does.
func exists(pid int) bool {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, state, _ := strings.Cut(string(status), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

// A start is asked to end while it waits for something that does not answer.
func TestAStartThatWaitsEndsInOrder(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	for what, wait := range map[string]struct {
		set   func(w *world)
		waits func(w *world) bool
	}{
		"for HELLO": {
			func(w *world) { w.discord.InjectGateway(discordsim.GatewayFault{Kind: discordsim.GatewaySilent}) },
			func(w *world) bool { _, left := w.discord.FaultsLeft(); return left == 0 },
		},
		"for READY": {
			func(w *world) { w.discord.InjectGateway(discordsim.GatewayFault{Kind: discordsim.GatewayNoReady}) },
			func(w *world) bool { return len(w.discord.Identifies()) > 0 },
		},
		"for the gateway's address": {
			func(w *world) { w.discord.Inject(discordsim.Fault{Kind: discordsim.FaultHang, Count: -1}) },
			func(w *world) bool { return len(w.discord.Requests()) > 0 },
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			wait.set(w)
			cmd, _, log := program(t, w.throughProxy(t), "run", "--config", w.config(t))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			within(t, patience, "the start to wait", func() bool { return wait.waits(w) })
			_ = cmd.Process.Signal(syscall.SIGTERM)
			if err := cmd.Wait(); err != nil {
				t.Errorf("it ended with %v\n%s", err, log.Tail())
			}
		})
	}
}
