package page

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mokabot/internal/discordsim/browser"
)

// picture leaves a screenshot in the folder that MOKABOT_SCREENSHOTS names.
func picture(b *browser.Browser, name string) {
	if dir := os.Getenv("MOKABOT_SCREENSHOTS"); dir != "" {
		b.Screenshot(filepath.Join(dir, name+".png"))
	}
}

// inside reports whether an element, by its selector, holds a text.
func inside(t *testing.T, b *browser.Browser, selector, text string) {
	t.Helper()
	b.Await(fmt.Sprintf("%q in %s", text, selector),
		`return [...document.querySelectorAll(arguments[0])].some((e) => e.innerText.includes(arguments[1]))`, selector, text)
}

func absent(t *testing.T, b *browser.Browser, selector string) {
	t.Helper()
	b.Await("page without "+selector, `return !document.querySelector(arguments[0])`, selector)
}

func message(id string) string { return fmt.Sprintf(`[data-testid="message"][data-id="%s"]`, id) }

func by(id string) string { return fmt.Sprintf(`[data-testid="%s"]`, id) }

// quiet holds that the console has nothing to say.
func quiet(t *testing.T, b *browser.Browser) {
	t.Helper()
	for _, c := range b.Complaints() {
		t.Error(c)
	}
}

// The page with messages of every kind. The parts share one window, because a
// window takes seconds to open.
func TestThePageInABrowser(t *testing.T) {
	b := browser.Start(t)
	b.Zone(readersZone)
	l, address := serveLive(t)
	b.Open(address + "?lang=en&theme=dark")
	b.Await("message", `return document.querySelector(arguments[0])`, message("115"))
	for _, part := range []struct {
		name string
		run  func(*testing.T, *browser.Browser, *live)
	}{
		{"nothing is ever HTML", noInjection},
		{"text is Discord's markdown", markdownIsRendered},
		{"times are the reader's", timesAreTheReaders},
		{"embeds have columns and files", embedsAndFiles},
		{"marks of what is unread", unreadMarks},
		{"messages change in place", changesInPlace},
		{"everybody sees their own", everybodySeesTheirOwn},
		{"buttons", buttonsArePressed},
		{"the composer by keyboard", composerByKeyboard},
		{"the composer by mouse", composerByMouse},
		{"Enter completes", enterCompletes},
		{"the keyboard is always seen", keyboardIsSeen},
		{"the side panel", sidePanel},
		{"Chinese", inChinese},
		{"on a phone", onAPhone},
		{"the storybook", theStorybook},
	} {
		t.Run(part.name, func(t *testing.T) {
			b := b.For(t)
			part.run(t, b, l)
			quiet(t, b)
		})
	}
}

func noInjection(t *testing.T, b *browser.Browser, _ *live) {
	inside(t, b, message("112"), "<script>document.title='injected'</script> <img src=x onerror=alert(1)> [click](javascript:alert(1))")
	absent(t, b, ".message script, .message img, .message b, [href^='javascript']")
}

func markdownIsRendered(t *testing.T, b *browser.Browser, _ *live) {
	in := message("112")
	for selector, text := range map[string]string{
		in + " .pill": "@operators", in + " strong": "solo", in + " pre": "<b>no html</b> **no markdown**", in + " .h1": "Heading",
		in + " blockquote": "quoted once\nand again", in + " .sub": "small print", in + " ol": "one\ntwo",
		in + " .spoiler": "secret", in + " .url": "https://example.org/a_b_c?d=1",
		message("110") + " .pill": "@mei", message("110") + " dd ul": "or ask in #reports, see the guide", message("110") + " dd code": "console",
		message("111") + " s": "The gateway does not answer", message("111") + " em": "after 3 min", message("111") + " .edited": "(edited)",
	} {
		inside(t, b, selector, text)
	}
	inside(t, b, in, "*Not* italic, snake_case_name, 2 * 3 * 4, ")
	inside(t, b, in, "@everyone")
	absent(t, b, in+" .markdown > p em")
}

func timesAreTheReaders(t *testing.T, b *browser.Browser, _ *live) {
	inside(t, b, message("111"), "Since 8:00:00 AM: 8:00 AM 11/23/25 November 23, 2025 November 23, 2025 at 8:00 AM November 23, 2025 at 8:00 AM Sunday, November 23, 2025 at 8:00 AM")
	inside(t, b, message("110"), "in 2 days")
	b.Await("time that goes on", `return /[2-9] seconds ago/.test(document.querySelector(arguments[0]).innerText)`, message("111"))
	inside(t, b, message("110")+" .when", "Yesterday at ")
}

