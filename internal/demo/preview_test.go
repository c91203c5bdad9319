package demo

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/discordsim"
	"mokabot/internal/discordsim/page"
	"mokabot/internal/proof"
	"mokabot/internal/testbed"
)

const (
	ownAlerts, ownReports = "1200000000000000021", "1200000000000000022"
	ownRole, ownUser      = "1200000000000000042", "1200000000000000055"
)

// preview starts a preview of a configuration whose gateway is the fake one.
func (w *world) preview(t *testing.T, file string) (*stage, *testbed.Buffer) {
	t.Helper()
	log := &testbed.Buffer{}
	load := func() (*config.Config, error) {
		return config.LoadWith(file, WithSimulatedToken(func(string) (string, bool) { return "", false }))
	}
	p, err := newPreview(load, t.TempDir(), app.NewLog(log, config.Log{}), patient())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.discord.Close)
	runUntilTheEnd(t, p.bot.run)
	if err := p.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	return p, log
}

// own is a configuration with channels, roles and users of its own.
func (w *world) own(t *testing.T, changes ...string) string {
	return w.config(t, append(changes, discordsim.AlertsChannel, ownAlerts, discordsim.ReportChannel, ownReports,
		`mention_roles: ["`+discordsim.OnCallRole+`"]`, `mention_roles: ["`+ownRole+`"], mention_users: ["`+ownUser+`"]`)...)
}

func TestAPreviewShowsTheOwnAccountsInTheOwnChannels(t *testing.T) {
	proof.NotShort(t)
	t.Parallel() // it mostly waits
	w := newWorld(t)
	p, log := w.preview(t, w.own(t))
	var names []string
	for _, c := range p.Channels() {
		names = append(names, c.Name)
	}
	if !slices.Contains(names, "alerts") || !slices.Contains(names, "daily") || slices.Contains(names, "reports") {
		t.Errorf("the channels are %v", names)
	}
	answer, err := p.discord.Slash(deadline(t), discordsim.Call{Channel: ownAlerts, Name: "balance"})
	if err != nil || !titled("**$90.01** remaining")(answer) {
		t.Fatalf("/balance answers %s, %v\n%s", answer.JSON(), err, log)
	}
	w.spend(36_000_000) // $72: 18.01 is left
	ping, err := p.discord.WaitMessage(deadline(t), ownAlerts, titled("team: balance is low"))
	if err != nil || !slices.Equal(ping.MentionRoles, []string{ownRole}) || len(ping.Mentions) != 1 || ping.Mentions[0].ID != ownUser {
		t.Errorf("the ping is %s, %v", ping.JSON(), err)
	}
	if n := p.Names(); n[ownRole] != "low-balance" || n[ownUser] != "person…0055" {
		t.Errorf("whom it pings is called %q and %q", n[ownRole], n[ownUser])
	}
	if !slices.Contains(p.People()[0].Roles, ownRole) {
		t.Error("the ping is none of the operator's")
	}
	if answer, err := p.discord.Slash(deadline(t), discordsim.Call{Channel: ownAlerts, Name: "reload"}); err != nil || !titled("reloaded")(answer) {
		t.Errorf("/reload answers %s, %v", answer.JSON(), err)
	}
	for _, v := range p.discord.Violations() {
		t.Error(v)
	}
	testbed.NoSecrets(t, "the log", log.String())
}

// What belongs to the bot that runs elsewhere on the same file is left alone.
func TestAPreviewTouchesNothingOfTheConfiguration(t *testing.T) {
	proof.NotShort(t)
	t.Parallel() // it mostly waits
	w := newWorld(t)
	models := filepath.Join(w.dir, "model_ids.txt")
	file := w.own(t, "reports:", "listen: 127.0.0.1:1\nmodel_watch: {cron: \"@every 1s\", channel_id: \"1200000000000000023\", file: "+models+"}\nreports:")
	p, log := w.preview(t, file)
	if m, err := p.discord.Slash(deadline(t), discordsim.Call{Channel: "1200000000000000023", Name: "balance"}); err != nil || !titled("$90.01")(m) {
		t.Errorf("%s %v\n%s", m.JSON(), err, log)
	}
	w.polled(t, 3)
	for _, f := range []string{models, filepath.Join(w.dir, "mokabot.db")} {
		if _, err := os.Stat(f); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", f, err)
		}
	}
}

