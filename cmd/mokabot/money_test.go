package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka/mokatest"
)

const secondKey = "sk-testTESTtestTESTtestTESTtestTESTtestTESTtest5678"

// TestMoneyByHand shows what the commands say of a shared wallet, a refund, a
// change of rate, a log that was cleaned, an account that only its plan pays for
// and two configurations, after two days of readings every hour with a call of
// $0.50 in between. The files in testdata/money are transcripts.
//
//	go test ./cmd/mokabot -run Money -update
func TestMoneyByHand(t *testing.T) {
	proof.NotShort(t)
	const begin = "2026-11-17T00:00:00Z"
	three := []string{"usage --json --period yesterday team", "balance --json team", "report --json daily"}
	cases := []struct {
		name     string
		settings string
		change   func(st *mokatest.State)
		happens  func(s *scene, hour int) // 20 minutes after a reading
		commands []string
	}{
		{"shared-wallet", twoKeys + "budgets: [{name: daily, period: day, amount: 40.00, accounts: [team, dev]}]\n", nil,
			func(s *scene, _ int) { s.gateway.Spend(secondKey, "claude-3-7-sonnet-20250219", 125_000, 800) },
			append(three, "balance --json dev", "budget --json")},
		{"refund", byBoth, nil, func(s *scene, hour int) {
			if task := s.task(4); hour == 40 {
				task.Refund(units(3))
			}
		}, three},
		{"rate-change", byKey, func(st *mokatest.State) {
			st.Options.Display, st.Options.USDExchangeRate = "CNY", 7.0
		}, func(s *scene, hour int) {
			if hour == 30 {
				s.change(func(_ *mokatest.Account, _ *mokatest.Key, o *mokatest.Options) { o.USDExchangeRate = 7.3 })
			}
		}, three},
		{"cleaned-log", byBoth, nil, func(s *scene, hour int) {
			if hour == 47 {
				s.gateway.CleanLog(time.Now().Add(-440 * time.Minute))
			}
		}, three},
		{"plan-only", byBoth, func(st *mokatest.State) {
			st.Account(2).Preference, st.Account(2).Plans = "subscription_only", []mokatest.Plan{plan(25, 0, 80)}
		}, func(*scene, int) {}, three},
		{"two-configurations", byBoth + `timezone: Asia/Shanghai
alerts:
  channel_id: "1"
  levels: [{name: low, below: 480.00, mention_roles: ["7"]}, {name: critical, below: 5.00}]
  quiet_hours: {from: "00:00", to: "09:00", timezone: UTC, levels: [low]}
budgets: [{name: daily, period: day, amount: 10.00, forecast: false, channel_id: "1", mention_roles: ["7"]}]
`, nil, func(*scene, int) {}, []string{"backtest --against other.yaml team", "backtest --json --against other.yaml team"}},
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
			onScene(t, mokatest.V2026_08, begin, c.settings+daily, rich(c.change), func(s *scene) {
				writeAll(s.t, map[string]string{"other.yaml": strings.NewReplacer("480.00", "490.00", "10.00", "5.00").Replace(c.settings + daily)})
				s.poll()
				for hour := range 48 {
					s.wait(20 * time.Minute)
					if err := s.gateway.Call(testKey, "gpt-4o", units(0.5), 1000); err != nil {
						s.t.Fatalf("call %d: %v", hour, err)
					}
					c.happens(s, hour)
					s.polls(1, 40*time.Minute)
				}
				s.polls(1, 5*time.Minute)
				s.env["MOKA_BASE_URL"] = s.env["URL"] // which a transcript replaces
				var got strings.Builder
				for _, command := range c.commands {
					got.WriteString(forecasts.ReplaceAllString(transcribe(s.t, s.env, " "+command), `"$1": 0`))
				}
				if *update {
					writeAll(t, map[string]string{path: got.String()})
				} else if want, err := os.ReadFile(path); err != nil || got.String() != string(want) {
					t.Errorf("%v: got\n%s\nwant\n%s", err, got.String(), want)
				}
			})
		})
	}
}

// forecasts are left to the tests of package spend.
var forecasts = regexp.MustCompile(`"((?:low|mid|high)_hours|usd_per_day|forecast_(?:low_|high_)?usd)": ?[0-9.]+`)

// rich begins with $500 in a wallet and unused keys, before another change.
func rich(change func(*mokatest.State)) func(*mokatest.State) {
	return func(st *mokatest.State) {
		a, k := st.Account(2), st.Key(testKey)
		a.Quota, a.UsedQuota, a.Requests = units(500), 0, 0
		k.Remain, k.Used, st.Key(secondKey).Remain = units(800), 0, units(800)
		if change != nil {
			change(st)
		}
	}
}

func writeAll(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
