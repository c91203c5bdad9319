//go:build unix

package e2e

import (
	"compress/gzip"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
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

// S2: what the real program needs for packed bombs, as its peak resident memory.
// The whole table takes half a minute: it runs with MOKABOT_LONG.
func TestBombsNeedLittleMemory(t *testing.T) {
	if proof.Raced {
		t.Skip("the race detector needs several times the memory")
	}
	bombs := map[string]string{"objects": `{},`, "lists": `[],`, "nesting": `[`}
	if !proof.Long() {
		bombs = map[string]string{"objects": `{},`}
	} else {
		bombs["nulls"], bombs["texts"], bombs["one text"], bombs["blanks"] = `null,`, `"",`, ``, ` `
	}
	w := newWorld(t)
	for name, part := range bombs {
		packed := filepath.Join(t.TempDir(), "bomb.gz")
		pack(t, packed, part)
		evil := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/status" {
				w.gateway.ServeHTTP(answer, r)
				return
			}
			answer.Header().Set("Content-Type", "application/json")
			answer.Header().Set("Content-Encoding", "gzip")
			http.ServeFile(answer, r, packed)
		}))
		file := w.config(t, w.server.URL, evil.URL, "  token: "+discordsim.Token, "  token: \"\"")
		for _, args := range [][]string{{"balance"}, {"models"}, {"usage", "--period", "30d"}, {"check"}} {
			cmd, out, log := program(t, nil, append(args, "--config", file)...)
			start := time.Now()
			_ = cmd.Run()
			peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
			t.Logf("%-9s %-8s peak %d MB, %s, exit %d", name, args[0], peak, time.Since(start).Round(time.Millisecond), cmd.ProcessState.ExitCode())
			if text := out.String() + log.String(); !strings.Contains(text, "too large to be right") {
				t.Errorf("%s, %v: %s", name, args, text)
			}
			if peak > 64 || cmd.ProcessState.ExitCode() != 1 {
				t.Errorf("%s, %v: %d MB, exit %d\n%s%s", name, args, peak, cmd.ProcessState.ExitCode(), out, log)
			}
		}
		evil.Close()
	}
}

// bombEndpoints are all that the program reads of a gateway.
var bombEndpoints = []string{
	"/api/status", "/v1/models", "/v1/dashboard/billing/subscription", "/v1/dashboard/billing/usage", "/api/usage/token/", "/api/user/self",
	"/api/subscription/self", "/api/token/", "/api/data/self", "/api/data/flow/self", "/api/log/self/stat", "/api/log/self", "/api/pricing", "/api/notice",
}

// S2: each endpoint with each command, on the command line and in Discord, on the
// real program: its peak resident memory (at least what this process has, which
// starts it) and how long it takes. With -v this prints the table.
func TestBombsByEndpointAndCommand(t *testing.T) {
	proof.NeedsLong(t)
	if proof.Raced {
		t.Skip("the race detector needs several times the memory")
	}
	packed := filepath.Join(t.TempDir(), "bomb.gz")
	pack(t, packed, `{},`)
	t.Logf("| endpoint | %s |", strings.Join([]string{"balance", "models", "usage", "check", "run, and in it:", "/balance", "/models", "/usage", "/keys", "times it was read"}, " | "))
	worst, slowest := int64(0), time.Duration(0)
	for _, endpoint := range bombEndpoints {
		w := newWorld(t)
		var hits atomic.Int32
		evil := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
			if r.URL.Path != endpoint {
				w.gateway.ServeHTTP(answer, r)
				return
			}
			hits.Add(1)
			answer.Header().Set("Content-Type", "application/json")
			answer.Header().Set("Content-Encoding", "gzip")
			http.ServeFile(answer, r, packed)
		}))
		cells := []string{endpoint}
		measured := func(peak int64, took time.Duration) {
			worst, slowest = max(worst, peak), max(slowest, took)
			cells = append(cells, fmt.Sprintf("%d MB %.1f s", peak, took.Seconds()))
		}
		file := w.config(t, w.server.URL, evil.URL, "  token: "+discordsim.Token, "  token: \"\"")
		for _, args := range [][]string{{"balance"}, {"models"}, {"usage", "--period", "30d"}, {"check"}} {
			cmd, _, _ := program(t, nil, append(args, "--config", file)...)
			began := time.Now()
			_ = cmd.Run()
			measured(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss>>10, time.Since(began))
		}
		file = w.config(t, w.server.URL, evil.URL)
		cmd, _, log := program(t, w.throughProxy(t), "run", "--config", file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if err := w.discord.Connected(deadline(t)); err != nil {
			t.Fatalf("%v\n%s", err, log.Tail())
		}
		var asked []time.Duration
		for _, name := range []string{"balance", "models", "usage", "keys"} {
			began := time.Now()
			if _, err := w.discord.Slash(deadline(t), discordsim.Call{Name: name}); err != nil {
				t.Errorf("%s, /%s: %v", endpoint, name, err)
			}
			asked = append(asked, time.Since(began))
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
		worst, cells = max(worst, peak), append(cells, fmt.Sprintf("%d MB", peak))
		for _, took := range asked {
			slowest = max(slowest, took)
			cells = append(cells, fmt.Sprintf("%.1f s", took.Seconds()))
		}
		evil.Close()
		if hits.Load() == 0 {
			t.Errorf("nobody asks %s", endpoint)
		}
		cells = append(cells, fmt.Sprint(hits.Load()))
		t.Logf("| `%s |", strings.Replace(strings.Join(cells, " | "), " |", "` |", 1))
	}
	t.Logf("worst %d MB, slowest %s", worst, slowest.Round(time.Millisecond))
	if worst > 64 {
		t.Errorf("%d MB", worst)
	}
	if slowest > patience { // that a call ends in its time is tested on a virtual clock
		t.Errorf("%s", slowest)
	}
}

// pack writes 100 MB of a part, packed.
func pack(t *testing.T, file, part string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	begin := `{"success":true,"data":[`
	if part == "" {
		begin, part = `{"success":true,"data":"`, "a"
	}
	_, err = io.WriteString(z, begin)
	chunk := strings.Repeat(part, 1<<20/len(part))
	for range 100 {
		if err == nil {
			_, err = io.WriteString(z, chunk)
		}
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
