package history_test

import (
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// TestABudgetCountsASharedWalletOnce: two accounts with two keys of one user.
func TestABudgetCountsASharedWalletOnce(t *testing.T) {
	const otherKey = "sk-historykeyhistorykeyhistorykeyhistorykeyhistorykey2"
	synctest.Test(t, func(t *testing.T) {
		p := newPast(t, mokatest.V2026_08)
		defer p.db.Close()
		p.gateway.AddKey(2, mokatest.Key{Key: otherKey, Remain: 400_000_000})
		settings := &config.Config{RequestBudget: 100_000}
		for name, key := range map[string]string{"team": testKey, "dev": otherKey} {
			settings.Accounts = append(settings.Accounts, config.Account{
				Name: name, BaseURL: "https://gateway.test", APIKey: config.NewSecret(key), AccessToken: config.NewSecret(testToken), UserID: 2,
			})
		}
		book, err := account.New(settings, account.WithTransport(p.gateway.Client().Transport))
		if err != nil {
			t.Fatal(err)
		}
		p.read()
		p.hours(3, true)
		f, err := p.history.Budget(t.Context(), budget.Budget{Name: "daily", Span: budget.Day, Zone: time.UTC, Amount: 10 * moka.Dollar}, book, true)
		if err != nil || f.Spent != moka.Known(3*moka.Dollar) {
			t.Errorf("spent %v, %v", f.Spent, err)
		}
	})
}
