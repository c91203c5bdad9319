package e2e

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"mokabot/internal/discordsim"
	"mokabot/moka/mokatest"
)

// holding reports whether a message says all of that, anywhere.
func holding(texts ...string) func(discordsim.Message) bool {
	return func(m discordsim.Message) bool {
		for _, text := range texts {
			if !strings.Contains(string(m.JSON()), text) {
				return false
			}
		}
		return true
	}
}

// waits until a message of the alerts' channel is as wanted, new or edited.
func (w *world) waits(t *testing.T, channel, what string, wanted func(discordsim.Message) bool) discordsim.Message {
	t.Helper()
	m, err := w.discord.WaitMessage(deadline(t), channel, wanted)
	if err != nil {
		t.Fatalf("%s: %v\n%v", what, err, w.discord.Messages(channel))
	}
	return m
}

func (w *world) click(t *testing.T, user string, m discordsim.Message, action string) discordsim.Message {
	t.Helper()
	answer, err := w.discord.Click(deadline(t), discordsim.Press{User: user, MessageID: m.ID, CustomID: action})
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	return answer
}

func (w *world) asks(t *testing.T, name string, options map[string]any) discordsim.Message {
	t.Helper()
	answer, err := w.discord.Slash(deadline(t), discordsim.Call{Name: name, Options: options})
	if err != nil {
		t.Fatalf("/%s: %v", name, err)
	}
	return answer
}

func (w *world) noViolations(t *testing.T) {
	t.Helper()
	for _, v := range w.discord.Violations() {
		t.Error(v)
	}
}

func TestAnIncidentsLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.config(t)
	stop := w.run(t, file, nil)
	w.polled(t, 2)
	w.spend(36_000_000) // $72: 18.01 is left
	ping := w.waits(t, discordsim.AlertsChannel, "the ping", titled("team: balance is low"))

	if refused := w.click(t, discordsim.MemberID, ping, "alerts:1h"); !titled("Only the operators")(refused) || !refused.Ephemeral() {
		t.Errorf("somebody who is no operator gets %s", refused.JSON())
	}
	if details := w.click(t, discordsim.OperatorID, ping, "alerts:details"); !holding("What happened", "alert (low)")(details) {
		t.Errorf("details: %s", details.JSON())
	}
	stop()
	w.run(t, file, nil) // buttons work after a restart
	if said := w.click(t, "", ping, "alerts:8h"); !titled("no reminders until")(said) || !said.Ephemeral() {
		t.Errorf("snoozing says %s", said.JSON())
	}
	w.waits(t, discordsim.AlertsChannel, "the snooze in the live message", func(m discordsim.Message) bool {
		return m.ID == ping.ID && holding("Snoozed", "alerts:end")(m)
	})
	form, err := w.discord.Open(deadline(t), discordsim.Press{MessageID: ping.ID, CustomID: "alerts:for", Locale: "zh-CN"})
	if err != nil {
		t.Fatal(err)
	}
	for written, answer := range map[string]string{"soon": "请写明静音时长", "3 天": "之前不再提醒"} {
		if said, err := w.discord.Submit(deadline(t), form, map[string]string{form.Inputs[0].CustomID: written}); err != nil || !titled(answer)(said) || !said.Ephemeral() {
			t.Errorf("a snooze of %s says %s, %v", written, said.JSON(), err)
		}
	}
	list := w.asks(t, "alerts", nil)
	if !holding("balance is low", "snoozed until", ":team")(list) {
		t.Errorf("/alerts: %s", list.JSON())
	}
	end := button(t, list, "alerts:end:")
	if ended := w.click(t, "", list, end); !holding("balance is low")(ended) || holding("snoozed until")(ended) {
		t.Errorf("after the end of the snooze the list is %s", ended.JSON())
	}

	w.spend(7_500_000) // $15: 3.01 is left
	worse := w.waits(t, discordsim.AlertsChannel, "the worse level", titled("team: balance alert escalated to critical"))
	if said := w.click(t, "", worse, "alerts:topup"); !titled("until a top-up")(said) {
		t.Errorf("snoozing until a top-up says %s", said.JSON())
	}
	w.topUp(40_000_000)
	w.waits(t, discordsim.AlertsChannel, "the end", func(m discordsim.Message) bool {
		return titled("team: balance is fine again")(m) && m.Edited == nil && holding("$80.00")(m)
	})
	for title, said := range map[string]discordsim.Message{"team: balance is critical": worse, "team: balance is low": ping} {
		w.waits(t, discordsim.AlertsChannel, "all that was said keeps its story and says when it ended", func(m discordsim.Message) bool {
			return m.ID == said.ID && titled(title)(m) && holding("Resolved")(m) && len(m.Components) == 0
		})
	}
	if said, err := w.discord.Click(deadline(t), discordsim.Press{MessageID: worse.ID, CustomID: "alerts:1h", Stale: true}); err != nil || !titled("already resolved")(said) {
		t.Errorf("a button of an incident that is over: %s, %v", said.JSON(), err)
	}
	if none := w.asks(t, "alerts", nil); !titled("Nothing is wrong")(none) {
		t.Errorf("/alerts at the end: %s", none.JSON())
	}
	w.noViolations(t)
}