// A budget posts in a channel of its own, and pings its own roles and users.
func TestAPreviewHasTheChannelsOfBudgets(t *testing.T) {
	const channel, role, user = "1200000000000000024", "1200000000000000043", "1200000000000000056"
	w := newWorld(t)
	for _, c := range []struct{ what, channelID, want string }{
		{"its own", "channel_id: \"" + channel + "\", ", channel},
		{"none, as the alerts", "", discordsim.AlertsChannel},
	} {
		t.Run(c.what, func(t *testing.T) {
			file := w.config(t, "  channel_id: \""+discordsim.AlertsChannel+"\"\n", "",
				"reports:", "budgets:\n  - {name: Team, amount: 10.00, "+c.channelID+"mention_roles: [\""+role+"\"], mention_users: [\""+user+"\"]}\nreports:")
			var loaded *config.Config
			p, err := newPreview(func() (c *config.Config, err error) {
				loaded, err = config.LoadWith(file, WithSimulatedToken(func(string) (string, bool) { return "", false }))
				return loaded, err
			}, t.TempDir(), slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer p.discord.Close()
			if got := loaded.Budgets[0].ChannelID; got != c.want {
				t.Errorf("the budget posts in %q, not in %s", got, c.want)
			}
			if !slices.ContainsFunc(p.Channels(), func(one page.Channel) bool { return one.ID == c.want }) {
				t.Errorf("the channels are %v", p.Channels())
			}
			if names := p.Names(); names[role] == "" || names[user] == "" || !slices.Contains(p.People()[0].Roles, role) {
				t.Errorf("whom it pings is called %q and %q, and the operator has %v", names[role], names[user], p.People()[0].Roles)
			}
		})
	}
}

func TestAPreviewNeedsNoDiscordInTheConfiguration(t *testing.T) {
	proof.NotShort(t)
	t.Parallel() // it mostly waits
	w := newWorld(t)
	for _, c := range []struct {
		what    string
		changes []string
	}{
		{"no token", []string{"  token: " + discordsim.Token + "\n", ""}},
		{"the example's variable", []string{discordsim.Token, "${DISCORD_TOKEN}"}},
		{"no channels", []string{"  token: " + discordsim.Token + "\n", "", "  channel_id: \"" + discordsim.AlertsChannel + "\"\n", "",
			"reports:\n  - {name: daily, cron: \"* * * * *\", period: day, channel_id: \"" + discordsim.ReportChannel + "\"}\n", ""}},
		{"other operators", []string{"discord:", "discord:\n  operators: {roles: [\"1200000000000000077\"], users: []}"}},
		{"another server and a proxy", []string{discordsim.GuildID, "1200000000000000010", "discord:", "discord:\n  proxy: http://127.0.0.1:1"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			p, log := w.preview(t, w.config(t, c.changes...))
			i := slices.IndexFunc(p.Channels(), func(c page.Channel) bool { return c.Name == "alerts" })
			if i < 0 {
				t.Fatalf("the channels are %v", p.Channels())
			}
			m, err := p.discord.Slash(deadline(t), discordsim.Call{Channel: p.Channels()[i].ID, Name: "balance"})
			if err != nil || !titled("**$90.01**")(m) {
				t.Errorf("/balance answers %s, %v\n%s", m.JSON(), err, log)
			}
			if m, err := p.discord.Slash(deadline(t), discordsim.Call{Channel: p.Channels()[i].ID, Name: "reload"}); err != nil || !titled("reloaded")(m) {
				t.Errorf("the operator's /reload answers %s, %v", m.JSON(), err)
			}
		})
	}
}

// A web page elsewhere whose name was made to lead here reads nothing.
func TestThePageAnswersToThisMachineOnly(t *testing.T) {
	figures := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "figures") })
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		listen, name string
		answers      map[string]int
	}{
		{"127.0.0.1", "127.0.0.1", map[string]int{
			"127.0.0.1:8080": 200, "localhost:8080": 200, "localhost": 200, "[::1]:8080": 200, "[::1]": 200,
			"evil.example": 421, "evil.example:8080": 421, "192.0.2.7:8080": 421, "localhost.evil.example": 421, "": 421,
		}},
		{"0.0.0.0", "0.0.0.0", map[string]int{
			"127.0.0.1:8080": 200, "localhost:8080": 200, "192.0.2.7:8080": 200, "[2001:db8::1]:8080": 200, "0.0.0.0:8080": 200, name + ":8080": 200,
			"evil.example": 421, "evil.example:8080": 421, "": 421,
		}},
		{"192.0.2.7", "demo.lan", map[string]int{"demo.lan:8080": 200, "DEMO.lan": 200, "demo.lan.:8080": 200, "demo.lan:evil": 421, "[demo.lan]": 421, "evil.example": 421}},
	} {
		h := onlyFor(&net.TCPAddr{IP: net.ParseIP(c.listen), Port: 8080}, c.name, figures)
		for host, status := range c.answers {
			r := httptest.NewRequest("GET", "/", nil)
			r.Host = host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != status || strings.Contains(w.Body.String(), "figures") != (status == 200) {
				t.Errorf("%s, asked as %q: %d %s", c.listen, host, w.Code, w.Body)
			}
		}
	}
}

// Whoever listens beyond this machine gets an address that works, and a warning.
func TestListeningBeyondThisMachine(t *testing.T) {
	for _, c := range []struct {
		address string
		want    string
		warned  bool
	}{{"0.0.0.0:0", "open http://127.0.0.1:", true}, {"[::]:0", "open http://127.0.0.1:", true}, {"127.0.0.1:0", "open http://127.0.0.1:", false}} {
		var log testbed.Buffer
		var out testbed.Buffer
		s := newStage()
		defer s.discord.Close()
		run := func(ctx context.Context) error {
			url := strings.Fields(strings.SplitAfter(out.String(), "open ")[1])[0]
			resp, err := http.Get(url)
			if err != nil {
				return err
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("%s: %s answers %s", c.address, url, resp.Status)
			}
			return io.EOF // ends the page too
		}
		err := visitors{&out, app.NewLog(&log, config.Log{}), "demo", c.address}.serve(t.Context(), s, run)
		if err != io.EOF || !strings.Contains(out.String(), c.want) || strings.Contains(log.String(), "no password") != c.warned {
			t.Errorf("%s: %v, %q, %q", c.address, err, out.String(), log.String())
		}
	}
}
