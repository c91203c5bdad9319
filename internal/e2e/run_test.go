package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/testbed"
	"mokabot/moka/mokatest"
)

// atTheMinute is a clock on which a minute begins after a moment.
func atTheMinute(wait time.Duration) func() time.Time {
	began := time.Now()
	shift := began.Add(wait).Truncate(time.Minute).Add(time.Minute).Sub(began.Add(wait))
	return func() time.Time { return time.Now().Add(shift) }
}

func titled(text string) func(discordsim.Message) bool {
	return func(m discordsim.Message) bool {
		return len(m.Embeds) > 0 && strings.Contains(m.Embeds[0].Title+m.Embeds[0].Description, text)
	}
}

func count(w *world, channel, text string) (n int) {
	for _, m := range w.discord.Messages(channel) {
		if titled(text)(m) {
			n++
		}
	}
	return n
}

// polled waits until the account was read n more times.
func (w *world) polled(t *testing.T, n int) {
	t.Helper()
	reads := func() (reads int) {
		for _, r := range w.gateway.Requests() {
			if r.Path == "/api/user/self" {
				reads++
			}
		}
		return reads
	}
	goal := reads() + n
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx := deadline(t); reads() < goal; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("only %d polls", reads())
		}
	}
}

func TestTheMainJobFromEndToEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.config(t)
	stop := w.run(t, file, atTheMinute(4*time.Second))

	answer, err := w.discord.Slash(deadline(t), discordsim.Call{Name: "balance"})
	if err != nil || !titled("**$90.01** remaining")(answer) || !answer.Ephemeral() {
		t.Fatalf("/balance answers %+v, %v", answer, err)
	}
	if _, err := w.discord.WaitMessage(deadline(t), discordsim.ReportChannel, titled("team · Summary of ")); err != nil {
		t.Fatalf("no summary: %v", err)
	}

	w.spend(36_000_000) // $72: 18.01 is left
	ping, err := w.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled("team: balance is low"))
	if err != nil || len(ping.MentionRoles) != 1 || ping.MentionRoles[0] != discordsim.OnCallRole {
		t.Fatalf("the ping is %+v, %v", ping, err)
	}
	stop()
	registered := w.discord.Registrations()
	stop = w.run(t, file, atTheMinute(time.Second))
	w.polled(t, 4)
	if n := count(w, discordsim.AlertsChannel, "balance is low"); n != 1 {
		t.Errorf("after a restart %d messages say that the balance is low, want 1", n)
	}
	if w.discord.Registrations() != registered {
		t.Error("unchanged commands were registered again")
	}
	if n := count(w, discordsim.ReportChannel, "Summary of"); n != 1 {
		t.Errorf("%d summaries of one day, want 1", n)
	}

	w.spend(7_500_000) // $15: 3.01 is left
	if _, err := w.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, titled("team: balance alert escalated to critical")); err != nil {
		t.Fatalf("a worse level was not told: %v", err)
	}
	w.topUp(40_000_000)
	over, err := w.discord.WaitMessage(deadline(t), discordsim.AlertsChannel, func(m discordsim.Message) bool {
		return titled("team: balance is fine again")(m) && m.Edited == nil
	})
	if err != nil {
		t.Fatalf("the recovery was not told: %v", err)
	}
	if !strings.Contains(string(over.JSON()), "$80.00") {
		t.Errorf("the recovery does not tell the top-up: %s", over.JSON())
	}
	stop()
	for _, v := range w.discord.Violations() {
		t.Error(v)
	}
}

