package moka

import "math"

// maxMoney bounds the amounts taken from a gateway, at a million million
// dollars: sums and differences of two stay within an Amount.
const maxMoney = 1_000_000_000_000 * Dollar

// amount converts a figure of the billing endpoints.
func (u Units) amount(figure float64) (Amount, error) {
	switch u.Display {
	case DisplayUSD, DisplayCustom:
		return bounded(FromUSD(figure))
	case DisplayCNY:
		return bounded(FromUSD(figure / u.CNYPerUSD))
	case DisplayRaw:
		raw := math.Round(figure)
		if math.Abs(raw) >= math.MaxInt64 {
			return 0, ErrAmount
		}
		return u.quota(int64(raw))
	}
	return 0, ErrAmount // a display of a later release
}

// Quota converts raw quota, as wallets, plans, key lists and usage records hold
// it. The result is unknown without a unit, or beyond any amount.
func (u Units) Quota(raw int64) Maybe { return maybe(u.quota(raw)) }

// Figure converts a figure of the billing endpoints, such as those of [RawKey].
// The result is unknown without a unit, in a unit of a later release, or beyond
// any amount.
func (u Units) Figure(figure float64) Maybe { return maybe(u.amount(figure)) }

// Known reports whether the unit was read.
func (u Units) Known() bool { return u.QuotaPerUnit > 0 }

func maybe(a Amount, err error) Maybe {
	if err != nil {
		return Maybe{}
	}
	return Known(a)
}

// quota converts raw quota.
func (u Units) quota(raw int64) (Amount, error) { return bounded(FromQuota(raw, u.QuotaPerUnit)) }

// charged converts raw quota of an answer; its error is one of that answer.
func (u Units) charged(op string, raw int64) (Amount, error) {
	a, err := u.quota(raw)
	if err != nil {
		return 0, mistyped(op, "a quota beyond any amount")
	}
	return a, nil
}

func bounded(a Amount, err error) (Amount, error) {
	if err != nil || a > maxMoney || a < -maxMoney {
		return 0, ErrAmount
	}
	return a, nil
}
