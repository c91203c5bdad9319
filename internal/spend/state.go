package spend

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"mokabot/moka"
)

const (
	// defaultPerUnit is the quota in a dollar where nothing says otherwise.
	defaultPerUnit = 500_000
	// noise is the raw quota that figures may differ by after they travelled as
	// floating point in another unit.
	noise = 50
	// settled is how long a total that fell may still be calls under way, which
	// book their cost in advance, rather than money that is gone, and how long
	// those may last that were under way at the first reading. Calls come and go
	// with the day.
	settled = 24 * time.Hour
	// trustQuota is how many dollars a wallet or key must hold for its calls to be
	// charged at their end only (new-api common.GetTrustQuota, ten units since
	// before 2025). What calls of an account hold together is hardly more.
	trustQuota = 10
)

// State is what [Step] remembers of earlier readings. The zero value is none.
// Figures are raw quota.
type State struct {
	At      time.Time `json:"at"`
	Source  string    `json:"source,omitempty"` // [moka.Reading.Identity]; empty: not known
	Basis   string    `json:"basis"`            // whose figures these are; they compare only with their like
	PerUnit float64   `json:"per_unit"`         // quota in a dollar when they were read

	UnitSince time.Time `json:"unit_since,omitzero"` // PerUnit and Words hold since then, or since the state began
	Words     string    `json:"words,omitempty"`     // the unit in which the gateway's log names amounts

	// Begun is when the first of these readings was made. Calls that were under way
	// then and give back what they held are no top-up.
	Begun time.Time `json:"begun,omitzero"`

	Used     int64  `json:"raw_used"`
	Left     int64  `json:"raw_left"`
	HasLeft  bool   `json:"has_left,omitempty"`
	Plans    []plan `json:"raw_plans,omitempty"`
	HasPlans bool   `json:"has_plans,omitempty"` // Plans were read, be it that there is none
	Paid     int64  `json:"raw_paid,omitempty"`  // by plans since the state began
	Ended    bool   `json:"ended,omitempty"`     // there were other plans before

	// Left and used together, less what plans paid, at their highest: since a time
	// at most settled ago, and in as long before that.
	High   *int64    `json:"raw_high,omitempty"`
	Before *int64    `json:"raw_before,omitempty"`
	Since  time.Time `json:"since,omitzero"`

	// Taken is by how much the total fell, in the last reading, where that is more than
	// calls can hold or paid for a plan: it is gone, and what comes in later is new.
	Taken int64 `json:"raw_taken,omitempty"`

	// Rescaled says that the unit changed and that no figure moved since.
	Rescaled bool `json:"rescaled,omitempty"`

	Requests    int64 `json:"requests"`
	NetsRefunds bool  `json:"nets_refunds,omitempty"` // refunds lower this gateway's used quota
	KeepsUsed   bool  `json:"keeps_used,omitempty"`   // refunds leave this gateway's used quota as it is
	Awaited     int64 `json:"raw_awaited,omitempty"`  // refunds in the log that calls under way hide from the total
	LoggedUntil int64 `json:"logged_until,omitempty"` // Unix time of the newest refund in the log that was counted

	Credited      int64 `json:"raw_credited,omitempty"`   // credits in the log that calls under way hide from the total
	CreditedUntil int64 `json:"credited_until,omitempty"` // Unix time of the newest credit that was counted

	Unstored *Delta `json:"owed,omitempty"` // what happened but could not be stored yet
}

// plan is an active plan as it was last read.
type plan struct {
	ID       int64     `json:"id"`
	Total    int64     `json:"total"` // 0: unlimited
	Used     int64     `json:"used"`
	ResetsAt time.Time `json:"resets_at,omitzero"`
}

