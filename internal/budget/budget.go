// Package budget compares spending with a budget: what a calendar period has
// cost so far, how much of the amount is left, whether the end of the period is
// forecast to exceed it, and which of that is news. It is pure: no clock, no
// input or output.
package budget

import (
	"slices"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// Span is the kind of calendar period that a budget renews in, or that a report covers.
type Span string

// The spans.
const (
	Day   Span = "day"
	Week  Span = "week"
	Month Span = "month"
)

// Budget is an amount for a calendar period.
type Budget struct {
	Name      string
	Span      Span
	Zone      *time.Location // whose calendar
	WeekStart time.Weekday
	Amount    moka.Amount // above zero
	Accounts  []string    // whose spending counts; accounts that share a wallet count once
	Keys      []string    // only these API keys, by name; empty: all of the accounts' spending

	WarnAt   []float64 // the thresholds as parts of the amount, ascending: 0.8 is 80 %
	Forecast bool      // also warn when the period is forecast to exceed the amount

	ChannelID    string
	MentionRoles []string
	MentionUsers []string
}

// PeriodAt is the budget's period that a moment lies in.
func (b Budget) PeriodAt(t time.Time) spend.Period { return b.Span.At(t, b.Zone, b.WeekStart) }

// At is the period of a calendar that a moment lies in.
func (s Span) At(t time.Time, zone *time.Location, weekStart time.Weekday) spend.Period {
	switch s {
	case Day:
		return spend.Day(t, zone)
	case Week:
		return spend.Week(t, zone, weekStart)
	}
	return spend.Month(t, zone)
}

// Counts reports whether the spending of an account counts; with none named all do.
func (b Budget) Counts(account string) bool {
	return len(b.Accounts) == 0 || slices.Contains(b.Accounts, account)
}

// Facts are what is known of the running period.
type Facts struct {
	At    time.Time
	Spent spend.SoFar // since the period began, net of refunds
	Began time.Time   // the first reading, where it lies in the period and nothing is known of the time before; else zero

	// Expected is what the rest of the period is likely to cost, between Low
	// and High four times in five; all unknown without enough history.
	Low, Expected, High moka.Maybe

	// Unread is why a request failed without which a part of what was spent is not known;
	// nil: none failed.
	Unread *moka.Error

	// Quiet reports quiet hours. During them only an exceeded amount is posted; other
	// news is posted once afterwards.
	Quiet bool
}

// State is a budget's standing in one word.
type State string

// The states.
const (
	StateUnknown  State = "unknown"  // what was spent is not known, or only that it is at least an amount below every threshold
	StateOK       State = "ok"       // below every threshold, and forecast to stay within the amount
	StateForecast State = "forecast" // below every threshold, and forecast to exceed the amount
	StateWarning  State = "warning"  // at or above a threshold, within the amount
	StateExceeded State = "exceeded" // at or above the amount
)

// Standing is a budget at a moment.
type Standing struct {
	Budget Budget
	At     time.Time
	Period spend.Period
	Spent  moka.Maybe
	Left   moka.Maybe // negative when exceeded

	// AtLeast reports that the spending of a part of the period is unknown. Spent and
	// the forecast are then lower bounds, and Left is an upper one.
	AtLeast bool
	Began   time.Time   // as in [Facts]
	Unread  *moka.Error // as in [Facts], where the spending or a part of it is unknown

	// What the whole period is forecast to cost.
	Low, Forecast, High moka.Maybe

	State State
}

// Stand compares a budget with what is known.
func Stand(b Budget, f Facts) Standing {
	s := Standing{Budget: b, At: f.At, Period: b.PeriodAt(f.At), Spent: f.Spent.Spent, AtLeast: f.Spent.AtLeast, Began: f.Began, State: StateUnknown}
	spent, known := s.Spent.Get()
	if !known || s.AtLeast {
		s.Unread = f.Unread
	}
	if !known {
		return s
	}
	s.Left = moka.Known(b.Amount - spent)
	s.Low, s.Forecast, s.High = s.Spent.Plus(f.Low), s.Spent.Plus(f.Expected), s.Spent.Plus(f.High)
	s.State = StateOK
	switch {
	case spent >= b.Amount:
		s.State = StateExceeded
	case b.reached(spent) >= 0:
		s.State = StateWarning
	case b.over(s.Low) || b.over(s.Forecast):
		s.State = StateForecast
	case s.AtLeast:
		s.State = StateUnknown
	}
	return s
}

// reached returns the highest threshold at or below an amount, -1 for none.
func (b Budget) reached(spent moka.Amount) int {
	for i := len(b.WarnAt) - 1; i >= 0; i-- {
		if spent >= b.threshold(i) {
			return i
		}
	}
	return -1
}

// threshold is a part of the amount, in whole millionths of a dollar.
func (b Budget) threshold(i int) moka.Amount { return moka.Amount(float64(b.Amount)*b.WarnAt[i] + 0.5) }

// UntilNext is how much may be spent until the next threshold, or the amount, is
// reached; false when that is not known or all are.
func (s Standing) UntilNext() (moka.Amount, bool) {
	spent, known := s.Spent.Get()
	if !known {
		return 0, false
	}
	for i := range s.Budget.WarnAt {
		if line := s.Budget.threshold(i); line > spent {
			return line - spent, true
		}
	}
	return s.Budget.Amount - spent, s.Budget.Amount > spent
}

func (b Budget) over(a moka.Maybe) bool {
	amount, known := a.Get()
	return known && amount > b.Amount
}

// Percent is how much of the amount was spent, in percent; false when unknown.
func (s Standing) Percent() (float64, bool) {
	spent, known := s.Spent.Get()
	if !known {
		return 0, false
	}
	return spent.USD() / s.Budget.Amount.USD() * 100, true
}