func TestAnswersInDiscord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(t, w.config(t), nil)
	for _, c := range []struct {
		what string
		call discordsim.Call
		want string
	}{
		{"balance in Chinese", discordsim.Call{Name: "balance", Locale: "zh-TW"}, "可用余额 **$90.01**"},
		{"one account, in any case", discordsim.Call{Name: "balance", Options: map[string]any{"account": "TEAM"}}, "**$90.01**"},
		{"an unknown account", discordsim.Call{Name: "balance", Options: map[string]any{"account": "nobody@everyone"}}, "There is no account"},
		{"models", discordsim.Call{Name: "models"}, "team: 2 models"},
		{"models that match", discordsim.Call{Name: "models", Options: map[string]any{"search": "GPT"}}, "1 model with “GPT”"},
		{"no such model", discordsim.Call{Name: "models", Options: map[string]any{"search": "nothing"}}, "No model's name contains"},
		{"help", discordsim.Call{Name: "help"}, "What I do"},
		{"help in Chinese", discordsim.Call{Name: "help", Locale: "zh-CN"}, "我能做什么"},
		{"an operator's direct message", discordsim.Call{Name: "balance", Channel: discordsim.DirectChannel}, "**$90.01**"},
		{"a stranger's direct message", discordsim.Call{Name: "balance", Channel: discordsim.DirectChannel, User: discordsim.MemberID}, "only people who may see figures"},
	} {
		t.Run(c.what, func(t *testing.T) {
			m, err := w.discord.Slash(deadline(t), c.call)
			if err != nil || !titled(c.want)(m) || !m.Ephemeral() {
				t.Errorf("answer %s, %v; want %q, for the caller alone", m.JSON(), err, c.want)
			}
		})
	}
	shared, err := w.discord.Slash(deadline(t), discordsim.Call{Name: "balance", Options: map[string]any{"share": true}})
	if err != nil || shared.Ephemeral() {
		t.Errorf("with share: true the answer is %s, %v", shared.JSON(), err)
	}
	choices, err := w.discord.Autocomplete(deadline(t), discordsim.Call{Name: "balance"}, "account", "te")
	if err != nil || len(choices) != 1 || choices[0].Name != "team" {
		t.Errorf("the suggestions for te are %v, %v", choices, err)
	}
	for _, v := range w.discord.Violations() {
		t.Error(v)
	}
}

func TestPagesOfModels(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.gateway.Update(func(s *mokatest.State) {
		for i := range 60 {
			s.Models = append(s.Models, mokatest.Model{ID: fmt.Sprintf("many/model-%02d", i), OwnedBy: "many", Ratio: 1, Completion: 2})
		}
	})
	w.run(t, w.config(t), nil)
	first, err := w.discord.Slash(deadline(t), discordsim.Call{Name: "models"})
	if err != nil || !strings.Contains(string(first.JSON()), "Page 1 of 3") || len(first.Attachments) != 1 {
		t.Fatalf("answer %s, %v", first.JSON(), err)
	}
	next := first.Components[0].Components[1]
	second, err := w.discord.Click(deadline(t), discordsim.Press{MessageID: first.ID, CustomID: next.CustomID})
	if err != nil || second.ID != first.ID || !strings.Contains(string(second.JSON()), "Page 2 of 3") {
		t.Errorf("after %q: %s, %v", next.Label, second.JSON(), err)
	}
	old, err := w.discord.Click(deadline(t), discordsim.Press{MessageID: first.ID, CustomID: "models:team:x:", Stale: true})
	if err != nil || !titled("too old")(old) {
		t.Errorf("a button of another version: %s, %v", old.JSON(), err)
	}
	foreign, err := w.discord.Click(deadline(t), discordsim.Press{MessageID: first.ID, CustomID: "nothing:known", Stale: true})
	if err != nil || foreign.ID == first.ID || !titled("too old")(foreign) {
		t.Errorf("a button of nobody's changed the message below which it stands: %s, %v", foreign.JSON(), err)
	}
	for _, v := range w.discord.Violations() {
		t.Error(v)
	}
}

func TestAProxyCarriesRESTAndTheWebsocket(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what       string
		inConfig   bool
		proxyInEnv bool
	}{{"discord.proxy", true, false}, {"HTTPS_PROXY", false, true}} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			proxy, trust := w.proxied(t)
			env, change := []string{trust}, "discord:"
			if c.proxyInEnv {
				env = append(env, "HTTPS_PROXY="+proxy.URL)
			}
			if c.inConfig {
				change = "discord:\n  proxy: " + proxy.URL
			}
			cmd, _, log := program(t, env, "run", "--config", w.config(t, "discord:", change))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if err := w.discord.Connected(deadline(t)); err != nil {
				t.Fatalf("%v\n%s", err, log)
			}
			m, err := w.discord.Slash(deadline(t), discordsim.Call{Name: "balance"})
			if err != nil || !titled("$90.01")(m) {
				t.Errorf("answer %s, %v\n%s", m.JSON(), err, log)
			}
			for _, host := range []string{"discord.com", "gateway.discord.gg"} {
				if proxy.Connects(host) == 0 {
					t.Errorf("%s was not reached through the proxy", host)
				}
			}
			cmd.Process.Signal(syscall.SIGTERM)
			if err := cmd.Wait(); err != nil {
				t.Errorf("after SIGTERM: %v\n%s", err, log)
			}
			testbed.NoSecrets(t, "the log", log.String())
		})
	}
}
