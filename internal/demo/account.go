package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"mokabot/moka/mokatest"
)

const (
	unitsPerDollar = 500_000
	dollarsASecond = 0.45
	slowest        = dollarsASecond / 8
	fastest        = dollarsASecond * 8
	refillBelow    = 58 // dollars, at which the demonstration tops itself up
	refill         = 45
)

// spentAccount is the fake gateway's account and how it is being spent.
type spentAccount struct {
	gateway *mokatest.Server

	mu     sync.Mutex
	rate   float64 // dollars a second
	halted bool
	down   bool // the gateway
	models int  // added so far
}

// newSpentAccount makes a gateway that knows the invented past of its account, and
// continues it.
func newSpentAccount(now time.Time) *spentAccount {
	a := &spentAccount{gateway: mokatest.New(mokatest.V2026_08), rate: dollarsASecond}
	mokatest.NewDemo(time.Now).Update(func(like *mokatest.State) {
		a.gateway.Update(func(s *mokatest.State) { s.Models, s.Notice = append(like.Models, moreModels()...), like.Notice })
	})
	a.gateway.AddAccount(mokatest.Account{ID: mokatest.DemoUserID, Username: "demo", AccessToken: mokatest.DemoAccessToken})
	a.gateway.AddKey(mokatest.DemoUserID, mokatest.Key{Key: mokatest.DemoKey, Name: "bot and backend"})
	recordPast(a.gateway, now)
	for _, k := range otherKeys(now) {
		a.gateway.AddKey(mokatest.DemoUserID, k)
	}
	a.change(func(account *mokatest.Account, k *mokatest.Key) {
		remaining, used := int64(demoRemaining)/2, int64(demoUsed)/2 // a unit is two millionths of a dollar
		account.Quota, account.UsedQuota, account.Requests = remaining, used, demoRequests
		k.Remain, k.Used = remaining, used
	})
	return a
}

// moreModels fill more than one page of the list.
func moreModels() []mokatest.Model {
	var list []mokatest.Model
	for i, id := range []string{
		"zhipu/glm-4.6", "zhipu/glm-4.5-air", "moonshot/kimi-k2", "minimax/minimax-m2", "bytedance/doubao-seed-1.6", "bytedance/doubao-seed-1.6-flash",
		"mistral/mistral-large", "mistral/mistral-small", "mistral/codestral", "meta/llama-4-maverick", "meta/llama-4-scout", "xai/grok-4", "xai/grok-4-fast",
		"baidu/ernie-4.5", "tencent/hunyuan-turbos", "cohere/command-a", "nvidia/nemotron-ultra", "text-embedding-3-large", "whisper-1",
	} {
		owner, _, _ := strings.Cut(id, "/")
		list = append(list, mokatest.Model{ID: id, OwnedBy: owner, Ratio: 0.05 * float64(1+i*7%20), Completion: float64(2 + i%4)})
	}
	return list
}

// otherKeys are keys of the account that the bot does not use, in the states
// that a key can be in.
func otherKeys(now time.Time) []mokatest.Key {
	const text = "sk-mokaDemoOther000000000000000000000000000000000"
	keys := []mokatest.Key{
		{Key: text + "1", Name: "laptop", Remain: 6 * unitsPerDollar, Used: 19 * unitsPerDollar, ExpiresAt: now.Add(5 * 24 * time.Hour)},
		{Key: text + "2", Name: "nightly batch", Used: 40 * unitsPerDollar, Status: mokatest.StatusExhausted},
		{Key: text + "3", Name: "评测", Remain: 25 * unitsPerDollar, Used: 3 * unitsPerDollar},
		{Key: text + "4", Name: "of last summer", Remain: 2 * unitsPerDollar, Used: 8 * unitsPerDollar, Status: mokatest.StatusDisabled},
	}
	for n := range int64(12) { // more than a page has room for
		keys = append(keys, mokatest.Key{
			Key: fmt.Sprintf("sk-work%040d%04x", 0, 0x3af1+n*0x1d7), Name: fmt.Sprintf("worker %d", n+1),
			Remain: (30 + n) * unitsPerDollar, Used: (4 + 3*n) * unitsPerDollar / 2,
		})
	}
	return keys
}

func (a *spentAccount) change(f func(*mokatest.Account, *mokatest.Key)) {
	a.gateway.Update(func(s *mokatest.State) { f(s.Account(mokatest.DemoUserID), s.Key(mokatest.DemoKey)) })
}

