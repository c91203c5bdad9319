package moka_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/moka"
	"mokabot/moka/mokatest"
)

const (
	aloneKey = "sk-aloneKey0000000000000000000000000000000000000002"
	otherKey = "sk-otherKey0000000000000000000000000000000000000003"
)

// sharing is a gateway with two users, alice with two keys and bob with one, and
// a maker of clients that share a limiter as those of one program do.
func sharing(t *testing.T, v mokatest.Version) (s *mokatest.Server, client func(base string, cred moka.Credentials) *moka.Client) {
	t.Helper()
	s = mokatest.New(v)
	s.AddAccount(mokatest.Account{ID: payUser, Username: "alice", AccessToken: payToken, Quota: 40 * perUnit})
	s.AddAccount(mokatest.Account{ID: 3, Username: "bob", AccessToken: "bobsAccessToken00000000000000000", Quota: 10 * perUnit})
	s.AddKey(payUser, mokatest.Key{Key: payKey, Name: "main", Remain: 30 * perUnit})
	s.AddKey(payUser, mokatest.Key{Key: aloneKey, Name: "ci", Remain: 25 * perUnit})
	s.AddKey(3, mokatest.Key{Key: otherKey, Name: "bob's", Remain: 5 * perUnit})
	limiter := moka.NewLimiter(100_000, 0)
	return s, func(base string, cred moka.Credentials) *moka.Client {
		c, err := moka.New(base, cred, moka.WithHTTPClient(s.Client()), moka.WithLimiter(limiter))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// A key alone shares the wallet of the account whose list of keys has it.
func TestAKeyAloneIsOfTheWalletThatListsIt(t *testing.T) {
	for _, v := range []mokatest.Version{mokatest.V2025_04, mokatest.V2025_12, mokatest.V2026_08, mokatest.OneAPI, mokatest.DoneHub} {
		synctest.Test(t, func(t *testing.T) {
			s, client := sharing(t, v)
			const base = "https://gateway.test"
			alice := client(base, moka.Credentials{AccessToken: payToken, UserID: payUser})
			alone, bobs := client("HTTPS://Gateway.test:443/v1/", moka.Credentials{APIKey: aloneKey}), client(base, moka.Credentials{APIKey: otherKey})
			elsewhere := client("https://other.test", moka.Credentials{APIKey: aloneKey})
			if alone.PayerIdentity() != alone.WalletIdentity() || !alice.MayPayFor(alone) || alice.MayPayFor(elsewhere) || alone.MayPayFor(bobs) {
				t.Errorf("%s: the owner is known before anybody listed keys", v)
			}
			wallet := alice.Read(t.Context())
			for range 5 {
				time.Sleep(10 * time.Minute)
				alice.Read(t.Context())
			}
			lists := 0
			for _, r := range s.Requests() {
				if r.Path == "/api/token/" {
					lists++
				}
			}
			if lists != 1 {
				t.Errorf("%s: the keys are listed %d times in an hour", v, lists)
			}
			readings := []moka.Reading{alone.Read(t.Context()), bobs.Read(t.Context()), elsewhere.Read(t.Context()), wallet}
			if readings[0].Payer != wallet.Identity || readings[0].Identity == wallet.Identity || alice.MayPayFor(alone) {
				t.Errorf("%s: the key's payer is %q, the wallet is %q", v, readings[0].Payer, wallet.Identity)
			}
			groups := moka.SharedWallets(readings)
			if len(groups) != 3 || len(groups[0]) != 2 || groups[0][1] != 3 {
				t.Errorf("%s: groups %v", v, groups)
			}
		})
	}
}

// A list that cannot be read says nothing, and what an earlier one said stands.
func TestKeysThatCannotBeListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := sharing(t, mokatest.V2026_08)
		alice := client("https://gateway.test", moka.Credentials{AccessToken: payToken, UserID: payUser})
		alone := client("https://gateway.test", moka.Credentials{APIKey: aloneKey})
		s.Fault(mokatest.Fault{Path: "/api/token/", Status: http.StatusInternalServerError, Body: []byte(`{}`)})
		if r := alice.Read(t.Context()); !r.OK() || alice.MayPayFor(alone) || alone.PayerIdentity() != alone.WalletIdentity() {
			t.Errorf("an unreadable list: %v, payer %s", r.Err(), alone.PayerIdentity())
		}
		s.Clear()
		time.Sleep(time.Hour)
		alice.Read(t.Context())
		s.Fault(mokatest.Fault{Path: "/api/token/", Status: http.StatusInternalServerError, Body: []byte(`{}`)})
		time.Sleep(time.Hour)
		if r := alice.Read(t.Context()); alone.PayerIdentity() != r.Identity {
			t.Error("the earlier list is forgotten")
		}
	})
}

