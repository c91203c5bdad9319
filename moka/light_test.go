package moka_test

import (
	"context"
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
		{"a key that allows far more than its wallet has", both, change(func(st *mokatest.State) { st.Key(payKey).Remain = 81 * perUnit }), spend, "status self"},
		{"a key that allows hardly more than twice what its wallet has", both, change(func(st *mokatest.State) { st.Key(payKey).Remain = 79 * perUnit }), spend, "status self usage"},
		{"a key that allows more than its wallet, which was topped up", both, change(func(st *mokatest.State) { st.Key(payKey).Remain = 81 * perUnit }), change(func(st *mokatest.State) {
			st.Account(payUser).Quota += 50 * perUnit
		}), "status self usage"},
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

// What a key allows that need not be asked about is known at the least, until it may end
// before its account's money.
func TestAKeyThatAllowsPlentyIsNotAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mokatest.New(mokatest.V2026_08)
		s.SetNow(time.Now)
		s.AddAccount(mokatest.Account{ID: payUser, Username: "alice", AccessToken: payToken, Quota: 10 * perUnit})
		s.AddKey(payUser, mokatest.Key{Key: payKey, Name: "main", Remain: 100 * perUnit})
		client, err := moka.New("https://gateway.test", both, moka.WithHTTPClient(s.Client()))
		if err != nil {
			t.Fatal(err)
		}
		r := client.Read(t.Context())
		for left := moka.Amount(9); left > 5; left-- {
			time.Sleep(time.Minute)
			s.Spend(payKey, "gpt-4o", perUnit, 100)
			var ok bool
			if r, ok = client.ReadLight(t.Context(), r); !ok {
				t.Fatalf("with $%d left a full reading is wanted", left)
			}
			least, _ := r.Key.AtLeast.Get()
			if r.Spendable() != moka.Known(left*moka.Dollar) || least != (90+left)*moka.Dollar || r.Key.Remaining.Known() || r.Key.Used.Known() {
				t.Errorf("with $%d left: spendable %s, key %+v", left, r.Spendable(), r.Key)
			}
			if allows := r.KeyAllows(); allows != r.Key.AtLeast {
				t.Errorf("the key allows %s, and at least %s", allows, r.Key.AtLeast)
			}
			if calls := client.LightCalls(r, true); calls != 1 {
				t.Errorf("%d calls for the next one", calls)
			}
		}
		s.Update(func(st *mokatest.State) { st.Account(payUser).Quota = 60 * perUnit })
		time.Sleep(time.Minute)
		if again, ok := client.ReadLight(t.Context(), r); ok {
			t.Errorf("the key may end first now, and was not asked about: %+v", again.Key)
		}
		if full := client.Read(t.Context()); full.Spendable() != moka.Known(60*moka.Dollar) || full.Key.AtLeast.Known() || full.Key.Remaining != moka.Known(96*moka.Dollar) {
			t.Errorf("spendable %s, key %+v", full.Spendable(), full.Key)
		}
	})
}

// Reserved work in the background makes the same requests whether a command asked a moment
// before or not; other work saves one.
func TestRecordsShareNoStatusWithCommands(t *testing.T) {
	for what, c := range map[string]struct {
		ctx      context.Context
		statuses int // with that of the command
	}{
		"records": {moka.Reserved(moka.InBackground(t.Context())), 2},
		"reports": {moka.InBackground(t.Context()), 1},
	} {
		t.Run(what, func(t *testing.T) {
			s := mokatest.New(mokatest.V2026_08)
			s.AddAccount(mokatest.Account{ID: payUser, Username: "alice", AccessToken: payToken, Quota: 40 * perUnit})
			client, err := moka.New("https://gateway.test", moka.Credentials{AccessToken: payToken, UserID: payUser}, moka.WithHTTPClient(s.Client()))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.Status(moka.ForCommand(t.Context())); err != nil {
				t.Fatal(err)
			}
			if _, err := client.Usage(c.ctx, time.Now().Add(-time.Hour), time.Now()); err != nil {
				t.Fatal(err)
			}
			statuses := 0
			for _, q := range s.Requests() {
				if q.Path == "/api/status" {
					statuses++
				}
			}
			if statuses != c.statuses {
				t.Errorf("%d statuses, want %d", statuses, c.statuses)
			}
		})
	}
}

// Wallets share one status for some seconds; a change of the unit shows in the next. A key
// alone, whose figures are in that unit, has a status of its own moment.
func TestLightReadingsShareAStatus(t *testing.T) {
	for _, c := range []struct {
		what     string
		cred     moka.Credentials
		statuses int // of two readings within some seconds
	}{
		{"a wallet", moka.Credentials{AccessToken: payToken, UserID: payUser}, 1},
		{"a key alone", keyAlone, 2},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := mokatest.New(mokatest.V2026_08)
				s.SetNow(time.Now)
				s.AddAccount(mokatest.Account{ID: payUser, Username: "alice", AccessToken: payToken, Quota: 40 * perUnit})
				s.AddKey(payUser, mokatest.Key{Key: payKey, Name: "main", Remain: 30 * perUnit, Used: perUnit})
				client, err := moka.New("https://gateway.test", c.cred, moka.WithHTTPClient(s.Client()))
				if err != nil {
					t.Fatal(err)
				}
				r := client.Read(t.Context())
				seen := len(s.Requests())
				for _, wait := range []time.Duration{time.Minute, 10 * time.Second} {
					time.Sleep(wait)
					var ok bool
					if r, ok = client.ReadLight(t.Context(), r); !ok {
						t.Fatal("a full reading is wanted")
					}
				}
				statuses := 0
				for _, q := range s.Requests()[seen:] {
					if q.Path == "/api/status" {
						statuses++
					}
				}
				if statuses != c.statuses {
					t.Errorf("%d statuses, want %d", statuses, c.statuses)
				}
				s.Update(func(st *mokatest.State) { st.Options.QuotaPerUnit = 250_000 })
				time.Sleep(10 * time.Second)
				if r, ok := client.ReadLight(t.Context(), r); ok {
					t.Errorf("another unit, and no full reading is wanted: %+v %+v", r.Key, r.Wallet)
				}
			})
		})
	}
}
