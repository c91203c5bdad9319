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

// alike makes all accounts of the host the same: a key and an access token, and as much
// money.
func (c *crowded) alike() {
	for i := range c.accounts {
		id, key := int64(100+i), fmt.Sprintf("sk-%048d", i)
		c.accounts[i].APIKey, c.accounts[i].AccessToken, c.accounts[i].UserID = config.NewSecret(key), config.NewSecret(fmt.Sprintf("%032d", i)), id
		c.gateway.Update(func(st *mokatest.State) { st.Account(id).Quota, st.Key(key).Remain = 22*500_000, 22*500_000 })
	}
}

// open returns a book of the accounts and an empty database.
func (c *crowded) open(t *testing.T) (*account.Book, *store.DB) {
	t.Helper()
	book, err := account.New(&config.Config{Accounts: c.accounts}, account.WithTransport(c))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(storetest.File(t, store.Open))
	if err != nil {
		t.Fatal(err)
	}
	return book, db
}

// However many accounts a host has, and however busy what fills their past in is, no
// reading is begun that then fails for want of a place in the request budget: that would
// count as trouble with the account.
func TestNoReadingFailsForWantOfAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowded(50)
		book, db := c.open(t)
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

// The first readings of a host take all room that there is for readings at once, also where
// its accounts are going to ask for more than the budget has.
func TestFirstReadingsComeTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const accounts = 14
		c := newCrowded(accounts)
		for i := range accounts { // all are so near their level that they want to be read again soon
			c.gateway.Update(func(st *mokatest.State) {
				st.Account(int64(100+i)).Quota, st.Key(fmt.Sprintf("sk-%048d", i)).Remain = 20*500_000+50, 20*500_000+50
			})
		}
		book, db := c.open(t)
		began := time.Now()
		var last time.Duration
		var mu sync.Mutex
		read := map[string]bool{}
		w := &Watch{
			Book: book, Store: db, History: history.History{Store: db, Zone: time.UTC}, Words: lang.English(), Every: 20 * time.Second, Log: slog.New(slog.DiscardHandler),
			Observe: func(name string, _ moka.Reading, _ moka.Maybe, _ spend.Runway) {
				mu.Lock()
				defer mu.Unlock()
				if !read[name] {
					read[name], last = true, time.Since(began)
				}
			},
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if len(read) != accounts || last > 2*time.Second {
			t.Errorf("%d of %d accounts are read for the first time within %s", len(read), accounts, last)
		}
	})
}

// Whatever one account's reading changes of the others' plans, what was said last of each
// account's next reading is what the timetable has, and the reading comes then.
func TestEveryAccountsNextReadingIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowded(30)
		book, db := c.open(t)
		var mu sync.Mutex
		said, late, changed := map[string]Next{}, map[string]time.Duration{}, 0
		w := &Watch{
			Book: book, Store: db, History: history.History{Store: db, Zone: time.UTC}, Words: lang.English(), Every: 5 * time.Minute,
			Log: slog.New(slog.DiscardHandler), Times: &Timetable{},
			Planned: func(name string, n Next) {
				mu.Lock()
				defer mu.Unlock()
				said[name] = n
				changed++
			},
			Observe: func(name string, r moka.Reading, _ moka.Maybe, _ spend.Runway) {
				mu.Lock()
				defer mu.Unlock()
				late[name] = max(late[name], r.At.Sub(said[name].At))
			},
		}
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
		defer cancel()
		var parts sync.WaitGroup
		parts.Go(func() { w.Run(ctx) })
		parts.Go(func() { // money goes everywhere
			for i := 0; ctx.Err() == nil; i++ {
				c.gateway.Spend(fmt.Sprintf("sk-%048d", i%len(c.accounts)), "gpt-4o", 20_000, 10)
				time.Sleep(time.Second)
			}
		})
		reasons := map[Reason]bool{}
		for ctx.Err() == nil {
			time.Sleep(7 * time.Second)
			synctest.Wait()
			mu.Lock()
			for _, a := range book.All() {
				next := w.Times.Next(a.Name)
				reasons[next.Why] = true
				if next.At.After(time.Now()) && next.differs(said[a.Name]) {
					t.Errorf("%s is read at %s (%s), and was said to be at %s (%s)", a.Name, next.At, next.Why, said[a.Name].At, said[a.Name].Why)
				}
			}
			mu.Unlock()
		}
		parts.Wait()
		time.Sleep(time.Minute) // readings under way go on
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		for name, by := range late {
			if by > time.Minute {
				t.Errorf("%s was read %s later than was said", name, by)
			}
		}
		if len(late) < len(c.accounts) || changed < 2*len(c.accounts) || len(reasons) < 3 {
			t.Errorf("%d accounts read, %d changes said, reasons %v: nothing was tried", len(late), changed, reasons)
		}
	})
}

// Accounts that have the same money and spend at the same pace are read equally often,
// also where the request budget is too small for what they want.
func TestEqualAccountsAreReadEquallyOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowded(40)
		c.alike()
		book, db := c.open(t)
		var mu sync.Mutex
		readings, counts := map[string]int{}, false
		w := &Watch{
			Book: book, Store: db, History: history.History{Store: db, Zone: time.UTC}, Words: lang.English(), Every: 5 * time.Minute,
			Log: slog.New(slog.DiscardHandler), Times: &Timetable{},
			Observe: func(name string, _ moka.Reading, _ moka.Maybe, _ spend.Runway) {
				mu.Lock()
				defer mu.Unlock()
				if counts {
					readings[name]++
				}
			},
		}
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Minute)
		defer cancel()
		var parts sync.WaitGroup
		parts.Go(func() { w.Run(ctx) })
		parts.Go(func() { // money goes everywhere
			for i := 0; ctx.Err() == nil; i++ {
				c.gateway.Spend(fmt.Sprintf("sk-%048d", i%len(c.accounts)), "gpt-4o", 10_000, 10)
				time.Sleep(time.Second)
			}
		})
		time.Sleep(15 * time.Minute) // for the first readings
		mu.Lock()
		counts = true
		mu.Unlock()
		parts.Wait()
		time.Sleep(time.Minute) // readings under way go on
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		fewest, most := 1000, 0
		for _, a := range book.All() {
			fewest, most = min(fewest, readings[a.Name]), max(most, readings[a.Name])
		}
		t.Logf("in 25 minutes each of %d accounts was read %d to %d times", len(c.accounts), fewest, most)
		if fewest < 5 || most > fewest+2 {
			t.Errorf("of accounts alike, one is read %d times, and another %d times", fewest, most)
		}
	})
}
