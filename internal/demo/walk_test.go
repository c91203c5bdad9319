package demo

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"mokabot/internal/discordsim"
	"mokabot/internal/discordsim/browser"
	"mokabot/internal/proof"
)

// A visitor's walk through everything: all commands in both languages, one
// button of each kind, all controls, both themes, a desktop's window and a
// phone's. The parts share one browser and one world.
func TestAVisitorWalksThroughTheDemo(t *testing.T) {
	proof.NeedsLong(t)
	t.Parallel() // it mostly waits
	v := startVisit(t)
	for _, part := range []struct {
		name string
		walk func(*testing.T, *visit)
	}{
		{"commands in English, dark", commandsInEnglish},
		{"choices, completions and files", choicesAndFiles},
		{"buttons of each kind", buttonsOfEachKind},
		{"a member may not snooze", aMemberMayNotSnooze},
		{"buttons survive a restart", buttonsSurviveARestart},
		{"commands in Chinese, light, on a phone", commandsInChinese},
		{"trouble with the key and the gateway", trouble},
		{"trouble with Discord", troubleWithDiscord},
		{"the other channels", otherChannels},
		{"every look", everyLook},
		{"posts in the other language", postsInTheOtherLanguage},
		{"the storybook", throughTheStorybook},
	} {
		t.Run(part.name, func(t *testing.T) {
			v := v.For(t)
			part.walk(t, v)
			v.fine(t)
		})
	}
	for _, c := range v.demo.controls {
		if !v.pressed[c.id] {
			t.Errorf("the control %s was not pressed", c.id)
		}
	}
	if text := v.log.String(); strings.Contains(text, "level=ERROR") {
		t.Errorf("the bot logs errors:\n%s", text)
	}
}

// registered are the commands as the bot registered them.
func registered(t *testing.T, d *demo) []discordsim.Command {
	t.Helper()
	var list []discordsim.Command
	for _, raw := range d.Commands() {
		var c discordsim.Command
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(c.Options, func(o discordsim.CommandOption) bool { return o.Required }) {
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
	v.noBarriers(t, "with all answers")
}

// choicesAndFiles takes what the bot offers while an option is typed.
func choicesAndFiles(t *testing.T, v *visit) {
	for _, c := range []struct{ line, offered, command string }{
		{"/report name:we", "weekly", "report"},
		{"/balance account:t", "team", "balance"},
		{"/models search:kim", "moonshot/kimi-k2", "models"},
		{"/usage period:30", "last 30 days", "usage"},
	} {
		v.Type(testID("composer"), c.line)
		v.Await("offer of "+c.offered, `return [...document.querySelectorAll('[data-testid="option"] .label')].some((e) => e.innerText.toLowerCase() === arguments[0])`, c.offered)
		v.Press(browser.Tab)
		v.Await("chosen value", `return document.querySelector('.chip.given .value')`)
		v.uses(c.command, "")
	}
	v.reads("1 model with", "kimi-k2")
	var ids string
	v.RunAsync(&ids, `const done = arguments[0], a = [...document.querySelectorAll('[data-testid="file"]')].pop();
		fetch(a.href).then((r) => r.text()).then((text) => done(a.download + ':' + text))`)
	if ids != "model_ids.txt:moonshot/kimi-k2\n" {
		t.Errorf("the file is %q", ids)
	}
}

// pressEach presses one button of each kind that is there or that comes.
func (v *visit) pressEach(t *testing.T) (pressed []string) {
	t.Helper()
	const most = 40
	for range most {
		var kinds map[string]string
		v.Run(&kinds, `return Object.fromEntries([...document.querySelectorAll('.message button.button:not(:disabled)')].map((b) => [b.dataset.kind, b.dataset.testid]))`)
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
		v.fillForm()
		if text := v.complaint(); text != "" {
			t.Fatalf("%s: %s", next, text)
		}
	}
	t.Fatalf("there is no end of buttons: %v", pressed)
	return nil
}

// fillForm answers the form that a press may have opened.
func (v *visit) fillForm() {
	var open bool
	v.Run(&open, `return document.querySelector('[data-testid="form"]').open`)
	if open {
		v.picture("demo-form")
		v.Type(testID("input-text"), "2h"+browser.Enter)
		v.Await("the form to be gone", `return !document.querySelector('[data-testid="form"]').open`)
	}
}

// complaint is what the page tells the visitor that went wrong.
func (v *visit) complaint() (text string) {
	v.Run(&text, `const e = document.querySelector('[data-testid="error"]'); return e.hidden ? '' : e.innerText`)
	return text
}

func buttonsOfEachKind(t *testing.T, v *visit) {
	v.uses("balance", "/balance")
	v.reads("team: balance is low", "@on-call")
	v.Await("view of the newest message", `const s = document.querySelector('#stream'); return s.scrollHeight - s.scrollTop - s.clientHeight < 2`)
	v.picture("demo-ping")
	v.pressEveryKind(t)
	v.picture("demo-buttons")
}

// pressEveryKind holds that there is a button of every kind that the bot has,
// and that each does something.
func (v *visit) pressEveryKind(t *testing.T) {
	t.Helper()
	pressed := v.pressEach(t)
	t.Logf("pressed: %s", strings.Join(pressed, ", "))
	for _, wanted := range []string{"alerts:1h", "alerts:8h", "alerts:for", "alerts:topup", "alerts:end", "alerts:details", "models:team", "keys:team"} {
		if !slices.Contains(pressed, wanted) {
			t.Errorf("there was no button %s", wanted)
		}
	}
}

func aMemberMayNotSnooze(t *testing.T, v *visit) {
	v.asks(discordsim.MemberID)
	v.Click(`.message:not(.ephemeral) button[data-kind="alerts:1h"]`)
	v.reads("operators")
	v.picture("demo-member")
	v.asks(discordsim.OperatorID)
}

// asks changes who is asking.
func (v *visit) asks(person string) {
	v.Run(nil, `const s = document.querySelector('[data-testid="person"]'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))`, person)
}

func buttonsSurviveARestart(t *testing.T, v *visit) {
	v.control("restart", "Connected again")
	v.pressEveryKind(t)
	v.noNote(t, "too old")
}

// noNote holds that no message says something.
func (v *visit) noNote(t *testing.T, text string) {
	t.Helper()
	var said bool
	v.Run(&said, `return [...document.querySelectorAll('[data-testid="message"]')].some((m) => m.innerText.includes(arguments[0]))`, text)
	if said {
		t.Errorf("a message says %q", text)
	}
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
	v.reads("可用余额")
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
