package main

import (
	"testing"

	"mokabot/internal/message"
	"mokabot/moka"
)

func TestRequestsThatNobodyCountedAreNotZero(t *testing.T) {
	wallet := message.Account{Reading: moka.Reading{Wallet: &moka.Wallet{}}}
	lacking := &moka.Error{Kind: moka.Unsupported}
	for _, c := range []struct {
		what    string
		account message.Account
		used    message.Used
		known   bool
	}{
		{"neither readings nor records", wallet, message.Used{ModelsErr: lacking}, false},
		{"readings alone", wallet, message.Used{Spent: moka.Known(1), Covered: 0.1, ModelsErr: lacking}, true},
		{"records alone", wallet, message.Used{Spent: moka.Known(1)}, true},
		{"a day within an undated gap", wallet, message.Used{Undated: 1}, false},
		{"a key alone", message.Account{}, message.Used{Spent: moka.Known(1), Covered: 1}, false},
	} {
		if got := requestsOf(c.account, c.used); (got != nil) != c.known {
			t.Errorf("%s: known %t", c.what, got != nil)
		}
	}
}
