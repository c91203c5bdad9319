package moka

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Amount is money in millionths of a US dollar. It may be negative: wallets and
// keys can be overdrawn.
type Amount int64

// Dollar is one US dollar.
const Dollar Amount = 1_000_000

// cent is where two decimals stop being enough to show an amount.
const cent = Dollar / 100

// ErrAmount says that a number cannot be an amount: not finite, or outside ±9.2e12 dollars.
var ErrAmount = errors.New("not an amount of money")

// FromUSD rounds dollars to the nearest millionth.
func FromUSD(usd float64) (Amount, error) {
	micros := math.Round(usd * float64(Dollar))
	if math.IsNaN(micros) || math.Abs(micros) >= math.MaxInt64 {
		return 0, ErrAmount
	}
	return Amount(micros), nil
}

// FromQuota converts raw quota to the nearest millionth of a dollar. perUSD is the
// number of raw units in a dollar, which may have decimals. The result is exact for every int64
// whose value in dollars fits an Amount.
func FromQuota(quota int64, perUSD float64) (Amount, error) {
	switch {
	case !(perUSD > 0) || math.IsInf(perUSD, 0):
		return 0, ErrAmount
	case perUSD == math.Trunc(perUSD) && perUSD < 1<<62:
		return fromWholeQuota(quota, int64(perUSD))
	}
	micros := new(big.Rat).SetInt64(quota)
	micros.Mul(micros, new(big.Rat).SetInt64(int64(Dollar)))
	micros.Quo(micros, new(big.Rat).SetFloat64(perUSD))
	rounded, ok := new(big.Int).SetString(micros.FloatString(0), 10)
	if !ok || !rounded.IsInt64() {
		return 0, ErrAmount
	}
	return Amount(rounded.Int64()), nil
}

// fromWholeQuota is [FromQuota] for a whole number of units, without allocating.
func fromWholeQuota(quota, perUSD int64) (Amount, error) {
	abs := uint64(quota)
	if quota < 0 {
		abs = -abs
	}
	hi, lo := bits.Mul64(abs, uint64(Dollar))
	lo, carry := bits.Add64(lo, uint64(perUSD)/2, 0)
	hi += carry
	if hi >= uint64(perUSD) {
		return 0, ErrAmount
	}
	micros, _ := bits.Div64(hi, lo, uint64(perUSD))
	if micros > math.MaxInt64 {
		return 0, ErrAmount
	}
	if quota < 0 {
		return -Amount(micros), nil
	}
	return Amount(micros), nil
}

// USD is the amount in dollars, as near as a float64 comes.
func (a Amount) USD() float64 { return float64(a) / float64(Dollar) }

// String reads as people write it: "$1,234.50", "-$3.00", and below one cent
// with as many decimals as the amount has: "$0.0042".
func (a Amount) String() string {
	sign, abs := "", uint64(a)
	if a < 0 {
		sign, abs = "-", -abs
	}
	if abs < uint64(cent) && abs != 0 {
		decimals := strings.TrimRight(pad(abs, 6), "0")
		return sign + "$0." + decimals
	}
	cents := (abs + uint64(cent)/2) / uint64(cent)
	return sign + "$" + Grouped(cents/100) + "." + pad(cents%100, 2)
}

// Exact reads like String, with as many decimals as the amount has: "$0.0224".
func (a Amount) Exact() string {
	sign, abs := "", uint64(a)
	if a < 0 {
		sign, abs = "-", -abs
	}
	decimals := pad(abs%uint64(Dollar), 6)
	return sign + "$" + Grouped(abs/uint64(Dollar)) + "." + decimals[:2] + strings.TrimRight(decimals[2:], "0")
}

// MarshalJSON writes dollars as a JSON number, exactly.
func (a Amount) MarshalJSON() ([]byte, error) {
	sign, abs := "", uint64(a)
	if a < 0 {
		sign, abs = "-", -abs
	}
	text := sign + strconv.FormatUint(abs/uint64(Dollar), 10)
	if micros := abs % uint64(Dollar); micros != 0 {
		text += "." + strings.TrimRight(pad(micros, 6), "0")
	}
	return []byte(text), nil
}

// UnmarshalJSON reads dollars and rounds them to the nearest millionth.
func (a *Amount) UnmarshalJSON(data []byte) error {
	usd, err := strconv.ParseFloat(string(data), 64)
	if err != nil {
		return ErrAmount
	}
	*a, err = FromUSD(usd)
	return err
}

// Grouped writes a whole number with a comma between thousands.
func Grouped(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func pad(n uint64, width int) string {
	digits := strconv.FormatUint(n, 10)
	return strings.Repeat("0", max(0, width-len(digits))) + digits
}

// Maybe is an amount that may be unknown. The zero value is unknown, so a
// figure that nobody filled in can never be taken for zero dollars.
type Maybe struct {
	amount Amount
	known  bool
}

// Known is a Maybe that holds a.
func Known(a Amount) Maybe { return Maybe{a, true} }

// Get returns the amount and whether it is known.
func (m Maybe) Get() (Amount, bool) { return m.amount, m.known }

// Known reports whether the amount is known.
func (m Maybe) Known() bool { return m.known }

// Plus is the sum, unknown when either side is.
func (m Maybe) Plus(n Maybe) Maybe {
	if !m.known || !n.known {
		return Maybe{}
	}
	return Known(m.amount + n.amount)
}

// Minus is the difference, unknown when either side is.
func (m Maybe) Minus(n Maybe) Maybe {
	if !m.known || !n.known {
		return Maybe{}
	}
	return Known(m.amount - n.amount)
}

// String is the amount, or "?" when it is unknown.
func (m Maybe) String() string {
	if !m.known {
		return "?"
	}
	return m.amount.String()
}

// Exact is the amount with all its decimals, or "?" when it is unknown.
func (m Maybe) Exact() string {
	if !m.known {
		return "?"
	}
	return m.amount.Exact()
}

// MarshalJSON writes dollars, or null when the amount is unknown.
func (m Maybe) MarshalJSON() ([]byte, error) {
	if !m.known {
		return []byte("null"), nil
	}
	return m.amount.MarshalJSON()
}

// UnmarshalJSON reads dollars; null is unknown.
func (m *Maybe) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*m = Maybe{}
		return nil
	}
	m.known = true
	return m.amount.UnmarshalJSON(data)
}
