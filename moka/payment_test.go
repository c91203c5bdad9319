package moka_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

const (
	payKey   = "sk-payKey000000000000000000000000000000000000000000"
	payToken = "payAccessToken000000000000000000"
	payUser  = int64(2)
	perUnit  = int64(500_000)
)

// payer is a gateway with one account and an unlimited key, and its client.
func payer(t *testing.T, v mokatest.Version, a mokatest.Account) (*mokatest.Server, *moka.Client) {
	t.Helper()
	s := mokatest.New(v)
	a.ID, a.Username, a.AccessToken = payUser, "alice", payToken
	s.AddAccount(a)
	s.AddKey(payUser, mokatest.Key{Key: payKey, Name: "main", Unlimited: true})
	c, err := moka.New("https://gateway.test", moka.Credentials{APIKey: payKey, AccessToken: payToken, UserID: payUser}, moka.WithHTTPClient(s.Client()))
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// planStates are what an account's plans can look like at the gateway. Amounts
// are in dollars here and raw in the plan.
var planStates = []struct {
	name  string
	plans func(now time.Time) []mokatest.Plan
}{
	{"no plan", func(time.Time) []mokatest.Plan { return nil }},
	{"fresh", func(now time.Time) []mokatest.Plan {
		return []mokatest.Plan{{Total: 15 * perUnit, EndsAt: now.Add(36 * time.Hour)}}
	}},
	{"partly used", func(now time.Time) []mokatest.Plan {
		return []mokatest.Plan{{Total: 15 * perUnit, Used: 4 * perUnit, EndsAt: now.Add(36 * time.Hour)}}
	}},
	{"used up", func(now time.Time) []mokatest.Plan {
		return []mokatest.Plan{{Total: 15 * perUnit, Used: 15 * perUnit, EndsAt: now.Add(36 * time.Hour)}}
	}},
	{"ended", func(now time.Time) []mokatest.Plan {
		return []mokatest.Plan{{Total: 15 * perUnit, EndsAt: now.Add(-time.Hour)}}
	}},
	{"reset due", func(now time.Time) []mokatest.Plan {
		return []mokatest.Plan{{Total: 15 * perUnit, Used: 15 * perUnit, EndsAt: now.Add(36 * time.Hour), ResetsAt: now.Add(-30 * time.Second), ResetEvery: time.Hour}}
	}},
	{"unlimited", func(now time.Time) []mokatest.Plan {
		return []mokatest.Plan{{Used: 9 * perUnit, EndsAt: now.Add(36 * time.Hour)}}
	}},
	{"cancelled", func(now time.Time) []mokatest.Plan {
		return []mokatest.Plan{{Total: 15 * perUnit, Status: "cancelled", EndsAt: now.Add(36 * time.Hour)}}
	}},
	{"used up beside a fresh one", func(now time.Time) []mokatest.Plan {
		return []mokatest.Plan{
			{Total: 15 * perUnit, Used: 15 * perUnit, EndsAt: now.Add(36 * time.Hour)},
			{Total: 5 * perUnit, EndsAt: now.Add(72 * time.Hour), NoOverflow: true},
		}
	}},
	{"ended beside a fresh one", func(now time.Time) []mokatest.Plan {
		return []mokatest.Plan{
			{Total: 15 * perUnit, EndsAt: now.Add(-time.Hour), NoOverflow: true},
			{Total: 5 * perUnit, EndsAt: now.Add(72 * time.Hour)},
		}
	}},
}

// Faults M1 to M3: every cell of preference, overflow, plan and wallet, against
// what the gateway really lets through. A gateway without plans has the wallet.
func TestPayableIsWhatTheGatewayLetsThrough(t *testing.T) {
	every := proof.Size(11, 1, 1) // no divisor of the numbers below, so that all meet
	cells := 0
	for _, version := range []mokatest.Version{mokatest.V2025_12, mokatest.V2026_07, mokatest.V2026_08} {
		for _, preference := range []string{"", "subscription_first", "wallet_first", "subscription_only", "wallet_only"} {
			for _, overflow := range []bool{true, false} {
				for _, state := range planStates {
					for _, wallet := range []int64{100, 0, -20} {
						if cells++; cells%every != 0 {
							continue
						}
						name := fmt.Sprintf("%s/%s/overflow %t/%s/wallet %d", version, preference, overflow, state.name, wallet)
						synctest.Test(t, func(t *testing.T) {
							plans := state.plans(time.Now())
							for i := range plans {
								plans[i].NoOverflow = plans[i].NoOverflow || !overflow
							}
							s, c := payer(t, version, mokatest.Account{Quota: wallet * perUnit, Preference: preference, Plans: plans})
							r := c.Read(t.Context())
							mustMatchBooks(t, name, s, r)
						})
					}
				}
			}
		}
	}
	t.Logf("%d cells", cells/every)
}

// mustMatchBooks compares what a reading says can be spent with what the gateway
// lets through. Below zero is a debt: nothing can be spent.
func mustMatchBooks(t *testing.T, name string, s *mokatest.Server, r moka.Reading) {
	t.Helper()
	left, unlimited := s.Payable(payKey)
	spendable, known := r.Spendable().Get()
	want, _ := r.Units.Quota(left).Get()
	switch {
	case !r.OK():
		t.Errorf("%s: %v", name, r.Err())
	case unlimited && known:
		t.Errorf("%s: spendable %s of no limit", name, spendable)
	case !unlimited && (!known || max(0, spendable) != want):
		t.Errorf("%s: spendable %s, the gateway lets %s through", name, r.Spendable(), want)
	}
}

func TestNegativeWalletIsADebtOnlyWhereItPays(t *testing.T) {
	for _, c := range []struct {
		preference moka.BillingPreference
		plans      moka.Maybe
		want       moka.Amount
	}{
		{moka.SubscriptionFirst, moka.Known(15 * moka.Dollar), 15 * moka.Dollar},
		{moka.WalletFirst, moka.Known(15 * moka.Dollar), 15 * moka.Dollar},
		{moka.SubscriptionFirst, moka.Known(0), -20 * moka.Dollar},
		{moka.SubscriptionOnly, moka.Known(0), 0},
		{moka.WalletOnly, moka.Known(15 * moka.Dollar), -20 * moka.Dollar},
		{"", moka.Maybe{}, -20 * moka.Dollar},
	} {
		w := moka.Wallet{Remaining: moka.Known(-20 * moka.Dollar), Plans: c.plans, Preference: c.preference}
		if got, bounded := w.Payable(); !bounded || got != moka.Known(c.want) {
			t.Errorf("%s, plans %s: %s, want %s", c.preference, c.plans, got, c.want)
		}
	}
}

// Money that cannot pay is said to be there: a top-up would not help.
func TestLockedWallets(t *testing.T) {
	strict := []moka.Plan{{Total: 5 * moka.Dollar}}
	for _, c := range []struct {
		name   string
		wallet moka.Wallet
		want   bool
	}{
		{"only plans may pay, and hold nothing", moka.Wallet{Remaining: moka.Known(moka.Dollar), Preference: moka.SubscriptionOnly, Plans: moka.Known(0)}, true},
		{"a plan without overflow is used up", moka.Wallet{Remaining: moka.Known(moka.Dollar), ActivePlans: strict, Plans: moka.Known(0)}, true},
		{"a plan pays", moka.Wallet{Remaining: moka.Known(moka.Dollar), Preference: moka.SubscriptionOnly, Plans: moka.Known(moka.Dollar)}, false},
		{"the wallet pays", moka.Wallet{Remaining: moka.Known(moka.Dollar), Plans: moka.Known(0)}, false},
		{"nothing is left", moka.Wallet{Remaining: moka.Known(0), Preference: moka.SubscriptionOnly, Plans: moka.Known(0)}, false},
		{"plans that could not be read", moka.Wallet{Remaining: moka.Known(moka.Dollar), PlansFailed: true}, false},
		{"unknown", moka.Wallet{}, false},
	} {
		if got := c.wallet.Locked(); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

// Fault M4: what pays ends with the plan, the key or not at all.
func TestReadingKnowsUntilWhenItPays(t *testing.T) {
	now := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	soon, later := now.Add(36*time.Hour), now.Add(30*24*time.Hour)
	plan := func(left moka.Amount, end time.Time) moka.Plan {
		return moka.Plan{Total: 100 * moka.Dollar, Left: left, EndsAt: end, AllowOverflow: true}
	}
	resets := plan(0, later)
	resets.ResetsAt = soon
	strict := plan(5*moka.Dollar, soon)
	strict.AllowOverflow = false
	for _, c := range []struct {
		name    string
		wallet  moka.Amount
		prefers moka.BillingPreference
		plans   []moka.Plan
		expires time.Time
		want    time.Time
	}{
		{"a plan, and nothing in the wallet", 0, "", []moka.Plan{plan(100*moka.Dollar, soon)}, time.Time{}, soon},
		{"two plans", 0, "", []moka.Plan{plan(moka.Dollar, later), plan(moka.Dollar, soon)}, time.Time{}, later},
		{"a plan that holds nothing", 0, "", []moka.Plan{plan(0, later), plan(moka.Dollar, soon)}, time.Time{}, soon},
		{"a plan that is reset before it ends", 0, "", []moka.Plan{resets}, time.Time{}, later},
		{"the wallet pays on", 5 * moka.Dollar, "", []moka.Plan{plan(moka.Dollar, soon)}, time.Time{}, time.Time{}},
		{"the wallet may not pay", 5 * moka.Dollar, moka.SubscriptionOnly, []moka.Plan{plan(moka.Dollar, soon)}, time.Time{}, soon},
		{"a plan without overflow", 5 * moka.Dollar, "", []moka.Plan{strict}, time.Time{}, soon},
		{"only the wallet pays", 5 * moka.Dollar, moka.WalletOnly, []moka.Plan{plan(moka.Dollar, soon)}, time.Time{}, time.Time{}},
		{"a wallet in debt", -5 * moka.Dollar, "", []moka.Plan{plan(moka.Dollar, soon)}, time.Time{}, soon},
		{"the key ends first", 0, "", []moka.Plan{plan(moka.Dollar, later)}, soon, soon},
		{"only the key ends", 5 * moka.Dollar, "", nil, soon, soon},
		{"nothing pays", 0, "", []moka.Plan{plan(0, soon)}, time.Time{}, time.Time{}},
	} {
		r := moka.Reading{
			Key:    &moka.Key{State: moka.KeyOK, Unlimited: true, ExpiresAt: c.expires},
			Wallet: &moka.Wallet{Remaining: moka.Known(c.wallet), Preference: c.prefers, ActivePlans: c.plans},
		}
		if got, ends := r.PaysUntil(); !got.Equal(c.want) || ends == c.want.IsZero() {
			t.Errorf("%s: %v, %t; want %v", c.name, got, ends, c.want)
		}
	}
}

func TestPlansEndWithTheFirstThatHoldsMoney(t *testing.T) {
	now := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	plan := func(left moka.Amount, hours int) moka.Plan {
		return moka.Plan{Left: left, EndsAt: now.Add(time.Duration(hours) * time.Hour)}
	}
	for _, c := range []struct {
		plans []moka.Plan
		hours int // 0: no end
	}{
		{nil, 0},
		{[]moka.Plan{{Left: 1}}, 0},
		{[]moka.Plan{plan(0, 5), plan(1, 30), plan(1, 20)}, 20},
		{[]moka.Plan{plan(0, 5), plan(0, 7)}, 5},
		{[]moka.Plan{{Unlimited: true, EndsAt: now.Add(9 * time.Hour)}, plan(1, 20)}, 9},
	} {
		w := moka.Wallet{ActivePlans: c.plans}
		got, ok := w.PlansEndAt()
		if ok != (c.hours > 0) || ok && got != now.Add(time.Duration(c.hours)*time.Hour) {
			t.Errorf("%+v: %v, %t", c.plans, got, ok)
		}
	}
}

// A preference of a later release could mean anything.
func TestUnknownPreferenceMakesTheAmountUnknown(t *testing.T) {
	s, c := payer(t, mokatest.V2026_08, mokatest.Account{Quota: 100 * perUnit})
	body := []byte(`{"data":{"billing_preference":"plan_of_tomorrow","subscriptions":[],"all_subscriptions":[]},"message":"","success":true}`)
	s.Fault(mokatest.Fault{Path: "/api/subscription/self", Body: body})
	r := c.Read(t.Context())
	if r.Spendable().Known() || r.WalletErr == nil || r.WalletErr.Kind != moka.BadResponse || !r.Wallet.Remaining.Known() {
		t.Errorf("spendable %s, wallet %s, %v", r.Spendable(), r.Wallet.Remaining, r.WalletErr)
	}
}