func button(t *testing.T, m discordsim.Message, prefix string) string {
	t.Helper()
	for _, row := range m.Components {
		for _, b := range row.Components {
			if strings.HasPrefix(b.CustomID, prefix) {
				return b.CustomID
			}
		}
	}
	t.Fatalf("no button %s in %s", prefix, m.JSON())
	return ""
}

// second adds another account with a key of its own to the configuration.
func (w *world) second(t *testing.T) (file string, spend func(quota int64)) {
	t.Helper()
	const key = "sk-secondaccountskey0123456789abcdefghijklmnopqrstuvwx"
	w.gateway.AddAccount(mokatest.Account{ID: 3, Username: "bob", Quota: 50_000_000})
	w.gateway.AddKey(3, mokatest.Key{Key: key, Name: "second", Remain: 45_000_000})
	file = w.config(t, "alerts:\n", fmt.Sprintf("  - {name: other, base_url: %s, api_key: %s}\nalerts:\n", w.server.URL, key))
	return file, func(quota int64) { w.gateway.Spend(key, "openai/gpt-4o", quota, 1000) }
}

func TestSeveralAccountsMakeOnePost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file, spendOther := w.second(t)
	w.run(t, file, nil)
	w.polled(t, 2)
	w.spend(36_000_000)
	spendOther(36_000_000)
	post := w.waits(t, discordsim.AlertsChannel, "one post about both", func(m discordsim.Message) bool { return len(m.Embeds) == 2 })
	if !holding("team: balance is low", "other: balance is low")(post) || len(post.MentionRoles) != 1 {
		t.Errorf("the post is %s", post.JSON())
	}
	if n := len(w.discord.Messages(discordsim.AlertsChannel)); n != 1 {
		t.Errorf("%d posts, want 1", n)
	}
	w.click(t, "", post, "alerts:1h")
	edited := w.waits(t, discordsim.AlertsChannel, "both snoozed", func(m discordsim.Message) bool {
		return m.ID == post.ID && strings.Count(string(m.JSON()), "Snoozed") == 2
	})
	if len(edited.Embeds) != 2 || !holding("team: balance is low", "other: balance is low")(edited) {
		t.Errorf("after the edits: %s", edited.JSON())
	}
	w.noViolations(t)
}

func TestTheConfigurationIsReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.config(t)
	w.run(t, file, nil)
	w.polled(t, 2)
	if done := w.asks(t, "reload", nil); !titled("reloaded: 1 account, 1 report")(done) {
		t.Errorf("/reload says %s", done.JSON())
	}
	if _, err := w.discord.Slash(deadline(t), discordsim.Call{User: discordsim.MemberID, Name: "reload"}); !errors.Is(err, discordsim.ErrUsage) {
		t.Errorf("Discord offers /reload to somebody who does not manage the server: %v", err)
	}
	w.config(t, "below: 20.00", "below: 200.00")
	w.asks(t, "reload", nil)
	w.waits(t, discordsim.AlertsChannel, "the new level's ping", titled("team: balance is low"))
	w.asks(t, "reload", nil)
	w.polled(t, 3)
	if n := count(w, discordsim.AlertsChannel, "balance is low"); n != 1 {
		t.Errorf("after another reload %d pings, want 1", n)
	}
	if err := os.WriteFile(file, []byte("accounts: 7\nnonsense: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if kept := w.asks(t, "reload", nil); !titled("old one stays in use")(kept) || !holding("nonsense")(kept) {
		t.Errorf("a wrong configuration: %s", kept.JSON())
	}
	if still := w.asks(t, "balance", nil); !titled("remaining")(still) {
		t.Errorf("after a wrong configuration /balance says %s", still.JSON())
	}
	w.noViolations(t)
}
