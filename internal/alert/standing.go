package alert

import (
	"math"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// standing is where a reading puts an account on the ladder of money. Rungs
// count from 0, the mildest level; the one below the last level is "empty".
type standing struct {
	known bool      // false: the reading says nothing about money
	rung  int       // the worst rung that the figures are on, -1 for none
	held  int       // the worst rung that the figures have not left by the margin
	empty Condition // Exhausted or WalletEmpty when on the last rung
	freed bool      // the key or wallet that was reported empty has money, whatever else is unknown
}

// stand finds the rung that the figures are on. A key that is expired, disabled or
// refused says nothing about money and has its own condition.
func (p *pass) stand(posted Incident) standing {
	r := p.facts.Reading
	empty := emptiness(r, posted.Condition)
	if empty != "" {
		n := len(p.rules.Levels)
		return standing{known: true, rung: n, held: n, empty: empty}
	}
	at := standing{rung: -1, held: -1, freed: freed(r, posted.Condition)}
	if !tellsMoney(r) {
		return at
	}
	spendable, known := r.Spendable().Get()
	if !known {
		return at
	}
	at.known = true
	for n, l := range p.rules.Levels {
		if p.on(l, spendable) || n == len(p.rules.Levels)-1 && spendable <= 0 {
			at.rung, at.held = n, n
		} else if !p.left(l, spendable, posted) {
			at.held = n
		}
	}
	return at
}

// tellsMoney reports whether a reading's figures say what can be spent. An expired or
// disabled key can spend nothing, whatever is left on it.
func tellsMoney(r moka.Reading) bool {
	return r.Key == nil || r.Key.State == moka.KeyOK || r.Key.State == moka.KeyExhausted
}

// on reports whether the figures are on a level.
func (p *pass) on(l Level, spendable moka.Amount) bool {
	short, soon := l.Short(moka.Known(spendable), p.facts.Runway)
	return short || soon
}

// Short reports which of the level's limits the figures are below: the balance, the
// runway or both. An unknown figure is below no limit.
func (l Level) Short(spendable moka.Maybe, runway spend.Runway) (byMoney, byTime bool) {
	left, known := spendable.Get()
	below, limited := l.Below.Get()
	return known && limited && left < below, runway.Known && !runway.Idle && runway.Mid < l.Runway
}

// left reports whether the figures are better than a level by the margin. An unknown
// runway keeps a level only if the runway was the reason for it.
func (p *pass) left(l Level, spendable moka.Amount, posted Incident) bool {
	if below, ok := l.Below.Get(); ok && spendable < scaled(below, 1+p.rules.Margin) {
		return false
	}
	switch {
	case l.Runway == 0 || p.facts.Runway.Idle:
		return true
	case !p.facts.Runway.Known:
		return !posted.ByRunway
	}
	return p.facts.Runway.Mid >= withMargin(l.Runway, p.rules.Margin)
}

// emptiness returns which of key and wallet is empty: the key, or the wallet behind a key
// with money. A wallet that was reported empty stays so when the key is used up, too.
func emptiness(r moka.Reading, posted Condition) Condition {
	if r.Key == nil {
		return ""
	}
	wallet := walletEmpty(r.Wallet)
	switch remaining, known := r.Key.Remaining.Get(); {
	case posted == WalletEmpty && wallet:
		return WalletEmpty
	case r.Key.State == moka.KeyExhausted:
		return Exhausted
	case r.Key.State != moka.KeyOK:
		return ""
	case !r.Key.Unlimited && known && remaining <= 0:
		return Exhausted
	case wallet && (r.Key.Unlimited || r.Key.Left().Known()):
		return WalletEmpty
	}
	return ""
}

func walletEmpty(w *moka.Wallet) bool {
	if w == nil {
		return false
	}
	limit, bounded := w.Payable()
	left, known := limit.Get()
	return bounded && known && left <= 0
}

// freed reports whether a key or wallet that was reported empty has money again.
// An unknown balance does not count.
func freed(r moka.Reading, posted Condition) bool {
	switch posted {
	case Exhausted:
		return r.Key != nil && r.Key.State == moka.KeyOK && (r.Key.Unlimited || r.Key.Left().Known())
	case WalletEmpty:
		return r.Wallet != nil && !r.Wallet.PlansFailed && (r.Wallet.PlansUnlimited || r.Wallet.Remaining.Known()) && !walletEmpty(r.Wallet)
	}
	return false
}

func withMargin(d time.Duration, margin float64) time.Duration {
	return time.Duration(scaled(moka.Amount(d), 1+margin))
}

// scaled multiplies, up to the largest amount.
func scaled(a moka.Amount, factor float64) moka.Amount {
	product := math.Round(float64(a) * factor)
	if math.IsNaN(product) || product >= math.MaxInt64 {
		return math.MaxInt64
	}
	return moka.Amount(max(product, math.MinInt64))
}
