//go:build unix

package e2e

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
)

// S11: SIGHUPs from the program's first words to its last, and a log whose
// reader goes. Before them the Go runtime starts, where nothing can be caught.
func TestSignalsAndALostLogDoNotEndTheBot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.config(t)
	cmd, _, _ := program(t, w.throughProxy(t), "run", "--config", file)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	if err := read.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := read.Read(make([]byte, 1)); err != nil {
		t.Fatalf("the program says nothing: %v", err)
	}
	for range 10 {
		hangUp(t, cmd)
		time.Sleep(20 * time.Millisecond)
	}
	if err := w.discord.Connected(deadline(t)); err != nil {
		t.Fatal(err)
	}
	read.Close() // from now on each line of the log is a broken pipe
	hangUp(t, cmd)
	w.polled(t, 3)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if cmd.Process.Signal(syscall.SIGHUP) != nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	w.noViolations(t)
}

// S11: hardly anything is initialized before SIGHUP is caught.
func TestSIGHUPIsCaughtFirst(t *testing.T) {
	t.Parallel()
	cmd, _, log := program(t, []string{"GODEBUG=inittrace=1"}, "version")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	before := 0
	for line := range strings.Lines(log.String()) {
		name := strings.Fields(strings.TrimPrefix(line, "init "))[0]
		switch {
		case name == "mokabot/internal/hangup":
			return
		case name == "net" || name == "net/http" || strings.HasPrefix(name, "modernc.org/") || strings.HasPrefix(name, "mokabot/"):
			t.Errorf("%s is initialized before SIGHUP is caught", name)
		}
		if before++; before > 60 {
			t.Fatal("SIGHUP is caught only after 60 packages were initialized")
		}
	}
	t.Errorf("SIGHUP is not caught\n%s", log)
}

// S11: a parent that ignores SIGHUP, such as nohup, closes the gap before that.
func TestSIGHUPIsSurvivedFromTheFirstInstant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cmd, _, log := program(t, w.throughProxy(t), "run", "--config", w.config(t))
	cmd.Args = append([]string{"sh", "-c", `trap '' HUP; for n in $(seq 500); do kill -HUP $$; done & exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := w.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, log.Tail())
	}
	hangUp(t, cmd) // it is obeyed all the same
	within(t, patience, "a reload", func() bool { return strings.Contains(log.String(), "the configuration was read again") })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

// S9: net/http prints every header when asked to by the environment.
func TestDebuggingHTTPPrintsNoCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secure := httptest.NewUnstartedServer(w.gateway)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(secure.Close)
	authority := filepath.Join(w.dir, "gateway.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(authority, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, debug := range []string{"http2debug=1", "http2debug=2", "netdns=2,http2debug=2"} {
		file := w.config(t, w.server.URL, secure.URL)
		for _, args := range [][]string{{"balance"}, {"check"}, {"models", "--json"}} {
			status, out, log := command(t, map[string]string{"GODEBUG": debug, "SSL_CERT_FILE": authority}, append(args, "--config", file)...)
			if args[0] != "check" && status != 0 { // Discord is not there to be checked
				t.Errorf("%v: exit %d, %s", args, status, log)
			}
			if text := out + log; strings.Contains(text, "http2:") || strings.Contains(text, "authorization") {
				t.Errorf("%s %v: %s", debug, args, text)
			}
		}
	}
}

// S6: check and --json print what a gateway says of itself.
func TestCheckPrintsNoCredentialOfTheGatewaysWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	evil := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/status" {
			w.gateway.ServeHTTP(answer, r)
			return
		}
		answer.Header().Set("Content-Type", "application/json")
		text := `\u001b[31m\u202e` + testKey + ` ` + strings.ToUpper(testToken)
		fmt.Fprintf(answer, `{"success":true,"data":{"version":"%[1]s","system_name":"%[1]s","quota_per_unit":500000,"quota_display_type":"%[1]s"}}`, text)
	}))
	t.Cleanup(evil.Close)
	file := w.config(t, w.server.URL, evil.URL, "  token: "+discordsim.Token, "  token: \"\"")
	for _, args := range [][]string{{"check"}, {"check", "--json"}, {"balance"}, {"balance", "--json"}} {
		_, out, log := command(t, nil, append(args, "--config", file)...)
		if text := out + log; strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(strings.ToUpper(text), strings.ToUpper(testToken)[:14]) {
			t.Errorf("%v: %q", args, text)
		}
	}
}
