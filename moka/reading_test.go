package moka

import (
	"errors"
	"testing"
)

func TestSpendableIsTheSmallerLimit(t *testing.T) {
	failed := &Error{Op: "x", Kind: Unavailable}
	key := func(state KeyState, left Maybe) *Key { return &Key{State: state, Remaining: left} }
	wallet := func(left, plans Maybe) *Wallet { return &Wallet{Remaining: left, Plans: plans} }
	five, ten := Known(5*Dollar), Known(10*Dollar)
	for _, c := range []struct {
		name string
		r    Reading
		want Maybe
	}{
		{"key below wallet", Reading{Key: key(KeyOK, five), Wallet: wallet(ten, Maybe{})}, five},
		{"wallet below key", Reading{Key: key(KeyOK, ten), Wallet: wallet(five, Known(0))}, five},
		{"plan on top of an empty wallet", Reading{Key: key(KeyOK, ten), Wallet: wallet(Known(0), five)}, five},
		{"plan without limit", Reading{Key: key(KeyOK, ten), Wallet: &Wallet{Remaining: Known(0), PlansUnlimited: true}}, ten},
		{"unlimited key", Reading{Key: &Key{State: KeyOK, Unlimited: true}, Wallet: wallet(five, Maybe{})}, five},
		{"no limit at all", Reading{Key: &Key{State: KeyOK, Unlimited: true}}, Maybe{}},
		{"no credentials", Reading{}, Maybe{}},
		{"key alone", Reading{Key: key(KeyOK, five)}, five},
		{"wallet alone", Reading{Wallet: wallet(five, Maybe{})}, five},
		{"key unknown", Reading{Key: key("", Maybe{}), Wallet: wallet(five, Maybe{})}, Maybe{}},
		{"key refused", Reading{Key: key(KeyRefused, Maybe{}), Wallet: wallet(five, Maybe{})}, Maybe{}},
		{"wallet unknown", Reading{Key: key(KeyOK, five), Wallet: wallet(Maybe{}, Maybe{}), WalletErr: failed}, Maybe{}},
		{"plans unknown", Reading{Key: key(KeyOK, five), Wallet: wallet(ten, Maybe{}), WalletErr: failed}, Maybe{}},
		{"exhausted", Reading{Key: key(KeyExhausted, Maybe{}), Wallet: wallet(ten, Maybe{})}, Known(0)},
		{"overdrawn key", Reading{Key: key(KeyExhausted, Known(-3))}, Known(-3)},
		{"expired with money", Reading{Key: key(KeyExpired, five)}, Known(0)},
		{"disabled with money", Reading{Key: key(KeyDisabled, five)}, Known(0)},
		{"overdrawn wallet", Reading{Key: key(KeyOK, five), Wallet: wallet(Known(-Dollar), Maybe{})}, Known(-Dollar)},
	} {
		if got := c.r.Spendable(); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestReadingTellsTheKeysFailureFirst(t *testing.T) {
	first, second := &Error{Op: "a"}, &Error{Op: "b"}
	if r := (Reading{KeyErr: first, WalletErr: second}); r.Err() != first || r.OK() {
		t.Error("the key's failure does not come first")
	}
	if r := (Reading{WalletErr: second}); r.Err() != second || r.OK() {
		t.Error("the wallet's failure is lost")
	}
	if r := (Reading{}); r.Err() != nil || !r.OK() {
		t.Error("a failure out of nothing")
	}
}

func TestErrorReadsInOneLine(t *testing.T) {
	cause := errors.New("connection refused")
	e := &Error{Op: "models", Kind: Unavailable, Hint: HintNoAddress, Status: 503, Message: "busy", Err: cause}
	want := `models: unavailable (no_address): HTTP 503: "busy": connection refused`
	if e.Error() != want || !errors.Is(e, cause) {
		t.Errorf("got %s", e)
	}
}
