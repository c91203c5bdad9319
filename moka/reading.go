package moka

import "time"

// KeyState is the state of an API key, concluded from the gateway's answers.
type KeyState string

// The states of a key. The zero value is unknown.
const (
	KeyOK        KeyState = "ok"
	KeyExhausted KeyState = "exhausted" // used up: an answer, not an error
	KeyExpired   KeyState = "expired"
	KeyDisabled  KeyState = "disabled"
	KeyRefused   KeyState = "refused" // refused without a reason
)

// Scope is whose figures the billing endpoints show, the key's or the account's. A server
// option decides that, and no answer names it.
type Scope string

// The scopes.
const (
	ScopeKey     Scope = "key"
	ScopeAccount Scope = "account"
	ScopeUnknown Scope = "unknown"
)

// Key is what a reading knows by the API key.
type Key struct {
	State     KeyState  // "" when unknown
	Scope     Scope     // whose figures these are
	Unlimited bool      // no limit of its own: only the wallet limits it
	Remaining Maybe     // unknown when unlimited
	AtLeast   Maybe     // where Remaining was not asked: it is more, and more than the account can pay
	Used      Maybe     // all-time
	Total     Maybe     // remaining + used; unknown when unlimited
	ExpiresAt time.Time // zero: never where Scope is ScopeKey, else never or unknown
	Raw       *RawKey   // the gateway's own figures; nil when they were not read

	// By the account's list of keys, once it was read.
	Name  string // "" when not known
	Group string // the key's own price group; "" is the account's, or not known

	// Where the figures above are the account's: what is left of the key's own limit, and
	// whether it has none, or none that is known because the account's list lacks the key.
	Own          Maybe
	OwnUnlimited bool
}

// RawKey are the figures of the two billing endpoints, in [Units.Display]; [Units.Figure]
// converts them.
type RawKey struct {
	Limit float64 // all that was ever granted; 100000000 marks an unlimited key
	Used  float64 // all-time; already divided by 100
}

// Wallet is what a reading knows by the system access token.
type Wallet struct {
	Remaining      Maybe // can be negative
	Used           Maybe // all-time; includes what plans paid
	Requests       int64 // all-time
	Plans          Maybe // left in active subscription plans; unknown where the gateway has none
	PlansUnlimited bool  // an active plan without a limit
	PlansFailed    bool  // the plans could not be read: what the account can pay is unknown

	Raw         *RawWallet        // the gateway's own figures; nil when they were not read
	EndedPlans  bool              // the account had other plans
	ActivePlans []Plan            // nil where the gateway has none or they were not read; empty: no active plan
	Preference  BillingPreference // which of wallet and plans pays
}

// RawWallet are the gateway's own figures of a wallet, in raw quota; [Units.Quota]
// converts them.
type RawWallet struct {
	Quota int64 // what is left; can be negative
	Used  int64 // all-time
}

// BillingPreference is the account's setting for which of wallet and plans pays.
type BillingPreference string

// The preferences (new-api common/quota.go). Gateways without the setting
// behave like SubscriptionFirst.
const (
	SubscriptionFirst BillingPreference = "subscription_first"
	WalletFirst       BillingPreference = "wallet_first"
	SubscriptionOnly  BillingPreference = "subscription_only"
	WalletOnly        BillingPreference = "wallet_only"
)

// Reading is the result of one poll of one account. Its two parts are independent: one
// can fail while the other is fine.
type Reading struct {
	At        time.Time
	Key       *Key   // nil without an API key
	KeyErr    *Error // why a figure of the key is missing
	Wallet    *Wallet
	WalletErr *Error
	Units     Units // in force when the figures were read; zero when it could not be read

	// Identity is a digest of the gateway and the user, or of the gateway and the
	// key when there is no access token. Accounts that share a wallet have the
	// same one. Empty: not known.
	Identity string

	// Payer is the Identity of the wallet that pays: another account's, for a key
	// alone that this account's list of keys has.
	Payer string
}

// OK reports whether every figure that the credentials give access to was read.
func (r Reading) OK() bool { return r.KeyErr == nil && r.WalletErr == nil }

