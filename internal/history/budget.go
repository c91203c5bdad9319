package history

import (
	"context"
	"slices"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// Budget is what is known of a budget's running period. Accounts that share a
// wallet count once; what was spent is unknown as long as it is for one of them.
// With ask, the gateway is asked where nothing is remembered of a part of it.
func (h History) Budget(ctx context.Context, b budget.Budget, book *account.Book, ask bool) (budget.Facts, error) {
	f := budget.Facts{At: h.now()}
	accounts, err := book.Select(b.Accounts...)
	if err != nil {
		return f, err
	}
	f.Quiet = quiet(accounts, f.At)
	period := b.PeriodAt(f.At)
	running := spend.Period{From: period.From, To: f.At}
	f.Spent.Spent, f.Low, f.Expected, f.High = moka.Known(0), moka.Known(0), moka.Known(0), moka.Known(0)
	var asking sync.WaitGroup
	if ask {
		for _, a := range accounts {
			asking.Go(func() { a.Client.LearnKeys(ctx) })
		}
		asking.Wait()
	}
	if mayShare(accounts) {
		return budget.Facts{At: f.At}, nil
	}
	accounts = walletsOnce(accounts)
	parts := make([]spentPart, len(accounts))
	forecasts := make([]forecast, len(accounts))
	failed := make([]error, len(accounts))
	for i, a := range accounts {
		asking.Go(func() { parts[i], forecasts[i], failed[i] = h.budgetPart(ctx, b, a, running, period.To, ask) })
	}
	asking.Wait()
	for i, part := range parts {
		if failed[i] != nil {
			return budget.Facts{At: f.At}, failed[i]
		}
		expected := forecasts[i]
		f.Spent, f.Began = f.Spent.Plus(part.soFar), later(f.Began, part.began)
		f.Low, f.Expected, f.High = f.Low.Plus(expected.low), f.Expected.Plus(expected.mid), f.High.Plus(expected.high)
	}
	return f, nil
}

// quiet reports whether it is quiet hours for all of a budget's accounts. Where
// they hold back no level, they hold back no budget either.
func quiet(accounts []*account.Account, now time.Time) bool {
	return len(accounts) > 0 && !slices.ContainsFunc(accounts, func(a *account.Account) bool {
		q := a.Rules.Quiet
		return q.Until(now).IsZero() || len(q.Levels) == 0 && len(a.Rules.Levels) > 1
	})
}

// walletsOnce leaves one account of each wallet, and no key alone beside the
// wallet that pays for it.
func walletsOnce(accounts []*account.Account) []*account.Account {
	var seen []string
	var once []*account.Account
	for _, a := range accounts {
		identity, payer := a.Client.WalletIdentity(), a.Client.PayerIdentity()
		paid := payer != identity && slices.ContainsFunc(accounts, func(o *account.Account) bool { return o.Client.WalletIdentity() == payer })
		if !paid && !slices.Contains(seen, identity) {
			seen, once = append(seen, identity), append(once, a)
		}
	}
	return once
}

// mayShare reports whether two of the accounts may share a wallet: one has only a key,
// and the other's list of keys was not read yet.
func mayShare(accounts []*account.Account) bool {
	return slices.ContainsFunc(accounts, func(a *account.Account) bool {
		return slices.ContainsFunc(accounts, func(o *account.Account) bool { return a.Client.MayPayFor(o.Client) })
	})
}

// forecast is what the rest of a period is expected to cost, unknown without
// enough history.
type forecast struct{ low, mid, high moka.Maybe }

// spentPart is what an account spent of a budget, and when readings began, where nothing
// is known of the time before.
type spentPart struct {
	soFar   spend.SoFar
	began   time.Time
	refunds moka.Amount // already taken off
}

// budgetPart is what one account adds to a budget: what it spent in the period
// so far, and what it is expected to spend until the end.
func (h History) budgetPart(ctx context.Context, b budget.Budget, a *account.Account, running spend.Period, end time.Time, ask bool) (spentPart, forecast, error) {
	var uses []moka.KeyUse
	var usesErr error
	var asking sync.WaitGroup
	if len(b.Keys) > 0 {
		asking.Go(func() { uses, usesErr = a.Client.UsageByKey(ctx, running.From, running.To) })
	}
	spent, err := h.spentIn(ctx, a, running, ask)
	asking.Wait()
	if err != nil {
		return spentPart{}, forecast{}, err
	}
	hours, err := h.hours(ctx, a.Name, running.To)
	if err != nil {
		return spentPart{}, forecast{}, err
	}
	expected := expectedUntil(hours, running.To, end, b.Zone)
	if len(b.Keys) == 0 {
		return spent, expected, nil
	}
	var byKeys spend.SoFar
	if usesErr != nil {
		byKeys = h.loggedByKeys(ctx, a, running, b.Keys, spent)
	} else {
		byKeys = spentByKeys(ctx, a, running, uses, b.Keys, spent)
	}
	return spentPart{soFar: byKeys}, expected.scaled(byKeys.Spent, spent.soFar.Spent), nil
}

// spentIn is what was remembered of a running period. With ask, the gateway is
// asked where nothing is remembered of a part of it.
func (h History) spentIn(ctx context.Context, a *account.Account, p spend.Period, ask bool) (spentPart, error) {
	f, err := h.rememberedFigure(ctx, a.Name, p)
	if err != nil || !ask || f.known && f.missing <= negligible {
		return spentPart{f.running(p), f.began, f.refunds}, err
	}
	r := h.recordsOf(ctx, a.Name, a.Client, p.From, p.To)
	r.rehearse(ctx, func(r *records) { _, _ = h.figureOf(ctx, a.Name, p, r) })
	if f, err = h.figureOf(ctx, a.Name, p, r); err == nil {
		h.catchUp(ctx, p, r, &f)
	}
	return spentPart{f.running(p), f.began, f.refunds}, err
}

// running is the figure of a running period. One that began after the last reading,
// not long ago, has spent at least nothing.
func (f figure) running(p spend.Period) spend.SoFar {
	if !f.known && f.missing == 0 && f.tail.Equal(p) {
		return spend.SoFar{Spent: moka.Known(0), AtLeast: p.To.Sub(p.From) > negligible}
	}
	return f.soFar()
}

// budgetKeys is how many keys of a budget get a request each.
const budgetKeys = 4

// spentByKeys adds up what the gateway's records of keys say of some of them, by any
// name that they had in the period. whole is what all keys spent.
func spentByKeys(ctx context.Context, a *account.Account, p spend.Period, uses []moka.KeyUse, keys []string, whole spentPart) spend.SoFar {
	sum, all, ids := moka.Amount(0), moka.Amount(0), map[int64]bool{}
	for _, u := range uses {
		all += u.Spent
		if slices.Contains(keys, u.Name) || slices.ContainsFunc(u.Others, func(n string) bool { return slices.Contains(keys, n) }) {
			sum += u.Spent
			ids[u.ID] = u.ID != 0
		}
	}
	begun := p.From.Equal(p.From.Truncate(time.Hour)) // else the rest of the first hour is missing
	return spend.SoFar{Spent: moka.Known(sum - refundedTo(ctx, a, p, keys, ids, whole, all)), AtLeast: !begun}
}

// refundedTo is what was refunded to some keys, 0 where the gateway does not record the
// key of a refund. It makes a request only where there may have been refunds: readings
// saw one, or more was charged than was spent.
func refundedTo(ctx context.Context, a *account.Account, p spend.Period, keys []string, ids map[int64]bool, whole spentPart, charged moka.Amount) (sum moka.Amount) {
	spent, known := whole.soFar.Spent.Get()
	if whole.refunds <= 0 && (!known || charged <= spent+blur) {
		return 0
	}
	refunds, err := a.Client.RefundsByKey(ctx, p.From, p.To)
	if err != nil {
		return 0
	}
	for _, r := range refunds {
		if ids[r.ID] || slices.Contains(keys, r.Name) {
			sum += r.Spent
		}
	}
	return sum
}

// loggedByKeys asks the log of gateways before 2026 for it, or else the keys'
// counters; unknown where neither tells.
func (h History) loggedByKeys(ctx context.Context, a *account.Account, p spend.Period, keys []string, whole spentPart) spend.SoFar {
	book := h.keyBook(ctx, a.Client.WalletIdentity(), p)
	counted := func() spend.SoFar {
		if !book.begun {
			return spend.SoFar{}
		}
		return spend.SoFar{Spent: moka.Known(book.of(keys)), AtLeast: true} // the running hour is not counted yet
	}
	all, err := a.Client.SpentLog(ctx, p.From, p.To)
	if err != nil || len(keys) > budgetKeys {
		return counted()
	}
	spent, known := whole.soFar.Spent.Get()
	if all == 0 && (!known || spent > 0) {
		return counted() // use is not logged
	}
	names := book.allNames(keys)
	of, failed := make([]moka.Amount, len(names)), make([]error, len(names))
	var asking sync.WaitGroup
	for i, name := range names {
		asking.Go(func() { of[i], failed[i] = a.Client.SpentLogOf(ctx, p.From, p.To, name, "") })
	}
	asking.Wait()
	sum := moka.Amount(0)
	for i := range names {
		if failed[i] != nil {
			return counted()
		}
		sum += of[i]
	}
	sum -= min(sum, refundedTo(ctx, a, p, keys, nil, whole, all))
	return spend.SoFar{Spent: moka.Known(sum), AtLeast: known && float64(all) < dates*float64(spent)-float64(blur)}
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
