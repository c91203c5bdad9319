package mokatest

import (
	"net/http"
	"slices"
	"time"
)

// Credentials are what an account's owner holds.
type Credentials struct {
	APIKey      string
	AccessToken string
	UserID      int64
}

// NamedState is a situation a client has to judge.
type NamedState struct {
	Name  string
	Setup func(*Server) Credentials // of an empty server
}

// The figures of most states: an account with $10.00 in its wallet and
// $2.469134 used, and a key with $5.00 left and $0.246914 used.
const (
	StateWallet     = int64(5_000_000)
	StateWalletUsed = int64(1_234_567)
	StateKeyLeft    = int64(2_500_000)
	StateKeyUsed    = int64(123_457)
)

const (
	stateKey   = "sk-stateKey000000000000000000000000000000000000000"
	stateToken = "stateAccessToken+/0000000000000="
	stateUser  = int64(2)
)

// States are the situations that members of the family tell apart, or fail to.
func States() []NamedState {
	return slices.Concat(keyStates(), walletStates(), unitStates(), credentialStates(), trouble())
}

// settled sets up the usual account and key after each has been changed.
func changed(name string, change func(*Account, *Key), more ...func(*Server)) NamedState {
	return NamedState{name, func(s *Server) Credentials {
		a := Account{ID: stateUser, Username: "alice", AccessToken: stateToken, Quota: StateWallet, UsedQuota: StateWalletUsed, Requests: 42}
		k := Key{Key: stateKey, Name: "normal", Remain: StateKeyLeft, Used: StateKeyUsed}
		if change != nil {
			change(&a, &k)
		}
		s.AddAccount(a)
		s.AddKey(a.ID, k)
		for _, do := range more {
			do(s)
		}
		return Credentials{stateKey, stateToken, stateUser}
	}}
}

func ofKey(name string, change func(*Key)) NamedState {
	return changed(name, func(_ *Account, k *Key) { change(k) })
}

func keyStates() []NamedState {
	return []NamedState{
		changed("fine", nil),
		ofKey("unlimited", func(k *Key) { k.Unlimited, k.Remain, k.Used = true, -987_654, 987_654 }),
		ofKey("nearly exhausted", func(k *Key) { k.Remain, k.Used = 1, 1_999_999 }),
		ofKey("limited to models", func(k *Key) { k.Models = []string{"gpt-4o", "not-offered"} }),
		ofKey("exhausted, stored", func(k *Key) { k.Status, k.Remain, k.Used = StatusExhausted, 0, 500_000 }),
		ofKey("exhausted, first request", func(k *Key) { k.Remain, k.Used = 0, 500_000 }),
		ofKey("exhausted, overspent", func(k *Key) { k.Remain, k.Used = -1_200, 501_200 }),
		ofKey("exhausted, topped up, not enabled", func(k *Key) { k.Status, k.Remain, k.Used = StatusExhausted, 500_000, 500_000 }),
		ofKey("expires later", func(k *Key) { k.ExpiresAt = time.Now().Add(30 * 24 * time.Hour) }),
		ofKey("expired, stored", func(k *Key) { k.Status, k.ExpiresAt = StatusExpired, time.Now().Add(-24*time.Hour) }),
		ofKey("expired, first request", func(k *Key) { k.ExpiresAt = time.Now().Add(-time.Hour) }),
		ofKey("disabled", func(k *Key) { k.Status = StatusDisabled }),
		ofKey("unknown", func(k *Key) { k.Key = "sk-another" }),
		ofKey("address not allowed", func(k *Key) { k.AllowIPs = "10.9.8.0/24" }),
		ofKey("group not allowed", func(k *Key) { k.Group = "secret" }),
		changed("owner banned", func(a *Account, _ *Key) { a.Banned = true }),
		changed("owner deleted", nil, func(s *Server) { s.Update(func(st *State) { st.Accounts = nil }) }),
	}
}

func walletStates() []NamedState {
	ofWallet := func(name string, quota int64) NamedState {
		return changed(name, func(a *Account, _ *Key) { a.Quota, a.Plans = quota, nil })
	}
	ends := func() time.Time { return time.Now().Add(20 * 24 * time.Hour) }
	return []NamedState{
		ofWallet("wallet smaller than key", 1_000_000),
		ofWallet("wallet empty", 0),
		ofWallet("wallet overdrawn", -1_500),
		ofWallet("wallet beyond 2^53", 9_007_199_254_740_993),
		changed("wallet empty, plan", func(a *Account, _ *Key) {
			a.Quota, a.Plans = 0, []Plan{{Total: 10_000_000, Used: 9_000_000, EndsAt: ends()}}
		}),
		changed("wallet empty, unlimited plan", func(a *Account, _ *Key) {
			a.Quota, a.Plans = 0, []Plan{{EndsAt: ends()}}
		}),
		changed("wallet empty, plan over", func(a *Account, _ *Key) {
			a.Quota, a.Plans = 0, []Plan{{Total: 10_000_000, EndsAt: time.Now().Add(-time.Hour)}}
		}),
		changed("unlimited key, wallet empty", func(a *Account, k *Key) { a.Quota, k.Unlimited, k.Remain = 0, true, 0 }),
		changed("call under way", nil, func(s *Server) { s.Begin(stateKey, 72_500) }),
	}
}

