// Package history answers questions about an account's past, from stored readings and,
// with an access token, from the gateway's own records of use.
package history

import (
	"context"
	"time"

	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

// History answers questions about the past. Its fields are set once.
type History struct {
	Store *store.DB      // nil: nothing was remembered
	Zone  *time.Location // of the reader's day
	Now   func() time.Time
}

func (h History) now() time.Time {
	if h.Now == nil {
		return time.Now()
	}
	return h.Now()
}

// lookBack is how much of the past a forecast uses.
const lookBack = 60 * 24 * time.Hour

// Today is what the account spent since midnight in the reader's zone, by what is stored.
func (h History) Today(ctx context.Context, name string) spend.SoFar {
	if h.Store == nil {
		return spend.SoFar{}
	}
	now := h.now()
	f, err := h.rememberedFigure(ctx, name, spend.Period{From: spend.Day(now, h.Zone).From, To: now})
	if err != nil {
		return spend.SoFar{}
	}
	return f.soFar()
}

// rememberedFigure is what readings and the kept rows of the gateway say of a
// period. The gateway is not asked.
func (h History) rememberedFigure(ctx context.Context, name string, p spend.Period) (figure, error) {
	if h.Store == nil {
		return figure{missing: p.To.Sub(p.From)}, nil
	}
	f, holes, err := h.read(ctx, name, p)
	if err != nil || len(holes) == 0 {
		return f, err
	}
	r, err := h.remembered(ctx, name, p.From, p.To)
	if err != nil {
		return figure{}, err
	}
	err = h.fillIn(ctx, name, p, holes, r, &f)
	return f, err
}

// Runway is how long a reading's spendable money is likely to last.
func (h History) Runway(ctx context.Context, name string, r moka.Reading) (spend.Runway, error) {
	o, err := h.Outlook(ctx, name, r)
	return o.Runway, err
}

// Outlook is what stored readings say about a new one.
type Outlook struct {
	Runway spend.Runway
	// What the last sixty and the last fifteen minutes cost by the readings, and what such
	// an hour usually costs.
	HourSpent, QuarterSpent, HourUsual moka.Maybe
	HourPart                           bool // they cover only a part of the sixty

	// How fast the money may go: the most that an hour cost lately, of those at
	// this time of day and of all; unknown without readings.
	SuchHour, AnyHour moka.Maybe
}

// Readings have to cover this much for what was spent to be known.
const (
	enoughOfHour    = 45 * time.Minute
	enoughOfQuarter = 10 * time.Minute
)

// soon is how far ahead an hour counts as being at this time of day: the next reading is
// not much later.
const soon = 10 * time.Minute

// Outlook is what stored readings say about a new one of an account.
func (h History) Outlook(ctx context.Context, name string, r moka.Reading) (o Outlook, err error) {
	if h.Store == nil {
		return o, nil
	}
	now := h.now()
	var hours []spend.Hour
	var last []store.Total
	err = h.Store.Past(ctx, name, func(p *store.Past) (err error) {
		if hours, err = p.Hours(ctx, now.Add(-lookBack), now); err == nil {
			last, err = p.Lately(ctx, now, now.Add(-time.Hour), now.Add(-15*time.Minute), now.Add(-newestMinutes))
		}
		return err
	})
	if err != nil {
		return o, err
	}
	hour, quarter, newest := last[0], last[1], last[2]
	pace := paceOf(hour, quarter, newest)
	o.SuchHour, o.AnyHour = spend.Dearest(hours, now, soon, h.Zone)
	o.HourSpent, o.HourPart, o.QuarterSpent = lately(hour, quarter)
	o.HourUsual = spend.Usual(hours, now, h.Zone)
	o.Runway = spend.Forecast(hours, questionOf(r, pace, now, h.Zone))
	return o, nil
}

// questionOf is how long a reading's spendable money lasts at a pace.
func questionOf(r moka.Reading, pace spend.Pace, now time.Time, zone *time.Location) spend.Question {
	return spend.Question{Left: r.Spendable(), Funds: fundsOf(r), Key: r.KeyAllows(), Until: paysUntil(r), Pace: pace, Now: now, Zone: zone}
}

// lately is what an hour and its last quarter cost by the readings, and whether they
// cover only a part of the hour. Spending that no reading dates is in neither.
func lately(hour, quarter store.Total) (spent moka.Maybe, part bool, inQuarter moka.Maybe) {
	if hour.Covered > 0 {
		spent = moka.Known(hour.Spent)
	}
	if quarter.Covered > 0 {
		inQuarter = moka.Known(quarter.Spent)
	}
	return spent, hour.Covered < enoughOfHour, inQuarter
}

// newestMinutes is how long ago the pace is compared with that of the last fifteen minutes,
// to see whether that still holds.
const newestMinutes = 5 * time.Minute

// paceOf is the pace of the last fifteen minutes, or of the hour where readings do not
// cover these.
func paceOf(hour, quarter, newest store.Total) spend.Pace {
	p := spend.Pace{Quarter: quarter.Spent, Newest: newest.Spent, NewestOver: newest.Covered}
	switch {
	case quarter.Covered >= enoughOfQuarter:
		p.Spent, p.Over = quarter.Spent, quarter.Covered
	case hour.Covered >= enoughOfHour:
		p.Spent, p.Over = hour.Spent, hour.Covered
	}
	return p
}

// paysUntil is when the plan or key that pays ends, zero when it does not.
func paysUntil(r moka.Reading) time.Time {
	until, _ := r.PaysUntil()
	return until
}

// fundsOf are the sources that pay for an account's calls where a plan is among
// them; nil otherwise.
func fundsOf(r moka.Reading) []moka.Fund {
	if r.Wallet == nil || r.WalletErr != nil || len(r.Wallet.ActivePlans) == 0 {
		return nil
	}
	return r.Wallet.Funds()
}

// hours are those that a forecast uses.
func (h History) hours(ctx context.Context, name string, now time.Time) ([]spend.Hour, error) {
	if h.Store == nil {
		return nil, nil
	}
	return h.Store.Hours(ctx, name, now.Add(-lookBack), now)
}

// LastGood is the newest stored reading with figures, for a program that has not read
// the account itself yet; false when there is none.
func (h History) LastGood(ctx context.Context, name string) (moka.Reading, bool) {
	if h.Store == nil {
		return moka.Reading{}, false
	}
	s, ok, err := h.Store.LastGood(ctx, name)
	if err != nil || !ok {
		return moka.Reading{}, false
	}
	return readingOf(s), true
}

// readingOf is a stored reading as it was, as far as it was stored.
func readingOf(s store.Sample) moka.Reading {
	r := moka.Reading{At: s.At}
	if s.KeyState != "" {
		r.Key = &moka.Key{
			State: s.KeyState, Scope: moka.ScopeUnknown, Unlimited: s.Unlimited, Remaining: s.KeyRemaining, Used: s.KeyUsed,
			Total: s.KeyRemaining.Plus(s.KeyUsed),
		}
		if s.KeyState == moka.KeyOK && !s.Unlimited && !s.KeyRemaining.Known() && s.WalletRemaining.Known() {
			r.Key.AtLeast = s.Spendable // the key was not asked about, as the account's money ends first
		}
	}
	if s.WalletRemaining.Known() {
		r.Wallet = &moka.Wallet{Remaining: s.WalletRemaining, Used: s.WalletUsed, Requests: s.Requests}
		if r.Key == nil || r.Key.Unlimited || r.Key.AtLeast.Known() { // plans are not stored: they are the rest of what can be spent
			if plans, ok := s.Spendable.Minus(s.WalletRemaining).Get(); ok && plans > 0 {
				r.Wallet.Plans = moka.Known(plans)
			}
		}
	}
	return r
}
