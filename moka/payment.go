package moka

import (
	"cmp"
	"slices"
	"time"
)

// Fund is a source that pays for calls.
type Fund struct {
	Left      Amount    // above 0, or 0 when unlimited or used up until a reset
	Unlimited bool      // a plan without a limit
	EndsAt    time.Time // when it stops paying; zero: never
	ResetsAt  time.Time // when Left goes back to Refill; zero: never
	Refill    Amount    // what a reset leaves

	ResetsEvery time.Duration // from one reset to the next; 0: not known
}

// Payable is what the account can pay for the next calls, whatever their key
// allows, and whether there is a limit at all. The package documentation has the
// rule. The limit is unknown when the wallet or the plans could not be read.
func (w *Wallet) Payable() (limit Maybe, bounded bool) {
	plans := w.Plans.or(0)
	switch {
	case w.PlansFailed:
		return Maybe{}, true
	case w.Preference == WalletOnly:
		return w.Remaining, true
	case w.PlansUnlimited:
		return Maybe{}, false
	case !w.walletPays():
		return plans, true
	case !w.Remaining.known || plans.amount <= 0:
		return w.Remaining, true
	}
	return Known(min(max(0, w.Remaining.amount)+plans.amount, maxMoney)), true
}

// Locked reports whether the wallet holds money that cannot pay: the plans have
// nothing left, and the billing preference or one of them keeps the wallet closed.
func (w *Wallet) Locked() bool {
	left, _ := w.Remaining.Get()
	limit, bounded := w.Payable()
	pays, known := limit.Get()
	return left > 0 && bounded && known && pays <= 0
}

// walletPays reports whether the wallet may pay, now or once the plans are used
// up. A single active plan that forbids it is enough, unless the wallet comes first.
func (w *Wallet) walletPays() bool {
	switch w.Preference {
	case SubscriptionOnly:
		return false
	case WalletOnly, WalletFirst:
		return true
	}
	return !slices.ContainsFunc(w.ActivePlans, func(p Plan) bool { return !p.AllowOverflow })
}

// Funds are the sources that pay for the account's calls, in the order in which
// the gateway charges them. Plans used up are among them when they are reset
// before they end. It is nil when the wallet or the plans are unknown.
func (w *Wallet) Funds() []Fund {
	if w.PlansFailed || !w.Remaining.known {
		return nil
	}
	var plans []Fund
	for _, p := range w.ActivePlans {
		f := Fund{Left: p.Left, Unlimited: p.Unlimited, EndsAt: p.EndsAt}
		if !p.Unlimited && !p.ResetsAt.IsZero() && (p.EndsAt.IsZero() || p.ResetsAt.Before(p.EndsAt)) {
			f.ResetsAt, f.Refill, f.ResetsEvery = p.ResetsAt, p.Total, p.ResetsEvery
		}
		if f.Left > 0 || f.Unlimited || !f.ResetsAt.IsZero() {
			plans = append(plans, f)
		}
	}
	slices.SortStableFunc(plans, func(a, b Fund) int { return compareEnds(a.EndsAt, b.EndsAt) })
	wallet := []Fund{}
	if w.walletPays() && w.Remaining.amount > 0 {
		wallet = append(wallet, Fund{Left: w.Remaining.amount})
	}
	switch w.Preference {
	case WalletOnly:
		return wallet
	case WalletFirst:
		return append(wallet, plans...)
	}
	return append(plans, wallet...)
}

// compareEnds sorts ends in time, never last.
func compareEnds(a, b time.Time) int {
	if a.IsZero() || b.IsZero() {
		return -cmp.Compare(a.Unix(), b.Unix()) // the zero time lies before all others
	}
	return a.Compare(b)
}

// PlansEndAt is when the first of the plans that hold money ends, or the first
// of all active plans when none does; false when there is no plan with an end.
func (w *Wallet) PlansEndAt() (time.Time, bool) {
	var first, firstPaying time.Time
	for _, p := range w.ActivePlans {
		if p.EndsAt.IsZero() {
			continue
		}
		first = earlier(first, p.EndsAt)
		if p.Unlimited || p.Left > 0 {
			firstPaying = earlier(firstPaying, p.EndsAt)
		}
	}
	if firstPaying.IsZero() {
		firstPaying = first
	}
	return firstPaying, !firstPaying.IsZero()
}

// earlier returns the earlier of two times. A zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// PaysUntil is when the last source of [Reading.Spendable] stops paying: the end
// of the key, or that of the last plan where the wallet does not pay too. It
// returns false when something pays without an end, and when nothing pays or it
// is not known what does.
func (r Reading) PaysUntil() (time.Time, bool) {
	var end time.Time
	if w := r.Wallet; w != nil {
		for _, f := range w.Funds() {
			if f.EndsAt.IsZero() {
				end = time.Time{}
				break
			}
			if f.EndsAt.After(end) {
				end = f.EndsAt
			}
		}
	}
	if r.Key != nil && r.Key.State == KeyOK {
		end = earlier(end, r.Key.ExpiresAt)
	}
	return end, !end.IsZero()
}
