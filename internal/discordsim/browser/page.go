package browser

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// element is how WebDriver names an element in JSON.
const element = "element-6066-11e4-a52e-4f735466cecf"

// Keys without a letter, to be typed.
const (
	Enter  = "\uE007"
	Tab    = "\uE004"
	Escape = "\uE00C"
	Up     = "\uE013"
	Down   = "\uE015"
)

// Open goes to an address.
func (b *Browser) Open(url string) {
	b.t.Helper()
	b.post(b.session+"/url", map[string]string{"url": url}, nil)
}

// Resize sets the size of the page in points. Chromium's own windows are never
// as narrow as a phone; a narrow page is shown as a phone shows it, with two
// pixels a point.
func (b *Browser) Resize(width, height int) {
	b.t.Helper()
	const phone = 600
	pixels := 1
	if width < phone {
		pixels = 2
	}
	b.post(b.session+"/goog/cdp/execute", map[string]any{"cmd": "Emulation.setDeviceMetricsOverride", "params": map[string]any{
		"width": width, "height": height, "deviceScaleFactor": pixels, "mobile": width < phone,
	}}, nil)
}

// Zone sets the time zone of the pages that are opened from now on.
func (b *Browser) Zone(name string) {
	b.t.Helper()
	b.post(b.session+"/goog/cdp/execute", map[string]any{"cmd": "Emulation.setTimezoneOverride", "params": map[string]any{"timezoneId": name}}, nil)
}

// Run runs the body of a JavaScript function in the page and decodes what it
// returns into value.
func (b *Browser) Run(value any, script string, args ...any) {
	b.t.Helper()
	b.post(b.session+"/execute/sync", map[string]any{"script": script, "args": append([]any{}, args...)}, value)
}

// RunAsync is Run for a script that calls its last argument with the result.
func (b *Browser) RunAsync(value any, script string, args ...any) {
	b.t.Helper()
	b.post(b.session+"/execute/async", map[string]any{"script": script, "args": append([]any{}, args...)}, value)
}

// Await waits until a script returns something true.
func (b *Browser) Await(what, script string, args ...any) {
	b.t.Helper()
	b.AwaitFor(patience, what, script, args...)
}

// AwaitFor is Await with another limit.
func (b *Browser) AwaitFor(limit time.Duration, what, script string, args ...any) {
	b.t.Helper()
	until(b.t, limit, func() string { return fmt.Sprintf("there is no %s on the page:\n%s", what, b.Text("body")) }, func() bool {
		var ok bool
		b.Run(&ok, "return Boolean((() => {"+script+"}).apply(null, arguments))", args...)
		return ok
	})
}

// Text is what a person reads in the first element for a selector.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	var text string
	b.Run(&text, `const e = document.querySelector(arguments[0]); return e ? e.innerText : ""`, selector)
	return text
}

// find waits for the first element for a selector.
func (b *Browser) find(selector string) string {
	b.t.Helper()
	b.Await(selector, `return document.querySelector(arguments[0])`, selector)
	var found map[string]string
	b.post(b.session+"/element", map[string]string{"using": "css selector", "value": selector}, &found)
	return b.session + "/element/" + found[element]
}

// Click clicks an element as a person does, who scrolls to it first: it must be
// there to be seen, and nothing may lie over it. An element that is redrawn
// meanwhile is tried again.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	var why string
	until(b.t, patience, func() string { return selector + " cannot be clicked: " + why }, func() bool {
		at := b.find(selector)
		b.Run(nil, `document.querySelector(arguments[0])?.scrollIntoView({ block: 'center' })`, selector)
		why = b.try(http.MethodPost, at+"/click", map[string]any{}, nil)
		return why == ""
	})
}

// Type writes into an element.
func (b *Browser) Type(selector, text string) {
	b.t.Helper()
	b.post(b.find(selector)+"/value", map[string]string{"text": text}, nil)
}

// Press gives keys to whatever has the keyboard.
func (b *Browser) Press(keys ...string) {
	b.t.Helper()
	var actions []map[string]string
	for _, k := range keys {
		actions = append(actions, map[string]string{"type": "keyDown", "value": k}, map[string]string{"type": "keyUp", "value": k})
	}
	b.post(b.session+"/actions", map[string]any{"actions": []any{map[string]any{"type": "key", "id": "keys", "actions": actions}}}, nil)
}

// Complaints are the warnings and errors on the console since the last call.
func (b *Browser) Complaints() []string {
	b.t.Helper()
	var entries []struct{ Level, Message string }
	b.post(b.session+"/se/log", map[string]string{"type": "browser"}, &entries)
	var list []string
	for _, e := range entries {
		if e.Level == "SEVERE" || e.Level == "WARNING" {
			list = append(list, strings.ToLower(e.Level)+": "+e.Message)
		}
	}
	return list
}

// Screenshot writes what is seen as a PNG.
func (b *Browser) Screenshot(file string) {
	b.t.Helper()
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
