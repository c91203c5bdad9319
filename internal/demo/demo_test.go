package demo

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/discordsim"
	"mokabot/internal/discordsim/browser"
	"mokabot/internal/discordsim/page"
	"mokabot/internal/testbed"
)

// visit is the demonstration in this process, with a browser in front of it.
type visit struct {
	*browser.Browser
	demo    *demo
	address string
	log     *testbed.Buffer
	pressed map[string]bool // controls of the side panel
}

// startVisit opens the demonstration's page.
func startVisit(t *testing.T) *visit {
	t.Helper()
	return startVisitIn(t, "en")
}

// startVisitIn is a visit of a demo whose posts and page are in a language.
func startVisitIn(t *testing.T, language string) *visit {
	t.Helper()
	v := &visit{Browser: browser.Start(t), log: &testbed.Buffer{}, pressed: map[string]bool{}}
	d, err := newDemo(t.Context(), t.TempDir(), language, app.NewLog(v.log, config.Log{}), patient())
	if err != nil {
		t.Fatal(err)
	}
	v.demo = d
	t.Cleanup(d.discord.Close)
	runUntilTheEnd(t, d.run)
	v.address = servePageOf(t, d)
	v.Open(v.address + "?lang=" + language + "&theme=dark")
	v.Await("channel list", `return document.querySelector('[data-testid="channel-alerts"]')`)
	return v
}

// runUntilTheEnd runs something that must not fail before the test is over.
func runUntilTheEnd(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := run(ctx); err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func servePageOf(t *testing.T, b page.Backend) string {
	t.Helper()
	s := httptest.NewServer(page.Handler(b))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL + "/"
}

// For is the same visit in a part of the test.
func (v *visit) For(t *testing.T) *visit {
	return &visit{v.Browser.For(t), v.demo, v.address, v.log, v.pressed}
}

func testID(id string) string { return fmt.Sprintf(`[data-testid=%q]`, id) }

// picture leaves a screenshot in the folder that MOKABOT_SCREENSHOTS names.
func (v *visit) picture(name string) {
	if dir := os.Getenv("MOKABOT_SCREENSHOTS"); dir != "" {
		v.Screenshot(filepath.Join(dir, name+".png"))
	}
}

// reads waits until a message on the page holds all the words.
func (v *visit) reads(words ...string) {
	v.AwaitFor(time.Minute, strings.Join(words, ", "), `
		return [...document.querySelectorAll('[data-testid="message"]')].some((m) => arguments[0].every((w) => m.innerText.includes(w)))`, words)
}

// control presses a control of the side panel and waits for what it did.
func (v *visit) control(id, done string) {
	v.pressed[id] = true
	v.Click(testID("action-" + id))
	v.Await("line of what was done: "+done, `return document.querySelector('[data-testid="done"] p')?.innerText.includes(arguments[0])`, done)
}

// posted waits for a message of the bot in a channel.
func (v *visit) posted(t *testing.T, channel, text string) discordsim.Message {
	t.Helper()
	m, err := v.demo.discord.WaitMessage(deadline(t), channel, func(m discordsim.Message) bool {
		return strings.Contains(string(m.JSON()), text)
	})
	if err != nil {
		t.Fatalf("no message with %q: %v", text, err)
	}
	return m
}

// open opens a channel by its name.
func (v *visit) open(channel string) {
	v.Click(testID("channel-" + channel))
	v.Await("open "+channel, `return document.querySelector(arguments[0]).getAttribute('aria-current')`, testID("channel-"+channel))
}

// fine holds that neither the console nor Discord has anything to object to.
func (v *visit) fine(t *testing.T) {
	t.Helper()
	for _, c := range v.Complaints() {
		t.Error(c)
	}
	for _, f := range v.demo.discord.Violations() {
		t.Error(f)
	}
}