// Err is the most important failure: the key's before the wallet's, nil when the reading
// is OK.
func (r Reading) Err() *Error {
	if r.KeyErr != nil {
		return r.KeyErr
	}
	return r.WalletErr
}

// Spendable is what the next calls can cost: the smaller of what the key allows
// and what the account can pay ([Wallet.Payable]). It is unknown when a figure
// that could be the smaller one is missing, and when there is no limit at all.
// An expired or disabled key can spend nothing.
func (r Reading) Spendable() Maybe {
	key, keyBounds := r.keyLimit()
	wallet, walletBounds := r.walletLimit()
	switch {
	case keyBounds && walletBounds:
		return smaller(key, wallet)
	case keyBounds:
		return key
	case walletBounds:
		return wallet
	}
	return Maybe{}
}

// KeyAllows is what the key allows, whatever pays for it; at the least where it was not asked
// about, and unknown also when the key has no limit. Plans that are reset may pay more in the
// end than the key allows.
func (r Reading) KeyAllows() Maybe {
	if r.Key != nil && r.Key.AtLeast.Known() {
		return r.Key.AtLeast
	}
	limit, _ := r.keyLimit()
	return limit
}

// keyLimit returns what the key allows, and whether it limits at all.
func (r Reading) keyLimit() (limit Maybe, bounds bool) {
	if r.Key == nil {
		return Maybe{}, false
	}
	switch r.Key.State {
	case KeyOK:
		if r.Key.Scope == ScopeAccount {
			return r.Key.ownLimit(r.Wallet)
		}
		return r.Key.Remaining, r.Key.limits()
	case KeyExhausted, KeyExpired, KeyDisabled:
		return smaller(Known(0), r.Key.Remaining.or(0)), true
	}
	return Maybe{}, true
}

// Left is what the key still allows; at the least where it was not asked about, and unknown
// where it has no limit.
func (k *Key) Left() Maybe {
	if k.AtLeast.Known() {
		return k.AtLeast
	}
	return k.Remaining
}

// limits reports whether the key may be what ends first. One that is known to allow more than
// the account can pay does not.
func (k *Key) limits() bool { return !k.Unlimited && !k.AtLeast.Known() }

// ownLimit is what a key allows whose figures are the account's. They leave the
// account's plans out, so beside a wallet only the key's own limit counts.
func (k *Key) ownLimit(wallet *Wallet) (limit Maybe, bounds bool) {
	switch {
	case wallet == nil && k.OwnUnlimited:
		return k.Remaining, true
	case wallet == nil:
		return smaller(k.Remaining, k.Own), true
	}
	return k.Own, !k.OwnUnlimited
}

// walletLimit returns what the wallet and its plans allow, and whether they limit at all.
func (r Reading) walletLimit() (limit Maybe, bounds bool) {
	switch {
	case r.Wallet == nil:
		return Maybe{}, false
	case r.WalletErr != nil && !r.Wallet.Plans.known:
		return Maybe{}, true // there may be plans that could not be read
	}
	return r.Wallet.Payable()
}

func (m Maybe) or(a Amount) Maybe {
	if m.known {
		return m
	}
	return Known(a)
}

func smaller(a, b Maybe) Maybe {
	if !a.known || !b.known {
		return Maybe{}
	}
	return Known(min(a.amount, b.amount))
}

// Display is the unit in which the gateway shows amounts in its billing endpoints.
type Display string

// The displays (gateway option quota_display_type, or display_in_currency before 2025-09).
const (
	DisplayUSD    Display = "USD"
	DisplayCNY    Display = "CNY"
	DisplayRaw    Display = "TOKENS" // raw quota units
	DisplayCustom Display = "CUSTOM" // shown in the console only; the API answers in dollars
)

// Units are how a gateway counts, by its /api/status.
type Units struct {
	Display      Display
	QuotaPerUnit float64 // raw quota in a dollar, 500000 unless the operator changed it; may be a fraction
	CNYPerUSD    float64 // for DisplayCNY

	Custom Currency // for DisplayCustom
}

// Currency is an operator's own, in which the log's sentences name amounts.
type Currency struct {
	Symbol string
	PerUSD float64 // 0: not known
}
