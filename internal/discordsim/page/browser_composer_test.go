package page

import (
	"fmt"
	"strings"
	"testing"

	"mokabot/internal/discordsim/browser"
)

func composerByKeyboard(t *testing.T, b *browser.Browser, l *live) {
	b.Type(by("composer"), "/b")
	inside(t, b, by("option"), "What is left")
	b.Press(browser.Down, browser.Enter)
	holds(b, "/balance ")
	inside(t, b, ".usage", "account")
	b.Press(browser.Down, browser.Enter)
	holds(b, "/balance account:")
	inside(t, b, by("option"), "the other account") // what the bot suggests
	b.Press(browser.Down, browser.Down, browser.Enter)
	holds(b, `/balance account:"the other" `)
	inside(t, b, ".chip.given", "account\nthe other")
	picture(b, "page-composer")
	b.Press(browser.Escape)
	b.Await("closed menu", `return document.querySelector('#menu').hidden`)
	b.Press(browser.Enter)
	wait(t, func() bool { return l.last() == "slash 1 81 en-US balance map[account:the other]" }, "%s", l)
	holds(b, "")
	b.Press(browser.Up)
	holds(b, `/balance account:"the other"`) // an earlier line
	b.Run(nil, `document.querySelector(arguments[0]).value = ''`, by("composer"))
	b.Type(by("composer"), "hello"+browser.Enter)
	inside(t, b, by("error"), "Only commands")
	holds(b, "hello") // corrected below
	b.Run(nil, `document.querySelector(arguments[0]).value = ''`, by("composer"))
	b.Complaints() // the refusal
}

// Enter completes what is not a command yet, and sends what is.
func enterCompletes(t *testing.T, b *browser.Browser, l *live) {
	b.Type(by("composer"), "/ba"+browser.Enter)
	holds(b, "/balance ")
	b.Press(browser.Enter)
	wait(t, func() bool { return strings.HasPrefix(l.last(), "slash 1 81 en-US balance") }, "%s", l)
	holds(b, "")
	b.Type(by("composer"), "/plan kind:dai"+browser.Enter)
	holds(b, "/plan kind:day ")
	b.Press(browser.Enter)
	wait(t, func() bool { return strings.HasPrefix(l.last(), "slash 1 81 en-US plan") }, "%s", l)
	holds(b, "")
}

func composerByMouse(t *testing.T, b *browser.Browser, _ *live) {
	b.Type(by("composer"), "/plan ")
	inside(t, b, ".chip.open", "kind*")
	b.Click(".chip.open")
	holds(b, "/plan kind:")
	inside(t, b, by("option"), "Daily report")
	b.Click(by("option"))
	holds(b, "/plan kind:day ")
	b.Run(nil, `document.querySelector('#note').hidden = true;
		const i = document.querySelector(arguments[0]); i.value = ''; i.dispatchEvent(new Event('input'))`, by("composer"))
}

func holds(b *browser.Browser, text string) {
	b.Await(fmt.Sprintf("composer with %q", text), `return document.querySelector(arguments[0]).value === arguments[1]`, by("composer"), text)
}

// keyboardIsSeen goes around the page by Tab: whatever has the keyboard shows it.
func keyboardIsSeen(t *testing.T, b *browser.Browser, _ *live) {
	b.Run(nil, `document.activeElement.blur()`)
	been := map[string]bool{}
	for range 40 {
		b.Press(browser.Tab)
		var at struct {
			Name  string
			Shown bool
		}
		b.Run(&at, `const e = document.activeElement, style = getComputedStyle(e.closest('.composer') && e.matches('input') ? e.closest('.composer') : e);
			return { Name: e.dataset.testid || e.id || e.tagName, Shown: parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== 'none' || style.boxShadow !== 'none' }`)
		been[at.Name] = true
		if !at.Shown && at.Name != "BODY" {
			t.Errorf("%s has the keyboard and does not show it", at.Name)
		}
	}
	for _, name := range []string{"channel-reports", "person", "language-toggle", "theme-toggle", "storybook-link", "stream", "button-k:danger", "composer", "send", "action-spend"} {
		if !been[name] {
			t.Errorf("%s is not reached by Tab", name)
		}
	}
}

func sidePanel(t *testing.T, b *browser.Browser, l *live) {
	inside(t, b, by("world"), "fine")
	b.Click(by("action-spend"))
	inside(t, b, by("done"), "did spend")
	if l.last() != "act en-US spend" {
		t.Error(l.last())
	}
}
