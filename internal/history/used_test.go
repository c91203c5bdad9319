package history_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

const (
	testKey   = "sk-historykeyhistorykeyhistorykeyhistorykeyhistorykey1"
	testToken = "historyaccesstokenhistoryaccess1"
)

// past is an account whose use the gateway and the store both know of.
type past struct {
	t       *testing.T
	gateway *mokatest.Server
	db      *store.DB
	file    string // of db
	account *account.Account
	history history.History
	zones   []*time.Location // in whose days people read of money
}

func newPast(t *testing.T, version mokatest.Version) *past {
	t.Helper()
	p := bare(t, version)
	p.keep(t)
	return p
}

// keep gives the past a store.
func (p *past) keep(t *testing.T) {
	t.Helper()
	var err error
	p.file = storetest.File(t, store.Open)
	if p.db, err = store.Open(p.file); err != nil {
		t.Fatal(err)
	}
	p.history = history.History{Store: p.db, Zone: time.UTC}
}

// bare is a past without a store.
func bare(t *testing.T, version mokatest.Version) *past {
	t.Helper()
	return pastOver(t, version, true, func(rt http.RoundTripper) http.RoundTripper { return rt })
}

// unpacked is a past without a store whose gateway does not compress, for long
// walks; without a key only the wallet is read.
func unpacked(t *testing.T, version mokatest.Version, withKey bool) *past {
	t.Helper()
	return pastOver(t, version, withKey, func(rt http.RoundTripper) http.RoundTripper { return identity{rt} })
}

// identity asks for answers that are not compressed.
type identity struct{ http.RoundTripper }

func (i identity) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept-Encoding", "identity")
	return i.RoundTripper.RoundTrip(r)
}

func pastOver(t *testing.T, version mokatest.Version, withKey bool, over func(http.RoundTripper) http.RoundTripper) *past {
	t.Helper()
	p := &past{t: t, gateway: mokatest.New(version)}
	p.gateway.AddAccount(mokatest.Account{ID: 2, AccessToken: testToken, Quota: 500_000_000})
	p.gateway.AddKey(2, mokatest.Key{Key: testKey, Remain: 400_000_000})
	team := config.Account{Name: "team", BaseURL: "https://gateway.test", AccessToken: config.NewSecret(testToken), UserID: 2}
	if withKey {
		team.APIKey = config.NewSecret(testKey)
	}
	book, err := account.New(&config.Config{RequestBudget: 100_000, Accounts: []config.Account{team}}, account.WithTransport(over(p.gateway.Client().Transport)))
	if err != nil {
		t.Fatal(err)
	}
	p.account = book.All()[0]
	return p
}

// read polls once and stores the reading.
func (p *past) read() {
	p.t.Helper()
	r := p.account.Read(p.t.Context())
	if !r.OK() {
		p.t.Fatal(r.Err())
	}
	p.store(r)
}

