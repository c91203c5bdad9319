package spend

import (
	"time"

	"mokabot/moka"
)

const (
	// noise is what rounding between raw units and dollars may add up to.
	noise = moka.Dollar / 10_000
	// LongestCovered is the longest time between two readings that still tells
	// when the money was spent: a little over an hour, so that hourly polls do.
	LongestCovered = 90 * time.Minute
	// settled is for how long a total that fell may still be calls under way,
	// which book their cost in advance, and not money that is gone. What is
	// under way comes and goes with the day.
	settled = 24 * time.Hour
)

// State is what [Step] remembers of earlier readings. The zero value is none.
type State struct {
	At     time.Time   `json:"at"`
	Source string      `json:"source,omitempty"` // which credential at which gateway; empty: not told
	Basis  string      `json:"basis"`            // whose figures these are; they compare only with their like
	Units  moka.Units  `json:"units"`
	Used   moka.Amount `json:"used"` // the most that was seen: it dips while calls are corrected

	// Remaining and used together, at their highest: since a time at most
	// settled ago, and in as long before that. They compare only while the same
	// parts are in them.
	Total  moka.Maybe `json:"total"`
	Before moka.Maybe `json:"before"`
	Since  time.Time  `json:"since,omitzero"`
	Plans  bool       `json:"plans,omitempty"`

	Requests int64 `json:"requests"`
}

// Step compares a reading with what is remembered and returns what happened in
// between. Spending is what the used quota rose by, so top-ups do not disturb
// it; a top-up is a rise of remaining and used together above all that was seen.
// Calls under way make both figures dip and return, which counts as neither. A
// clock that was set back makes no time pass, and loses nothing.
func Step(s State, r moka.Reading) (State, Delta) {
	now, ok := figures(r)
	unknown := Delta{From: s.At, To: r.At}
	switch {
	case !ok || r.At.Equal(s.At):
		return s, unknown // nothing to compare: the memory stands
	case !s.comparesWith(now) || s.replacedBy(now):
		return now, unknown
	}
	d := Delta{From: s.At, To: r.At, Known: true}
	if r.At.Before(s.At) {
		d.From = r.At
	}
	d.Spent = max(0, now.Used-s.Used)
	d.Requests = max(0, now.Requests-s.Requests)
	if gap := d.To.Sub(d.From); gap <= LongestCovered {
		d.Covered = gap
	}
	now.Used = max(now.Used, s.Used)
	d.TopUp = now.keepTotal(s, whole(r))
	return now, d
}

// comparesWith tells whether both tell of the same thing in the same unit.
func (s State) comparesWith(now State) bool {
	switch {
	case s.At.IsZero() || s.Units != now.Units || s.Source != "" && now.Source != "" && s.Source != now.Source:
		return false
	case s.Basis == now.Basis:
		return !s.turnedInto(now)
	}
	// A key's scope cannot always be told. Where a figure is the same, so is
	// what it is of.
	a, b := s.Basis, now.Basis
	told := a == basisKey && b == basisUnknown || a == basisUnknown && b == basisKey
	total, known := now.Total.Get()
	before, knownBefore := s.Total.Get()
	return told && (near(s.Used, now.Used) || known && knownBefore && near(total, before))
}

// turnedInto tells of a key, of which it is not told whose figures it shows,
// that they became the account's: in no time more was used than was left, and
// a good part of what was then added. Where nothing was added it is the same
// money, overdrawn.
func (s State) turnedInto(now State) bool {
	total, known := now.Total.Get()
	before, knownBefore := s.Total.Get()
	if s.Basis != basisUnknown || !known || !knownBefore || total <= before+noise || now.At.Sub(s.At) > LongestCovered {
		return false
	}
	return now.Used > before+noise && now.Used-s.Used >= (total-before)/8
}

func near(a, b moka.Amount) bool { return a-b <= noise && b-a <= noise }

// replacedBy tells that another key or account stands behind the same name: its
// use begins elsewhere. An account's use is booked once and never taken back. A
// key's total stays while calls are under way, so one that fell together with
// the use is another key's, or was set back.
func (s State) replacedBy(now State) bool {
	if now.Used >= s.Used-noise {
		return false
	}
	if s.Basis == basisWallet {
		return true
	}
	total, known := now.Total.Get()
	before, knownBefore := s.Total.Get()
	switch {
	case !known || !knownBefore:
		return now.Used < s.Used/2
	case s.Source != "" && s.Source == now.Source:
		return total < before-noise
	}
	return !near(total, before)
}

// keepTotal carries the highest total on and returns what was added above it.
// A reading that is not whole may lack a part of the total.
func (now *State) keepTotal(s State, whole bool) (topUp moka.Amount) {
	total, known := now.Total.Get()
	high, before := highest(s.Total, s.Before).Get()
	switch {
	case !known && !whole, known && before && now.Plans != s.Plans && !whole:
		now.Total, now.Before, now.Since, now.Plans = s.Total, s.Before, s.Since, s.Plans
		return 0
	case !known || !before || now.Plans != s.Plans:
		return 0 // begins anew
	case total > high+noise:
		topUp = total - high
	}
	if age := now.At.Sub(s.Since); age >= 0 && age < settled {
		now.Total, now.Before, now.Since = highest(now.Total, s.Total), s.Before, s.Since
	} else {
		now.Before = s.Total
	}
	return topUp
}

// highest is the higher of two amounts, or the known one.
func highest(a, b moka.Maybe) moka.Maybe {
	x, known := a.Get()
	y, other := b.Get()
	if !known || other && y > x {
		return b
	}
	return a
}

// whole tells whether the part of a reading that is compared is complete.
func whole(r moka.Reading) bool {
	if r.Wallet != nil {
		return r.WalletErr == nil
	}
	return r.KeyErr == nil
}

// Whose figures can be compared.
const (
	basisWallet  = "wallet"
	basisKey     = "key/" + string(moka.ScopeKey)
	basisUnknown = "key/" + string(moka.ScopeUnknown)
)

// figures are what of a reading can be compared: the wallet's, which know of all
// keys, else the key's. While the wallet cannot be read nothing is compared.
func figures(r moka.Reading) (State, bool) {
	s := State{At: r.At, Since: r.At, Source: r.Identity, Units: r.Units}
	if w := r.Wallet; w != nil {
		used, ok := w.Used.Get()
		s.Basis, s.Used, s.Requests = basisWallet, used, w.Requests
		if s.Plans = w.Plans.Known() || w.PlansUnlimited; !w.PlansUnlimited {
			s.Total = w.Remaining.Plus(w.Used)
			if w.Plans.Known() {
				s.Total = s.Total.Plus(w.Plans)
			}
		}
		s.Units.Display, s.Units.CNYPerUSD = "", 0 // wallets are counted in raw units, whatever is displayed
		return s, ok
	}
	if k := r.Key; k != nil {
		used, ok := k.Used.Get()
		s.Basis, s.Used, s.Total = "key/"+string(k.Scope), used, k.Total
		return s, ok && k.State != ""
	}
	return s, false
}
