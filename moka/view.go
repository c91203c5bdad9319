package moka

// viewed turns the billing pair into a key's part of a reading. The pair shows
// the key, or the whole account when the operator switched
// DisplayTokenStatEnabled off, which nothing else in the API tells.
func (u Units) viewed(sub subscription, used float64) (Key, error) {
	key := Key{State: KeyOK, Scope: ScopeUnknown, ExpiresAt: sub.until, Raw: &RawKey{sub.limit, used}}
	spent, err := u.amount(used)
	if err != nil {
		return key, err
	}
	key.Used = Known(spent)
	if sub.limit == unlimitedLimit {
		key.Scope, key.Unlimited = ScopeKey, true
		return key, nil
	}
	limit, err := u.amount(sub.limit)
	if err != nil {
		return key, err
	}
	key.Total, key.Remaining = Known(limit), Known(limit-spent)
	if !sub.until.IsZero() {
		key.Scope = ScopeKey // the account's view never has an expiry
	}
	return key, nil
}

// compared settles whose figures a key's part shows, by the wallet read at the
// same time. ancestor gateways (one-api) leave what was used out of the
// account's limit, so that their limit is the balance itself. wasAccount tells
// what the reading before showed: calls under way blur the figures, not the view.
func compared(key Key, wallet *Wallet, ancestor, wasAccount bool) Key {
	total, known := key.Total.Get()
	used, _ := key.Used.Get()
	if !known || key.Scope != ScopeUnknown {
		return key
	}
	left, haveLeft := Amount(0), false
	walletUsed := Amount(0)
	if wallet != nil {
		left, haveLeft = wallet.Remaining.Get()
		walletUsed, _ = wallet.Used.Get()
	}
	if !haveLeft {
		return key
	}
	slack := max(2*cent, (left+walletUsed).abs()/100)
	sameUse := near(used, walletUsed, slack)
	switch {
	case ancestor && exact(used, walletUsed) && exact(total, left):
		return asBalance(key) // also where so little was used that the sum is near
	case sameUse && near(total, left+walletUsed, slack):
		if wasAccount || exact(used, walletUsed) && exact(total, left+walletUsed) {
			key.Scope = ScopeAccount
		}
	case ancestor && sameUse && near(total, left, slack):
		return asBalance(key)
	default:
		key.Scope = ScopeKey
	}
	return key
}

// asBalance reads the limit as what is left of the account.
func asBalance(key Key) Key {
	key.Scope = ScopeAccount
	key.Remaining = key.Total
	key.Total = key.Total.Plus(key.Used)
	return key
}

// undecided reports whether the key alone cannot tell what is left. one-api shows
// either the key's limit, before use, or what remains of the account, and nothing
// in its answers says which. one-hub and done-hub
// show the account for an unlimited key; more use than limit is then an overdrawn
// account or, from one-api, a balance.
func (s Status) undecided(key Key) bool {
	used, _ := key.Used.Get()
	total, known := key.Total.Get()
	return s.ancestor && known && key.Scope == ScopeUnknown && used != 0 && (!s.hub || used > total)
}

// exact allows for the noise of figures that travelled as floating point.
func exact(a, b Amount) bool { return near(a, b, max(2, a.abs()>>40)) }

// near allows for calls under way between the two answers.
func near(a, b, slack Amount) bool { return (a - b).abs() <= slack }

func (a Amount) abs() Amount { return max(a, -a) }
