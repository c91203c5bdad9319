package moka

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// answers are what one poll's calls brought, each with its own failure.
type answers struct {
	status    Status
	statusErr error

	asksKey bool
	sub     subscription
	subErr  error
	used    float64
	usedErr error

	self     self
	selfErr  error
	plans    rawPlans
	plansErr error

	keys      []APIKeyInfo // asked for where the billing pair shows the account
	keysErr   error
	keysAsked bool
}

// Read polls the account once. All calls run side by side, so a reading takes
// as long as the slowest of them; a refused key costs one call more, at most
// every ten minutes, and a change of unit another round of calls. It never fails
// as a whole: each part has its own error.
//
// Figures are converted only with the unit read along with them. Without it they
// are unknown, and only their raw form is there.
func (c *Client) Read(ctx context.Context) Reading {
	a := c.askSurely(ctx)
	r := Reading{}
	if c.cred.AccessToken != "" {
		wallet, err := a.wallet(c.now())
		r.Wallet, r.WalletErr = wallet, asError(err)
	}
	if c.cred.APIKey != "" {
		key, err := c.readKey(ctx, a, r.Wallet)
		r.Key, r.KeyErr = &key, asError(err)
	}
	if a.statusErr == nil {
		r.Units = a.status.Units
	}
	r.Identity, r.Payer = c.WalletIdentity(), c.PayerIdentity()
	r.At = c.now().UTC()
	return r
}

// WalletIdentity is the [Reading.Identity] of the client's readings: it names the
// wallet, or the key where there is no access token. The user id is the gateway's
// own word for it, once it was read: newer releases ignore the configured one.
func (c *Client) WalletIdentity() string {
	if c.cred.AccessToken != "" {
		return c.digest("user " + strconv.FormatInt(cmp.Or(c.cache.user.Load(), c.cred.UserID), 10))
	}
	return c.digest("key " + c.cred.APIKey)
}

// Identity is a digest of the gateway and both credentials as configured. It
// names the account whatever it is called; WalletIdentity names the wallet.
func (c *Client) Identity() string {
	return c.digest("user " + strconv.FormatInt(c.cred.UserID, 10) + " key " + c.cred.APIKey)
}

// digest is shortened beyond what could be turned back.
func (c *Client) digest(whose string) string {
	sum := sha256.Sum256([]byte(c.base.String() + " " + whose))
	return hex.EncodeToString(sum[:8])
}

// askSurely asks again while the unit of the figures is in doubt: a single odd
// status must not rescale anything, and neither must figures read just before or
// after the operator changed the unit.
func (c *Client) askSurely(ctx context.Context) *answers {
	purpose := PurposeOf(ctx)
	last := c.cache.lastStatus(purpose)
	a := c.request(ctx)
	if last != nil && a.statusErr != nil && kindOfError(a.statusErr) != RateLimited {
		a.status, a.statusErr = c.nextStatus(ctx)
	}
	if last != nil && a.statusErr == nil && (!a.status.readsLike(*last) || a.hasPair() && c.cache.rescaled(purpose, a.pair())) {
		before := a.status
		a = c.request(ctx)
		if a.statusErr == nil && !a.status.readsLike(before) && !a.status.readsLike(*last) {
			before = a.status
			if a = c.request(ctx); a.statusErr == nil && !a.status.readsLike(before) {
				a.statusErr = mistyped("status", "answers that differ")
			}
		}
	}
	if a.statusErr == nil {
		status := a.status // alone, not with all answers
		c.cache.status.Store(&status)
		c.cache.note(purpose, func(s *seen) {
			s.status = &status
			if a.hasPair() {
				s.addPair(a.pair())
			}
		})
	}
	return a
}

// nextStatus reads a status that no reading of this client used before.
func (c *Client) nextStatus(ctx context.Context) (Status, error) {
	purpose := PurposeOf(ctx)
	status, serial, err := c.statusAfter(ctx, c.cache.last(purpose).serial, statusRound)
	c.cache.note(purpose, func(s *seen) { s.serial = max(s.serial, serial) })
	return status, err
}

func (a *answers) hasPair() bool { return a.asksKey && a.subErr == nil && a.usedErr == nil }
func (a *answers) pair() RawKey  { return RawKey{a.sub.limit, a.used} }

func (c *Client) request(ctx context.Context) *answers {
	a := &answers{asksKey: c.cred.APIKey != ""}
	var calls sync.WaitGroup
	calls.Go(func() { a.status, a.statusErr = c.nextStatus(ctx) })
	if c.cred.APIKey != "" {
		calls.Go(func() { a.sub, a.subErr = c.subscription(ctx) })
		calls.Go(func() { a.used, a.usedErr = c.used(ctx) })
	}
	if c.cred.AccessToken != "" {
		calls.Go(func() { a.self, a.selfErr = c.self(ctx) })
		calls.Go(func() { a.plans, a.plansErr = c.plans(ctx) })
	}
	if c.cred.APIKey != "" && c.cred.AccessToken != "" && c.cache.last(PurposeOf(ctx)).account {
		a.keysAsked = true
		calls.Go(func() { a.keys, a.keysErr = c.Keys(ctx) })
	} else {
		calls.Go(func() { _ = c.LearnKeys(ctx) })
	}
	calls.Wait()
	return a
}

