package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mokabot/internal/discordtest"
	"mokabot/internal/discordtest/browser"
	"mokabot/internal/lang"
)

// A visitor's walk through everything: all commands in both languages, one
// button of each kind, all controls, both themes, a desktop's window and a
// phone's. The parts share one browser and one world.
func TestAVisitorWalksThroughTheDemo(t *testing.T) {
	v := startVisit(t)
	for _, part := range []struct {
		name string
		walk func(*testing.T, *visit)
	}{
		{"commands in English, dark", commandsInEnglish},
		{"buttons of each kind", buttonsOfEachKind},
		{"a member may not snooze", aMemberMayNotSnooze},
		{"buttons survive a restart", buttonsSurviveARestart},
		{"commands in Chinese, light, on a phone", commandsInChinese},
		{"trouble with the key and the gateway", trouble},
		{"trouble with Discord", troubleWithDiscord},
		{"the other channels", otherChannels},
		{"posts in the other language", postsInTheOtherLanguage},
		{"the storybook", throughTheStorybook},
	} {
		t.Run(part.name, func(t *testing.T) {
			v := v.For(t)
			part.walk(t, v)
			v.fine(t)
		})
	}
	if text := v.log.String(); strings.Contains(text, "level=ERROR") {
		t.Errorf("the bot logs errors:\n%s", text)
	}
}

// registered are the commands as the bot registered them.
func registered(t *testing.T, d *demo) []discordtest.Command {
	t.Helper()
	var list []discordtest.Command
	for _, raw := range d.Commands() {
		var c discordtest.Command
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(c.Options, func(o discordtest.CommandOption) bool { return o.Required }) {
			t.Fatalf("/%s cannot be used without options; teach the test to give them", c.Name)
		}
		list = append(list, c)
	}
	if len(list) < 8 {
		t.Fatalf("only %d commands are registered", len(list))
	}
	return list
}

// uses types a command and waits for its answer.
func (v *visit) uses(name, line string) {
	var before int
	const answers = `return document.querySelectorAll('[data-command="' + arguments[0] + '"][data-state="done"]').length`
	v.Run(&before, answers, name)
	v.Type(testID("composer"), line+browser.Enter)
	v.Await("answer to "+line, answers+` > arguments[1]`, name, before)
}

func commandsInEnglish(t *testing.T, v *visit) {
	v.Await("registered commands", `return true`)
	if err := v.demo.discord.Connected(deadline(t)); err != nil {
		t.Fatal(err)
	}
	v.Type(testID("composer"), "/")
	v.Await("menu of commands", `return document.querySelectorAll('[data-testid="option"]').length >= 8`)
	v.noBarriers(t, "with the open menu")
	v.picture("demo-menu")
	v.Press(browser.Escape)
	v.Run(nil, `document.querySelector('[data-testid="composer"]').value = ''`)
	for _, c := range registered(t, v.demo) {
		v.uses(c.Name, "/"+c.Name)
		v.picture("demo-" + c.Name)
	}
	v.uses("balance", "/balance account:team")
	v.noBarriers(t, "with all answers")
}

func (v *visit) noBarriers(t *testing.T, where string) {
	t.Helper()
	if list := v.Barriers(); len(list) > 0 {
		t.Errorf("%s:\n%s", where, strings.Join(list, "\n"))
	}
}

// pressEach presses one button of each kind that is there or that comes.
func (v *visit) pressEach(t *testing.T) (pressed []string) {
	t.Helper()
	const most = 40
	for range most {
		var kinds map[string]string
		v.Run(&kinds, `return Object.fromEntries([...document.querySelectorAll('button.button:not(:disabled)')].map((b) => [b.dataset.kind, b.dataset.testid]))`)
		var next string
		for kind := range kinds {
			if !slices.Contains(pressed, kind) {
				next = kind
			}
		}
		if next == "" {
			slices.Sort(pressed)
			return pressed
		}
		pressed = append(pressed, next)
		v.Click(testID(kinds[next]))
		v.Await("end of the press of "+next, `return !document.querySelector('.button[aria-busy]')`)
		if text := v.complaint(); text != "" {
			t.Fatalf("%s: %s", next, text)
		}
	}
	t.Fatalf("there is no end of buttons: %v", pressed)
	return nil
}

// complaint is what the page tells the visitor that went wrong.
func (v *visit) complaint() (text string) {
	v.Run(&text, `const e = document.querySelector('[data-testid="error"]'); return e.hidden ? '' : e.innerText`)
	return text
}

func buttonsOfEachKind(t *testing.T, v *visit) {
	v.reads("team: balance is low", "@on-call")
	v.picture("demo-ping")
	pressed := v.pressEach(t)
	t.Logf("pressed: %s", strings.Join(pressed, ", "))
	for _, wanted := range []string{"alerts:1h", "alerts:8h", "models:"} {
		if !slices.ContainsFunc(pressed, func(kind string) bool { return strings.HasPrefix(kind, wanted) }) {
			t.Errorf("there was no button %s", wanted)
		}
	}
	v.picture("demo-buttons")
}

