// Package browser drives a headless Chromium, for tests of pages. It speaks
// the WebDriver protocol to chromedriver, which must be installed; a test
// without it is skipped, or fails where MOKABOT_BROWSER is "required".
//
// https://www.w3.org/TR/webdriver2/
package browser

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Browser is one window.
type Browser struct {
	t       testing.TB
	session string // address
}

// patience is how long a page gets for what it does by itself; a busy machine
// is slow.
const patience = 90 * time.Second

// Start opens a window of 1280 by 800 points that lives as long as the test.
func Start(t testing.TB) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("starting Chromium takes too long for -short")
	}
	base := startDriver(t)
	b := &Browser{t: t}
	var got struct {
		SessionID    string `json:"sessionId"`
		Capabilities struct {
			PID int `json:"goog:processID"`
		} `json:"capabilities"`
	}
	b.post(base+"/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"browserName":        "chrome",
		"goog:loggingPrefs":  map[string]string{"browser": "ALL"},
		"goog:chromeOptions": map[string]any{"args": arguments(t.TempDir())},
	}}}, &got)
	b.session = base + "/session/" + got.SessionID
	t.Cleanup(func() { b.end(got.Capabilities.PID) })
	b.Resize(1280, 800)
	return b
}

// startDriver starts chromedriver and returns its address.
func startDriver(t testing.TB) string {
	t.Helper()
	driver, err := exec.LookPath("chromedriver")
	if err != nil {
		if os.Getenv("MOKABOT_BROWSER") == "required" {
			t.Fatal("chromedriver is not installed")
		}
		t.Skip("needs Chromium and chromedriver; neither is part of Go")
	}
	port := FreePort(t)
	var output bytes.Buffer
	cmd := exec.Command(driver, "--port="+port) // ended below, after its session
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		if _ = cmd.Wait(); t.Failed() {
			t.Logf("chromedriver ended with %s and said:\n%s", cmd.ProcessState, output.String())
		}
	})
	base := "http://127.0.0.1:" + port
	Answers(t, base+"/status")
	return base
}

// end closes the window. Where chromedriver can no longer do that, Chromium
// would stay forever.
func (b *Browser) end(pid int) {
	if b.try(http.MethodDelete, b.session, nil, nil) == "" || pid == 0 {
		return
	}
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

// For is the same window in a part of the test.
func (b *Browser) For(t testing.TB) *Browser { return &Browser{t, b.session} }

// arguments keep Chromium from the screen, from the network and from other runs.
func arguments(dir string) []string {
	return []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--user-data-dir=" + dir, "--window-size=1280,800",
		"--lang=en-US", "--force-color-profile=srgb", "--hide-scrollbars",
	}
}

func (b *Browser) post(url string, body, value any) {
	b.t.Helper()
	b.call(http.MethodPost, url, body, value)
}

// call makes one request; what it returns is decoded into value.
func (b *Browser) call(method, url string, body, value any) {
	b.t.Helper()
	if why := b.try(method, url, body, value); why != "" {
		b.t.Fatalf("%s %s: %s", method, url, why)
	}
}

// try makes one request and tells why it failed.
func (b *Browser) try(method, url string, body, value any) string {
	b.t.Helper()
	raw := []byte{}
	if body != nil {
		raw, _ = json.Marshal(body) // made of maps and strings
	}
	req, err := http.NewRequest(method, url, bytes.NewReader(raw))
	if err != nil {
		return err.Error()
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	answer := struct{ Value json.RawMessage }{}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return resp.Status + ": " + err.Error()
	}
	if resp.StatusCode != http.StatusOK {
		return resp.Status + ": " + string(answer.Value)
	}
	if value == nil {
		return ""
	}
	if err := json.Unmarshal(answer.Value, value); err != nil {
		return err.Error() + ": " + string(answer.Value)
	}
	return ""
}

// FreePort is a port on which nobody listens.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String()) // it has just been made
	return port
}

// Answers waits until a server answers.
func Answers(t testing.TB, url string) {
	t.Helper()
	until(t, patience, func() string { return "nobody answers at " + url }, func() bool {
		resp, err := http.Get(url)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return true
	})
}

// until waits for something, and otherwise says why the test fails.
func until(t testing.TB, limit time.Duration, why func() string, ok func() bool) {
	t.Helper()
	end := time.After(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal(why())
		}
	}
}
