package moka_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// What a light reading costs, and when only a full one will do.
func TestLightReadings(t *testing.T) {
	spend := func(s *mokatest.Server) { s.Spend(payKey, "gpt-4o", perUnit, 100) }
	nothing := func(*mokatest.Server) {}
	change := func(f func(*mokatest.State)) func(*mokatest.Server) {
		return func(s *mokatest.Server) { s.Update(f) }
	}
	for _, c := range []struct {
		what   string
		cred   moka.Credentials
		before func(*mokatest.Server) // between the first full reading and the second
		after  func(*mokatest.Server) // between that and the light one
		asks   string                 // paths by their last part; "" when a light reading does not do
	}{
		{"a wallet", moka.Credentials{AccessToken: payToken, UserID: payUser}, nothing, spend, "status self"},
		{"a key beside a wallet that stands still", both, nothing, nothing, "status self"},
		{"a key beside a wallet that moved", both, nothing, spend, "status self usage"},
		{"a key without a limit beside a wallet", both, change(func(st *mokatest.State) { st.Key(payKey).Unlimited = true }), spend, "status self"},
		{"a plan beside a wallet", moka.Credentials{AccessToken: payToken, UserID: payUser}, func(s *mokatest.Server) {
			s.AddPlan(payUser, mokatest.Plan{Total: 9 * perUnit})
		}, spend, "status self self"},
		{"a key alone, once its limit stood while its use moved", keyAlone, spend, spend, "status usage"},
		{"a key alone that is not used", keyAlone, nothing, nothing, "status usage"},
		{"a key alone that is used for the first time", keyAlone, nothing, spend, ""},
		{"a key alone that counts back", keyAlone, spend, change(func(st *mokatest.State) { st.Key(payKey).Used -= 2 * perUnit }), ""},
		{"a key that has expired meanwhile", both, change(func(st *mokatest.State) { st.Key(payKey).ExpiresAt = time.Now().Add(30 * time.Second) }), nothing, ""},
		{"a plan that ended meanwhile", both, func(s *mokatest.Server) {
			s.AddPlan(payUser, mokatest.Plan{Total: 9 * perUnit, EndsAt: time.Now().Add(30 * time.Second)})
		}, nothing, ""},
		{"another unit", both, nothing, change(func(st *mokatest.State) { st.Options.QuotaPerUnit = 50_000 }), ""},
		{"another display", both, nothing, change(func(st *mokatest.State) { st.Options.Display = "TOKENS" }), ""},
		{"a failure before", both, func(s *mokatest.Server) {
			s.Fault(mokatest.Fault{Path: "/api/user/self", Status: 500})
		}, func(s *mokatest.Server) { s.Clear() }, ""},
		{"a failure now", both, nothing, func(s *mokatest.Server) { s.Fault(mokatest.Fault{Path: "/api/user/self", Status: 500}) }, ""},
		{"the view of the account", both, change(func(st *mokatest.State) { st.Options.TokenStat = false }), spend, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := mokatest.New(mokatest.V2026_08)
				s.SetNow(time.Now)
				s.AddAccount(mokatest.Account{ID: payUser, Username: "alice", AccessToken: payToken, Quota: 40 * perUnit, UsedQuota: 7 * perUnit})
				s.AddKey(payUser, mokatest.Key{Key: payKey, Name: "main", Remain: 30 * perUnit, Used: perUnit})
				client, err := moka.New("https://gateway.test", c.cred, moka.WithHTTPClient(s.Client()))
				if err != nil {
					t.Fatal(err)
				}
				client.Read(t.Context())
				time.Sleep(5 * time.Second)
				c.before(s)
				full := client.Read(t.Context())
				time.Sleep(time.Minute)
				c.after(s)
				seen := len(s.Requests())
				r, ok := client.ReadLight(t.Context(), full)
				var asked []string
				for _, q := range s.Requests()[seen:] {
					asked = append(asked, q.Path[strings.LastIndexByte(q.Path, '/')+1:])
				}
				slices.SortFunc(asked, func(a, b string) int {
					return strings.Index("status self usage", a) - strings.Index("status self usage", b)
				})
				if ok != (c.asks != "") {
					t.Fatalf("does: %t; asked for %v", ok, asked)
				}
				if !ok {
					return
				}
				if got := strings.Join(asked, " "); got != c.asks {
					t.Errorf("asked for %s, want %s", got, c.asks)
				}
				if again := client.Read(t.Context()); r.Spendable() != again.Spendable() || r.Identity != again.Identity || !r.OK() || r.Units != again.Units {
					t.Errorf("light %+v %+v, full %+v %+v", r.Key, r.Wallet, again.Key, again.Wallet)
				}
			})
		})
	}
}
