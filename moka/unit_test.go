package moka

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// unitChanges are what an operator can change about the unit (faults M9 and
// M10), and the billing pair of the same money afterwards.
var unitChanges = []struct {
	name        string
	status      reply
	limit, used reply
	wallet      string // of 5000000 raw units
	unit        Units
}{
	{"the exchange rate", statusWith(`"quota_display_type":"CNY","usd_exchange_rate":7.0`), limitOf("36.728398"), usedOf("172.8398"), "$10.00", Units{Display: DisplayCNY, QuotaPerUnit: 500_000, CNYPerUSD: 7}},
	{"the display", statusWith(`"quota_display_type":"TOKENS"`), limitOf("2623457"), usedOf("12345700"), "$10.00", Units{Display: DisplayRaw, QuotaPerUnit: 500_000}},
	{"the size of a unit", reply{body: `{"data":{"quota_per_unit":50000,"quota_display_type":"USD"},"success":true}`}, limitOf("52.46914"), usedOf("246.914"), "$100.00", Units{Display: DisplayUSD, QuotaPerUnit: 50_000}},
	{"a unit with a fraction", reply{body: `{"data":{"quota_per_unit":68493.15,"quota_display_type":"USD"},"success":true}`}, limitOf("38.30247"), usedOf("180.2472"), "$73.00", Units{Display: DisplayUSD, QuotaPerUnit: 68493.15}},
}

// Every reading is converted with the unit of its own round, from the first one
// after the change.
func TestReadingHasTheUnitOfItsOwnRound(t *testing.T) {
	for _, change := range unitChanges {
		t.Run(change.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := healthy(nil)
				c := dial(t, g, bothCredentials)
				before := c.Read(t.Context())
				time.Sleep(30 * time.Second)
				g.set(statusPath, change.status)
				g.set(limitPath, change.limit)
				g.set(usedPath, change.used)
				r := c.Read(t.Context())
				if r.Units != change.unit || r.Wallet.Remaining.String() != change.wallet || !r.OK() {
					t.Errorf("wallet %s under %+v, %v; want %s under %+v", r.Wallet.Remaining, r.Units, r.Err(), change.wallet, change.unit)
				}
				if *r.Wallet.Raw != *before.Wallet.Raw {
					t.Errorf("raw wallet %+v became %+v", *before.Wallet.Raw, *r.Wallet.Raw)
				}
				if left := r.Units.Figure(r.Key.Raw.Limit - r.Key.Raw.Used); left != r.Key.Remaining {
					t.Errorf("key: %s, its raw figures: %s", r.Key.Remaining, left)
				}
			})
		})
	}
}

// changing answers for /api/status, and changes the unit when it is asked for
// the account: right between the two answers of a round.
type changing struct {
	*gateway
	at     string // the path at whose request the unit changes
	change func(*gateway)
	armed  atomic.Bool
}

func (c *changing) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path == c.at && c.armed.CompareAndSwap(true, false) {
		time.Sleep(time.Millisecond) // the other answers of the round are there first
		c.change(c.gateway)
	}
	return c.gateway.RoundTrip(req)
}

// A unit that changes while a round is under way must not be mixed with figures
// of the unit before, in either order.
func TestUnitThatChangesWithinARoundConvertsNothingWrongly(t *testing.T) {
	yuan := func(g *gateway) {
		g.set(statusPath, statusWith(`"quota_display_type":"CNY","usd_exchange_rate":7.3`))
		g.set(limitPath, limitOf("38.302472200000004"))
		g.set(usedPath, usedOf("180.24722"))
	}
	for _, at := range []string{statusPath, limitPath, selfPath} {
		t.Run(at, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &changing{gateway: healthy(nil), at: at, change: yuan}
				c := dial(t, g, bothCredentials)
				want := verdictOf(c.Read(t.Context()))
				time.Sleep(time.Minute)
				g.armed.Store(true)
				for range 3 {
					if got := verdictOf(c.Read(t.Context())); got != want {
						t.Errorf("\n got %+v\nwant %+v", got, want)
					}
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

// Without the unit of the round nothing is converted, and nothing is lost.
func TestReadingWithoutItsUnitKeepsRawFiguresOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := healthy(map[string]reply{plansPath: {body: onePlan}})
		c := dial(t, g, bothCredentials)
		good := c.Read(t.Context())
		time.Sleep(time.Minute)
		g.set(statusPath, reply{status: 500})
		r := c.Read(t.Context())
		mustKind(t, r.Err(), "unavailable")
		if r.Units.Known() || r.Wallet.Remaining.Known() || r.Key.Remaining.Known() || r.Spendable().Known() {
			t.Errorf("amounts without a unit: %s, %s, %+v", r.Wallet.Remaining, r.Key.Remaining, r.Units)
		}
		if *r.Wallet.Raw != *good.Wallet.Raw || *r.Key.Raw != *good.Key.Raw {
			t.Errorf("raw figures %+v, %+v; want %+v, %+v", *r.Wallet.Raw, *r.Key.Raw, *good.Wallet.Raw, *good.Key.Raw)
		}
	})
}

func TestAccountsReadTogetherShareOneStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := healthy(nil)
		g.delay = 20 * time.Millisecond
		limiter := NewLimiter(0, 0)
		other := Credentials{APIKey: "sk-another", AccessToken: testToken, UserID: 2}
		clients := []*Client{dial(t, g, bothCredentials, WithLimiter(limiter)), dial(t, g, other, WithLimiter(limiter)), dial(t, g, Credentials{APIKey: testKey}, WithLimiter(limiter))}
		for round := 1; round <= 3; round++ {
			done := make(chan Reading, len(clients))
			for i, c := range clients {
				go func() {
					time.Sleep(time.Duration(i) * 15 * time.Millisecond)
					done <- c.Read(t.Context())
				}()
			}
			for range clients {
				if r := <-done; !r.OK() {
					t.Error(r.Err())
				}
			}
			if n := g.count(statusPath); n != round {
				t.Errorf("%d calls for the status after %d rounds", n, round)
			}
			time.Sleep(10 * time.Second)
		}
	})
}