func TestKeysOfOneWalletSpendItOnce(t *testing.T) {
	const usd = moka.Dollar
	wallet := func(left moka.Amount, key *moka.Key) moka.Reading {
		return moka.Reading{Identity: "w", Payer: "w", Key: key, Wallet: &moka.Wallet{Remaining: moka.Known(left)}}
	}
	limited := func(left moka.Amount) *moka.Key { return &moka.Key{State: moka.KeyOK, Remaining: moka.Known(left)} }
	unlimited := &moka.Key{State: moka.KeyOK, Unlimited: true}
	alone := func(key *moka.Key) moka.Reading { return moka.Reading{Identity: "k", Payer: "w", Key: key} }
	failed := moka.Reading{Identity: "k", Payer: "w", Key: &moka.Key{}, KeyErr: &moka.Error{Kind: moka.Unavailable}}
	for _, c := range []struct {
		what string
		of   []moka.Reading
		want moka.Maybe
	}{
		{"two keys that allow more", []moka.Reading{wallet(42*usd, limited(100*usd)), wallet(42*usd, limited(100*usd))}, moka.Known(42 * usd)},
		{"two keys that allow less", []moka.Reading{wallet(42*usd, limited(5*usd)), wallet(42*usd, limited(6*usd))}, moka.Known(11 * usd)},
		{"a key alone and the wallet", []moka.Reading{alone(limited(100 * usd)), wallet(42*usd, nil)}, moka.Known(42 * usd)},
		{"an unlimited key alone and a limited one", []moka.Reading{wallet(42*usd, limited(5*usd)), alone(unlimited)}, moka.Known(42 * usd)},
		{"a key alone and a limited one", []moka.Reading{wallet(42*usd, limited(5*usd)), alone(limited(6 * usd))}, moka.Known(11 * usd)},
		{"a key alone that cannot be read", []moka.Reading{wallet(42*usd, limited(5*usd)), failed}, moka.Maybe{}},
		{"a debt", []moka.Reading{wallet(-3*usd, limited(5*usd)), wallet(-3*usd, nil), alone(limited(6 * usd))}, moka.Known(-3 * usd)},
		{"one key, named twice", []moka.Reading{alone(limited(6 * usd)), alone(limited(6 * usd))}, moka.Known(6 * usd)},
	} {
		if got := moka.SpendableTogether(c.of); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	groups := moka.SharedWallets([]moka.Reading{alone(unlimited), {Identity: "k2", Payer: "w"}, {Identity: "k", Payer: "w"}, {}, {}})
	if len(groups) != 4 || len(groups[0]) != 2 {
		t.Errorf("without the wallet's own reading, two keys are two: %v", groups)
	}
}

// A key that works and is in no list of the access token's account is another user's.
func TestAProbeNoticesAKeyOfAnotherUser(t *testing.T) {
	for _, v := range []mokatest.Version{mokatest.V2025_04, mokatest.V2025_12, mokatest.V2026_08, mokatest.OneAPI, mokatest.DoneHub} {
		for key, want := range map[string]bool{payKey: false, aloneKey: false, otherKey: true, "": false} {
			s, client := sharing(t, v)
			p := client("https://gateway.test", moka.Credentials{APIKey: key, AccessToken: payToken, UserID: payUser}).Probe(t.Context())
			if p.Unlisted != want {
				t.Errorf("%s: the key %q is unlisted: %t", v, key, p.Unlisted)
			}
			s.Fault(mokatest.Fault{Path: "/api/token/", Status: http.StatusBadGateway})
			if p := client("https://gateway.test", moka.Credentials{APIKey: key, AccessToken: payToken, UserID: payUser}).Probe(t.Context()); p.Unlisted && !want {
				t.Errorf("%s: unlisted by a list that cannot be read", v)
			}
		}
	}
}
