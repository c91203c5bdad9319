package bot

import (
	"log/slog"
	"testing"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/moka/mokatest"
)

// A configuration that is read again has new clients: what was kept for the
// old ones goes.
func TestListsOfEarlierConfigurationsAreLetGo(t *testing.T) {
	gateway := mokatest.New(mokatest.V2026_08)
	const key = "sk-0123456789abcdefghijABCDEFGHIJ0123456789abcdefgh"
	gateway.AddAccount(mokatest.Account{ID: 2, Quota: 1_000_000})
	gateway.AddKey(2, mokatest.Key{Key: key, Remain: 1_000_000})
	b := &Bot{Log: slog.New(slog.DiscardHandler)}
	for i := range 20 {
		book, err := account.New(&config.Config{Accounts: []config.Account{{Name: "a", BaseURL: "https://gateway.test", APIKey: config.NewSecret(key)}}},
			account.WithTransport(gateway.Client().Transport))
		if err != nil {
			t.Fatal(err)
		}
		b.Use(Setup{Book: book})
		in := Input{Words: lang.English(), Options: map[string]string{"search": ""}}
		if found := suggestModels(t.Context(), b, in); len(found) == 0 {
			t.Fatal("no models are suggested")
		}
		if n := len(b.lists.lists); n != 1 {
			t.Fatalf("%d lists after %d reloads of one account", n, i)
		}
	}
}
