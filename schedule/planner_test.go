package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// crowded is a host with so many accounts that their first readings take more than the
// default budget allows at once: in turn with a key and an access token, with a token
// alone and with a key alone, of which some are low from the start.
type crowded struct {
	gateway  *mokatest.Server
	accounts []config.Account

	mu   sync.Mutex
	sent []time.Time
}

// RoundTrip notes a request, which takes a while.
func (c *crowded) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.sent = append(c.sent, time.Now())
	c.mu.Unlock()
	time.Sleep(150 * time.Millisecond)
	return c.gateway.Client().Transport.RoundTrip(r)
}

func newCrowded(accounts int) *crowded {
	c := &crowded{gateway: mokatest.New(mokatest.V2026_08)}
	c.gateway.SetNow(time.Now)
	rules := alert.Rules{ChannelID: "1", ConfirmAfter: 30 * time.Second, UnreachableAfter: 15 * time.Minute, Levels: []alert.Level{{Name: "low", Below: moka.Known(20 * moka.Dollar)}}}
	for i := range accounts {
		id, key, token := int64(100+i), fmt.Sprintf("sk-%048d", i), fmt.Sprintf("%032d", i)
		left := int64(500_000 * (19 + i%40))
		c.gateway.AddAccount(mokatest.Account{ID: id, Username: fmt.Sprint("user", i), AccessToken: token, Quota: left})
		c.gateway.AddKey(id, mokatest.Key{Key: key, Remain: left})
		a := config.Account{Name: fmt.Sprint("account", i), BaseURL: "https://gateway.test", APIKey: config.NewSecret(key), AccessToken: config.NewSecret(token), UserID: id, Alerts: rules}
		switch i % 3 {
		case 1:
			a.APIKey = config.Secret{}
		case 2:
			a.AccessToken, a.UserID = config.Secret{}, 0
		}
		c.accounts = append(c.accounts, a)
	}
	return c
}

// However many accounts a host has, and however busy what fills their past in is, no
// reading is begun that then fails for want of a place in the request budget: that would
// count as trouble with the account.
func TestNoReadingFailsForWantOfAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowded(50)
		book, err := account.New(&config.Config{Accounts: c.accounts}, account.WithTransport(c))
		if err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(storetest.File(t, store.Open))
		if err != nil {
			t.Fatal(err)
		}
		log, past := slog.New(slog.DiscardHandler), history.History{Store: db, Zone: time.UTC}
		failed, readings := map[string]error{}, 0
		var mu sync.Mutex
		w := &Watch{
			Book: book, Store: db, History: past, Words: lang.English(), Every: 5 * time.Minute, Log: log, Times: &Timetable{},
			Observe: func(name string, r moka.Reading, _ moka.Maybe, _ spend.Runway) {
				mu.Lock()
				defer mu.Unlock()
				readings++
				if err := r.Err(); err != nil {
					failed[name] = err
				}
			},
		}
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Minute)
		defer cancel()
		var parts sync.WaitGroup
		parts.Go(func() { w.Run(ctx) })
		parts.Go(func() { (&Seeder{Book: book, Store: db, Log: log, Times: w.Times, History: past}).Run(ctx) })
		parts.Go(func() { // money goes everywhere
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("sk-%048d", i%len(c.accounts))
				c.gateway.Spend(key, "gpt-4o", 20_000, 10)
				time.Sleep(time.Second)
			}
		})
		parts.Wait()
		time.Sleep(time.Minute) // readings under way go on
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		for name, err := range failed {
			t.Errorf("%s: %v", name, err)
		}
		if readings < len(c.accounts)+20 || len(c.sent) < 12*60/180*90 {
			t.Errorf("%d readings with %d requests: nothing was tried", readings, len(c.sent))
		}
	})
}
