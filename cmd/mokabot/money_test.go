package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/moka/mokatest"
	"mokabot/schedule"
)

const secondKey = "sk-testTESTtestTESTtestTESTtestTESTtestTESTtest5678"

// TestMoneyByHand shows what the commands say of a shared wallet, a refund, a
// change of rate, a log that was cleaned, an account that only its plan pays for
// and two configurations, after two days of readings every hour. The files in
// testdata/money are transcripts.
//
//	go test ./cmd/mokabot -run Money -update
func TestMoneyByHand(t *testing.T) {
	proof.NotShort(t)
	const reports = "\nreports: [{name: daily, cron: \"0 9 * * *\", period: day, channel_id: \"1\"}]\n"
	const team = "{name: team, api_key: \"${MOKA_API_KEY}\", access_token: \"${MOKA_ACCESS_TOKEN}\", user_id: 2, base_url: \"${MOKA_BASE_URL}\"}"
	now := time.Now().UTC()
	if now.Add(2*time.Minute).Day() != now.Day() {
		t.Skip("a day is about to end")
	}
	begin := now.Truncate(24*time.Hour).AddDate(0, 0, -2)
	three := []string{"usage --json --period yesterday team", "balance --json team", "report --json daily"}
	cases := []struct {
		name     string
		accounts string
		rest     string
		gateway  func(s *mokatest.State)
		happen   func(g *mokatest.Server, hour int)
		commands []string
	}{
		{"shared-wallet", team + ", {name: dev, api_key: \"${SECOND_KEY}\", access_token: \"${MOKA_ACCESS_TOKEN}\", user_id: 2, base_url: \"${MOKA_BASE_URL}\"}",
			"\nbudgets: [{name: daily, period: day, amount: 40.00, accounts: [team, dev]}]\n", nil,
			func(g *mokatest.Server, _ int) { g.Spend(secondKey, "claude-3-7-sonnet-20250219", 125_000, 800) },
			append(three, "balance --json dev", "budget --json")},
		{"refund", team, "", nil, func(g *mokatest.Server, i int) {
			if task, err := g.Task(testKey, "video-1", 2_000_000); err == nil && i == 40 {
				task.Refund(1_500_000)
			}
		}, three},
		{"rate-change", "{name: team, api_key: \"${MOKA_API_KEY}\", base_url: \"${MOKA_BASE_URL}\"}", "", func(s *mokatest.State) {
			s.Options.Display, s.Options.USDExchangeRate = "CNY", 7.0
		}, func(g *mokatest.Server, i int) {
			if i == 30 {
				g.Update(func(s *mokatest.State) { s.Options.USDExchangeRate = 7.3 })
			}
		}, three},
		{"cleaned-log", team, "", nil, func(g *mokatest.Server, i int) {
			if i == 47 {
				g.CleanLog(begin.Add(40 * time.Hour))
			}
		}, three},
		{"plan-only", team, "", func(s *mokatest.State) {
			a := s.Account(2)
			a.Preference, a.Plans = "subscription_only", []mokatest.Plan{{ID: 1, Total: 12_500_000, EndsAt: time.Now().Add(32 * time.Hour)}}
		}, func(*mokatest.Server, int) {}, three},
		{"two-configurations", team, "alerts: {channel_id: \"1\", levels: [{name: low, below: 480.00, mention_roles: [\"7\"]}]}\nbudgets: [{name: daily, period: day, amount: 10.00, forecast: false, channel_id: \"1\", mention_roles: [\"7\"]}]\n", nil,
			func(*mokatest.Server, int) {}, []string{"backtest --against other.yaml team", "backtest --json --against other.yaml team"}},
	}
	if !*update {
		cases = cases[:proof.Size(1, 3, len(cases))]
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path, err := filepath.Abs(filepath.Join("testdata", "money", c.name+".golden"))
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			clock := begin
			gateway := mokatest.New(mokatest.V2026_08)
			gateway.AddAccount(mokatest.Account{ID: 2, Username: "alice", AccessToken: testToken, Quota: 250_000_000})
			gateway.AddKey(2, mokatest.Key{Key: testKey, Name: "laptop", Remain: 400_000_000})
			gateway.AddKey(2, mokatest.Key{Key: secondKey, Name: "ci", Remain: 400_000_000})
			gateway.SetNow(func() time.Time { return clock })
			if c.gateway != nil {
				gateway.Update(c.gateway)
			}
			server := httptest.NewServer(gateway)
			defer server.Close()
			env := map[string]string{"MOKA_BASE_URL": server.URL, "MOKA_API_KEY": testKey, "SECOND_KEY": secondKey, "MOKA_ACCESS_TOKEN": testToken}
			configured := "accounts: [" + c.accounts + "]\n" + c.rest
			writeAll(t, map[string]string{
				"config.yaml": configured + reports, "other.yaml": strings.NewReplacer("480.00", "490.00", "10.00", "5.00").Replace(configured) + reports,
			})
			pollTwoDays(t, gateway, env, &clock, c.happen)
			clock = time.Now()
			gateway.SetNow(time.Now)
			var got strings.Builder
			for _, command := range c.commands {
				got.WriteString(withoutTimes(transcribe(t, env, " "+command)))
			}
			if *update {
				writeAll(t, map[string]string{path: got.String()})
			} else if want, err := os.ReadFile(path); err != nil || got.String() != string(want) {
				t.Errorf("%v: got\n%s\nwant\n%s", err, got.String(), want)
			}
		})
	}
}

// moments are what depends on the day and hour of the run.
var moments = regexp.MustCompile(`"[0-9]{4}-[0-9]{2}-[0-9]{2}T[^"]*"|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC|"(low_hours|mid_hours|high_hours|usd_per_day|forecast_usd|forecast_low_usd|forecast_high_usd)": ?[0-9.]+`)

func withoutTimes(text string) string {
	return moments.ReplaceAllStringFunc(text, func(m string) string {
		if name, _, isFigure := strings.Cut(m, ":"); isFigure && strings.HasPrefix(m, `"`) && !strings.HasPrefix(m, `"2`) {
			return name + ": 0"
		}
		return "TIME"
	})
}

func writeAll(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// pollTwoDays polls every hour, with a call of $0.50 in between.
func pollTwoDays(t *testing.T, gateway *mokatest.Server, env map[string]string, clock *time.Time, happen func(*mokatest.Server, int)) {
	t.Helper()
	settings, err := config.LoadWith("config.yaml", func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	settings.RequestBudget = 1_000_000 // two days pass in a second
	now := func() time.Time { return *clock }
	book, err := account.New(settings, account.WithTransport(gateway.Client().Transport), account.WithClock(now, func(rt http.RoundTripper) http.RoundTripper { return rt }))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open("mokabot.db")
	if err != nil {
		t.Fatal(err)
	}
	watch := &schedule.Watch{
		Now: now, Book: book, Store: db, History: history.History{Store: db, Zone: time.UTC, Now: now}, Words: lang.English(), Every: time.Minute, Log: slog.New(slog.DiscardHandler),
	}
	for i := range 49 {
		for _, a := range book.All() {
			if _, err := watch.Poll(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		if i == 48 {
			break
		}
		*clock = clock.Add(20 * time.Minute)
		if err := gateway.Call(testKey, "gpt-4o", 250_000, 1000); err != nil {
			t.Fatal(fmt.Errorf("call %d: %w", i, err))
		}
		happen(gateway, i)
		*clock = clock.Add(40 * time.Minute)
	}
	*clock = time.Now()
	for _, a := range book.All() {
		if _, err := watch.Poll(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
