package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// The planner reads lightly, early and at odd times. What is remembered adds up to
// the gateway's books all the same: spending net of refunds, and top-ups.
func TestWhatThePlannerReadsAddsUpToTheBooks(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	for seed := range proof.Size(1, 1, 6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { readByPlan(t, uint64(seed)) })
		})
	}
}

func readByPlan(t *testing.T, seed uint64) {
	const token, accounts, perUnit = "token%027d", 3, 500_000
	dice := rand.New(rand.NewPCG(seed, 3))
	gateway := mokatest.New([]mokatest.Version{mokatest.V2026_08, mokatest.V2025_12}[seed%2])
	gateway.SetNow(time.Now)
	c := &config.Config{}
	key := func(i int) string { return fmt.Sprintf("sk-%048d", i) }
	for i := range accounts {
		gateway.AddAccount(mokatest.Account{ID: int64(10 + i), AccessToken: fmt.Sprintf(token, i), Quota: 22 * perUnit})
		gateway.AddKey(int64(10+i), mokatest.Key{Key: key(i), Name: "k", Remain: 100 * perUnit, Unlimited: i == 2})
		a := config.Account{Name: fmt.Sprint("a", i), BaseURL: "https://gateway.test", AccessToken: config.NewSecret(fmt.Sprintf(token, i)), UserID: int64(10 + i), APIKey: config.NewSecret(key(i))}
		if i == 1 {
			a.APIKey = config.Secret{}
		}
		a.Alerts = alert.Rules{ChannelID: "1", ConfirmAfter: 30 * time.Second, Margin: 0.05, SpikeFactor: 5, SpikeAtLeast: moka.Dollar,
			Levels: []alert.Level{{Name: "low", Below: moka.Known(20 * moka.Dollar)}, {Name: "critical", Below: moka.Known(5 * moka.Dollar)}}}
		c.Accounts = append(c.Accounts, a)
	}
	book, err := account.New(c, account.WithTransport(gateway.Client().Transport))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(storetest.File(t, store.Open))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var counting sync.Mutex
	light, full := 0, 0
	w := &Watch{
		Book: book, Store: db, History: history.History{Store: db, Zone: time.UTC}, Words: lang.English(), Every: 5 * time.Minute, Log: slog.New(slog.DiscardHandler),
	}
	w.read = func(isLight bool) {
		counting.Lock()
		defer counting.Unlock()
		if full++; isLight {
			light, full = light+1, full-1
		}
	}
	from := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	time.Sleep(2 * time.Minute) // everything is read once
	for time.Since(from) < 8*time.Hour {
		i := dice.IntN(accounts)
		left := int64(0)
		gateway.Update(func(st *mokatest.State) { left = st.Account(int64(10 + i)).Quota })
		switch n := dice.IntN(30); {
		case left < 4*perUnit:
			gateway.TopUp(int64(10+i), 18*perUnit)
		case n == 1 && seed%2 == 1:
			if task, err := gateway.Task(key(i), "video", int64(dice.Float64()*perUnit)); err == nil {
				time.Sleep(time.Duration(dice.IntN(600)) * time.Second)
				task.Refund(perUnit / 100)
			}
		default:
			quota := int64(dice.Float64() * 0.4 * perUnit)
			end := gateway.Begin(key(i), 2*quota)
			time.Sleep(time.Duration(dice.IntN(20)) * time.Second)
			end()
			_ = gateway.Call(key(i), "gpt-4o", quota, 100)
		}
		time.Sleep(time.Duration(dice.ExpFloat64() * float64(40*time.Second)))
	}
	time.Sleep(20 * time.Minute) // the last of it is read
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	unknown := 0
	for i := range accounts {
		name := fmt.Sprint("a", i)
		sum, err := db.Spent(t.Context(), name, from, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if missing := time.Since(from) - sum.Covered; missing > 6*time.Minute {
			unknown++ // a refund and a top-up between two readings, without amounts
			continue
		}
		books := gateway.Books(int64(10+i), from, time.Now())
		spent, added := sum.Spent, sum.TopUps
		want, _ := moka.FromQuota(books.Spent(), perUnit)
		wantAdded, _ := moka.FromQuota(books.ToppedUp, perUnit)
		if off(spent, want) || off(added, wantAdded) {
			t.Errorf("%s: spent %s and topped up %s; the books say %s and %s", name, spent, added, want, wantAdded)
		}
	}
	if light < full/8 || unknown > 1 {
		t.Errorf("%d light and %d full readings, %d accounts unknown", light, full, unknown)
	}
	t.Logf("%d light and %d full readings, %d accounts unknown", light, full, unknown)
}

// off reports whether amounts differ by more than rounding.
func off(a, b moka.Amount) bool { return a-b > 200 || b-a > 200 }
