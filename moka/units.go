package moka

import "math"

// mostMoney bounds the amounts taken from a gateway, at a million million
// dollars: sums and differences of two stay within an Amount.
const mostMoney = 1_000_000_000_000 * Dollar

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

// quota converts raw quota units.
func (u Units) quota(raw int64) (Amount, error) { return bounded(FromQuota(raw, u.QuotaPerUnit)) }

func bounded(a Amount, err error) (Amount, error) {
	if err != nil || a > mostMoney || a < -mostMoney {
		return 0, ErrAmount
	}
	return a, nil
}
