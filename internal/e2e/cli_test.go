package e2e

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mokabot/moka/mokatest"
)

// example is the gateway's own documented example: 292.31 granted, 202.30
// used; and a wallet of 5000000 units, 1234567 used, in 42 requests.
func example(t *testing.T) (*world, map[string]string) {
	w := newWorld(t)
	w.gateway.Update(func(s *mokatest.State) {
		s.Account(2).Quota, s.Account(2).UsedQuota = 5_000_000, 1_234_567
	})
	return w, map[string]string{"MOKA_BASE_URL": w.server.URL, "MOKA_API_KEY": testKey, "MOKA_ACCESS_TOKEN": testToken, "MOKA_USER_ID": "2"}
}

func TestBalanceAsJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	_, env := example(t)
	status, out, log := command(t, env, "balance", "--json")
	var got struct{ Accounts []map[string]any }
	if err := json.Unmarshal([]byte(out), &got); err != nil || status != 0 || len(got.Accounts) != 1 {
		t.Fatalf("exit %d, %v: %s%s", status, err, out, log)
	}
	a := got.Accounts[0]
	for path, want := range map[string]any{
		"name": "default", "ok": true, "error": nil, "spendable_usd": 10.0,
		"key.state": "ok", "key.scope": "key", "key.unlimited": false, "key.remaining_usd": 90.01,
		"key.used_usd": 202.3, "key.total_usd": 292.31, "key.expires_at": nil,
		"wallet.remaining_usd": 10.0, "wallet.used_usd": 2.469134, "wallet.request_count": 42.0, "wallet.plans_remaining_usd": 0.0, "wallet.plans_end_at": nil,
	} {
		at, field := a, path
		if part, rest, nested := strings.Cut(path, "."); nested {
			at, field = a[part].(map[string]any), rest
		}
		if v, there := at[field]; !there || v != want {
			t.Errorf("%s is %v (there: %t), want %v", path, v, there, want)
		}
	}
}

func TestBalanceForPeople(t *testing.T) {
	t.Chdir(t.TempDir())
	_, env := example(t)
	status, out, log := command(t, env, "balance")
	if status != 0 {
		t.Fatalf("exit %d: %s", status, log)
	}
	for _, line := range []string{"Total: $292.31", "Used: $202.30", "Remaining: $90.01", "Used: $2.47", "Remaining: $10.00", "Requests: 42", "$10.00 remaining"} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is missing in\n%s", line, out)
		}
	}
}

func TestModelsAreWrittenToAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	_, env := example(t)
	if err := os.WriteFile("model_ids.txt", []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, log := command(t, env, "models", "-o", "model_ids.txt")
	ids, err := os.ReadFile("model_ids.txt")
	if err != nil || status != 0 || string(ids) != "moka/claude-sonnet-4-6\nopenai/gpt-4o\n" {
		t.Errorf("exit %d, %v: wrote %q; %s%s", status, err, ids, out, log)
	}
	if left, _ := filepath.Glob(".model_ids.txt*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Faults M1 to M3 on the command line: what can be spent is what really pays.
func TestBalanceFollowsTheBillingPreference(t *testing.T) {
	t.Chdir(t.TempDir())
	end := time.Now().Add(36 * time.Hour).Truncate(time.Second).UTC()
	plan := mokatest.Plan{ID: 1, Total: 7_500_000, EndsAt: end}
	used, strict := plan, plan
	used.Used, strict.Used, strict.NoOverflow = plan.Total, plan.Total, true
	for _, c := range []struct {
		preference string
		wallet     int64
		plan       mokatest.Plan
		want       string
	}{
		{"subscription_only", 50_000_000, used, `"spendable_usd": 0,`},
		{"subscription_first", 50_000_000, strict, `"spendable_usd": 0,`},
		{"subscription_first", -10_000_000, plan, `"spendable_usd": 15,`},
	} {
		w, env := example(t)
		w.gateway.Update(func(s *mokatest.State) {
			a := s.Account(2)
			a.Quota, a.Preference, a.Plans = c.wallet, c.preference, []mokatest.Plan{c.plan}
		})
		status, out, log := command(t, env, "balance", "--json")
		if ends := `"plans_end_at": "` + end.Format(time.RFC3339) + `"`; status != 0 || !strings.Contains(out, c.want) || !strings.Contains(out, ends) {
			t.Errorf("%s: exit %d, want %s and %s in\n%s%s", c.preference, status, c.want, ends, out, log)
		}
	}
}

// Fault M20: whatever is wrong with the list, the file that scripts read stays.
func TestModelsFileOutlivesAListThatCannotBeUsed(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, body := range map[string]string{
		"entries without ids": `{"object":"list","data":[{"name":"gpt-4o"}]}`,
		"no data":             `{"object":"list"}`,
		"no entries":          `{"object":"list","data":[]}`,
		"a web page":          `<html>Bad gateway</html>`,
	} {
		w, env := example(t)
		if err := os.WriteFile("model_ids.txt", []byte("old\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.gateway.Fault(mokatest.Fault{Path: "/v1/models", Body: []byte(body)})
		status, out, log := command(t, env, "models", "-o", "model_ids.txt")
		if ids, err := os.ReadFile("model_ids.txt"); err != nil || status != 1 || string(ids) != "old\n" {
			t.Errorf("%s: exit %d, %v, the file holds %q; %s%s", name, status, err, ids, out, log)
		}
	}
}

func TestModelsAsJSONAndForPeople(t *testing.T) {
	t.Chdir(t.TempDir())
	_, env := example(t)
	status, out, _ := command(t, env, "models", "--json", "--search", "GPT")
	want := `{
  "account": "default",
  "models": [
    {
      "id": "openai/gpt-4o",
      "owned_by": "openai",
      "input_usd_per_mtok": 2.5,
      "output_usd_per_mtok": 10,
      "usd_per_call": null
    }
  ]
}
`
	if status != 0 || out != want {
		t.Errorf("exit %d: %s", status, out)
	}
	_, out, _ = command(t, env, "models")
	for _, line := range []string{"default: 2 models", "moka/\n", "openai/gpt-4o", "$2.50 in / $10.00 out"} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is missing in\n%s", line, out)
		}
	}
}

func TestFlagsMayStandBehindTheAccount(t *testing.T) {
	t.Chdir(t.TempDir())
	_, env := example(t)
	if status, out, log := command(t, env, "balance", "default", "--json"); status != 0 || !strings.HasPrefix(out, "{") {
		t.Errorf("exit %d: %s%s", status, out, log)
	}
}

func TestBadInputIsToldWithItsCure(t *testing.T) {
	webPage := func(w *world, _ map[string]string) { w.gateway.Fault(mokatest.Fault{WebPage: true}) }
	set := func(name, value string) func(*world, map[string]string) {
		return func(_ *world, env map[string]string) { env[name] = value }
	}
	unset := func(name string) func(*world, map[string]string) {
		return func(_ *world, env map[string]string) { delete(env, name) }
	}
	nothing := func(*world, map[string]string) {}
	for _, c := range []struct {
		what   string
		change func(*world, map[string]string)
		args   string
		status int
		want   string
	}{
		{"a web page", webPage, "balance", 1, "web page. Check base_url"},
		{"a refused key", set("MOKA_API_KEY", "sk-wrongWRONGwrongWRONGwrongWRONGwrongWRONGwrong1234"), "balance", 1, "Refused: it is mistyped"},
		{"a refused access token", set("MOKA_ACCESS_TOKEN", "another+token+entirely+1234567890"), "balance", 1, "Generate a new one"},
		{"nobody there", set("MOKA_BASE_URL", "http://127.0.0.1:1"), "balance", 1, "cannot be reached at this address"},
		{"a remote address without TLS", set("MOKA_BASE_URL", "http://api.moka-ai.com"), "balance", 2, "https"},
		{"a user id that is no number", set("MOKA_USER_ID", "alice"), "balance", 2, "MOKA_USER_ID"},
		{"no credential", func(_ *world, env map[string]string) { clear(env) }, "balance", 2, "MOKA_API_KEY"},
		{"an unknown account", nothing, "balance nobody", 2, "the accounts are: default"},
		{"an unknown flag", nothing, "balance --jsno", 2, "usage: mokabot balance"},
		{"too many arguments", nothing, "balance one two", 2, `unexpected argument "two"`},
		{"an unknown command", nothing, "balanse", 2, "there is no command"},
		{"no such file", nothing, "balance --config missing.yaml", 2, "missing.yaml"},
		{"an export from no time", nothing, "export --since never", 2, "is not a time"},
		{"models without a key", unset("MOKA_API_KEY"), "models", 1, "does not offer"},
		{"a folder that is not there", nothing, "models -o missing/model_ids.txt", 1, "missing"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Chdir(t.TempDir())
			w, env := example(t)
			c.change(w, env)
			status, out, log := command(t, env, strings.Fields(c.args)...)
			if status != c.status || !strings.Contains(out+log, c.want) {
				t.Errorf("exit %d, want %d with %q:\n%s%s", status, c.status, c.want, out, log)
			}
		})
	}
}

func TestAWrongUserIDIsTold(t *testing.T) {
	t.Chdir(t.TempDir())
	g := mokatest.New(mokatest.V2026_07)
	g.AddAccount(mokatest.Account{ID: 2, AccessToken: testToken, Quota: 1})
	server := httptest.NewServer(g)
	defer server.Close()
	status, out, _ := command(t, map[string]string{"MOKA_BASE_URL": server.URL, "MOKA_ACCESS_TOKEN": testToken, "MOKA_USER_ID": "3"}, "balance", "--json")
	if status != 1 || !strings.Contains(out, "user_id") || !strings.Contains(out, `"kind": "unauthorized"`) {
		t.Errorf("exit %d: %s", status, out)
	}
}