func embedsAndFiles(t *testing.T, b *browser.Browser, _ *live) {
	var tops []float64
	b.Run(&tops, `return [...document.querySelectorAll(arguments[0] + ' .field')].map((f) => f.getBoundingClientRect().top)`, message("110"))
	if len(tops) != 4 || tops[0] != tops[2] || tops[3] <= tops[2] {
		t.Errorf("three fields in a row and one below begin at %v", tops)
	}
	var bar string
	b.Run(&bar, `return getComputedStyle(document.querySelector(arguments[0] + ' .embed')).borderLeftColor`, message("110"))
	if bar != "rgb(241, 196, 15)" {
		t.Errorf("the edge of an embed is %s", bar)
	}
	b.Click(by("channel-reports"))
	inside(t, b, message("210")+" footer", "next report • Today at ")
	b.Await("loaded picture", `return document.querySelector(arguments[0] + ' .thumb img')?.naturalWidth === 800`, message("210"))
	var file string
	b.RunAsync(&file, `const done = arguments[1], a = document.querySelector(arguments[0]);
		fetch(a.href).then((r) => r.text()).then((text) => done(a.download + ' ' + text))`, message("210")+" "+by("file"))
	if file != "spend-2026-06-04.csv day,spent\n" {
		t.Errorf("the file is %q", file)
	}
	b.Click(message("210") + " .thumb")
	b.Await("enlarged picture", `return document.querySelector('dialog[open] img').naturalWidth === 800`)
	b.Press(browser.Escape)
	absent(t, b, "dialog[open]")
	b.Click(by("channel-alerts"))
}

func unreadMarks(t *testing.T, b *browser.Browser, l *live) {
	absent(t, b, by("channel-reports")+".unread")
	l.send("create", "2", "220", "content", "for nobody in particular")
	l.send("create", "2", "221", "content", "<@&77> for operators", "mention_roles", []string{"77"})
	inside(t, b, by("channel-reports")+".unread .count", "1")
	b.Click(by("channel-reports"))
	inside(t, b, by("divider")+" + "+message("220"), "for nobody")
	inside(t, b, message("221")+".pinged .pill", "@operators")
	b.Click(by("channel-alerts"))
	absent(t, b, by("channel-reports")+".unread")
}

func changesInPlace(t *testing.T, b *browser.Browser, l *live) {
	l.send("create", "1", "120", "content", "first", "components", row("k:again", "Again"))
	inside(t, b, message("120")+" button", "Again")
	b.Run(nil, `document.querySelector(arguments[0]).focus()`, message("120")+" button")
	l.send("create", "1", "121", "flags", 192)
	inside(t, b, message("121")+"[data-state='thinking']", "mokabot is thinking…")
	l.send("update", "1", "120", "content", "second", "edited_timestamp", "2026-11-23T08:00:00Z", "components", row("k:more", "More"))
	inside(t, b, message("120")+" + "+message("121"), "mokabot") // in its place
	inside(t, b, message("120"), "second (edited)")
	b.Await("keyboard on the button that took the place", `return document.activeElement.innerText === 'More'`)
	l.send("delete", "1", "121")
	absent(t, b, message("121"))
}

func row(custom, label string) []any {
	return []any{map[string]any{"type": 1, "components": []any{map[string]any{"type": 2, "style": 2, "label": label, "custom_id": custom}}}}
}

func everybodySeesTheirOwn(t *testing.T, b *browser.Browser, _ *live) {
	inside(t, b, message("113")+".ephemeral", "Only you can see this")
	inside(t, b, message("113")+" .used", "mei used /balance")
	absent(t, b, message("114"))
	inside(t, b, message("110")+".pinged", "team")
	b.Run(nil, `const s = document.querySelector(arguments[0]); s.value = '82'; s.dispatchEvent(new Event('change'))`, by("person"))
	inside(t, b, message("114"), "what only somebody sees")
	absent(t, b, message("113"))
	absent(t, b, message("110")+".pinged") // the role is not theirs
	inside(t, b, ".self", "member")
	b.Click(by("channel-direct"))
	absent(t, b, message("310")) // somebody else's direct messages
	b.Run(nil, `const s = document.querySelector(arguments[0]); s.value = '81'; s.dispatchEvent(new Event('change'))`, by("person"))
	inside(t, b, message("310"), "Models") // mei's own
	b.Click(by("channel-alerts"))
	b.Click(message("113") + " .linklike")
	absent(t, b, message("113"))
}

func buttonsArePressed(t *testing.T, b *browser.Browser, l *live) {
	for _, kind := range []string{"primary", "secondary", "success", "danger", "emoji"} {
		b.Click(by("button-k:" + kind))
		want := "press 1 81 en-US 115 k:" + kind
		wait(t, func() bool { return l.last() == want }, "%s and not %s", want, l)
	}
	b.Click(by("button-k:form"))
	inside(t, b, by("form"), "How long")
	b.Press(browser.Enter) // the client holds an empty one back
	b.Run(nil, `document.activeElement.value = '6h'`)
	picture(b, "form-dark")
	barriers(t, b, "in a form")
	b.Press(browser.Enter)
	wait(t, func() bool { return l.last() == "submit 1 81 en-US form-1 map[text:6h]" }, "the form, and not %s", l)
	absent(t, b, by("form")+"[open]")
	absent(t, b, by("button-k:disabled")+":not(:disabled)")
	inside(t, b, `a.button[href="https://example.org/"]`, "Link")
	l.setFail("The application did not respond")
	b.Click(by("button-k:primary"))
	inside(t, b, by("error"), "The application did not respond")
	l.setFail("")
	b.Click(by("error") + " button")
	b.Await("page without the error", `return document.querySelector(arguments[0]).hidden`, by("error"))
	b.Complaints() // the refusal is one, as it should be
	picture(b, "page-dark")
}

func barriers(t *testing.T, b *browser.Browser, where string) {
	t.Helper()
	if list := b.Barriers(); len(list) > 0 {
		t.Errorf("%s:\n%s", where, strings.Join(list, "\n"))
	}
}
