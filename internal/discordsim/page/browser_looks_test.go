package page

import (
	"testing"

	"mokabot/internal/discordsim/browser"
)

func inChinese(t *testing.T, b *browser.Browser, l *live) {
	b.Click(by("language-toggle"))
	inside(t, b, message("111"), "2025年11月23日 08:00")
	inside(t, b, message("111"), "钟前")
	inside(t, b, "#topic", "告警")
	b.Type(by("composer"), "／余")
	inside(t, b, by("option"), "还剩多少")
	b.Press(browser.Tab)
	holds(b, "/余额 ")
	b.Type(by("composer"), browser.Enter)
	wait(t, func() bool { return l.last() == "slash 1 81 zh-CN balance map[]" }, "%s", l)
	var tag string
	if b.Run(&tag, `return document.documentElement.lang`); tag != "zh-CN" {
		t.Errorf("the page's language is %s", tag)
	}
	b.Click(by("theme-toggle"))
	barriers(t, b, "in Chinese, light")
	picture(b, "page-light-zh")
}

func onAPhone(t *testing.T, b *browser.Browser, _ *live) {
	b.Resize(390, 844)
	picture(b, "page-phone")
	barriers(t, b, "on a phone")
	for _, side := range []string{"places", "panel"} {
		b.Click(by(side + "-toggle"))
		b.Await("open "+side, `return document.body.classList.contains('show-' + arguments[0])`, side)
		barriers(t, b, "with the open "+side)
		picture(b, "page-phone-"+side)
		b.Press(browser.Escape)
		b.Await("keyboard back on the button", `return document.activeElement.dataset.testid === arguments[0]`, side+"-toggle")
	}
	b.Click(by("places-toggle"))
	b.Click(by("channel-reports"))
	inside(t, b, "#title", "reports")
	b.Await("folded list", `return !document.body.classList.contains('show-places')`)
	picture(b, "page-phone-reports")
	b.Resize(1280, 800)
}

func theStorybook(t *testing.T, b *browser.Browser, _ *live) {
	b.Click(by("storybook-link"))
	inside(t, b, by("story")+" .side:nth-child(1)", "low")
	inside(t, b, by("story")+" .side:nth-child(2)", "不足")
	inside(t, b, by("golden"), "en-low.golden")
	barriers(t, b, "in the storybook")
	b.Type(by("filter"), "nothing like it")
	b.Await("filtered list", `return document.querySelector(arguments[0]).hidden`, by("story"))
}
