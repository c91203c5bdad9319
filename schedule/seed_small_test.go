package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka/mokatest"
)

// However small the request budget is, the past of every account is read in the end.
func TestRecordsAreReadWithSmallBudgets(t *testing.T) {
	for _, tc := range []struct {
		requests, accounts, refused int
		within                      time.Duration
	}{
		{5, 2, 0, 3 * time.Hour},
		{15, 5, 0, 3 * time.Hour},
		{20, 3, 0, 3 * time.Hour},
		{39, 5, 0, 3 * time.Hour},
		{45, 5, 0, 3 * time.Hour},
		{120, 10, 4, 3 * time.Hour},
		{120, 50, 0, 6 * time.Hour},
	} {
		t.Run(fmt.Sprintf("%d for %d, %d refused", tc.requests, tc.accounts, tc.refused), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gateway := mokatest.New(mokatest.V2026_08)
				gateway.SetNow(time.Now)
				c := &config.Config{RequestBudget: tc.requests}
				for i := range tc.accounts {
					token := fmt.Sprintf("seedaccesstokenseedaccesstok%04d", i)
					gateway.AddAccount(mokatest.Account{ID: int64(i + 2), AccessToken: token, Quota: 500_000_000})
					c.Accounts = append(c.Accounts, config.Account{
						Name: fmt.Sprint("team", i), BaseURL: "https://gateway.test", AccessToken: config.NewSecret(token), UserID: int64(i + 2),
					})
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
				past, log := history.History{Store: db, Zone: time.UTC}, slog.New(slog.DiscardHandler)
				watch := &Watch{Book: book, Store: db, History: past, Words: lang.English(), Every: time.Hour, Log: log, Times: &Timetable{}}
				seeder := &Seeder{Book: book, Store: db, Log: log, Times: watch.Times, History: past}
				ctx, cancel := context.WithTimeout(t.Context(), tc.within)
				defer cancel()
				go func() { _ = watch.Run(ctx) }()
				time.Sleep(seedWait / 2)
				gateway.Update(func(st *mokatest.State) {
					for i := range tc.refused {
						st.Account(int64(i + 2)).AccessToken = "another"
					}
				})
				_ = seeder.Run(ctx)
				synctest.Wait()
				for _, a := range book.All()[tc.refused:] {
					_, rows, _ := db.Value(t.Context(), history.RecordedMark(a.Name))
					_, refunds, _ := db.Value(t.Context(), history.RefundedMark(a.Name))
					if !rows || !refunds {
						t.Errorf("%s: rows %t, refunds %t", a.Name, rows, refunds)
					}
				}
			})
		})
	}
}
