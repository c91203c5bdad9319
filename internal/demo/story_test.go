package demo

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/moka/mokatest"
)

// throughTheStorybook looks at every example in both themes and on a phone.
func throughTheStorybook(t *testing.T, v *visit) {
	all, err := v.demo.stories()
	if err != nil {
		t.Fatal(err)
	}
	v.Click(testID("storybook-link"))
	v.Await("all stories", `return document.querySelectorAll('[data-testid="golden"]').length === arguments[0]`, len(all))
	v.Await("two sides of each", `return [...document.querySelectorAll('.story')].every((s) => s.querySelectorAll('.side .message').length === 2)`)
	v.Await("loaded pictures", `return [...document.querySelectorAll('.story img')].every((i) => i.naturalWidth > 0)`)
	v.Await("a lock screen with the ping and the figures", `return [...document.querySelectorAll('#alert-low [data-testid="lock"]')].filter((l) => l.textContent.includes('@on-call') && l.textContent.includes('$18.20')).length === 2`)
	v.Await("no lock screen for what has no text", `return document.querySelectorAll('#balance-many [data-testid="lock"]').length === 0`)
	for _, theme := range []string{"light", "dark"} {
		v.noBarriers(t, "in the storybook, "+theme)
		v.picture("storybook-" + theme)
		v.Click(testID("theme-toggle"))
	}
	v.Resize(390, 844)
	v.Click(testID("language-toggle"))
	v.noBarriers(t, "in the storybook on a phone, in Chinese")
	v.noOverflow(t, "the storybook on a phone")
	v.picture("storybook-phone")
	v.Click(testID("language-toggle"))
	v.Resize(1280, 800)
	v.Click(`[data-name="alert-low"] button`)
	v.Await("what the button does", `return document.querySelector('#note').innerText.includes('alerts:')`)
	v.Type(testID("filter"), "alert-low")
	v.Await("one story", `return [...document.querySelectorAll('.story')].filter((s) => !s.hidden).length === 1`)
}

// Every example is in the storybook in every language, with its golden file.
func TestTheStorybookIsComplete(t *testing.T) {
	proof.NotShort(t)
	all, err := writeStories()
	if err != nil {
		t.Fatal(err)
	}
	languages := map[string]int{}
	for _, s := range all {
		languages[s.Name]++
		if _, err := os.Stat(filepath.Join("../../internal/message/testdata", s.Golden)); err != nil {
			t.Errorf("%s in %s: %v", s.Name, s.Language, err)
		}
		if len(s.Message) == 0 {
			t.Errorf("%s in %s is empty", s.Name, s.Language)
		}
	}
	for name, n := range languages {
		if n != len(lang.All()) {
			t.Errorf("%s is there in %d languages", name, n)
		}
	}
}

func TestAVisitorsDayIsThatOfTheirClock(t *testing.T) {
	c, err := loadDemo(t.TempDir(), "en")
	if err != nil {
		t.Fatal(err)
	}
	zones := []*time.Location{c.Timezone}
	for _, r := range c.Reports {
		zones = append(zones, r.Timezone)
	}
	if len(zones) < 2 || slices.ContainsFunc(zones, func(z *time.Location) bool { return z != time.Local }) {
		t.Errorf("the demonstration goes by %v", zones)
	}
}

// Whatever the side panel broke, Restore all puts right.
func TestRestoreAllRestoresEverything(t *testing.T) {
	proof.NotShort(t)
	d, err := newDemo(t.Context(), t.TempDir(), "en", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer d.discord.Close()
	for _, act := range []func() both{
		d.faster, d.stop, d.exhaustKey, d.expireSoon, d.expireKey, d.disableKey, d.emptyWallet, d.toggleGateway, d.toggleDiscord,
	} {
		act()
	}
	d.restore()
	var remains []int64
	d.account.change(func(a *mokatest.Account, k *mokatest.Key) {
		remains = []int64{a.Quota, k.Remain}
		if k.Status != mokatest.StatusEnabled || !k.ExpiresAt.IsZero() {
			t.Errorf("the key is %v and expires %v", k.Status, k.ExpiresAt)
		}
	})
	if d.account.isDown() || d.isDown() || d.account.pace() != dollarsASecond || min(remains[0], remains[1]) <= 0 {
		t.Errorf("gateway down %t, Discord down %t, pace %v, remaining %v", d.account.isDown(), d.isDown(), d.account.pace(), remains)
	}
}
