package spend

import (
	"time"

	"mokabot/moka"
)

const (
	// noise is what rounding between raw units and dollars may add up to.
	noise = moka.Dollar / 10_000
	// longestCovered is the longest time between two readings that still tells
	// when the money was spent.
	longestCovered = time.Hour
	// settled is after how long a total that fell is not a call under way, which
	// books its cost in advance, but money that is gone.
	settled = 15 * time.Minute
)

// State is what [Step] remembers of earlier readings. The zero value is none.
type State struct {
	At       time.Time   `json:"at"`
	Basis    string      `json:"basis"` // whose figures these are; they compare only with their like
	Units    moka.Units  `json:"units"`
	Used     moka.Amount `json:"used"`  // the most that was seen: it dips while calls are corrected
	Total    moka.Maybe  `json:"total"` // remaining and used together, at its highest
	LowSince time.Time   `json:"low_since,omitzero"`
	Low      moka.Amount `json:"low"` // the total since then
	Requests int64       `json:"requests"`
}

// Step compares a reading with what is remembered and returns what happened in
// between. Spending is what the used quota rose by, so top-ups do not disturb
// it; a top-up is a rise of remaining and used together above all that was seen.
// Calls under way make both figures dip and return, which counts as neither.
func Step(s State, r moka.Reading) (State, Delta) {
	now, ok := figures(r)
	unknown := Delta{From: s.At, To: r.At}
	switch {
	case !ok || !r.At.After(s.At):
		return s, unknown // nothing to compare: the memory stands
	case s.At.IsZero() || now.Basis != s.Basis || now.Units != s.Units || s.replacedBy(now):
		return now, unknown
	}
	d := Delta{From: s.At, To: r.At, Known: true}
	d.Spent = max(0, now.Used-s.Used)
	d.Requests = max(0, now.Requests-s.Requests)
	if gap := r.At.Sub(s.At); gap <= longestCovered {
		d.Covered = gap
	}
	now.Used = max(now.Used, s.Used)
	d.TopUp = now.keepTotal(s)
	return now, d
}

// keepTotal carries the highest total on and returns what was added above it.
func (now *State) keepTotal(s State) (topUp moka.Amount) {
	total, known := now.Total.Get()
	high, before := s.Total.Get()
	if !known || !before {
		return 0
	}
	switch {
	case total > high+noise:
		return total - high
	case total >= high-noise:
		now.Total = s.Total
	case s.LowSince.IsZero() || total > s.Low+noise:
		now.Total, now.LowSince, now.Low = s.Total, now.At, total
	case now.At.Sub(s.LowSince) < settled:
		now.Total, now.LowSince, now.Low = s.Total, s.LowSince, min(s.Low, total)
	}
	return 0
}

// replacedBy tells that another key or account stands behind the same name: its
// use begins elsewhere. A key's total stays while calls are under way, so a fall
// of both is another key.
func (s State) replacedBy(now State) bool {
	if now.Used >= s.Used-noise {
		return false
	}
	total, known := now.Total.Get()
	before, knownBefore := s.Total.Get()
	if s.Basis == basisWallet {
		return true // an account's use is booked once and never taken back
	}
	if known && knownBefore {
		return total < before-noise || total > before+noise
	}
	return now.Used < s.Used/2
}

const basisWallet = "wallet"

// figures are what of a reading can be compared: the wallet's, which know of all
// keys, else the key's. While the wallet cannot be read nothing is compared.
func figures(r moka.Reading) (State, bool) {
	s := State{At: r.At, Units: r.Units}
	if w := r.Wallet; w != nil {
		used, ok := w.Used.Get()
		s.Basis, s.Used, s.Requests = basisWallet, used, w.Requests
		if !w.PlansUnlimited {
			s.Total = w.Remaining.Plus(w.Used)
			if w.Plans.Known() {
				s.Total = s.Total.Plus(w.Plans)
				s.Basis = basisWallet + "+plans"
			}
		}
		s.Units.Display = "" // wallets are counted in raw units, whatever is displayed
		return s, ok
	}
	if k := r.Key; k != nil {
		used, ok := k.Used.Get()
		s.Basis, s.Used, s.Total = "key/"+string(k.Scope), used, k.Total
		if k.Unlimited {
			s.Basis += "/unlimited"
		}
		return s, ok && k.State != ""
	}
	return s, false
}
