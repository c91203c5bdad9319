package bot

import (
	"log/slog"
	"strings"
	"testing"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/moka/mokatest"
)

// Only where there is no access token is one asked for: a gateway without a list of keys is
// no reason, also when it is not asked again.
func TestKeysAskForATokenOnlyWhereThereIsNone(t *testing.T) {
	const key, token = "sk-0123456789abcdefghijABCDEFGHIJ0123456789abcdefgh", "0123456789abcdef0123456789abcdef"
	gateway := mokatest.New(mokatest.V2026_08)
	gateway.AddAccount(mokatest.Account{ID: 2, AccessToken: token, Quota: 1_000_000})
	gateway.AddKey(2, mokatest.Key{Key: key, Remain: 1_000_000})
	gateway.Fault(mokatest.Fault{Path: "/api/token/", Status: 404, Body: []byte(`{"error":{"message":"Invalid URL (GET /api/token/)","type":"invalid_request_error","param":"","code":""}}`)})
	with := config.Account{Name: "with", BaseURL: "https://gateway.test", APIKey: config.NewSecret(key), AccessToken: config.NewSecret(token), UserID: 2}
	without := config.Account{Name: "without", BaseURL: "https://gateway.test", APIKey: config.NewSecret(key)}
	book, err := account.New(&config.Config{Accounts: []config.Account{with, without}}, account.WithTransport(gateway.Client().Transport))
	if err != nil {
		t.Fatal(err)
	}
	b := &Bot{Log: slog.New(slog.DiscardHandler)}
	b.Use(Setup{Book: book})
	for _, name := range []string{"with", "with", "without"} {
		m, err := keys(t.Context(), b, Input{Words: lang.English(), Options: map[string]string{"account": name}})
		if asks := err == nil && strings.Contains(m.String(), lang.English().Keys.NeedsToken); asks != (name == "without") {
			t.Errorf("account %s a token: %q, %v", name, m.String(), err)
		}
	}
}