// options is a state of the usual account on a gateway set up otherwise.
func options(name string, change func(*Account, *Key), set func(*Options)) NamedState {
	return changed(name, change, func(s *Server) { s.Update(func(st *State) { set(&st.Options) }) })
}

func unitStates() []NamedState {
	unlimited := func(_ *Account, k *Key) { k.Unlimited, k.Remain = true, 0 }
	round := func(_ *Account, k *Key) { k.Remain, k.Used = 100_000_000-StateKeyUsed, StateKeyUsed }
	return []NamedState{
		options("CNY", nil, func(o *Options) { o.Display = "CNY" }),
		options("CUSTOM", nil, func(o *Options) { o.Display = "CUSTOM" }),
		options("raw units", nil, func(o *Options) { o.Display = "TOKENS" }),
		options("raw units, unlimited", unlimited, func(o *Options) { o.Display = "TOKENS" }),
		options("raw units, limit of a hundred million", round, func(o *Options) { o.Display = "TOKENS" }),
		options("CNY, unlimited", unlimited, func(o *Options) { o.Display = "CNY" }),
		options("five million units a dollar", nil, func(o *Options) { o.QuotaPerUnit = 5_000_000 }),
		options("account view", nil, func(o *Options) { o.TokenStat = false }),
		options("account view, unlimited key", unlimited, func(o *Options) { o.TokenStat = false }),
		options("account view, CNY", nil, func(o *Options) { o.TokenStat, o.Display = false, "CNY" }),
		options("account view, wallet empty", func(a *Account, _ *Key) { a.Quota = 0 }, func(o *Options) { o.TokenStat = false }),
		options("refusals not stored", func(_ *Account, k *Key) { k.Remain = 0 }, func(o *Options) { o.Redis = true }),
	}
}

// with is a state of somebody whose credentials are others.
func with(name string, set func(*Account, *Key), change func(*Credentials)) NamedState {
	usual := changed(name, set)
	return NamedState{name, func(s *Server) Credentials {
		c := usual.Setup(s)
		change(&c)
		return c
	}}
}

func credentialStates() []NamedState {
	noToken := func(c *Credentials) { c.AccessToken, c.UserID = "", 0 }
	return []NamedState{
		with("key only", nil, noToken),
		with("key only, unlimited", func(_ *Account, k *Key) { k.Unlimited, k.Remain = true, 0 }, noToken),
		with("key only, exhausted", func(_ *Account, k *Key) { k.Remain = 0 }, noToken),
		with("key only, disabled", func(_ *Account, k *Key) { k.Status = StatusDisabled }, noToken),
		with("key only, wallet empty", func(a *Account, _ *Key) { a.Quota = 0 }, noToken),
		with("access token only", nil, func(c *Credentials) { c.APIKey = "" }),
		with("wrong access token", nil, func(c *Credentials) { c.AccessToken = "wrong00000000000000000000000000" }),
		with("wrong user id", nil, func(c *Credentials) { c.UserID++ }),
		with("access token as key", nil, func(c *Credentials) { c.APIKey = "sk-" + c.AccessToken }),
		with("key as access token", nil, func(c *Credentials) { c.AccessToken = c.APIKey }),
		with("key with a channel", nil, func(c *Credentials) { c.APIKey += "-5" }),
	}
}

func trouble() []NamedState {
	struck := func(name string, f Fault) NamedState {
		return changed(name, nil, func(s *Server) { s.Fault(f) })
	}
	return []NamedState{
		options("database down", nil, func(o *Options) { o.DatabaseDown = true }),
		options("billing row missing", nil, func(o *Options) { o.NoBillingRow = true }),
		struck("web page", Fault{WebPage: true}),
		struck("web page for billing", Fault{Path: "/v1/dashboard/billing/subscription", WebPage: true}),
		struck("rate limited", Fault{Status: http.StatusTooManyRequests}),
		struck("rate limited, with a time", Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"180"}}}),
		struck("proxy's bad gateway", Fault{Status: http.StatusBadGateway, Body: []byte("<html>502 Bad Gateway</html>"), ContentType: "text/html"}),
		struck("bad gateway once", Fault{Path: "/v1/dashboard/billing/usage", Times: 1, Status: http.StatusBadGateway}),
		struck("empty answer", Fault{Status: http.StatusOK, Body: []byte{}}),
		struck("cut off", Fault{Cut: true}),
		struck("broken gzip", Fault{BrokenGzip: true}),
		struck("no answer", Fault{Hang: true}),
		struck("slow", Fault{Delay: 2 * time.Second}),
		struck("sent elsewhere", Fault{Status: http.StatusMovedPermanently, Header: http.Header{"Location": {"https://elsewhere.example/"}}}),
		struck("status without fields", Fault{Path: "/api/status", Body: []byte(`{"success":true,"message":"","data":{}}`)}),
		struck("status unavailable", Fault{Path: "/api/status", Status: http.StatusInternalServerError}),
	}
}
