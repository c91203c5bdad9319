package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// openTerminal is a terminal that a person might sit at, and what is written on it
// until it is closed.
func openTerminal(t *testing.T) (tty *os.File, written func() string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	control := func(request uintptr, value *int32) {
		if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(unsafe.Pointer(value))); failed != 0 {
			t.Skip("no terminals here: ", failed)
		}
	}
	var number, unlocked int32
	control(syscall.TIOCSPTLCK, &unlocked)
	control(syscall.TIOCGPTN, &number)
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Skip("no terminals here: ", err)
	}
	text := make(chan string)
	go func() {
		raw, _ := io.ReadAll(master) // ends with an error when the terminal is closed
		text <- string(raw)
	}()
	return tty, func() string {
		tty.Close()
		defer master.Close()
		return <-text
	}
}

// Colors and the line of progress are for a person at a terminal, who may ask
// for none by NO_COLOR.
func TestColorAndProgressAreForTerminals(t *testing.T) {
	const color, clear = "\x1b[3", "\r\x1b[K"
	for _, c := range []struct {
		what             string
		env              map[string]string
		args             []string
		colored, waiting bool
	}{
		{"a terminal", map[string]string{"TERM": "xterm"}, nil, true, true},
		{"NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, nil, false, true},
		{"an empty NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": ""}, nil, true, true},
		{"a terminal without colors", map[string]string{"TERM": "dumb"}, nil, false, true},
		{"JSON", map[string]string{"TERM": "xterm"}, []string{"--json"}, false, true},
		{"offline", map[string]string{"TERM": "xterm"}, []string{"--offline"}, true, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Chdir(t.TempDir())
			env := gatewayEnvironment(t)
			maps.Copy(env, c.env)
			out, answer := openTerminal(t)
			log, waited := openTerminal(t)
			lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
			status := execute(t.Context(), terminal{out: out, err: log, lookup: lookup}, append([]string{"check"}, c.args...))
			if got := answer(); status != 0 || strings.Contains(got, color) != c.colored || !strings.Contains(got, "ok") {
				t.Errorf("exit %d: %q", status, got)
			}
			if got := waited(); strings.Contains(got, "checking default …") != c.waiting || !strings.HasSuffix(got, clear) && got != "" {
				t.Errorf("waiting: %q", got)
			}
		})
	}
	status, out, log := runLine(t, gatewayEnvironment(t), "check")
	if status != 0 || strings.ContainsAny(out+log, "\x1b\r") {
		t.Errorf("not a terminal: exit %d: %q %q", status, out, log)
	}
}
