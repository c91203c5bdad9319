package mokatest_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// connected is a client of a server in one of the states.
func connected(t *testing.T, v mokatest.Version, state string, opts ...moka.Option) (*mokatest.Server, *moka.Client, mokatest.Credentials) {
	t.Helper()
	s, c := prepared(t, v, state)
	client, err := moka.New("https://gateway.test/v1/", moka.Credentials(c), append(opts, moka.WithHTTPClient(s.Client()))...)
	if err != nil {
		t.Fatal(err)
	}
	return s, client, c
}

// everyVersion runs a test in a bubble for every member.
func everyVersion(t *testing.T, name string, test func(*testing.T, mokatest.Version)) {
	for _, v := range mokatest.Versions() {
		t.Run(name+"/"+v.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, v) })
		})
	}
}

// asked counts the calls to a path.
func asked(s *mokatest.Server, path string) (n int) {
	for _, r := range s.Requests() {
		if r.Path == path {
			n++
		}
	}
	return n
}

func kindOf(err error) moka.Kind {
	if e, ok := errors.AsType[*moka.Error](err); ok {
		return e.Kind
	}
	return ""
}

// TestSecondReading covers the traps that need more than one reading.
func TestSecondReading(t *testing.T) {
	everyVersion(t, "trap 9: the operator switches the unit", func(t *testing.T, v mokatest.Version) {
		s, client, _ := connected(t, v, "fine")
		client.Read(t.Context())
		for _, display := range []string{"TOKENS", "USD", "CNY", "CUSTOM"} {
			s.Update(func(st *mokatest.State) { st.Options.Display = display })
			time.Sleep(time.Minute)
			r := client.Read(t.Context())
			if got := r.Spendable().String(); got != "$5.00" {
				t.Errorf("%s was taken for money: %s of %s", display, got, r.Key.Total)
			}
		}
	})
	everyVersion(t, "trap 13: a call under way", func(t *testing.T, v mokatest.Version) {
		s, client, c := connected(t, v, "fine")
		before, _ := client.Read(t.Context()).Key.Total.Get()
		end := s.Begin(c.APIKey, 72_500)
		during, _ := client.Read(t.Context()).Key.Total.Get()
		end()
		s.Spend(c.APIKey, "gpt-4o", 3_750, 900)
		r := client.Read(t.Context())
		if after, _ := r.Key.Total.Get(); during != before || after != before {
			t.Error("the key's grand total moved:", before, during, after)
		}
		if left, _ := r.Wallet.Remaining.Get(); left != 9_992_500 {
			t.Error("wallet", left)
		}
	})
	everyVersion(t, "trap 19: limited, then well again", func(t *testing.T, v mokatest.Version) {
		s, client, _ := connected(t, v, "fine")
		s.SetLimits(mokatest.Limits{API: 5, Web: 5, Critical: 1})
		client.Read(t.Context())
		refused := client.Read(t.Context())
		if refused.OK() || refused.Err().Kind != moka.RateLimited || refused.Spendable().Known() {
			t.Error("within the limit?", refused.Err())
		}
		time.Sleep(10 * time.Minute)
		if again := client.Read(t.Context()); !again.OK() {
			t.Error("after the window:", again.Err())
		}
	})
}

// TestFewExplanations holds a refused key's second look against its small budget.
func TestFewExplanations(t *testing.T) {
	proof.NotShort(t)
	everyVersion(t, "trap 18: a refused key for an hour", func(t *testing.T, v mokatest.Version) {
		s, client, _ := connected(t, v, "disabled")
		s.SetLimits(mokatest.DefaultLimits(v))
		for range 60 {
			if r := client.Read(t.Context()); r.Key.State != moka.KeyDisabled {
				t.Fatal(r.Key.State, r.KeyErr)
			}
			time.Sleep(time.Minute)
		}
		if n := asked(s, "/api/usage/token/"); n > 7 {
			t.Error(n, "second looks in an hour")
		}
		for _, r := range s.Requests() {
			if r.Status == 429 {
				t.Fatal("rate limited at", r.Path)
			}
		}
	})
}