// Somebody who gives up must not take the answer away from those who wait for it.
func TestSharedStatusOutlivesTheOneWhoAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := healthy(nil)
		g.delay = time.Second
		limiter := NewLimiter(0, 0)
		first, second := dial(t, g, bothCredentials, WithLimiter(limiter)), dial(t, g, bothCredentials, WithLimiter(limiter))
		hasty, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		go first.Read(hasty)
		synctest.Wait()
		if r := second.Read(t.Context()); !r.OK() {
			t.Error(r.Err())
		}
	})
}

func TestIdentityIsOfTheWalletNotOfTheCredential(t *testing.T) {
	g := healthy(nil)
	read := func(cred Credentials, base string) string {
		c, err := New(base, cred, WithHTTPClient(&http.Client{Transport: g}))
		if err != nil {
			t.Fatal(err)
		}
		return c.Read(t.Context()).Identity
	}
	const base = "https://api.example.com"
	wallet := read(bothCredentials, base)
	for name, other := range map[string]string{
		"another key":              read(Credentials{APIKey: "sk-another", AccessToken: testToken, UserID: 2}, base),
		"no key":                   read(Credentials{AccessToken: testToken, UserID: 2}, base+"/v1/"),
		"a user id that is not so": read(Credentials{AccessToken: testToken, UserID: 7}, base), // the gateway ignores it and names user 2
		"another way to write it":  read(bothCredentials, "https://API.example.com:443"),
	} {
		if other != wallet {
			t.Errorf("%s: another identity", name)
		}
	}
	key := read(Credentials{APIKey: testKey}, base)
	for name, other := range map[string]string{
		"another key alone": read(Credentials{APIKey: "sk-another"}, base),
		"another gateway":   read(Credentials{APIKey: testKey}, "https://other.example.com"),
		"the account":       wallet,
	} {
		if other == key || other == "" {
			t.Errorf("%s: identity %q like that of a key", name, other)
		}
	}
}

func TestLinksOfAGatewayAreSafeToShow(t *testing.T) {
	for text, want := range map[string]string{
		"https://moka-ai.com/topup?x=1":       "https://moka-ai.com/topup?x=1",
		" https://moka-ai.com ":               "https://moka-ai.com",
		"http://moka-ai.com/topup":            "",
		"http://localhost:3000":               "",
		"https://localhost:3000":              "",
		"https://127.0.0.1/":                  "",
		"https://console":                     "",
		"https://user:pass@moka-ai.com/":      "",
		"javascript:alert(1)":                 "",
		"https://moka-ai.com/\u202eevil":      "https://moka-ai.com/%E2%80%AEevil",
		"https://moka-ai.com/?key=" + testKey: "",
		"https:///nowhere":                    "",
		"":                                    "",
	} {
		quoted, _ := json.Marshal(text)
		g := healthy(map[string]reply{statusPath: statusWith(`"top_up_link":` + string(quoted) + `,"server_address":` + string(quoted))})
		s, err := dial(t, g, bothCredentials).Status(t.Context())
		if err != nil || s.TopUpLink != want || s.ServerAddress != want {
			t.Errorf("%q: %q and %q, %v; want %q", text, s.TopUpLink, s.ServerAddress, err, want)
		}
	}
}
