package moka

import (
	"context"
	"slices"
	"sync"
	"time"
)

// ReadLight reads the figures that change from minute to minute, and keeps all others of
// the reading before: one request in addition to the status, which accounts of one gateway
// share when they are read together. That is the wallet, with the plans
// where there are any; without an access token it is what the key used, of the
// limit read before. Once that moves, the limit must have been seen to stay when it did:
// the account's, which a key alone may show instead of its own, moves when a plan pays. Beside a
// wallet, a key is asked about when the wallet moved, which shows whatever the key used, and
// when the key may limit what can be spent; what another key used is unknown then.
//
// It reports false, and an empty reading, when [Client.Read] is needed: before had a
// failure, the key is not usable, an expiry or a plan's end or reset has passed, the
// figures have another unit or another owner, anything could not be read, or the figures
// contradict each other. Other changes, such as of a key's limit, show in the next full
// reading.
func (c *Client) ReadLight(ctx context.Context, before Reading) (r Reading, ok bool) {
	if !c.followsLightly(before) {
		return Reading{}, false
	}
	a := c.askLightly(ctx, before)
	last := c.cache.lastStatus(PurposeOf(ctx))
	if a.statusErr != nil || last == nil || !a.status.readsLike(*last) || a.selfErr != nil || a.plansErr != nil || a.usedErr != nil {
		return Reading{}, false
	}
	r = Reading{Units: a.status.Units, Identity: c.WalletIdentity(), Payer: c.PayerIdentity(), Key: before.Key}
	if r.Identity != before.Identity {
		return Reading{}, false
	}
	moved := before.Wallet == nil
	if before.Wallet != nil {
		if r.Wallet, ok = c.lightWallet(a, *before.Wallet); !ok {
			return Reading{}, false
		}
		moved = r.Wallet.moved(*before.Wallet)
	}
	if before.Key != nil && moved {
		if r.Key, ok = c.lightKey(ctx, a, before, r.Wallet); !ok {
			return Reading{}, false
		}
	}
	r.At = c.now().UTC()
	return r, true
}

// followsLightly reports whether a light reading can follow another.
func (c *Client) followsLightly(before Reading) bool {
	now := c.now()
	if !before.OK() || !before.Units.Known() || before.At.After(now) {
		return false
	}
	if k := before.Key; k != nil && (k.State != KeyOK || k.Raw == nil && k.limits() || !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(now)) {
		return false
	}
	w := before.Wallet
	if w == nil {
		return before.Key != nil && before.Key.Raw != nil
	}
	over := func(p Plan) bool {
		return !p.EndsAt.IsZero() && !p.EndsAt.After(now) || !p.ResetsAt.IsZero() && !p.ResetsAt.After(now)
	}
	return w.Raw != nil && !slices.ContainsFunc(w.ActivePlans, over)
}

// askLightly asks side by side.
func (c *Client) askLightly(ctx context.Context, before Reading) *answers {
	a := &answers{}
	var calls sync.WaitGroup
	calls.Go(func() { a.status, a.statusErr = c.lightStatus(ctx, before) })
	if before.Wallet == nil {
		calls.Go(func() { a.used, a.usedErr = c.used(ctx) })
	} else {
		calls.Go(func() { a.self, a.selfErr = c.self(ctx) })
		if len(before.Wallet.ActivePlans) > 0 {
			calls.Go(func() { a.plans, a.plansErr = c.plans(ctx) })
		}
	}
	calls.Wait()
	return a
}

// lightStatusAge is how old the status may be that a wallet is read lightly by. The wallet's
// figures are raw quota, which stays the same when the operator changes the unit: until the
// next status they are worth what they were in the last one.
const lightStatusAge = 15 * time.Second

// lightStatus is the status that a light reading goes by: a recent one for a wallet, and one
// of the same moment for a key alone, whose figures change with the unit.
func (c *Client) lightStatus(ctx context.Context, before Reading) (Status, error) {
	if before.Wallet == nil {
		return c.nextStatus(ctx)
	}
	s, _, err := c.statusAfter(ctx, 0, lightStatusAge)
	return s, err
}

// lightWallet is the wallet with its new figures, and with the plans as they are
// where there are any.
func (c *Client) lightWallet(a *answers, before Wallet) (*Wallet, bool) {
	if len(before.ActivePlans) > 0 {
		w, err := a.wallet(c.now())
		return w, err == nil
	}
	w, err := a.status.Units.wallet(a.self)
	if err != nil || w.Requests < before.Requests {
		return nil, false
	}
	w.Preference, w.Plans, w.ActivePlans = before.Preference, before.Plans, before.ActivePlans
	return w, true
}

