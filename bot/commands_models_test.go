package bot

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/moka/mokatest"
)

// counting counts the requests to a gateway.
type counting struct {
	http.RoundTripper
	n atomic.Int32
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.RoundTripper.RoundTrip(r)
}

// Completions offer what was read before and never call a gateway. Lists of
// accounts that left the configuration are dropped.
func TestCompletionsNeverCallAGateway(t *testing.T) {
	gateway := mokatest.New(mokatest.V2026_08)
	const key = "sk-0123456789abcdefghijABCDEFGHIJ0123456789abcdefgh"
	gateway.AddAccount(mokatest.Account{ID: 2, Quota: 1_000_000})
	gateway.AddKey(2, mokatest.Key{Key: key, Remain: 1_000_000})
	calls := &counting{RoundTripper: gateway.Client().Transport}
	b := &Bot{Log: slog.New(slog.DiscardHandler)}
	for i := range 20 {
		book, err := account.New(&config.Config{Accounts: []config.Account{
			{Name: "same", BaseURL: "https://gateway.test", APIKey: config.NewSecret(key)},
			{Name: fmt.Sprint("other", i), BaseURL: "https://gateway.test", APIKey: config.NewSecret(key)},
		}}, account.WithTransport(calls))
		if err != nil {
			t.Fatal(err)
		}
		b.Use(Setup{Book: book})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if i == 0 {
			if found := suggestModels(t.Context(), b, Input{}); len(found) > 0 || calls.n.Load() > 0 {
				t.Fatalf("before any list is read %v are offered, by %d calls", found, calls.n.Load())
			}
			if _, err := models(t.Context(), b, Input{Words: lang.English()}); err != nil {
				t.Fatal(err)
			}
		}
		_ = b.Warm(ctx) // ended already: it reads nothing
		before := calls.n.Load()
		if found := suggestModels(t.Context(), b, Input{}); len(found) == 0 || calls.n.Load() != before {
			t.Fatalf("%v are offered, by %d calls", found, calls.n.Load()-before)
		}
		if n := len(b.lists.lists); n != 1 {
			t.Fatalf("%d lists after %d reloads", n, i)
		}
	}
}

func TestListsAreReadForCompletions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway := mokatest.New(mokatest.V2026_08)
		const key = "sk-0123456789abcdefghijABCDEFGHIJ0123456789abcdefgh"
		gateway.AddAccount(mokatest.Account{ID: 2, Quota: 1_000_000})
		gateway.AddKey(2, mokatest.Key{Key: key, Remain: 1_000_000})
		calls := &counting{RoundTripper: gateway.Client().Transport}
		book, err := account.New(&config.Config{RequestBudget: 100, Accounts: []config.Account{
			{Name: "a", BaseURL: "https://gateway.test", APIKey: config.NewSecret(key)},
		}}, account.WithTransport(calls))
		if err != nil {
			t.Fatal(err)
		}
		b := &Bot{Log: slog.New(slog.DiscardHandler)}
		b.Use(Setup{Book: book})
		ctx, cancel := context.WithTimeout(t.Context(), 2*listAge)
		defer cancel()
		_ = b.Warm(ctx)
		if found := suggestModels(t.Context(), b, Input{}); len(found) == 0 || calls.n.Load() > 3 {
			t.Errorf("%v are offered after %d calls in %s", found, calls.n.Load(), 2*listAge)
		}
	})
}
