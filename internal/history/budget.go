package history

import (
	"context"
	"errors"
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
// With query, the gateway is asked where nothing is remembered of a part of it.
func (h History) Budget(ctx context.Context, b budget.Budget, book *account.Book, query bool) (budget.Facts, error) {
	f := budget.Facts{At: h.now()}
	accounts, err := book.Select(b.Accounts...)
	if err != nil {
		return f, err
	}
	f.Quiet = quiet(accounts, f.At)
	period := b.PeriodAt(f.At)
	running := spend.Period{From: period.From, To: f.At}
	f.Spent.Spent, f.Low, f.Expected, f.High = moka.Known(0), moka.Known(0), moka.Known(0), moka.Known(0)
	likely := walletsOnce(accounts) // as far as is known before keys are learned
	parts := make([]spentPart, len(likely))
	forecasts := make([]forecast, len(likely))
	failed, unlisted := make([]error, len(likely)), make([]error, len(accounts))
	var asking sync.WaitGroup
	for i, a := range likely {
		asking.Go(func() { parts[i], forecasts[i], failed[i] = h.budgetPart(ctx, b, a, running, period.To, query) })
	}
	if query {
		for i, a := range accounts {
			asking.Go(func() { unlisted[i] = a.Client.LearnKeys(ctx) })
		}
	}
	asking.Wait()
	if mayShare(accounts) {
		return budget.Facts{At: f.At, Unread: unread(unlisted...)}, nil
	}
	once := walletsOnce(accounts)
	for i, part := range parts {
		if !slices.Contains(once, likely[i]) {
			continue
		}
		if failed[i] != nil {
			return budget.Facts{At: f.At}, failed[i]
		}
		expected := forecasts[i]
		f.Spent, f.Began = f.Spent.Plus(part.soFar), later(f.Began, part.began)
		f.Unread = unread(f.Unread, part.unread)
		f.Low, f.Expected, f.High = f.Low.Plus(expected.low), f.Expected.Plus(expected.mid), f.High.Plus(expected.high)
	}
	return f, nil
}

// unread is the failure that says best why something is not known: that commands have no
// room, and the longest wait of those. That a gateway does not offer a read is no failure.
func unread(all ...error) (worst *moka.Error) {
	for _, err := range all {
		e, ok := errors.AsType[*moka.Error](err)
		if !ok || e == nil || e.Kind == moka.Unsupported {
			continue
		}
		room, had := e.Hint == moka.HintCommands, worst != nil && worst.Hint == moka.HintCommands
		if worst == nil || room && !had || room == had && e.RetryAfter > worst.RetryAfter {
			worst = e
		}
	}
	return worst
}

// quiet reports whether it is quiet hours for all of a budget's accounts. Where
// they hold back no level, they hold back no budget either.
func quiet(accounts []*account.Account, now time.Time) bool {
	return len(accounts) > 0 && !slices.ContainsFunc(accounts, func(a *account.Account) bool {
		q := a.Rules.Quiet
		return q.Until(now).IsZero() || q.Levels != nil && len(q.Levels) == 0
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
	unread  *moka.Error // a request that failed
}

// budgetPart is what one account adds to a budget: what it spent in the period
// so far, and what it is expected to spend until the end.
func (h History) budgetPart(ctx context.Context, b budget.Budget, a *account.Account, running spend.Period, end time.Time, query bool) (spentPart, forecast, error) {
	var uses []moka.KeyUse
	var usesErr error
	var hours []spend.Hour
	var hoursErr error
	var asking sync.WaitGroup
	asking.Go(func() { hours, hoursErr = h.hoursOf(ctx, a, running.To) })
	if len(b.Keys) > 0 {
		asking.Go(func() { uses, usesErr = a.Client.UsageByKey(ctx, running.From, running.To) })
	}
	spent, err := h.spentIn(ctx, a, running, query)
	asking.Wait()
	if err != nil {
		return spentPart{}, forecast{}, err
	}
	if hoursErr != nil {
		return spentPart{}, forecast{}, hoursErr
	}
	expected := expectedUntil(hours, running.To, end, b.Zone)
	if len(b.Keys) == 0 {
		return spent, expected, nil
	}
	byKeys, err := h.spentByKeys(ctx, a, running, b.Keys, rowsOfKeys(uses, usesErr, b.Keys), spent)
	byKeys.unread = unread(byKeys.unread, usesErr, spent.unread)
	return byKeys, expected.scaled(byKeys.soFar.Spent, spent.soFar.Spent), err
}

// spentIn is what was remembered of a running period. With query, the gateway is
// asked where nothing is remembered of a part of it.
func (h History) spentIn(ctx context.Context, a *account.Account, p spend.Period, query bool) (spentPart, error) {
	f, err := h.rememberedFigure(ctx, a.Name, p)
	if err != nil || !query || f.known && f.missing <= negligible {
		return spentPart{f.running(p), f.began, f.refunds, nil}, err
	}
	use := func(r *records) { _, _ = h.figureOf(ctx, a.Name, p, r) }
	r, err := h.recordsOf(ctx, a.Name, a.Client, use, p)
	if err != nil {
		return spentPart{}, err
	}
	r.rehearse(ctx, use)
	if f, err = h.figureOf(ctx, a.Name, p, r); err == nil {
		h.catchUp(ctx, p, r, &f)
		h.learn(ctx, a.Name, r)
	}
	return spentPart{f.running(p), f.began, f.refunds, unread(r.rowsErr)}, err
}

// running is the figure of a running period. One that begins now has spent nothing, and one
// that began after the last reading, not long ago, at least nothing.
func (f figure) running(p spend.Period) spend.SoFar {
	if begins := p.From.Equal(p.To); !f.known && f.missing == 0 && (begins || f.tail.Equal(p)) {
		return spend.SoFar{Spent: moka.Known(0), AtLeast: p.To.Sub(p.From) > negligible}
	}
	return f.soFar()
}

// budgetKeys is how many keys of a budget get a request each.
const budgetKeys = 4

// keySums are what one kind of record has of a budget's keys, and of all keys.
type keySums struct {
	of, all moka.Amount
	known   bool

	ids   map[int64]bool // of the budget's keys
	names []string       // that they had, and no other key
}

// rowsOfKeys adds up what the gateway's records of keys say of some of them, by any
// name that they had in the period.
func rowsOfKeys(uses []moka.KeyUse, err error, keys []string) keySums {
	s := keySums{known: err == nil, ids: map[int64]bool{}, names: slices.Clone(keys)}
	var others []string
	for _, u := range uses {
		s.all += u.Spent
		if names := append([]string{u.Name}, u.Others...); slices.ContainsFunc(names, func(n string) bool { return slices.Contains(keys, n) }) {
			s.of += u.Spent
			s.ids[u.ID] = u.ID != 0
			s.names = append(s.names, names...)
		} else {
			others = append(others, names...)
		}
	}
	s.names = slices.DeleteFunc(s.names, func(n string) bool { return slices.Contains(others, n) })
	return s
}

// spentByKeys is what some keys cost: by the gateway's records of keys or, where these
// lack anything, by its log, whichever has more; else by the keys' counters. whole is
// what all keys spent.
func (h History) spentByKeys(ctx context.Context, a *account.Account, p spend.Period, keys []string, rows keySums, total spentPart) (spentPart, error) {
	spent, known := total.soFar.Spent.Get()
	charged := spent + total.refunds
	begun := h.beginsWithAnHour(ctx, a.Name, p)
	if rows.known && begun && known && rows.all >= charged-blur {
		return spentPart{soFar: spend.SoFar{Spent: moka.Known(rows.of - refundedTo(ctx, a, p, rows, total))}}, nil
	}
	book, err := h.keyBook(ctx, a.Client.WalletIdentity(), p)
	if err != nil {
		return spentPart{}, err
	}
	logged, failed := logOfKeys(ctx, a, p, len(keys), book.allNames(rows.names))
	enough := dates*float64(charged) - float64(blur)
	exact := logged.known && float64(logged.all) >= enough || rows.known && begun && float64(rows.all) >= enough
	logged.of, logged.all, logged.ids = max(logged.of, rows.of), max(logged.all, rows.all), rows.ids
	sum := book.of(keys) // without the running hour
	if logged.all > 0 || known && charged <= 0 {
		sum = max(sum, logged.of-refundedTo(ctx, a, p, logged, total))
	} else if exact = false; !book.begun {
		return spentPart{unread: failed}, nil // use is not recorded
	}
	return spentPart{soFar: spend.SoFar{Spent: moka.Known(sum), AtLeast: !exact}, unread: failed}, nil
}

// beginsWithAnHour reports whether records by the hour have all of a period's beginning:
// it begins with an hour, or nothing was spent until the next one does.
func (h History) beginsWithAnHour(ctx context.Context, name string, p spend.Period) bool {
	hour := p.From.Truncate(time.Hour)
	if hour.Equal(p.From) {
		return true
	}
	first, err := h.rememberedFigure(ctx, name, spend.Period{From: p.From, To: earlier(hour.Add(time.Hour), p.To)})
	return err == nil && first.known && first.spent == 0 && first.refunds == 0 && first.missing <= negligible
}

// refundedTo is what was refunded to a budget's keys, 0 where the gateway does not record
// the key of a refund. It makes a request only where there may have been refunds: readings
// saw one, or more was charged than was spent.
func refundedTo(ctx context.Context, a *account.Account, p spend.Period, charged keySums, total spentPart) (sum moka.Amount) {
	spent, known := total.soFar.Spent.Get()
	if total.refunds <= 0 && (!known || charged.all <= spent+blur) {
		return 0
	}
	refunds, err := a.Client.RefundsByKey(ctx, p.From, p.To)
	if err != nil {
		return 0
	}
	for _, r := range refunds {
		if charged.ids[r.ID] || slices.Contains(charged.names, r.Name) {
			sum += r.Spent
		}
	}
	return sum
}

// logOfKeys adds up what the log says of the names of a budget's keys; not known where it
// cannot be read, which is the second result, or where there are too many keys to ask it of each.
func logOfKeys(ctx context.Context, a *account.Account, p spend.Period, keys int, names []string) (keySums, *moka.Error) {
	s := keySums{names: names}
	if keys > budgetKeys {
		return s, nil
	}
	of, failed := make([]moka.Amount, len(names)), make([]error, len(names)+1)
	var asking sync.WaitGroup
	asking.Go(func() { s.all, failed[len(names)] = a.Client.SpentLog(ctx, p.From, p.To) })
	for i, name := range names {
		asking.Go(func() { of[i], failed[i] = a.Client.SpentLogOf(ctx, p.From, p.To, name, "") })
	}
	asking.Wait()
	if slices.ContainsFunc(failed, func(err error) bool { return err != nil }) {
		return keySums{names: names}, unread(failed...)
	}
	for _, sum := range of {
		s.of += sum
	}
	s.known = true
	return s, nil
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
func (f forecast) scaled(part, total moka.Maybe) forecast {
	p, partKnown := part.Get()
	w, wholeKnown := total.Get()
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