// run spends the account's money and adds some before it is gone, so that a visitor
// sees the balance fall, the warning and the recovery.
func (a *spentAccount) run(ctx context.Context) error {
	const perSecond = 2 // a second
	ticker := time.NewTicker(time.Second / perSecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		rate := a.pace()
		if rate == 0 {
			continue
		}
		a.use(rate / perSecond * (0.5 + rand.Float64()))
		if a.left() < refillBelow {
			a.topUp(refill)
		}
	}
}

// pace is what is being spent, in dollars a second. Nobody can spend with a
// key that does not work.
func (a *spentAccount) pace() float64 {
	works := false
	a.change(func(account *mokatest.Account, k *mokatest.Key) {
		works = k.Status == mokatest.StatusEnabled && k.Remain > 0 && account.Quota > 0
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.halted || a.down || !works {
		return 0
	}
	return a.rate
}

// use books a call that costs so many dollars.
func (a *spentAccount) use(dollars float64) {
	const tokensPerDollar = 120_000
	models := []string{"moka/moka-pro", "anthropic/claude-sonnet-4.5", "openai/gpt-5-mini"}
	a.gateway.Spend(mokatest.DemoKey, models[rand.IntN(len(models))], int64(dollars*unitsPerDollar), int64(dollars*tokensPerDollar))
}

// topUp adds so many dollars to the account and lets the key spend them.
func (a *spentAccount) topUp(dollars int64) {
	a.change(func(account *mokatest.Account, k *mokatest.Key) {
		account.Quota += dollars * unitsPerDollar
		k.Remain += dollars * unitsPerDollar
	})
}

// left is what the account has, in dollars.
func (a *spentAccount) left() (dollars float64) {
	a.change(func(account *mokatest.Account, _ *mokatest.Key) { dollars = float64(account.Quota) / unitsPerDollar })
	return dollars
}

func (a *spentAccount) setRate(factor float64) float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rate, a.halted = min(max(a.rate*factor, slowest), fastest), false
	return a.rate
}

func (a *spentAccount) toggleStop() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.halted = !a.halted
	return a.halted
}

func (a *spentAccount) stopped() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.halted
}

func (a *spentAccount) isDown() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.down
}

func (a *spentAccount) toggleDown() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.down = !a.down; a.down {
		a.gateway.Fault(mokatest.Fault{Status: http.StatusBadGateway})
	} else {
		a.gateway.Clear()
	}
	return a.down
}

// restore puts the pace, the key, the account and the gateway back to normal.
func (a *spentAccount) restore() {
	if a.isDown() {
		a.toggleDown()
	}
	a.mu.Lock()
	a.rate, a.halted = dollarsASecond, false
	a.mu.Unlock()
	a.change(func(account *mokatest.Account, k *mokatest.Key) {
		k.Status, k.ExpiresAt = mokatest.StatusEnabled, time.Time{}
		account.Quota = max(account.Quota, int64(demoRemaining)/2)
		k.Remain = account.Quota
	})
}

// newModel adds a model and returns its name.
func (a *spentAccount) newModel() string {
	a.mu.Lock()
	a.models++
	name := fmt.Sprintf("moka/moka-next-%d", a.models)
	a.mu.Unlock()
	a.gateway.Update(func(s *mokatest.State) {
		s.Models = append(s.Models, mokatest.Model{ID: name, OwnedBy: "moka", Ratio: 1.5, Completion: 4})
	})
	return name
}

// reprice raises the price of a model, and returns its name and what a million
// prompt tokens cost now.
func (a *spentAccount) reprice() (name string, dollars float64) {
	a.gateway.Update(func(s *mokatest.State) {
		m := &s.Models[rand.IntN(3)] // those of moka, which are used
		m.Ratio *= 1.25
		name, dollars = m.ID, m.Ratio*2
	})
	return name, dollars
}

// describe returns the state of account and key in one line.
func (a *spentAccount) describe(locale string) string {
	pace := a.pace()
	var wallet, key float64
	a.change(func(account *mokatest.Account, k *mokatest.Key) {
		wallet, key = float64(account.Quota)/unitsPerDollar, float64(k.Remain)/unitsPerDollar
	})
	return both{
		fmt.Sprintf("Account $%.2f · key $%.2f · spending $%.2f a second", wallet, key, pace),
		fmt.Sprintf("账户 $%.2f · 令牌 $%.2f · 每秒消耗 $%.2f", wallet, key, pace),
	}.in(locale)
}