// TestReads covers the traps of the further reads.
func TestReads(t *testing.T) {
	everyVersion(t, "trap 15: 25 keys in pages", func(t *testing.T, v mokatest.Version) {
		s, client, c := connected(t, v, "fine")
		for i := range 24 {
			s.AddKey(c.UserID, mokatest.Key{Key: fmt.Sprintf("sk-more%06d", i), Remain: 500_000})
		}
		keys, err := client.Keys(t.Context())
		if err != nil || len(keys) != 25 || keys[0].ID != 1 || keys[24].ID != 25 {
			t.Error(len(keys), err)
		}
	})
	everyVersion(t, "trap 17: forty days of use", func(t *testing.T, v mokatest.Version) {
		s, client, c := connected(t, v, "fine")
		now := time.Now()
		for day := range 40 {
			s.SpendAt(now.AddDate(0, 0, -day), c.APIKey, "gpt-4o", 500, 100)
		}
		rows, err := client.Usage(t.Context(), now.AddDate(0, 0, -45), now.Add(time.Hour))
		if v == mokatest.OneAPI {
			if kindOf(err) != moka.Unsupported {
				t.Error(err)
			}
			return
		}
		sorted := slices.IsSortedFunc(rows, func(a, b moka.UsageRow) int { return a.Hour.Compare(b.Hour) })
		if err != nil || len(rows) != 40 || !sorted {
			t.Error(len(rows), sorted, err)
		}
	})
	everyVersion(t, "trap 17: use that is not recorded", func(t *testing.T, v mokatest.Version) {
		s, client, _ := connected(t, v, "fine")
		s.Update(func(st *mokatest.State) { st.Options.DataExport = false })
		if rows, err := client.Usage(t.Context(), time.Now().Add(-time.Hour), time.Now()); kindOf(err) != moka.Unsupported {
			t.Error(rows, err)
		}
	})
	everyVersion(t, "trap 28: models without their order", func(t *testing.T, v mokatest.Version) {
		s, client, _ := connected(t, v, "fine")
		one, err := client.Models(t.Context())
		s.Update(func(st *mokatest.State) { slices.Reverse(st.Models) })
		two, err2 := client.Models(t.Context())
		want := 3
		if v == mokatest.V2025_04 || v == mokatest.OneAPI {
			want = 4
		}
		if err != nil || err2 != nil || len(one) != want || !slices.Equal(one, two) {
			t.Error(one, two, err, err2)
		}
	})
	everyVersion(t, "trap 20, trap 26: no call that harms, no wrong path", func(t *testing.T, v mokatest.Version) {
		s, client, _ := connected(t, v, "fine")
		client.Probe(t.Context())
		_, _ = client.Catalogue(t.Context())
		for _, r := range s.Requests() {
			if r.Method != "GET" || r.Path == "/api/user/token" || r.Status == 301 {
				t.Errorf("%+v", r)
			}
		}
	})
}

// TestDemo reads the demo as a client would.
func TestDemo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mokatest.NewDemo(time.Now)
		client, err := moka.New("https://demo.test", moka.Credentials{
			APIKey: mokatest.DemoKey, AccessToken: mokatest.DemoAccessToken, UserID: mokatest.DemoUserID,
		}, moka.WithHTTPClient(s.Client()))
		if err != nil {
			t.Fatal(err)
		}
		r := client.Read(t.Context())
		if !r.OK() || r.Wallet.Remaining.String() != "$42.50" || r.Key.Remaining.String() != "$18.40" || r.Key.Scope != moka.ScopeKey {
			t.Errorf("%+v %+v %v", r.Key, r.Wallet, r.Err())
		}
		catalogue, err := client.Catalogue(t.Context())
		if err != nil || !catalogue.Priced || len(catalogue.Models) < 20 {
			t.Error(len(catalogue.Models), err)
		}
		for _, m := range catalogue.Models {
			if !m.Price.InputPerMTok.Known() && !m.Price.PerCall.Known() {
				t.Error("no price:", m.ID)
			}
		}
		rows, err := client.Usage(t.Context(), time.Now().AddDate(0, 0, -7), time.Now())
		if err != nil || len(rows) < 100 {
			t.Error(len(rows), err)
		}
		if notice, err := client.Notice(t.Context()); err != nil || notice == "" {
			t.Error(notice, err)
		}
	})
}

// TestLimits knocks until it is refused, and until it is let in again.
func TestLimits(t *testing.T) {
	everyVersion(t, "a sliding window", func(t *testing.T, v mokatest.Version) {
		s, c := prepared(t, v, "fine")
		s.SetLimits(mokatest.Limits{API: 2, Web: 1, Critical: 1, Window: time.Minute})
		get := func(path string) int {
			status, head, body := call(t, s, "GET", path, "Bearer "+c.APIKey)
			if status == 429 && (body != "" || head.Get("Content-Type") != "" || (head.Get("Retry-After") != "") != (v == mokatest.V2026_08)) {
				t.Errorf("%s: %v %q", path, head, body)
			}
			return status
		}
		got := []int{get("/api/status"), get("/dashboard/billing/usage"), get("/api/notice"), get("/v1/models"), get("/v1/nope"), get("/")}
		if want := []int{200, 200, 429, 200, 404, 429}; !slices.Equal(got, want) {
			t.Error(got)
		}
		time.Sleep(59 * time.Second)
		late := get("/api/status")
		time.Sleep(time.Second)
		if again := get("/api/status"); late != 429 || again != 200 {
			t.Error(late, again)
		}
	})
}
