package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mokabot/internal/discordsim"
	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/moka/mokatest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// brokenSetUps are what newcomers get wrong, or find wrong, one at a time.
var brokenSetUps = []struct {
	what    string
	prepare func(*world)
	changes []string // of the configuration
}{
	{"a wrong API key", nil, []string{"api_key: " + testKey, "api_key: sk-wrongWRONGwrongWRONGwrongWRONGwrongWRONGwrong1234"}},
	{"a wrong access token", nil, []string{testToken, "0123456789abcdef0123456789abcdef"}},
	{"the address of a web page", func(w *world) {
		w.gateway.Fault(mokatest.Fault{WebPage: true, Status: 200})
	}, nil},
	{"nobody at the address", func(w *world) { w.server.Close() }, nil},
	{"a key that is used up", func(w *world) {
		w.gateway.Update(func(s *mokatest.State) { s.Key(testKey).Remain = 0 })
	}, nil},
	{"an unlimited key alone, whose levels never fire", func(w *world) {
		w.gateway.Update(func(s *mokatest.State) { s.Key(testKey).Unlimited = true })
	}, []string{"    access_token: " + testToken + "\n    user_id: 2\n", ""}},
	{"a wrong bot token", nil, []string{discordsim.Token, "MTIz.wrong.token-of-nobody-at-all"}},
	{"an unknown channel", func(w *world) { w.discord.RemoveChannel(discordsim.AlertsChannel) }, nil},
	{"a channel that the bot cannot see", func(w *world) { w.discord.Deny(discordsim.AlertsChannel, 1<<10) }, nil},
	{"a channel without attachments and embeds", func(w *world) { w.discord.Deny(discordsim.ReportChannel, 1<<14|1<<15) }, nil},
	{"a zone with the sign the wrong way round, and a report on the 31st", nil, []string{
		"poll_interval:", "timezone: Etc/GMT+8\npoll_interval:", `"* * * * *", period: day`, `"0 9 31 * *", period: month`}},
}

// What check says of each, in every language, is in testdata: read the
// difference after go test ./internal/e2e -run BrokenSetUps -update.
func TestBrokenSetUpsAreReportedWithTheirCure(t *testing.T) {
	t.Parallel()
	for _, words := range lang.All() {
		var all strings.Builder
		file := filepath.Join("testdata", "check."+words.Tag+".txt")
		golden, err := os.ReadFile(file)
		if err != nil && !*update {
			t.Fatal(err)
		}
		for n, c := range brokenSetUps {
			if !*update && proof.Quick() && n%4 != 0 {
				continue
			}
			section := checked(t, words.Tag, c.what, c.prepare, c.changes)
			all.WriteString(section)
			if !*update && !strings.Contains(string(golden), section) {
				t.Errorf("%s is not in %s as\n%s", c.what, file, section)
			}
		}
		if *update {
			if err := os.WriteFile(file, []byte(all.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// checked is what check says of a set-up, without what differs from run to run.
func checked(t *testing.T, language, what string, prepare func(*world), changes []string) string {
	t.Helper()
	w := newWorld(t)
	address := w.server.URL
	if prepare != nil {
		prepare(w)
	}
	cmd, out, log := program(t, w.throughProxy(t), "check", "--config", w.config(t, append(changes, "discord:\n", "language: "+language+"\ndiscord:\n")...))
	cmd.Env = append(cmd.Env, "NO_PROXY=127.0.0.1")
	_ = cmd.Run() // its exit status is written down
	text := strings.NewReplacer(address, "https://gateway.example", strings.TrimPrefix(address, "http://"), "gateway.example", w.dir, "/home/you").Replace(out.String() + log.String())
	return fmt.Sprintf("# %s: exit %d\n%s\n", what, cmd.ProcessState.ExitCode(), text)
}
