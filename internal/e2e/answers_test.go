package e2e

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

func TestFurtherAnswersInDiscord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(t, w.config(t), nil)
	w.polled(t, 2)
	w.spend(5_000_000) // $10
	w.polled(t, 2)
	for _, c := range []struct {
		what string
		call discordsim.Call
		want []string
	}{
		{"usage", discordsim.Call{Name: "usage"}, []string{"team · today", "$10.00", "openai/gpt-4o", "chart-1.png"}},
		{"usage in Chinese", discordsim.Call{Name: "usage", Locale: "zh-CN", Options: map[string]any{"period": "7d"}}, []string{"最近 7 天", "按模型"}},
		{"usage by key", discordsim.Call{Name: "usage", Options: map[string]any{"by": "key", "period": "today"}}, []string{"team · today", "By key"}},
		{"usage by key in Chinese", discordsim.Call{Name: "usage", Locale: "zh-CN", Options: map[string]any{"by": "key"}}, []string{"team · 今天", "按令牌"}},
		{"yesterday", discordsim.Call{Name: "usage", Options: map[string]any{"period": "yesterday"}}, []string{"team · yesterday"}},
		{"this month", discordsim.Call{Name: "usage", Options: map[string]any{"period": "month", "account": "team"}}, []string{"this month"}},
		{"keys", discordsim.Call{Name: "keys"}, []string{"API key", "normal", "$80.01 left"}},
		{"keys in Chinese", discordsim.Call{Name: "keys", Locale: "zh-CN"}, []string{"个令牌", "剩余 $80.01"}},
		{"status", discordsim.Call{Name: "status"}, []string{"Bot status", "connected", "team · read", "0 messages waiting", "daily"}},
		{"status in Chinese", discordsim.Call{Name: "status", Locale: "zh-TW"}, []string{"机器人状态", "已连接"}},
		{"balance knows today", discordsim.Call{Name: "balance"}, []string{"Spent today", "$10.00", "not enough data yet"}},
		{"an unknown report", discordsim.Call{Name: "report", Options: map[string]any{"name": "x"}}, []string{"There is no report", "daily"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			m, err := w.discord.Slash(deadline(t), c.call)
			if err != nil || !holding(c.want...)(m) || !m.Ephemeral() {
				t.Errorf("answer %s, %v; want %q", m.JSON(), err, c.want)
			}
			if holding(testKey[:12])(m) {
				t.Error("a part of the key is shown")
			}
		})
	}
	w.noViolations(t)
}

func TestAReportOnDemand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(t, w.config(t, `"* * * * *"`, `"0 0 1 1 *"`), nil)
	w.polled(t, 2)
	answer := w.asks(t, "report", map[string]any{"name": "daily"})
	if !holding("Summary of", "was posted in")(answer) || !answer.Ephemeral() {
		t.Errorf("the answer is %s", answer.JSON())
	}
	w.waits(t, discordsim.ReportChannel, "the post", titled("team · Summary of"))
}

// With operators by name, Discord shows their commands to everybody, and the
// bot refuses the others.
func TestOperatorsByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(t, w.config(t, "accounts:\n", "  operators: {users: [\""+discordsim.OperatorID+"\"]}\naccounts:\n"), nil)
	refused, err := w.discord.Slash(deadline(t), discordsim.Call{User: discordsim.MemberID, Name: "report"})
	if err != nil || !titled("Only the operators")(refused) {
		t.Errorf("somebody who is no operator gets %s, %v", refused.JSON(), err)
	}
	w.noViolations(t)
}

func TestCompletions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(t, w.config(t), nil)
	w.asks(t, "models", nil) // completions offer what was read before
	for _, c := range []struct{ name, option, typed, want string }{
		{"balance", "account", "te", "team"}, {"models", "search", "gpt", "openai/gpt-4o"}, {"report", "name", "d", "daily"}, {"models", "search", "zzz", ""},
	} {
		choices, err := w.discord.Autocomplete(deadline(t), discordsim.Call{Name: c.name}, c.option, c.typed)
		if err != nil {
			t.Fatalf("%s %s: %v", c.name, c.option, err)
		}
		if c.want == "" && len(choices) > 0 || c.want != "" && (len(choices) == 0 || choices[0].Value != c.want) {
			t.Errorf("%s %s %q is completed to %v, want %q first", c.name, c.option, c.typed, choices, c.want)
		}
	}
	w.noViolations(t)
}

func TestTheLastFiguresOutliveARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.config(t)
	stop := w.run(t, file, nil)
	w.polled(t, 2)
	stop()
	w.gateway.Fault(mokatest.Fault{Status: 503, Times: 1 << 20})
	w.run(t, file, nil)
	answer := w.asks(t, "balance", nil)
	if !holding("not available right now", "last known figures", "$90.01")(answer) {
		t.Errorf("while the gateway is away: %s", answer.JSON())
	}
}

func TestModelsAreWatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := filepath.Join(w.dir, "model_ids.txt")
	file := w.config(t, "storage:\n", "model_watch: {cron: \"@every 1s\", channel_id: \""+discordsim.ReportChannel+"\", file: "+list+"}\nstorage:\n", `"* * * * *"`, `"0 0 1 1 *"`)
	w.run(t, file, nil)
	eventually(t, "the list is written", func() bool {
		raw, err := os.ReadFile(list)
		return err == nil && strings.Contains(string(raw), "openai/gpt-4o\n")
	})
	w.gateway.Update(func(s *mokatest.State) {
		s.Models = append(s.Models, mokatest.Model{ID: "new/one", Ratio: 1, Completion: 2})
	})
	told := w.waits(t, discordsim.ReportChannel, "the new model", titled("the models changed"))
	if !holding("new/one", "Added 1")(told) {
		t.Errorf("told: %s", told.JSON())
	}
	if shown := w.asks(t, "models", nil); !holding("**new**")(shown) {
		t.Errorf("/models does not mark it: %s", shown.JSON())
	}
	if n := count(w, discordsim.ReportChannel, "the models changed"); n != 1 {
		t.Errorf("told %d times", n)
	}
	w.noViolations(t)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx := deadline(t); !ok(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(what)
		}
	}
}

// Everything about the past on the command line, while the bot runs.
func TestThePastOnTheCommandLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.config(t)
	if status, _, log := command(t, nil, "backtest", "--config", file); status != 1 || !strings.Contains(log, "mokabot run") {
		t.Errorf("without a database: %d %s", status, log)
	}
	w.run(t, file, nil)
	w.polled(t, 2)
	w.spend(5_000_000)
	w.polled(t, 2)

	var usage struct {
		Spent    moka.Maybe        `json:"spent_usd"`
		ByModel  []json.RawMessage `json:"by_model"`
		Requests *int64            `json:"requests"`
	}
	answersJSON(t, &usage, "usage", "--json", "--config", file, "--period", "today", "team")
	if spent, _ := usage.Spent.Get(); spent.String() != "$10.00" || len(usage.ByModel) != 1 || usage.Requests == nil {
		t.Errorf("usage: %+v", usage)
	}
	picture := filepath.Join(w.dir, "chart.png")
	if status, out, log := command(t, nil, "usage", "--config", file, "--chart", picture); status != 0 || !strings.Contains(out, "openai/gpt-4o") {
		t.Errorf("usage: %d %s %s", status, out, log)
	}
	if raw, err := os.ReadFile(picture); err != nil || !strings.HasPrefix(string(raw), "\x89PNG") {
		t.Errorf("the chart is %.8q, %v", raw, err)
	}
	var report struct {
		Report   string
		Accounts []struct{ Account string }
	}
	answersJSON(t, &report, "report", "daily", "--json", "--config", file)
	if len(report.Accounts) != 1 || report.Accounts[0].Account != "team" || report.Report != "daily" {
		t.Errorf("report: %+v", report)
	}
	var backtest struct{ Accounts []struct{ Readings int } }
	answersJSON(t, &backtest, "backtest", "--json", "--config", file)
	if len(backtest.Accounts) != 1 || backtest.Accounts[0].Readings < 3 {
		t.Errorf("backtest: %+v", backtest)
	}
	status, out, _ := command(t, nil, "export", "--config", file, "--since", "1h")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if status != 0 || err != nil || len(rows) < 4 || rows[1][0] != "team" {
		t.Errorf("export: %d %v %v", status, rows, err)
	}
	for _, c := range [][]string{
		{"usage", "--config", file, "--period", "x"}, {"usage", "--config", file, "nobody"}, {"report", "--config", file, "x"}, {"report", "--config", file},
		{"schedule", "--config", file, "--from", "x"}, {"schedule", "--config", file, "--count", "0"}, {"backtest", "--config", file, "--days", "0"},
		{"export", "--config", file, "--since", "x"}, {"export", "--config", file, "nobody"},
	} {
		if status, _, log := command(t, nil, c...); status != 2 || log == "" {
			t.Errorf("%v: %d %s", c, status, log)
		}
	}
}

func answersJSON(t *testing.T, into any, args ...string) {
	t.Helper()
	status, out, log := command(t, nil, args...)
	if status != 0 {
		t.Fatalf("%v: %d %s", args, status, log)
	}
	d := json.NewDecoder(strings.NewReader(out))
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

func TestTheComingReports(t *testing.T) {
	w := newWorld(t)
	file := w.config(t, "period: day,", "period: week, timezone: America/New_York,", `"* * * * *"`, `"30 2 * * 0"`)
	type runAnswer struct {
		Report string `json:"report"`
		At     string `json:"at"`
		From   string `json:"period_from"`
		To     string `json:"period_to"`
	}
	var coming struct{ Runs []runAnswer }
	answersJSON(t, &coming, "schedule", "--json", "--config", file, "--from", "2026-03-01T12:00:00Z", "--count", "2")
	want := []runAnswer{
		{"daily", "2026-03-08T03:00:00-04:00", "2026-02-23T00:00:00-05:00", "2026-03-02T00:00:00-05:00"},
		{"daily", "2026-03-15T02:30:00-04:00", "2026-03-02T00:00:00-05:00", "2026-03-09T00:00:00-04:00"},
	}
	if len(coming.Runs) != 2 || coming.Runs[0] != want[0] || coming.Runs[1] != want[1] {
		t.Errorf("got  %v\nwant %v", coming.Runs, want)
	}
	if status, out, _ := command(t, nil, "schedule", "--config", file, "--count", "3"); status != 0 || strings.Count(out, "\n") != 3 {
		t.Errorf("as text: %d %s", status, out)
	}
}
