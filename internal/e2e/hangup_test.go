package e2e

import (
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"mokabot/internal/discordsim"
	"mokabot/internal/testbed"
)

// process starts the unmodified program, which reaches the simulated Discord
// through a proxy.
func (w *world) process(t *testing.T, file string) (*exec.Cmd, *lockedBuffer) {
	t.Helper()
	cmd, _, log := program(t, w.throughProxy(t), "run", "--config", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := w.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	return cmd, log
}

func TestAHangupReadsTheConfigurationAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.config(t)
	cmd, log := w.process(t, file)
	w.polled(t, 2)
	said := func(text string) func() bool { return func() bool { return strings.Contains(log.String(), text) } }

	w.config(t, "poll_interval: 1s", "poll_interval: soon")
	hangUp(t, cmd)
	eventually(t, "the wrong file is reported", said("the old one stays in force"))
	w.polled(t, 2)

	w.config(t, "below: 20.00", "below: 200.00", "storage:\n", "welcome: true\nstorage:\n")
	hangUp(t, cmd)
	eventually(t, "the right file takes over", said("the configuration was read again"))
	w.waits(t, discordsim.AlertsChannel, "the new level's ping", titled("team: balance is low"))
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v\n%s", err, log)
	}
	testbed.NoSecrets(t, "the log", log.String())
	w.noViolations(t)
}

func hangUp(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// The welcome goes through the outbox: whatever happens to it, it comes once.
func TestTheWelcomeComesOnce(t *testing.T) {
	t.Parallel()
	for what, begin := range map[string]func(*discordsim.Server) (end func()){
		"nothing": func(*discordsim.Server) func() { return func() {} },
		"posted, and nobody was told": func(s *discordsim.Server) func() {
			s.Inject(discordsim.Fault{Kind: discordsim.FaultCutAfter, Method: http.MethodPost, Path: "/messages", Count: 3})
			return func() {}
		},
		"not allowed at first": func(s *discordsim.Server) func() {
			s.Deny(discordsim.AlertsChannel, discordsim.PermissionSend)
			return func() { s.SetPermissions(discordsim.AlertsChannel, discordsim.PermissionsUsual) }
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			file := w.config(t, "storage:\n", "welcome: true\nlanguage: zh-CN\nstorage:\n")
			end := begin(w.discord)
			stop := w.run(t, file, nil)
			w.polled(t, 2)
			end()
			w.waits(t, discordsim.AlertsChannel, "the welcome", holding("大家好，我是", "/balance"))
			stop()
			w.run(t, file, nil)
			w.polled(t, 2)
			if n := w.discord.Copies(discordsim.AlertsChannel, "大家好"); n != 1 {
				t.Errorf("%d welcomes", n)
			}
		})
	}
}
