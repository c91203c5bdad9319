package history

import (
	"context"
	"slices"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// Budget is what is known of a budget's running period. Accounts that share a
// wallet count once; what was spent is unknown as long as it is for one of them.
// With ask, the gateway is asked where nothing is remembered of a part of it.
func (h History) Budget(ctx context.Context, b budget.Budget, book *account.Book, ask bool) (budget.Facts, error) {
	f := budget.Facts{At: h.now()}
	accounts, err := book.Some(b.Accounts...)
	if err != nil {
		return f, err
	}
	period := b.PeriodAt(f.At)
	running := spend.Period{From: period.From, To: f.At}
	f.Spent, f.Low, f.Expected, f.High = moka.Known(0), moka.Known(0), moka.Known(0), moka.Known(0)
	for _, a := range walletsOnce(accounts) {
		spent, expected, err := h.budgetPart(ctx, b, a, running, period.To, ask)
		if err != nil {
			return budget.Facts{At: f.At}, err
		}
		f.Spent = f.Spent.Plus(spent)
		f.Low, f.Expected, f.High = f.Low.Plus(expected.low), f.Expected.Plus(expected.mid), f.High.Plus(expected.high)
	}
	return f, nil
}

// walletsOnce leaves one account of each wallet.
func walletsOnce(accounts []*account.Account) []*account.Account {
	var seen []string
	var once []*account.Account
	for _, a := range accounts {
		if identity := a.Client.WalletIdentity(); !slices.Contains(seen, identity) {
			seen, once = append(seen, identity), append(once, a)
		}
	}
	return once
}

// forecast is what the rest of a period is expected to cost, unknown without
// enough history.
type forecast struct{ low, mid, high moka.Maybe }

// budgetPart is what one account adds to a budget: what it spent in the period
// so far, and what it is expected to spend until the end.
func (h History) budgetPart(ctx context.Context, b budget.Budget, a *account.Account, running spend.Period, end time.Time, ask bool) (moka.Maybe, forecast, error) {
	spent, err := h.spentSince(ctx, a, running)
	if err == nil && ask && (!spent.Known() || h.beganWithin(ctx, a.Name, running)) {
		var used message.Used
		used, err = h.Used(ctx, a, running, spend.Period{From: running.From, To: running.From})
		spent = used.Spent
	}
	if err != nil {
		return moka.Maybe{}, forecast{}, err
	}
	hours, err := h.hours(ctx, a.Name, running.To)
	if err != nil {
		return moka.Maybe{}, forecast{}, err
	}
	expected := expectedUntil(hours, running.To, end, b.Zone)
	if len(b.Keys) == 0 {
		return spent, expected, nil
	}
	whole := spent
	spent = h.spentByKeys(ctx, a, running, b.Keys)
	return spent, expected.scaled(spent, whole), nil
}

// spentSince is what was remembered of a period: the readings with the gaps that
// lie in it, or the gateway's records of its hours, whichever is more. Both are
// lower bounds.
func (h History) spentSince(ctx context.Context, a *account.Account, p spend.Period) (moka.Maybe, error) {
	if h.Store == nil {
		return moka.Maybe{}, nil
	}
	total, err := h.Store.Spent(ctx, a.Name, p.From, p.To)
	if err != nil {
		return moka.Maybe{}, err
	}
	gaps, err := h.Store.Gaps(ctx, a.Name, p.From, p.To)
	if err != nil {
		return moka.Maybe{}, err
	}
	for _, g := range gaps {
		if g.Known && !g.From.Before(p.From) {
			total.Spent += g.Spent
		}
	}
	hours, err := h.Store.Hours(ctx, a.Name, p.From, p.To)
	if err != nil {
		return moka.Maybe{}, err
	}
	sum, any := moka.Amount(0), false
	for _, hour := range hours {
		if !hour.Start.Before(p.From) {
			sum, any = sum+hour.Spent, true
		}
	}
	if spent, ok := known(total).Get(); ok && spent >= sum || !any {
		return known(total), nil
	}
	return moka.Known(sum), nil
}

// beganWithin reports whether nothing is remembered of the beginning of a period:
// reading began within it, and no older records are kept.
func (h History) beganWithin(ctx context.Context, name string, p spend.Period) bool {
	if h.Store == nil {
		return false
	}
	first, read, err := h.Store.FirstReading(ctx, name)
	if err != nil || !read || !first.After(p.From) {
		return false
	}
	hours, err := h.Store.Hours(ctx, name, p.From, first)
	return err == nil && !slices.ContainsFunc(hours, func(hour spend.Hour) bool { return hour.Start.Before(first.Truncate(time.Hour)) })
}

// spentByKeys asks the gateway's records for the spending of some API keys;
// unknown where it does not keep any.
func (h History) spentByKeys(ctx context.Context, a *account.Account, p spend.Period, keys []string) moka.Maybe {
	uses, err := a.Client.UsageByKey(ctx, p.From, p.To)
	if err != nil {
		return moka.Maybe{}
	}
	sum := moka.Amount(0)
	for _, u := range uses {
		if slices.Contains(keys, u.Name) {
			sum += u.Spent
		}
	}
	return moka.Known(sum)
}

func expectedUntil(hours []spend.Hour, now, end time.Time, zone *time.Location) forecast {
	path := spend.Expect(hours, now, end, zone)
	if len(path) == 0 {
		return forecast{}
	}
	last := path[len(path)-1]
	return forecast{moka.Known(last.Low), moka.Known(last.Mid), moka.Known(last.High)}
}

// scaled is a forecast of a part of the spending, which is taken to keep its
// share of the whole.
func (f forecast) scaled(part, whole moka.Maybe) forecast {
	p, partKnown := part.Get()
	w, wholeKnown := whole.Get()
	if !partKnown || !wholeKnown || w <= 0 {
		return forecast{}
	}
	share := min(1, p.USD()/w.USD())
	of := func(m moka.Maybe) moka.Maybe {
		a, known := m.Get()
		if !known {
			return m
		}
		return moka.Known(moka.Amount(float64(a) * share))
	}
	return forecast{of(f.low), of(f.mid), of(f.high)}
}