// UnmarshalJSON also reads the states of releases that kept dollars.
func (s *State) UnmarshalJSON(data []byte) error {
	type plain State
	var v struct {
		plain
		Units  moka.Units   `json:"units"`
		Used   *moka.Amount `json:"used"`
		Total  moka.Maybe   `json:"total"`
		Before moka.Maybe   `json:"before"`
		Plans  bool         `json:"plans"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*s = State(v.plain)
	if v.Used == nil || s.PerUnit != 0 {
		return nil
	}
	s.PerUnit = PerUnit(v.Units)
	s.Used = s.raw(*v.Used)
	if total, ok := highest(v.Total, v.Before).Get(); ok && !v.Plans {
		high := s.raw(total)
		s.High, s.Left, s.HasLeft = &high, high-s.Used, true
	}
	return nil
}

func highest(a, b moka.Maybe) moka.Maybe {
	x, known := a.Get()
	y, other := b.Get()
	if !known || other && y > x {
		return b
	}
	return a
}

// inWords names the unit of amounts in the log's sentences.
func inWords(u moka.Units) string {
	switch u.Display {
	case moka.DisplayCNY:
		return fmt.Sprint(u.Display, u.CNYPerUSD)
	case moka.DisplayCustom:
		return fmt.Sprint(u.Display, u.Custom.Symbol, u.Custom.PerUSD)
	}
	return string(u.Display)
}

// unitSince is since when the unit and the words of a reading hold, after what was
// remembered: since the reading itself where either is another.
func (s State) unitSince(before State) time.Time {
	if !before.At.IsZero() && (s.PerUnit != before.PerUnit || before.Words != "" && s.Words != before.Words) {
		return s.At
	}
	return before.UnitSince
}

// PerUnit is how much quota is a dollar in a unit.
func PerUnit(u moka.Units) float64 {
	if u.QuotaPerUnit > 0 {
		return u.QuotaPerUnit
	}
	return defaultPerUnit
}

// raw is an amount in raw quota.
func (s State) raw(a moka.Amount) int64 {
	return toInt(float64(a) / float64(moka.Dollar) * s.PerUnit)
}

func toInt(f float64) int64 {
	f = math.Round(f)
	switch {
	case f >= math.MaxInt64/4:
		return math.MaxInt64 / 4
	case f <= -math.MaxInt64/4:
		return -math.MaxInt64 / 4
	}
	return int64(f)
}

// bounded keeps sums of figures from overflowing.
func bounded(raw int64) int64 { return min(max(raw, -math.MaxInt64/4), math.MaxInt64/4) }

// dollars converts raw quota, to 0 where it is beyond any amount.
func (s State) dollars(raw int64) moka.Amount {
	a, _ := moka.FromQuota(raw, s.PerUnit)
	return a
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
	s := State{At: r.At, Since: r.At, Source: r.Identity, PerUnit: PerUnit(r.Units), Words: inWords(r.Units)}
	switch {
	case r.Wallet != nil:
		return s.ofWallet(*r.Wallet, r.WalletErr == nil)
	case r.Key != nil:
		return s.ofKey(*r.Key, r.Units)
	}
	return s, false
}

func (s State) ofWallet(w moka.Wallet, whole bool) (State, bool) {
	left, okLeft := w.Remaining.Get()
	used, okUsed := w.Used.Get()
	if !okLeft || !okUsed {
		return s, false
	}
	s.Basis, s.Requests, s.HasLeft = basisWallet, w.Requests, true
	s.Left, s.Used = s.raw(left), s.raw(used)
	if w.Raw != nil {
		s.Left, s.Used = bounded(w.Raw.Quota), bounded(w.Raw.Used)
	}
	s.Ended = w.EndedPlans
	s.HasPlans = w.ActivePlans != nil || whole && w.Plans.Known()
	for _, p := range w.ActivePlans {
		s.Plans = append(s.Plans, plan{p.ID, bounded(p.RawTotal), bounded(p.RawUsed), p.ResetsAt})
	}
	return s, true
}

func (s State) ofKey(k moka.Key, u moka.Units) (State, bool) {
	used, ok := k.Used.Get()
	if !ok || k.State == "" {
		return s, false
	}
	s.Basis = "key/" + string(k.Scope)
	s.Used = s.raw(used)
	total, known := k.Total.Get()
	limit := s.raw(total)
	if k.Raw != nil && k.State == moka.KeyOK {
		s.Used = s.rawFigure(k.Raw.Used, u)
		if exact := s.rawFigure(k.Raw.Limit, u); near(exact, limit) {
			limit = exact // else the limit means something else here
		}
	}
	s.Left, s.HasLeft = limit-s.Used, known
	return s, true
}

// rawFigure converts a figure of the billing endpoints into raw quota.
func (s State) rawFigure(figure float64, u moka.Units) int64 {
	switch {
	case u.Display == moka.DisplayRaw:
		return toInt(figure)
	case u.Display == moka.DisplayCNY && u.CNYPerUSD > 0:
		figure /= u.CNYPerUSD
	}
	return toInt(figure * s.PerUnit)
}

// begin starts a state that has nothing before it.
func (s State) begin() State {
	s.Begun = s.At
	if s.HasLeft {
		total := s.Left + s.Used
		s.High = &total
	}
	return s
}

// comparesWith reports whether the figures of both can be compared.
func (s State) comparesWith(now State) bool {
	switch {
	case s.At.IsZero() || s.Source != "" && now.Source != "" && s.Source != now.Source:
		return false
	case s.Basis == now.Basis:
		return !s.turnedInto(now)
	}
	// A key's scope cannot always be told. Where a figure is the same, so is
	// what it is of.
	a, b := s.Basis, now.Basis
	told := a == basisKey && b == basisUnknown || a == basisUnknown && b == basisKey
	return told && (near(s.Used, now.Used) || s.HasLeft && now.HasLeft && near(s.total(), now.total()))
}

func (s State) total() int64 { return s.Left + s.Used }

// turnedInto reports whether figures of unknown scope changed from the key's to
// the account's: within a short time, more was used than had been left, and the
// total grew. If the total did not grow, the key was overdrawn instead.
func (s State) turnedInto(now State) bool {
	if s.Basis != basisUnknown || !s.HasLeft || !now.HasLeft || now.At.Sub(s.At) > LongestCovered {
		return false
	}
	total, before := now.total(), s.total()
	return total > before+noise && now.Used > before+noise && now.Used-s.Used >= (total-before)/8
}

func near(a, b int64) bool { return a-b <= noise && b-a <= noise }

// payments is what plans did between two readings.
type payments struct {
	rise      int64 // of what plans have paid
	bought    int64 // plans and extensions that came
	uncertain int64 // that plans may have paid unseen, before a reset or their end
	ended     bool  // a plan was reset or ended
	unread    bool  // what plans paid is not known, and caught up on later
	anew      bool  // plans are read for the first time
}

// followPlans carries the plans' payments on. used is the rise of the account's
// used quota, which includes them.
func (s *State) followPlans(was State, used int64) (p payments) {
	s.Paid = was.Paid
	switch {
	case !s.HasPlans && !was.HasPlans:
		return p
	case !s.HasPlans: // they could not be read: they are caught up on later
		s.Plans, s.HasPlans = was.Plans, true
		return payments{unread: true}
	case !was.HasPlans:
		return payments{anew: true}
	}
	before := map[int64]plan{}
	for _, old := range was.Plans {
		before[old.ID] = old
	}
	for _, now := range s.Plans {
		old, seen := before[now.ID]
		delete(before, now.ID)
		switch {
		case !seen:
			p.rise, p.bought = p.rise+now.Used, p.bought+now.Total
		case old.wasReset(now, s.At):
			p.rise, p.uncertain, p.ended = p.rise+now.Used, bounded(p.uncertain+old.left()), true
		default:
			p.rise += now.Used - old.Used
			if old.Total > 0 {
				p.bought += max(0, now.Total-old.Total)
			}
		}
	}
	for _, gone := range before {
		p.uncertain, p.ended = bounded(p.uncertain+gone.left()), true
	}
	p.uncertain = max(0, min(p.uncertain, used-p.rise))
	s.Paid += p.rise
	return p
}

// wasReset reports whether a plan's period ended: its next reset is later, or there is
// none. The use need not have fallen.
func (p plan) wasReset(now plan, at time.Time) bool {
	switch {
	case p.ResetsAt.IsZero():
		return false
	case now.ResetsAt.IsZero():
		return !p.ResetsAt.After(at)
	}
	return now.ResetsAt.After(p.ResetsAt)
}

// mayLoseRefunds reports whether a refund may have gone to a plan that ended, or
// was reset since it paid: what a plan used does not fall below 0, so that gives nothing
// back. used bounds what the plan paid since the refund.
func (s State) mayLoseRefunds(used int64) bool {
	return !s.NetsRefunds && (s.Ended || slices.ContainsFunc(s.Plans, func(p plan) bool { return p.Used <= used }))
}

func (p plan) left() int64 {
	if p.Total == 0 {
		return math.MaxInt64 / 4
	}
	return max(0, p.Total-p.Used)
}

// keepTotal carries the highest total on and returns how far it was exceeded,
// less what plans may have paid unseen, and that.
func (s *State) keepTotal(was State, p payments) (rise, unseen int64) {
	high := highestOf(was.High, was.Before)
	if !s.HasLeft || p.unread {
		s.High, s.Before, s.Since = was.High, was.Before, was.Since
		return 0, 0
	}
	total := s.total() - s.Paid
	s.High, s.Before, s.Since = &total, nil, s.At
	if high == nil || p.anew {
		return 0, 0
	}
	gone := was.total() - was.Paid - total
	if was.HasLeft && (gone > s.held(was) || p.bought > 0 && gone > 0 && s.wholeCents(gone)) {
		s.Taken = gone
		return 0, 0
	}
	before := *high
	if s.Left <= was.Left && total > before {
		before += min(was.Taken, total-before) // it was charged, and is booked as used only now
	}
	if total > before+s.tolerance() {
		rise = total - before
		unseen = min(rise, p.uncertain)
		rise, s.Paid = rise-unseen, s.Paid+unseen
		total -= unseen
	}
	if age := s.At.Sub(was.Since); age >= 0 && age < settled {
		s.High, s.Before, s.Since = highestOf(s.High, was.High), was.Before, was.Since
	} else {
		s.Before = was.High
	}
	return rise, unseen
}

// held is the most quota that calls under way can hold.
func (s State) held(was State) int64 {
	return int64(trustQuota * max(s.PerUnit, was.PerUnit, defaultPerUnit))
}

// dip is how far the total is below its highest.
func (s State) dip() int64 {
	high := highestOf(s.High, s.Before)
	if high == nil || !s.HasLeft {
		return 0
	}
	return *high - (s.total() - s.Paid)
}

// keepsRefunds reports whether a refund may lower the used quota and give nothing
// back: where plans pay, one may have been reset or ended before the refund.
func (s State) keepsRefunds() bool { return s.HasPlans && (len(s.Plans) > 0 || s.Ended || s.Paid != 0) }

// tolerance is what totals may differ by: nothing where the gateway counts in
// whole quota.
func (s State) tolerance() int64 {
	if s.Basis == basisWallet {
		return 0
	}
	return noise
}

func highestOf(a, b *int64) *int64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}
