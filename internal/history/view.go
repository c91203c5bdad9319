package history

import (
	"context"
	"sync"

	"mokabot/internal/account"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// View is an account as its cards show it. Where the gateway does not answer, the last
// figures are shown, even those from before a restart, with their runway. Where only a
// part is missing, the spendable money is unknown and so is the runway.
func (h History) View(ctx context.Context, a *account.Account, r moka.Reading) (message.Account, error) {
	return h.view(ctx, a, r, func() []spend.Hour { return recordedHours(ctx, a.Client, h.now()) })
}

// ReadView reads an account and returns its [History.View]. Where nothing is remembered, the
// gateway's records are read beside it.
func (h History) ReadView(ctx context.Context, a *account.Account) (message.Account, error) {
	var hours []spend.Hour
	var asking sync.WaitGroup
	if h.Store == nil {
		asking.Go(func() { hours = recordedHours(ctx, a.Client, h.now()) })
	}
	r := a.Read(ctx)
	asking.Wait()
	return h.view(ctx, a, r, func() []spend.Hour { return hours })
}

// view is [History.View] with the gateway's records for where nothing is remembered.
func (h History) view(ctx context.Context, a *account.Account, r moka.Reading, recorded func() []spend.Hour) (message.Account, error) {
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
	runway, err := h.runwayOf(ctx, a.Name, from, recorded)
	if err == nil {
		v.Runway = &runway
	}
	return v, err
}

// runwayOf is how long an account's spendable money is likely to last.
func (h History) runwayOf(ctx context.Context, name string, r moka.Reading, recorded func() []spend.Hour) (spend.Runway, error) {
	if h.Store != nil {
		return h.Runway(ctx, name, r)
	}
	if !r.Spendable().Known() {
		return spend.Runway{}, nil
	}
	return spend.Forecast(recorded(), questionOf(r, spend.Pace{}, h.now(), h.Zone)), nil
}

func (h History) lastGood(ctx context.Context, a *account.Account) (moka.Reading, bool) {
	if good, ok := a.Good(); ok {
		return good, true
	}
	return h.LastGood(ctx, a.Name)
}
