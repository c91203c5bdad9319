package history_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// TestADatabaseOfTheVersionBefore opens what commit 7a8bcd4 wrote in three days of
// polling every half hour: calls of $0.50 (account "wallet") and $0.20 (account
// "key") every half hour, a rate that went from 7.0 to 7.3 and 7.1, a top-up of
// $50, a refund of $4, the unit 500000 that became 400000 (which makes the same
// calls dearer by a quarter), and six hours without a reading.
func TestADatabaseOfTheVersionBefore(t *testing.T) { synctest.Test(t, compareWithTheVersionBefore) }

func compareWithTheVersionBefore(t *testing.T) {
	h := history.History{Store: versionBefore(t), Zone: time.UTC, Now: func() time.Time { return time.Date(2000, 1, 5, 0, 0, 0, 0, time.UTC) }}
	away := mokatest.New(mokatest.V2026_08)
	away.Fault(mokatest.Fault{Status: 503})
	book, err := account.New(&config.Config{RequestBudget: 1000, Accounts: []config.Account{
		{Name: "wallet", BaseURL: "https://gateway.test", AccessToken: config.NewSecret(testToken), UserID: 2},
		{Name: "key", BaseURL: "https://gateway.test", APIKey: config.NewSecret(testKey)},
	}}, account.WithTransport(away.Client().Transport))
	if err != nil {
		t.Fatal(err)
	}
	usd := func(d float64) moka.Amount { return moka.Amount(d * 1e6) }
	t.Logf("%-7s %-11s %10s %10s %10s", "account", "day", "was shown", "is shown", "true then")
	for _, c := range []struct {
		account string
		day     int
		was, is moka.Amount // spent, as the version before showed it, and as today's does
		truth   moka.Amount // charged less refunded, in dollars of the time
		topUps  moka.Amount
		undated moka.Amount
		atLeast bool // half an hour is missing, and that is said now
		because string
	}{
		{"wallet", 2, usd(23.5), usd(20), usd(20), usd(50), 0, false, "took the refund for another account; its readings still show it"},
		{"wallet", 3, usd(26.5), usd(26.5), usd(27), 0, 0, true, "lost the half hour in which the unit changed; the gap of six hours lies within the day"},
		{"wallet", 4, usd(30), usd(30), usd(30), 0, 0, false, ""},
		{"key", 2, usd(9.4), usd(9.4), usd(9.6), 0, 0, true, "lost the half hour in which the rate changed"},
		{"key", 3, usd(10.6), usd(10.6), usd(10.8), 0, 0, true, "lost the half hour in which the unit changed"},
		{"key", 4, usd(11.75), usd(11.75), usd(12), 0, 0, true, "lost the half hour in which the rate changed"},
	} {
		accounts, err := book.Select(c.account)
		if err != nil {
			t.Fatal(err)
		}
		day := time.Date(2000, 1, c.day, 0, 0, 0, 0, time.UTC)
		p := spend.Period{From: day, To: day.AddDate(0, 0, 1)}
		u, err := h.Used(t.Context(), accounts[0], p, spend.Period{From: day.AddDate(0, 0, -1), To: day})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-7s %-11s %10s %10s %10s  %s", c.account, day.Format(time.DateOnly), c.was, u.Spent, c.truth, c.because)
		if u.Spent != moka.Known(c.is) || u.TopUps != c.topUps || u.Undated != c.undated || u.AtLeast != c.atLeast {
			t.Errorf("%s on day %d: spent %v, topped up %v, undated %v, at least %t", c.account, c.day, u.Spent, u.TopUps, u.Undated, u.AtLeast)
		}
	}
}

// versionBefore is the database in testdata, opened by today's program.
func versionBefore(t *testing.T) *store.DB {
	t.Helper()
	dump, err := os.ReadFile(filepath.Join("testdata", "version-before.sql"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "before.db")
	old, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = old.Exec(string(dump))
	if closed := old.Close(); err != nil || closed != nil {
		t.Fatal(fmt.Errorf("%w, %w", err, closed))
	}
	db, err := store.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