// wallet is the account's part. Without the units its amounts are unknown.
func (a *answers) wallet(now time.Time) (*Wallet, error) {
	if a.selfErr != nil {
		return &Wallet{}, a.selfErr
	}
	if a.statusErr != nil {
		w := a.self.wallet()
		if a.plansErr == nil {
			w.Preference = a.plans.preference
		}
		return w, a.statusErr
	}
	w, err := a.status.Units.wallet(a.self)
	if err != nil {
		return w, err
	}
	if a.plansErr != nil {
		if kindOfError(a.plansErr) == Unsupported {
			return w, nil
		}
		w.PlansFailed = true
		return w, a.plansErr
	}
	w.Preference, w.EndedPlans = a.plans.preference, a.plans.ended
	plans, err := a.status.Units.plans(a.plans.active, now)
	if err != nil {
		w.PlansFailed = true
		return w, err
	}
	w.addPlans(plans)
	return w, nil
}

// readKey is the key's part.
func (c *Client) readKey(ctx context.Context, a *answers, wallet *Wallet) (Key, error) {
	failed := worse(a.subErr, a.usedErr)
	if failed == nil {
		return c.acceptedKey(ctx, a, wallet)
	}
	switch kindOfError(failed) {
	case Banned:
		return Key{State: KeyRefused, Scope: ScopeUnknown}, failed
	case Unauthorized, Forbidden:
		return c.refusedKey(a, failed, c.explain(ctx))
	}
	return Key{Scope: ScopeUnknown}, failed
}

// worse picks the failure that says more: a refusal before a call that did not get through.
func worse(a, b error) error {
	if a == nil || !isRefusal(a) && isRefusal(b) {
		return b
	}
	return a
}

// isRefusal reports whether the gateway answered that it does not accept the credential.
func isRefusal(err error) bool {
	kind := kindOfError(err)
	return kind == Unauthorized || kind == Banned || kind == Forbidden
}

// acceptedKey reads the billing pair.
func (c *Client) acceptedKey(ctx context.Context, a *answers, wallet *Wallet) (Key, error) {
	if a.statusErr != nil {
		unlimited := a.sub.limit == unlimitedLimit
		pair := a.pair()
		key := Key{State: KeyOK, Scope: ScopeUnknown, Unlimited: unlimited, ExpiresAt: a.sub.until, Raw: &pair}
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
	c.cache.note(PurposeOf(ctx), func(s *seen) { s.explained = nil })
	key = c.withOwn(ctx, a, compared(key, wallet, a.status.ancestor && !a.status.hub, c.cache.last(PurposeOf(ctx)).account))
	if c.cred.AccessToken == "" && a.status.undecided(key) {
		key.Remaining, key.Total, key.Used = Maybe{}, Maybe{}, Maybe{}
		return key, &Error{
			Op: "subscription", Kind: BadResponse, Hint: HintAmbiguous, Status: http.StatusOK,
			Message: "the figures may be the key's or the account's",
		}
	}
	return key, nil
}

// roundOrUnlimited looks twice where figures are raw quota: a hundred million
// is then both the mark of an unlimited key and a likely limit, 200 dollars.
func (c *Client) roundOrUnlimited(ctx context.Context, a *answers, key Key) (Key, error) {
	own := c.explain(ctx)
	if own.err != nil || own.usage.unlimited {
		return key, nil
	}
	exactKey, err := a.status.Units.key(own.usage)
	exactKey.State = KeyOK
	return exactKey, err
}

// refusedKey says the most that is known of a key the gateway refuses.
func (c *Client) refusedKey(a *answers, failed error, second *explanation) (Key, error) {
	stated := saidState(failed)
	if second.err == nil {
		return explainedKey(a, stated, failed, second.usage.state(c.now()), second.usage)
	}
	if stated == "" {
		stated = saidState(second.err)
	}
	switch {
	case kindOfError(second.err) == Banned:
		return Key{State: KeyRefused, Scope: ScopeUnknown}, second.err
	case stated == KeyExhausted:
		return Key{State: KeyExhausted, Scope: ScopeKey, Remaining: Known(0)}, nil
	case stated != "":
		return Key{State: stated, Scope: ScopeUnknown}, failed
	}
	return Key{State: KeyRefused, Scope: ScopeUnknown}, failed
}

// explainedKey has the key's own figures. A key refused as such although its
// figures are fine is switched off: disabled, or topped up after it ran dry and
// not enabled again. One that may only not be used from here, or not in its
// group, is fine.
func explainedKey(a *answers, stated KeyState, failed error, state KeyState, usage tokenUsage) (Key, error) {
	switch {
	case stated != "":
		state = stated
	case state == KeyOK && kindOfError(failed) == Unauthorized:
		state = KeyDisabled
	}
	if a.statusErr != nil {
		return Key{State: state, Scope: ScopeKey, Unlimited: usage.unlimited, ExpiresAt: usage.expires}, a.statusErr
	}
	key, err := a.status.Units.key(usage)
	key.State = state
	return key, err
}
