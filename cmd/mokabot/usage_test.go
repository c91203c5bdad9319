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
		{"readings alone", wallet, message.Used{Covered: 0.1, ModelsErr: lacking}, true},
		{"records alone", wallet, message.Used{}, true},
		{"a key alone", message.Account{}, message.Used{Covered: 1}, false},
	} {
		if got := requestsOf(c.account, c.used); (got != nil) != c.known {
			t.Errorf("%s: known %t", c.what, got != nil)
		}
	}
}
