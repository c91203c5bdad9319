// Package history gathers what the past says about an account for those who
// show it: from the store's readings, and from the gateway's own records of
// use where an access token opens them.
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

// lookBack is how much of the past a forecast goes by.
const lookBack = 60 * 24 * time.Hour

// Today is what the account spent since midnight on the reader's clock;
// unknown without readings.
func (h History) Today(ctx context.Context, name string) moka.Maybe {
	if h.Store == nil {
		return moka.Maybe{}
	}
	now := h.now()
	total, err := h.Store.Spent(ctx, name, spend.Day(now, h.Zone).From, now)
	if err != nil {
		return moka.Maybe{}
	}
	return known(total)
}

// known is what was spent, unknown when no reading tells.
func known(t store.Total) moka.Maybe {
	if t.First.IsZero() {
		return moka.Maybe{}
	}
	return moka.Known(t.Spent)
}

// Runway is how long what can be spent is likely to last.
func (h History) Runway(ctx context.Context, name string, spendable moka.Maybe) (spend.Runway, error) {
	now := h.now()
	hours, err := h.hours(ctx, name, now)
	return spend.Forecast(hours, spendable, now, h.Zone), err
}

// Outlook is what the past says about a reading.
type Outlook struct {
	Runway spend.Runway
	// What the last sixty minutes cost, and what such an hour usually costs;
	// both unknown where readings do not tell.
	HourSpent, HourUsual moka.Maybe
}

// Outlook is what the past says about an account that has so much left.
func (h History) Outlook(ctx context.Context, name string, spendable moka.Maybe) (o Outlook, err error) {
	const enough = 45 * time.Minute
	now := h.now()
	hours, err := h.hours(ctx, name, now)
	if err != nil {
		return o, err
	}
	o.Runway = spend.Forecast(hours, spendable, now, h.Zone)
	last, err := h.Store.Spent(ctx, name, now.Add(-time.Hour), now)
	if err == nil && last.Covered >= enough {
		o.HourSpent, o.HourUsual = moka.Known(last.Spent), spend.Usual(hours, now, h.Zone)
	}
	return o, err
}

// hours are those that a forecast goes by.
func (h History) hours(ctx context.Context, name string, now time.Time) ([]spend.Hour, error) {
	if h.Store == nil {
		return nil, nil
	}
	return h.Store.Hours(ctx, name, now.Add(-lookBack), now)
}

// LastGood is the newest stored reading that told something, for a program
// that has not read the account itself yet; false when there is none.
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
	}
	if s.WalletRemaining.Known() {
		r.Wallet = &moka.Wallet{Remaining: s.WalletRemaining, Used: s.WalletUsed, Requests: s.Requests}
		if r.Key == nil || r.Key.Unlimited { // plans are not stored: they are what can be spent besides
			if plans, ok := s.Spendable.Minus(s.WalletRemaining).Get(); ok && plans > 0 {
				r.Wallet.Plans = moka.Known(plans)
			}
		}
	}
	return r
}
