package moka

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync"
)

// answers are what one poll's calls brought, each with its own failure.
type answers struct {
	status     Status
	statusErr  *Error
	remembered bool // the status is not of this poll

	sub     subscription
	subErr  *Error
	used    float64
	usedErr *Error

	self     self
	selfErr  *Error
	plans    []rawPlan
	plansErr *Error

	keys      []APIKeyInfo // asked for where the billing pair shows the account
	keysErr   error
	keysAsked bool
}

// Read polls the account once. All calls run side by side, so a reading takes
// as long as the slowest of them; a refused key costs one call more, at most
// every ten minutes. It never fails as a whole: each part has its own error.
func (c *Client) Read(ctx context.Context) Reading {
	a := c.ask(ctx)
	r := Reading{Source: c.source()}
	if c.cred.AccessToken != "" {
		r.Wallet, r.WalletErr = a.wallet()
	}
	if c.cred.APIKey != "" {
		key, err := c.readKey(ctx, a, r.Wallet)
		r.Key, r.KeyErr = &key, err
	}
	r.Units = a.status.Units
	r.At = c.now().UTC()
	return r
}

// source tells accounts and keys apart without giving them away: a digest,
// shortened beyond what could be turned back.
func (c *Client) source() string {
	whose := "key " + c.cred.APIKey
	if c.cred.AccessToken != "" {
		whose = "user " + strconv.FormatInt(c.cred.UserID, 10)
	}
	digest := sha256.Sum256([]byte(c.base.String() + " " + whose))
	return hex.EncodeToString(digest[:8])
}

// Identity tells accounts apart as source does, with the key as well where
// there are both credentials: it names the account whatever it is called.
func (c *Client) Identity() string {
	digest := sha256.Sum256([]byte(c.source() + " key " + c.cred.APIKey))
	return hex.EncodeToString(digest[:8])
}

func (c *Client) ask(ctx context.Context) *answers {
	a := &answers{}
	_, _, a.remembered = c.memory.lastStatus(c.now())
	var calls sync.WaitGroup
	calls.Go(func() { a.status, a.statusErr = c.status(ctx) })
	if c.cred.APIKey != "" {
		calls.Go(func() { a.sub, a.subErr = c.subscription(ctx) })
		calls.Go(func() { a.used, a.usedErr = c.used(ctx) })
	}
	if c.cred.AccessToken != "" {
		calls.Go(func() { a.self, a.selfErr = c.self(ctx) })
		calls.Go(func() { a.plans, a.plansErr = c.plans(ctx) })
	}
	if c.cred.APIKey != "" && c.cred.AccessToken != "" && c.memory.accountView() {
		a.keysAsked = true
		calls.Go(func() { a.keys, a.keysErr = c.Keys(ctx) })
	}
	calls.Wait()
	return a
}

// wallet is the account's part. Without the units its amounts are unknown.
func (a *answers) wallet() (*Wallet, *Error) {
	if a.selfErr != nil {
		return &Wallet{}, a.selfErr
	}
	if a.statusErr != nil {
		return &Wallet{Requests: a.self.requests}, a.statusErr
	}
	w, err := a.status.Units.wallet(a.self)
	if err != nil {
		return w, err
	}
	if a.plansErr != nil {
		if a.plansErr.Kind == Unsupported {
			return w, nil
		}
		return w, a.plansErr
	}
	plans, err := a.status.Units.plans(a.plans)
	if err == nil {
		w.addPlans(plans)
	}
	return w, err
}

// readKey is the key's part.
func (c *Client) readKey(ctx context.Context, a *answers, wallet *Wallet) (Key, *Error) {
	failed := worse(a.subErr, a.usedErr)
	if failed == nil {
		return c.acceptedKey(ctx, a, wallet)
	}
	switch failed.Kind {
	case Banned:
		return Key{State: KeyRefused, Scope: ScopeUnknown}, failed
	case Unauthorized, Forbidden:
		return c.refusedKey(a, failed, c.explain(ctx))
	}
	return Key{Scope: ScopeUnknown}, failed
}

// worse picks the failure that says more: a refusal before a call that did not get through.
func worse(a, b *Error) *Error {
	if a == nil || b != nil && !a.refusal() && b.refusal() {
		return b
	}
	return a
}

func (e *Error) refusal() bool {
	return e.Kind == Unauthorized || e.Kind == Banned || e.Kind == Forbidden
}

// acceptedKey reads the billing pair.
func (c *Client) acceptedKey(ctx context.Context, a *answers, wallet *Wallet) (Key, *Error) {
	if c.memory.jumped(a.sub.limit) && a.remembered {
		// Hardly money: the operator switched the unit since the status was read.
		c.memory.doubtStatus()
		a.status, a.statusErr = c.status(ctx)
	}
	if a.statusErr != nil {
		unlimited := a.sub.limit == unlimitedLimit
		key := Key{State: KeyOK, Scope: ScopeUnknown, Unlimited: unlimited, ExpiresAt: a.sub.until}
		if unlimited {
			key.Scope = ScopeKey
		}
		return key, a.statusErr
	}
	units := a.status.Units
	key, err := units.viewed(a.sub, a.used)
	if err != nil {
		return key, mistyped("subscription", "an amount that cannot be converted from the unit "+c.clean(string(units.Display)))
	}
	if key.Unlimited && units.Display == DisplayRaw {
		return c.roundOrUnlimited(ctx, a, key)
	}
	c.memory.setExplanation(nil)
	return c.withOwn(ctx, a, compared(key, wallet, a.status.ancestor, c.memory.accountView())), nil
}

// roundOrUnlimited looks twice where figures are raw quota: a hundred million
// is then both the mark of an unlimited key and a likely limit, 200 dollars.
func (c *Client) roundOrUnlimited(ctx context.Context, a *answers, key Key) (Key, *Error) {
	own := c.explain(ctx)
	if own.err != nil || own.usage.unlimited {
		return key, nil
	}
	exactKey, err := a.status.Units.key(own.usage)
	exactKey.State = KeyOK
	return exactKey, err
}

// refusedKey says the most that is known of a key the gateway refuses.
func (c *Client) refusedKey(a *answers, failed *Error, second *explanation) (Key, *Error) {
	said := saidState(failed)
	if second.err == nil {
		return explainedKey(a, said, failed, second.usage.state(c.now()), second.usage)
	}
	if said == "" {
		said = saidState(second.err)
	}
	switch {
	case second.err.Kind == Banned:
		return Key{State: KeyRefused, Scope: ScopeUnknown}, second.err
	case said == KeyExhausted:
		return Key{State: KeyExhausted, Scope: ScopeKey, Remaining: Known(0)}, nil
	case said != "":
		return Key{State: said, Scope: ScopeUnknown}, failed
	}
	return Key{State: KeyRefused, Scope: ScopeUnknown}, failed
}

// explainedKey has the key's own figures. A key refused as such although its
// figures are fine is switched off: disabled, or topped up after it ran dry and
// not enabled again. One that may only not be used from here, or not in its
// group, is fine.
func explainedKey(a *answers, said KeyState, failed *Error, state KeyState, usage tokenUsage) (Key, *Error) {
	switch {
	case said != "":
		state = said
	case state == KeyOK && failed.Kind == Unauthorized:
		state = KeyDisabled
	}
	if a.statusErr != nil {
		return Key{State: state, Scope: ScopeKey, Unlimited: usage.unlimited, ExpiresAt: usage.expires}, a.statusErr
	}
	key, err := a.status.Units.key(usage)
	key.State = state
	return key, err
}
