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
		{"readings alone", wallet, message.Used{Spent: moka.Known(1), Covered: 0.1, Requests: 1, ModelsErr: lacking}, true},
		{"records alone", wallet, message.Used{Spent: moka.Known(1), Requests: 1}, true},
		{"nothing was spent", wallet, message.Used{Spent: moka.Known(0)}, true},
		{"spending whose calls nothing counted", wallet, message.Used{Spent: moka.Known(1), Covered: 1}, false},
		{"the same, all refunded", wallet, message.Used{Spent: moka.Known(0), Refunds: 1, Covered: 1}, false},
		{"a day within an undated gap", wallet, message.Used{Undated: 1}, false},
		{"a key alone", message.Account{}, message.Used{Spent: moka.Known(1), Covered: 1}, false},
	} {
		if got := requestsOf(c.account, c.used); (got != nil) != c.known {
			t.Errorf("%s: known %t", c.what, got != nil)
		}
	}
}

// The line for what no model's record holds has no counts.
func TestOtherUseHasNoCounts(t *testing.T) {
	list := modelsUsed(message.Used{Spent: moka.Known(5), Models: []message.ModelUse{
		{Model: "m", Spent: 4, Requests: 2, Tokens: 0}, {Model: message.Others, Spent: 2}, {Model: message.Returned, Spent: -1},
	}})
	if len(list) != 3 || list[0].Requests == nil || *list[0].Requests != 2 || list[0].Tokens == nil {
		t.Fatalf("%+v", list)
	}
	for _, other := range list[1:] {
		if other.Requests != nil || other.Tokens != nil {
			t.Errorf("%s: %v requests, %v tokens", other.Model, *other.Requests, *other.Tokens)
		}
	}
}
