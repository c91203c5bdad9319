package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/discordsim/browser"
	"mokabot/internal/testbed"
)

// The demonstration as a visitor meets it: with nothing done, an answer, a ping
// and a summary.
func TestTheDemoInABrowser(t *testing.T) {
	t.Parallel()
	b := browser.Start(t)
	cmd, out, log := program(t, nil, "demo", "--listen", "127.0.0.1:0")
	address := opened(t, cmd, out, log)
	b.Open("http://" + address + "/?lang=en&theme=light")
	reads := func(words ...string) {
		b.AwaitFor(patience, strings.Join(words, ", "), `
			return [...document.querySelectorAll('[data-testid="message"]')].some((m) => arguments[0].every((w) => m.innerText.includes(w)))`, words)
	}
	b.Type(`[data-testid="composer"]`, "/balance"+browser.Enter)
	reads("remaining", "API key", "Account balance")
	reads("team: balance is low", "@on-call")
	b.Click(`[data-testid="channel-reports"]`)
	reads("team · Summary of")
	if text := log.String(); strings.Contains(text, "level=ERROR") {
		t.Errorf("the demo logs errors:\n%s", text)
	}
	for _, c := range b.Complaints() {
		t.Error(c)
	}
}

// The page of a preview has controls for Discord and the bot only, and no
// credential ever reaches it.
func TestAPreviewAsAProgram(t *testing.T) {
	t.Parallel() // it mostly waits
	w := newWorld(t)
	cmd, out, log := program(t, nil, "preview", "--config", w.config(t), "--listen", "127.0.0.1:0")
	address := opened(t, cmd, out, log)
	say(t, address, `{"text":"/balance","channel":"`+discordsim.AlertsChannel+`"}`)
	stream := beginning(t, "http://"+address+"/events", "\n\n")
	if !strings.Contains(stream, "$90.01") || !strings.Contains(stream, `"name":"alerts"`) {
		t.Errorf("the page gets %s", stream)
	}
	var panel struct {
		Actions []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(beginning(t, "http://"+address+"/panel", "")), &panel); err != nil || len(panel.Actions) == 0 {
		t.Fatal(panel, err)
	}
	for _, a := range panel.Actions {
		if !slices.Contains([]string{"discord", "drop", "restart", "language"}, a.ID) {
			t.Errorf("the panel has %s", a.ID)
		}
	}
	testbed.NoSecrets(t, "the page", stream)
	testbed.NoSecrets(t, "the output", out.String()+log.String())
}

// opened starts a demo or preview and returns the address that it prints.
func opened(t *testing.T, cmd *exec.Cmd, out, log *lockedBuffer) (address string) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	eventually(t, "no address is printed", func() bool {
		select {
		case <-ended:
			t.Fatalf("the program ended\n%s%s", out, log)
		default:
		}
		_, after, found := strings.Cut(out.String(), "open http://")
		address, _, _ = strings.Cut(after, " ")
		return found
	})
	return address
}

// say gives a command, as soon as the bot has registered it.
func say(t *testing.T, address, body string) {
	t.Helper()
	end := deadline(t)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		resp, err := http.Post("http://"+address+"/say", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode == http.StatusNoContent {
			return
		}
		select {
		case <-tick.C:
		case <-end.Done():
			t.Fatalf("%s: %s", resp.Status, text)
		}
	}
}

// beginning is what an address answers up to a mark, or all of it.
func beginning(t *testing.T, url, mark string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var all bytes.Buffer
	buf := make([]byte, 32<<10)
	for mark == "" || !strings.Contains(all.String(), mark) {
		n, err := resp.Body.Read(buf)
		all.Write(buf[:n])
		if err != nil {
			break
		}
	}
	return all.String()
}
