package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/moka/mokatest"
)

// Fault M15: one user is read by a key, by the access token and by both, with the
// gateway's address written in three ways; another user of the gateway is not. The
// report, the budget, the metrics and check count each wallet once.
func TestASharedWalletCountsOnceEverywhere(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC()
	if now.Add(2*time.Minute).Day() != now.Day() {
		t.Skip("a day is about to end")
	}
	const ci, bobs = "sk-ciKEYciKEYciKEYciKEYciKEYciKEYciKEYciKEYciKEY12", "sk-bobBOBbobBOBbobBOBbobBOBbobBOBbobBOBbobBOBbob12"
	const bobsToken = "access/token+of+bob========="
	w := newWorld(t)
	w.gateway.AddKey(2, mokatest.Key{Key: ci, Name: "ci", Remain: 40_000_000})
	w.gateway.AddAccount(mokatest.Account{ID: 3, Username: "bob", AccessToken: bobsToken, Quota: 6_500_000})
	w.gateway.AddKey(3, mokatest.Key{Key: bobs, Name: "bob's", Unlimited: true})
	bought := map[string]int64{testKey: 10, ci: 5, bobs: 3} // yesterday $18 in all, and today $9
	for key, usd := range bought {
		w.gateway.SpendAt(now.AddDate(0, 0, -1), key, "openai/gpt-4o", usd*500_000, 1000)
	}
	w.gateway.Update(func(s *mokatest.State) { s.Account(2).Quota, s.Account(3).Quota = 25_000_000, 5_000_000 }) // $50 and $10
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	file := w.config(t, "    user_id: 2\n", fmt.Sprintf(`    user_id: 2
  - {name: ci, base_url: "%s/v1/", api_key: %s}
  - {name: wallet, base_url: "%s", access_token: %s, user_id: 2}
  - {name: bob, base_url: "%s", api_key: %s, access_token: "%s", user_id: 3}
budgets:
  - {name: day, period: day, amount: 100.00, forecast: false}
listen: %s
`, w.server.URL, ci, strings.ToUpper(w.server.URL)+"/", testToken, w.server.URL, bobs, bobsToken, address), `"* * * * *"`, `"0 0 1 1 *"`)
	w.run(t, file, nil)
	eventually(t, "the first readings", func() bool {
		_, text := fetch(t, address, "/metrics")
		return strings.Contains(text, "mokabot_all_spendable_dollars 60\n")
	})
	for key, usd := range bought {
		w.gateway.Spend(key, "openai/gpt-4o", usd*250_000, 1000)
	}
	eventually(t, "the metrics of all accounts", func() bool {
		_, text := fetch(t, address, "/metrics")
		return strings.Contains(text, "mokabot_all_spendable_dollars 51\n") && strings.Contains(text, "mokabot_all_spent_today_dollars 9\n")
	})
	w.asks(t, "report", map[string]any{"name": "daily"})
	shared := "team, ci, wallet share one account balance"
	w.waits(t, discordsim.ReportChannel, "the report", holding("$18.00 spent", "$51.00", shared))
	if _, out, log := command(t, nil, "report", "daily", "--config", file); !strings.Contains(out, "All accounts: $18.00 spent") || !strings.Contains(out, "$51.00 left") || !strings.Contains(out, shared) {
		t.Errorf("report: %s%s", out, log)
	}
	if answer := w.asks(t, "budget", nil); !holding("$9.00")(answer) {
		t.Errorf("/budget: %s", answer.JSON())
	}
	_, out, log := command(t, nil, "budget", "--json", "--config", file)
	var budgets struct {
		Budgets []struct {
			Spent *float64 `json:"spent_usd"`
			Left  *float64 `json:"left_usd"`
		}
	}
	if err := json.Unmarshal([]byte(out), &budgets); err != nil || len(budgets.Budgets) != 1 || budgets.Budgets[0].Spent == nil || *budgets.Budgets[0].Spent != 9 || *budgets.Budgets[0].Left != 91 {
		t.Errorf("budget --json: %v, %s%s", err, out, log)
	}
	_, out, log = command(t, nil, "check", "--json", "--config", file)
	if !strings.Contains(out, shared) || strings.Contains(out, "bob share") {
		t.Errorf("check: %s%s", out, log)
	}
	if status := w.asks(t, "status", nil); !holding("team", "ci", "wallet", "bob")(status) {
		t.Errorf("/status: %s", status.JSON())
	}
	w.noViolations(t)
}
