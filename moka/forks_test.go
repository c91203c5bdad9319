package moka_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// fork is a gateway with an account of $10 and a key, changed before the client
// reads it.
func fork(t *testing.T, v mokatest.Version, cred moka.Credentials, change func(*mokatest.Account, *mokatest.Key, *mokatest.Options)) (*mokatest.Server, *moka.Client) {
	t.Helper()
	s := mokatest.New(v)
	a := mokatest.Account{ID: payUser, Username: "alice", AccessToken: payToken, Quota: 10 * perUnit, UsedQuota: 1_234_567, Requests: 42}
	k := mokatest.Key{Key: payKey, Name: "main", Remain: 5 * perUnit, Used: 123_457}
	if change != nil {
		s.Update(func(st *mokatest.State) { change(&a, &k, &st.Options) })
	}
	s.AddAccount(a)
	s.AddKey(payUser, k)
	c, err := moka.New("https://gateway.test", cred, moka.WithHTTPClient(s.Client()))
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

var (
	keyAlone = moka.Credentials{APIKey: payKey}
	both     = moka.Credentials{APIKey: payKey, AccessToken: payToken, UserID: payUser}
)

// Fault M23 and traps 37 to 39.
func TestForksAreReadHonestly(t *testing.T) {
	overdrawn := func(a *mokatest.Account, k *mokatest.Key, _ *mokatest.Options) {
		a.Quota, a.UsedQuota, k.Unlimited = -perUnit/2, 6*perUnit, true
	}
	unlimited := func(_ *mokatest.Account, k *mokatest.Key, _ *mokatest.Options) { k.Unlimited = true }
	accountView := func(_ *mokatest.Account, _ *mokatest.Key, o *mokatest.Options) { o.TokenStat = false }
	unused := func(a *mokatest.Account, k *mokatest.Key, _ *mokatest.Options) { a.UsedQuota, k.Used = 0, 0 }
	littleUsed := func(a *mokatest.Account, k *mokatest.Key, o *mokatest.Options) {
		a.Quota, a.UsedQuota, k.Unlimited, o.TokenStat = 1000*perUnit, perUnit, true, false
	}
	expiring := func(_ *mokatest.Account, k *mokatest.Key, _ *mokatest.Options) {
		k.ExpiresAt = time.Now().Add(time.Hour)
	}
	for _, c := range []struct {
		name    string
		members []mokatest.Version
		cred    moka.Credentials
		change  func(*mokatest.Account, *mokatest.Key, *mokatest.Options)
		want    string // spendable
		err     moka.Hint
	}{
		{"Veloera", []mokatest.Version{mokatest.Veloera}, both, nil, "$5.00", ""},
		{"Veloera, unlimited key", []mokatest.Version{mokatest.Veloera}, both, unlimited, "$10.00", ""},
		{"Veloera, account view", []mokatest.Version{mokatest.Veloera}, both, accountView, "$5.00", ""},
		{"the hubs", []mokatest.Version{mokatest.OneHub, mokatest.DoneHub}, both, nil, "$5.00", ""},
		{"the hubs, unlimited key", []mokatest.Version{mokatest.OneHub, mokatest.DoneHub}, both, unlimited, "$10.00", ""},
		{"the hubs, unlimited key of an overdrawn account", []mokatest.Version{mokatest.OneHub, mokatest.DoneHub}, both, overdrawn, "-$0.50", ""},
		{"the hubs, the same with the key alone", []mokatest.Version{mokatest.OneHub, mokatest.DoneHub}, keyAlone, overdrawn, "?", moka.HintAmbiguous},
		{"the hubs, key alone", []mokatest.Version{mokatest.OneHub, mokatest.DoneHub}, keyAlone, nil, "$5.00", ""},
		{"one-api, account view", []mokatest.Version{mokatest.OneAPI}, both, accountView, "$5.00", ""},
		{"one-api, account view, hardly anything used", []mokatest.Version{mokatest.OneAPI}, both, littleUsed, "$1,000.00", ""},
		{"one-api, account view, key alone", []mokatest.Version{mokatest.OneAPI}, keyAlone, accountView, "?", moka.HintAmbiguous},
		{"one-api, key view, key alone: the same answer", []mokatest.Version{mokatest.OneAPI}, keyAlone, nil, "?", moka.HintAmbiguous},
		{"one-api, key alone, an expiry shows that it is the key's view", []mokatest.Version{mokatest.OneAPI}, keyAlone, expiring, "$5.00", ""},
		{"one-api, key alone, nothing used: both views agree", []mokatest.Version{mokatest.OneAPI}, keyAlone, unused, "$5.00", ""},
	} {
		for _, v := range c.members {
			t.Run(c.name+"/"+v.String(), func(t *testing.T) {
				_, client := fork(t, v, c.cred, c.change)
				r := client.Read(t.Context())
				if r.Spendable().String() != c.want || (r.Err() == nil) != (c.err == "") || r.Err() != nil && r.Err().Hint != c.err {
					t.Errorf("spendable %s, %v; want %s", r.Spendable(), r.Err(), c.want)
				}
			})
		}
	}
}

func TestHubKeysAreListedWhole(t *testing.T) {
	for _, v := range []mokatest.Version{mokatest.OneHub, mokatest.DoneHub} {
		s, client := fork(t, v, both, nil)
		for i := range 230 {
			s.AddKey(payUser, mokatest.Key{Key: fmt.Sprintf("sk-another%041d", i), Name: "more", Remain: perUnit, Group: "vip", Models: []string{"gpt-4o"}})
		}
		keys, err := client.Keys(t.Context())
		if err != nil || len(keys) != 231 {
			t.Fatalf("%s: %d keys, %v", v, len(keys), err)
		}
		if k := keys[230]; k.Group != "vip" || len(k.Models) != 1 || k.Models[0] != "gpt-4o" || keys[0].Models != nil {
			t.Errorf("%s: %+v", v, k)
		}
	}
}

// A refusal that is about the header with the user id, whatever the fork calls
// it, must not send people off to replace a good access token.
func TestRefusalThatNamesTheUserHeaderIsNotAboutTheToken(t *testing.T) {
	for _, words := range []string{
		"无权进行此操作，未提供 Veloera-User", "无权进行此操作，New-Api-User 与登录用户不匹配", "无权进行此操作，未提供 New-Api-User",
		"Unauthorized, New-Api-User header not provided", "unauthorized: voapi-user does not match", "未提供 Rix-Api-User",
	} {
		for _, status := range []int{http.StatusUnauthorized, http.StatusOK} {
			s, client := fork(t, mokatest.V2025_04, both, nil)
			s.Fault(mokatest.Fault{Path: "/api/user/self", Status: status, Body: []byte(`{"message":"` + words + `","success":false}`)})
			if err := client.Read(t.Context()).WalletErr; err == nil || err.Kind != moka.Unauthorized || err.Hint != moka.HintUserID {
				t.Errorf("%s: %v", words, err)
			}
		}
	}
	_, client := fork(t, mokatest.Veloera, moka.Credentials{AccessToken: payToken, UserID: 7}, nil)
	if err := client.Read(t.Context()).WalletErr; err == nil || err.Hint != moka.HintUserID || !strings.Contains(err.Message, "Veloera-User") {
		t.Errorf("the id of somebody else: %v", err)
	}
}

// Fault M21: an operator who switches to the account view renews no key.
func TestExpiryOfAKeySurvivesTheAccountView(t *testing.T) {
	for _, v := range mokatest.Versions() {
		expires := time.Now().Add(20 * time.Hour).Truncate(time.Second).UTC()
		s, client := fork(t, v, both, func(_ *mokatest.Account, k *mokatest.Key, _ *mokatest.Options) { k.ExpiresAt = expires })
		before := client.Read(t.Context()).Key
		s.Update(func(st *mokatest.State) { st.Options.TokenStat = false })
		after := client.Read(t.Context()).Key
		if !before.ExpiresAt.Equal(expires) || !after.ExpiresAt.Equal(expires) || after.Scope != moka.ScopeAccount || after.Name != "main" {
			t.Errorf("%s: %+v", v, after)
		}
	}
}