func aMemberMayNotSnooze(t *testing.T, v *visit) {
	v.asks(discordtest.StrangerID)
	v.Click(`.message:not(.ephemeral) button[data-kind^="alerts:"]`)
	v.reads("operators")
	v.picture("demo-member")
	v.asks(discordtest.OperatorID)
}

// asks changes who is asking.
func (v *visit) asks(person string) {
	v.Run(nil, `const s = document.querySelector('[data-testid="person"]'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))`, person)
}

func buttonsSurviveARestart(t *testing.T, v *visit) {
	v.control("restart", "Connected again")
	v.pressEach(t)
}

func commandsInChinese(t *testing.T, v *visit) {
	v.Click(testID("language-toggle"))
	v.Click(testID("theme-toggle"))
	v.Resize(390, 844)
	for _, c := range registered(t, v.demo) {
		v.uses(c.Name, "/"+c.NameLocalizations["zh-CN"])
		v.picture("phone-" + c.Name)
	}
	v.noBarriers(t, "with all answers, on a phone")
	v.reads("还可使用")
	v.Click(testID("places-toggle"))
	v.noBarriers(t, "with the channels")
	v.picture("phone-places")
	v.Press(browser.Escape)
	v.Click(testID("panel-toggle"))
	v.noBarriers(t, "with the controls")
	v.picture("phone-panel")
	v.Press(browser.Escape)
	v.Resize(1280, 800)
	v.noBarriers(t, "light, on a desktop")
	v.picture("demo-light-zh")
	v.Click(testID("language-toggle"))
}

func trouble(t *testing.T, v *visit) {
	alerts := discordtest.AlertsChannel
	v.control("faster", "0.90 a second")
	v.control("slower", "0.45 a second")
	v.control("spend", "$10")
	v.control("topup", "$50")
	v.control("spike", "$150")
	v.posted(t, alerts, "unusually high spending")
	v.control("stop", "Nothing is spent")
	for _, c := range []struct{ id, done, alert string }{
		{"exhaust", "nothing left", "the API key is used up"},
		{"restore", "as they were", "the API key has money again"},
		{"expiring", "in 2 days", "the API key expires soon"},
		{"restore", "as they were", "the API key was renewed"},
		{"expire", "expired", "the API key has expired"},
		{"restore", "as they were", "the API key is valid again"},
		{"disable", "disabled", "the gateway refuses the credentials"},
		{"restore", "as they were", "the credentials are accepted again"},
		{"wallet", "wallet is empty", "the account is empty"},
		{"restore", "as they were", "the account has money again"},
		{"gateway", "502", "the balance cannot be read"},
		{"gateway", "answers again", "the balance can be read again"},
	} {
		v.control(c.id, c.done)
		v.posted(t, alerts, c.alert)
	}
	v.control("stop", "goes on")
	v.control("model", "moka/moka-next-1")
	v.control("price", "a million tokens")
	v.noBarriers(t, "after much trouble")
	v.picture("demo-trouble")
}

func troubleWithDiscord(t *testing.T, v *visit) {
	v.control("drop", "Connected again")
	v.control("discord", "Discord is gone")
	v.Type(testID("composer"), "/help"+browser.Enter)
	v.Await("refusal", `return document.querySelector('[data-testid="error"]').innerText.includes('Discord is down')`)
	v.Click(testID("error") + " button")
	v.Complaints() // the refusal is one, as it should be
	v.Run(nil, `document.querySelector('[data-testid="composer"]').value = ''`)
	v.control("discord", "Discord is back")
	if err := v.demo.discord.Connected(deadline(t)); err != nil {
		t.Fatal(err)
	}
	v.uses("help", "/help")
}

func otherChannels(t *testing.T, v *visit) {
	v.open("reports")
	v.reads("team · Summary of")
	v.reads("Week")
	v.picture("demo-reports")
	v.open("direct")
	v.uses("balance", "/balance")
	v.asks(discordtest.StrangerID)
	v.uses("balance", "/balance")
	v.reads("only to the operators")
	v.asks(discordtest.OperatorID)
	v.open("models")
	v.posted(t, modelsChannel, "moka/moka-next-1")
	v.reads("moka/moka-next-1")
	v.picture("demo-models-watch")
	v.open("alerts")
}

func postsInTheOtherLanguage(t *testing.T, v *visit) {
	v.control("language", "in Chinese now")
	v.control("wallet", "wallet is empty")
	v.posted(t, discordtest.AlertsChannel, "team：账户余额已空")
	v.picture("demo-posts-zh")
}

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
	for _, theme := range []string{"light", "dark"} {
		v.noBarriers(t, "in the storybook, "+theme)
		v.picture("storybook-" + theme)
		v.Click(testID("theme-toggle"))
	}
	v.Resize(390, 844)
	v.noBarriers(t, "in the storybook on a phone")
	v.picture("storybook-phone")
	v.Resize(1280, 800)
	v.Click(`[data-name="alert-low"] button`)
	v.Await("what the button does", `return document.querySelector('#note').innerText.includes('alerts:')`)
	v.Type(testID("filter"), "alert-low")
	v.Await("one story", `return [...document.querySelectorAll('.story')].filter((s) => !s.hidden).length === 1`)
}

// Every example is in the storybook in every language, with its golden file.
func TestTheStorybookIsComplete(t *testing.T) {
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
