package history

import (
	"context"

	"mokabot/internal/account"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// View is an account as its cards show it. Where the gateway does not answer, the last
// figures are shown, even those from before a restart, with their runway. Where only a
// part is missing, the spendable money is unknown and so is the runway.
func (h History) View(ctx context.Context, a *account.Account, r moka.Reading) (message.Account, error) {
	v := message.Account{Name: a.Name, Reading: r, Levels: a.Rules.Levels, Today: h.Today(ctx, a.Name)}
	from := r
	if !r.OK() {
		if good, ok := h.lastGood(ctx, a); ok {
			v.Last = &good
			if v.Old() {
				from = good
			}
		}
	}
	runway, err := h.runwayOf(ctx, a, from)
	if err == nil {
		v.Runway = &runway
	}
	return v, err
}

// runwayOf is how long an account's spendable money is likely to last.
func (h History) runwayOf(ctx context.Context, a *account.Account, r moka.Reading) (spend.Runway, error) {
	if h.Store != nil {
		return h.Runway(ctx, a.Name, r)
	}
	if !r.Spendable().Known() {
		return spend.Runway{}, nil
	}
	now := h.now()
	return spend.Forecast(recordedHours(ctx, a.Client, now), questionOf(r, spend.Pace{}, now, h.Zone)), nil
}

func (h History) lastGood(ctx context.Context, a *account.Account) (moka.Reading, bool) {
	if good, ok := a.Good(); ok {
		return good, true
	}
	return h.LastGood(ctx, a.Name)
}