// lightKey is the key with what it used by now. Beside a wallet that is no more
// than the account did.
func (c *Client) lightKey(ctx context.Context, a *answers, before Reading, wallet *Wallet) (*Key, bool) {
	key := *before.Key
	if wallet != nil {
		if key.Unlimited { // it limits nothing: what it used can wait
			key.Used, key.Raw = Maybe{}, nil
			return &key, true
		}
		if key.Scope != ScopeKey || a.status.ancestor {
			return nil, false // the limit may be the account's
		}
		if left, ample := key.ample(wallet, wallet.movedSince(*before.Wallet, a.status.Units)); ample {
			key.AtLeast, key.Remaining, key.Used, key.Raw = Known(left), Maybe{}, Maybe{}, nil
			return &key, true
		}
		if a.used, a.usedErr = c.used(ctx); a.usedErr != nil {
			return nil, false
		}
	}
	used, err := a.status.Units.amount(a.used)
	was, known := key.Used.Get()
	full, stands := c.cache.lastPair(PurposeOf(ctx))
	if err != nil || !known || a.used < full.Used || jumped(a.status.Units, was, used) {
		return nil, false
	}
	if wallet == nil && a.used > full.Used && !stands {
		return nil, false
	}
	if wallet != nil && used-was > wallet.movedSince(*before.Wallet, a.status.Units)+cent {
		return nil, false
	}
	key.Used, key.Raw = Known(used), &RawKey{key.Raw.Limit, a.used}
	if total, limited := key.Total.Get(); limited && !key.Unlimited {
		key.Remaining = Known(total - used)
	}
	return &key, wallet != nil || !a.status.undecided(key)
}

// ampleTimes is how many times what the account can pay a key must allow so that it need not
// be asked about.
const ampleTimes = 2

// ample returns what a key with a limit allows at the least after the account's calls have
// cost an amount, and whether that is so much that the account's money ends first.
func (k Key) ample(wallet *Wallet, moved Amount) (left Amount, ample bool) {
	left, known := k.Left().Get()
	payable, bounded := wallet.Payable()
	pays, sure := payable.Get()
	left -= moved
	return left, known && bounded && sure && left > ampleTimes*max(0, pays)
}

// jumped reports whether a figure rose as if its unit had changed between the
// answers of one round: by a factor, or where there is an exchange rate by a
// hundredth.
func jumped(u Units, was, used Amount) bool {
	if u.Display == DisplayCNY && used-was > max(was/100, cent) {
		return true
	}
	return used > 5*max(was, cent)
}

// moved reports whether any call, also one under way, may lie between two looks. A
// plan that is reset may hide one.
func (w *Wallet) moved(before Wallet) bool {
	return *w.Raw != *before.Raw || w.Requests != before.Requests || len(w.ActivePlans) > 0
}

// movedSince is at most what the account's calls cost since an earlier look, those
// under way included.
func (w *Wallet) movedSince(before Wallet, u Units) Amount {
	moved := max(w.Raw.Used-before.Raw.Used, before.Raw.Quota-w.Raw.Quota, 0)
	for _, p := range w.ActivePlans {
		at := slices.IndexFunc(before.ActivePlans, func(q Plan) bool { return q.ID == p.ID })
		if at >= 0 {
			moved += max(0, p.RawUsed-before.ActivePlans[at].RawUsed)
		}
	}
	spent, _ := u.Quota(moved).Get()
	return spent
}

// LightCalls counts the calls of a light reading after before, without the status. moving
// says that the account's money goes, which needs more of them; 0 where only a full
// reading will do.
func (c *Client) LightCalls(before Reading, moving bool) (calls int) {
	if !c.followsLightly(before) {
		return 0
	}
	calls = 1
	switch {
	case before.Wallet == nil:
		if _, stands := c.cache.lastPair(ForReading); moving && !stands {
			return 0
		}
	case len(before.Wallet.ActivePlans) > 0:
		calls++
		fallthrough
	default:
		if !moving || before.Key == nil || before.Key.Unlimited {
			return calls
		}
		if _, ample := before.Key.ample(before.Wallet, 0); ample {
			return calls
		}
		if calls++; before.Key.Raw == nil {
			return 0
		}
	}
	return calls
}
