package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// browser is a headless Chromium, driven through chromedriver.
// https://www.w3.org/TR/webdriver2/
type browser struct {
	t       *testing.T
	session string
}

// element is how WebDriver names an element in JSON.
const element = "element-6066-11e4-a52e-4f735466cecf"

func startBrowser(t *testing.T) *browser {
	t.Helper()
	driver, err := exec.LookPath("chromedriver")
	if err != nil {
		if os.Getenv("MOKABOT_BROWSER") == "required" {
			t.Fatal("chromedriver is not installed")
		}
		t.Skip("needs chromedriver")
	}
	port := freePort(t)
	cmd := exec.Command(driver, "--port="+port) // ended below, after its session
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	b := &browser{t: t}
	base := "http://127.0.0.1:" + port
	answers(t, base+"/status")
	var got struct {
		SessionID string `json:"sessionId"`
	}
	b.call(http.MethodPost, base+"/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"browserName": "chrome",
		"goog:chromeOptions": map[string]any{"args": []string{
			"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync", "--user-data-dir=" + t.TempDir(), "--window-size=1280,1000",
		}},
	}}}, &got)
	b.session = base + "/session/" + got.SessionID
	t.Cleanup(func() { b.call(http.MethodDelete, b.session, nil, nil) })
	return b
}

// call makes one WebDriver request; what it returns is decoded into value.
func (b *browser) call(method, url string, body, value any) {
	b.t.Helper()
	var raw []byte
	if method == http.MethodPost {
		raw, _ = json.Marshal(body)
	}
	req, err := http.NewRequest(method, url, bytes.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer := struct{ Value any }{value}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("%s %s: %s, %v: %v", method, url, resp.Status, err, answer.Value)
	}
}

// say types a line into the composer.
func (b *browser) say(line string) {
	var found map[string]string
	b.call(http.MethodPost, b.session+"/element", map[string]string{"using": "css selector", "value": `[data-testid="composer"]`}, &found)
	b.call(http.MethodPost, b.session+"/element/"+found[element]+"/value", map[string]string{"text": line + "\uE007"}, nil)
}

// messages are the texts of all messages that the page shows.
func (b *browser) messages() (texts []string) {
	b.call(http.MethodPost, b.session+"/execute/sync", map[string]any{
		"script": `return [...document.querySelectorAll('[data-testid="message"]')].map(m => m.innerText)`, "args": []any{},
	}, &texts)
	return texts
}

// waitFor waits until one message holds all the words.
func (b *browser) waitFor(limit time.Duration, words ...string) {
	b.t.Helper()
	end := time.After(limit)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, m := range b.messages() {
			if containsAll(m, words) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-end:
			b.t.Fatalf("no message with %q among\n%s", words, strings.Join(b.messages(), "\n---\n"))
		}
	}
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func (b *browser) screenshot(file string) {
	var encoded string
	b.call(http.MethodGet, b.session+"/screenshot", nil, &encoded)
	png, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// answers waits until a server answers.
func answers(t *testing.T, url string) {
	t.Helper()
	end := time.After(30 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if resp, err := http.Get(url); err == nil {
			resp.Body.Close()
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("nobody answers at %s", url)
		}
	}
}

// The demonstration as a visitor meets it, in a real browser. With
// MOKABOT_SCREENSHOT=FILE it leaves the README's picture there.
func TestTheDemoInABrowser(t *testing.T) {
	b := startBrowser(t)
	address := "127.0.0.1:" + freePort(t)
	cmd, _, log := program(t, nil, "demo", "--listen", address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	answers(t, "http://"+address+"/")
	b.call(http.MethodPost, b.session+"/url", map[string]string{"url": "http://" + address + "/"}, nil)
	b.waitForComposer()
	b.say("/balance")
	b.waitFor(20*time.Second, "left to spend", "API key", "Account balance")
	b.say("/models claude")
	b.waitFor(20*time.Second, "models with", "claude-sonnet-4.5")
	left := 60*time.Second - time.Since(began)
	b.waitFor(left, "team: balance is low", "@on-call")
	b.waitFor(60*time.Second-time.Since(began), "team · Summary of")
	if file := os.Getenv("MOKABOT_SCREENSHOT"); file != "" {
		b.screenshot(file)
	}
	if text := log.String(); strings.Contains(text, "level=ERROR") {
		t.Errorf("the demo logs errors:\n%s", text)
	}
}

func (b *browser) waitForComposer() {
	b.t.Helper()
	end := time.After(20 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for ready := false; !ready; {
		b.call(http.MethodPost, b.session+"/execute/sync", map[string]any{
			"script": `return document.querySelector('[data-testid="composer"]') !== null`, "args": []any{},
		}, &ready)
		select {
		case <-tick.C:
		case <-end:
			b.t.Fatal("the page has no composer")
		}
	}
}
