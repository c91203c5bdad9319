package schedule

import (
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/store"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// A new user has 30 days of history at once, and gaps are filled from the records.
func TestHistoryBeginsWithTheGatewaysRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const key, token = "sk-seedkeyseedkeyseedkeyseedkeyseedkeyseedkeyseedkey1", "seedaccesstokenseedaccesstoken12"
		gateway := mokatest.New(mokatest.V2026_08)
		gateway.AddAccount(mokatest.Account{ID: 2, AccessToken: token, Quota: 500_000_000})
		gateway.AddKey(2, mokatest.Key{Key: key, Name: "ci", Remain: 400_000_000})
		for h := range 30 * 24 {
			gateway.SpendAt(time.Now().Add(-time.Duration(h)*time.Hour-10*time.Minute), key, "gpt-4o", 50_000, 1000) // $0.10 an hour
		}
		book, err := account.New(&config.Config{RequestBudget: 180, Accounts: []config.Account{{
			Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(key), AccessToken: config.NewSecret(token), UserID: 2,
		}}}, account.WithTransport(gateway.Client().Transport))
		if err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(filepath.Join(t.TempDir(), "s.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		past := history.History{Store: db, Zone: time.UTC}
		log := slog.New(slog.DiscardHandler)
		watch := &Watch{Book: book, Store: db, History: past, Words: lang.For("en"), Every: time.Minute, Log: log}
		seeder := &Seeder{Book: book, Store: db, Log: log}
		poll := func() {
			t.Helper()
			if _, err := watch.Poll(t.Context(), book.All()[0]); err != nil {
				t.Fatal(err)
			}
		}
		seeder.Check(t.Context()) // nothing is known of the unit yet
		poll()
		before := len(gateway.Requests())
		seeder.Check(t.Context())
		seeder.Check(t.Context())
		if n := len(gateway.Requests()) - before; n > 2 {
			t.Errorf("the history cost %d requests", n)
		}
		runway, err := past.Runway(t.Context(), "team", moka.Reading{Wallet: &moka.Wallet{Remaining: moka.Known(24 * moka.Dollar)}})
		if err != nil || !runway.Known || runway.Mid < 9*24*time.Hour || runway.Mid > 11*24*time.Hour {
			t.Errorf("$24 at $2.40 a day last %+v, %v", runway, err)
		}
		time.Sleep(5 * time.Hour)
		gateway.SpendAt(time.Now().Add(-150*time.Minute), key, "gpt-4o", 5_000_000, 1000)
		poll()
		time.Sleep(90 * time.Minute)
		seeder.Check(t.Context())
		hours, err := db.Hours(t.Context(), "team", time.Now().Add(-7*time.Hour), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		dated := moka.Amount(0)
		for _, h := range hours {
			if h.Spent >= 10*moka.Dollar {
				dated = h.Spent
			}
		}
		if dated < 10*moka.Dollar {
			t.Errorf("what was spent in a gap is not dated: %+v", hours)
		}
	})
}
