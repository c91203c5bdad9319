package message_test

import (
	"strings"
	"testing"
	"time"

	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

// A key that was not asked about shows what it allows at the least, where that says anything.
func TestAKeyShowsWhatItAllowsAtTheLeast(t *testing.T) {
	for _, language := range []string{"en", "zh-CN"} {
		w := lang.For(language)
		for _, tc := range []struct{ wallet, least moka.Amount }{{9 * moka.Dollar, 99 * moka.Dollar}, {-moka.Dollar, -moka.Dollar}} {
			r := moka.Reading{
				At:     time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC),
				Key:    &moka.Key{State: moka.KeyOK, Scope: moka.ScopeKey, Total: moka.Known(100 * moka.Dollar), AtLeast: moka.Known(tc.least)},
				Wallet: &moka.Wallet{Remaining: moka.Known(tc.wallet)},
			}
			says := ""
			for _, f := range message.Balance(w, []message.Account{{Name: "team", Reading: r}}).Cards[0].Fields {
				says += lang.PlainSpaces(f.Name+"\n"+f.Value) + "\n"
			}
			if want := w.Balance.AtLeast(tc.least); strings.Contains(says, want) != (tc.least > 0) {
				t.Errorf("%s, at least %s: %q", language, tc.least, says)
			}
		}
	}
}