// store keeps a reading with what it says of the time since the one before.
func (p *past) store(r moka.Reading) (state spend.State, delta spend.Delta) {
	p.t.Helper()
	err := p.db.Poll(p.t.Context(), "team", func(raw, _ json.RawMessage) (store.Poll, error) {
		var before spend.State
		if raw != nil {
			if err := json.Unmarshal(raw, &before); err != nil {
				return store.Poll{}, err
			}
		}
		state, delta = spend.Step(before, r, p.logFor(before, r))
		delta = delta.Undivided(p.zones)
		next, err := json.Marshal(state)
		return store.Poll{Spend: next, Sample: store.Sample{
			At: r.At, Spendable: r.Spendable(), WalletRemaining: r.Wallet.Remaining, WalletUsed: r.Wallet.Used, Delta: delta,
		}}, err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return state, delta
}

// logFor is what the gateway's log says, where it is needed.
func (p *past) logFor(before spend.State, r moka.Reading) spend.Log {
	query, needed := spend.NeedsLog(before, r)
	if !needed {
		return spend.Log{}
	}
	query.To = time.Now().Add(time.Second)
	booked, err := p.account.Client.Booked(p.t.Context(), query)
	if failed, ok := errors.AsType[*moka.Error](err); ok {
		return spend.Log{Failed: !failed.Absent()}
	}
	return spend.LogOf(booked)
}

// hours lets time pass, spending a dollar an hour, with or without readings.
func (p *past) hours(n int, reading bool) {
	for range n {
		time.Sleep(30 * time.Minute)
		p.gateway.Spend(testKey, "gpt-4o", 500_000, 1000)
		time.Sleep(30 * time.Minute)
		if reading {
			p.read()
		}
	}
}

func (p *past) used(from time.Time) message.Used {
	p.t.Helper()
	u, err := p.history.Used(p.t.Context(), p.account, spend.Period{From: from, To: time.Now()}, spend.Period{From: from.Add(-time.Hour), To: from})
	if err != nil {
		p.t.Fatal(err)
	}
	return u
}

func TestReadingsAndTheGatewaysRecordsTogether(t *testing.T) {
	proof.NotShort(t)
	for _, c := range []struct {
		what     string
		version  mokatest.Version
		happens  func(p *past)
		spent    moka.Maybe
		filled   bool
		recorded moka.Maybe
		covered  float64
		models   int // -1: not told
	}{
		{"readings all the time", mokatest.V2026_08, func(p *past) { p.read(); p.hours(10, true) }, dollars(10), false, moka.Maybe{}, 1, 1},
		{"away for half of it", mokatest.V2026_08, func(p *past) { p.hours(5, false); p.read(); p.hours(5, true) }, dollars(10), true, moka.Maybe{}, 1, 1},
		{"never read", mokatest.V2026_08, func(p *past) { p.hours(10, false) }, dollars(10), true, moka.Maybe{}, 1, 1},
		{"use is not recorded by hour, but logged", mokatest.V2026_08, func(p *past) {
			p.gateway.Update(func(s *mokatest.State) { s.Options.DataExport = false })
			p.hours(5, false)
			p.read()
			p.hours(5, true)
		}, dollars(10), true, moka.Maybe{}, 0.5, -1},
		{"nothing was spent", mokatest.V2026_08, func(p *past) { p.read(); time.Sleep(time.Hour); p.read() }, dollars(0), false, moka.Maybe{}, 1, 0},
		{"the ancestor records nothing", mokatest.OneAPI, func(p *past) { p.read(); p.hours(10, true) }, dollars(10), false, moka.Maybe{}, 1, -1},
		{"the last of it is not in the records yet", mokatest.V2026_08, func(p *past) {
			p.read()
			p.hours(10, true)
			time.Sleep(time.Second)
			p.gateway.Spend(testKey, "gpt-4o", 2_500_000, 1000)
			p.read()
		}, dollars(15), false, moka.Maybe{}, 1, 1},
		{"the records say something else", mokatest.V2026_08, func(p *past) {
			p.read()
			p.gateway.SpendAt(time.Now().Add(10*time.Minute), testKey, "gpt-4o", 2_500_000, 1000)
			p.read() // booked in one second, so no reading tells when
			p.gateway.Update(func(s *mokatest.State) { s.Account(2).UsedQuota -= 1_000_000 })
			p.hours(10, true)
		}, dollars(13), true, dollars(15), 1, 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPast(t, c.version)
				from := time.Now()
				c.happens(p)
				u := p.used(from)
				if u.Spent != c.spent || u.Filled != c.filled || u.Recorded != c.recorded || u.Covered < c.covered-0.01 || u.Covered > c.covered+0.01 {
					t.Errorf("spent %v, filled %t, recorded %v, covered %.2f", u.Spent, u.Filled, u.Recorded, u.Covered)
				}
				if (u.ModelsErr != nil) != (c.models < 0) || c.models >= 0 && len(u.Models) != c.models {
					t.Errorf("models %v, %v", u.Models, u.ModelsErr)
				}
				if err := p.db.Close(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// Calls in the second of the last reading, after it, are in the lists: they are in the sum too.
func TestCallsInTheSecondOfTheLastReadingCount(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		time.Sleep(10*time.Hour + 400*time.Millisecond)
		p.read()
		for range 3 {
			p.gateway.Spend(testKey, "gpt-4o", 150_000, 100)
			time.Sleep(5 * time.Minute)
			p.gateway.Spend(testKey, "gpt-4o", 250_000, 100)
			p.read()
		}
		time.Sleep(300 * time.Millisecond)
		p.gateway.Spend(testKey, "gpt-4o", 500_000, 100)
		for after, want := range []moka.Maybe{dollars(3.4), dollars(5.4)} {
			u := p.named("today", time.UTC)
			if u.Spent != want {
				p.t.Errorf("after %d more calls: %v, want %v", after, u.Spent, want)
			}
			for _, m := range u.Models {
				if m.Spent < 0 {
					p.t.Errorf("%s cost %v", m.Model, m.Spent)
				}
			}
			time.Sleep(2 * time.Second)
			p.gateway.Spend(testKey, "gpt-4o", 1_000_000, 100)
			time.Sleep(2 * time.Second)
		}
	})
}
