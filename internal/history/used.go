package history

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

const (
	// wellCovered is how much of a period must be covered for a comparison.
	wellCovered = 0.9
	// alike is how far the coverage of two periods may differ.
	alike = 0.05
	// agreeing is how far readings and records may be apart, as a part of the sum, besides a cent.
	agreeing = 0.02
)

// Used gathers what an account used in a period, from its readings and, with
// an access token, from the gateway's own records. A gateway that does not
// answer is named in the result and is no error.
func (h History) Used(ctx context.Context, a *account.Account, p, before spend.Period) (message.Used, error) {
	return h.used(ctx, a, p, before, true)
}

// UsedByModel is [History.Used] without the use by key, which needs requests of its own.
func (h History) UsedByModel(ctx context.Context, a *account.Account, p, before spend.Period) (message.Used, error) {
	return h.used(ctx, a, p, before, false)
}

func (h History) used(ctx context.Context, a *account.Account, p, before spend.Period, byKey bool) (message.Used, error) {
	u := message.Used{From: p.From, To: p.To}
	var keys keyRecords
	var asking sync.WaitGroup
	if byKey {
		asking.Go(func() { keys = h.recordsOfKeys(ctx, a.Client, p) })
	}
	use := func(r *records) { h.rehearseUsed(ctx, a.Name, p, before, r) }
	r, err := h.recordsOf(ctx, a.Name, a.Client, use, p, before)
	asking.Wait()
	if err != nil {
		return u, err
	}
	if byKey {
		asking.Go(func() { keys.list(ctx, a.Client, p, r) })
	}
	r.rehearse(ctx, use) // what only the rows have shown
	asking.Wait()
	f, err := h.figureOf(ctx, a.Name, p, r)
	if err != nil {
		return u, err
	}
	h.catchUp(ctx, p, r, &f)
	u.ModelsErr = r.rowsErr
	u.Covered = share(f, p)
	u.Spent, u.AtLeast, u.Began = f.soFar().Spent, f.soFar().AtLeast, f.began
	u.TopUpsUnread = f.credit(ctx, r)
	u.Requests, u.TopUps, u.Refunds, u.Undated, u.Filled = f.requests, f.topUps, f.refunds, f.undated, f.filled
	if u.Covered >= wellCovered {
		earlierFigure, err := h.figureOf(ctx, a.Name, before, r)
		if err != nil {
			return u, err
		}
		if was := share(earlierFigure, before); earlierFigure.known && !earlierFigure.gross && !earlierFigure.lacks && was >= wellCovered && math.Abs(was-u.Covered) <= alike {
			u.Before = moka.Known(earlierFigure.spent)
		}
	}
	if r.rowsErr == nil {
		u.Models, u.Requests = r.models(ctx, p), max(u.Requests, 0)
		if !f.known || f.requests == 0 {
			u.Requests = countRequests(u.Models)
		}
	}
	if f.uncounted {
		u.Requests = 0
	}
	if byKey {
		if err := h.listKeys(ctx, a.Client, p, r, keys, &u); err != nil {
			return u, err
		}
	}
	h.findRefunds(ctx, p, r, &u)
	completeLists(&u)
	h.disagree(ctx, p, r, &u)
	h.learn(ctx, a.Name, r)
	return u, nil
}

// rehearseUsed asks the log the questions that Used asks whatever their answers are.
func (h History) rehearseUsed(ctx context.Context, name string, p, before spend.Period, r *records) {
	f, err := h.figureOf(ctx, name, p, r)
	if err != nil {
		return
	}
	f.credit(ctx, r)
	if share(f, p) >= wellCovered {
		_, _ = h.figureOf(ctx, name, before, r)
		if f.known {
			r.spent(ctx, p)
		}
	}
	if r.rowsErr == nil {
		r.models(ctx, p)
	}
}

func share(f figure, p spend.Period) float64 {
	length := p.To.Sub(p.From)
	if length <= 0 {
		return 0
	}
	return min(1, f.covered.Seconds()/length.Seconds())
}

// catchUp adds what was spent after the last reading, where the records have it: the
// lists would not add up otherwise.
func (h History) catchUp(ctx context.Context, p spend.Period, r *records, f *figure) {
	if !f.tail.From.Before(f.tail.To) || r.rowsErr != nil {
		return
	}
	if rows, _ := r.inRows(ctx, p); rows <= f.spent+f.refunds+blur {
		return
	}
	tail := spend.Period{From: f.tail.From.Add(time.Second), To: f.tail.To}
	back := r.refunded(ctx, tail)
	if !back.whole() {
		return // the figure is as of the last reading
	}
	if logged, ok := r.log(ctx, tail.From, tail.To, "", ""); ok && logged > 0 {
		f.spent, f.refunds, f.known = f.spent+logged-back.amount, f.refunds+back.amount, true
	}
	rows, exact := r.inRows(ctx, p)
	more := rows - f.spent - f.refunds
	if !exact || !f.known || more <= blur {
		return
	}
	all := r.refunded(ctx, p) // also those that charges hide from the readings
	if more = rows - f.spent - max(f.refunds, all.amount); all.whole() && more > blur && more <= r.sinceReading(ctx, f.tail)+blur {
		f.spent += more
	}
}

// sinceReading is the most that was spent since a reading and that the log's seconds after it
// do not show: the log of the reading's own second, which the reading may have counted
// in full or not at all, or without a log the rows since its hour began.
func (r *records) sinceReading(ctx context.Context, tail spend.Period) (sum moka.Amount) {
	if logged, ok := r.log(ctx, tail.From, tail.From.Add(time.Second), "", ""); ok {
		return logged
	}
	for start, spent := range r.hours {
		if at := time.Unix(start, 0); !at.Before(tail.From.Truncate(time.Hour)) && at.Before(tail.To) {
			sum += spent
		}
	}
	return sum
}

// findRefunds asks the log for refunds where the lists hold more than was spent:
// readings see only what charges leave of a refund that lowers the used quota.
func (h History) findRefunds(ctx context.Context, p spend.Period, r *records, u *message.Used) {
	spent, known := u.Spent.Get()
	charged := costOf(u.Models)
	if !known || u.ModelsErr != nil || charged-u.Refunds <= spent+blur {
		return
	}
	if back := r.refunded(ctx, p).amount; near(charged-back, spent) {
		u.Refunds = back
	}
}

// disagree notes the sum of the records where the readings are complete and have another.
func (h History) disagree(ctx context.Context, p spend.Period, r *records, u *message.Used) {
	spent, known := u.Spent.Get()
	if !known || u.Covered < wellCovered || !r.tellOf(p) {
		return
	}
	sum, exact := r.spent(ctx, p)
	if sum == 0 || !exact {
		return
	}
	gross := spent + u.Refunds
	if max(gross-sum, sum-gross) > far(max(gross, sum)) {
		u.Recorded = moka.Known(sum)
	}
}

// far is how far readings and records of the same spending may be apart and still agree.
func far(spent moka.Amount) moka.Amount {
	return moka.Amount(agreeing*float64(spent)) + moka.Dollar/100
}

func failure(err error) *moka.Error {
	if e, ok := errors.AsType[*moka.Error](err); ok {
		return e
	}
	return &moka.Error{Op: "data/self", Kind: moka.Unavailable, Err: err}
}

func costOf(models []message.ModelUse) (sum moka.Amount) {
	for _, m := range models {
		sum += m.Spent
	}
	return sum
}

func countRequests(models []message.ModelUse) (n int64) {
	for _, m := range models {
		n += m.Requests
	}
	return n
}

// byModel adds hours up, the most expensive model first.
func byModel(rows []moka.UsageRow) []message.ModelUse {
	sums := map[string]message.ModelUse{}
	for _, row := range rows {
		m := sums[row.Model]
		m.Model = row.Model
		m.Spent, m.Requests, m.Tokens = m.Spent+row.Spent, m.Requests+row.Requests, m.Tokens+row.Tokens
		sums[row.Model] = m
	}
	models := make([]message.ModelUse, 0, len(sums))
	for _, m := range sums {
		models = append(models, m)
	}
	slices.SortFunc(models, func(a, b message.ModelUse) int {
		return cmp.Or(cmp.Compare(b.Spent, a.Spent), cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Model, b.Model))
	})
	return models
}

// TopModels are the models of the last day, the most expensive first; nil where the
// gateway has no records.
func (h History) TopModels(ctx context.Context, c *moka.Client) []message.ModelUse {
	now := h.now()
	rows, err := c.Usage(ctx, now.Add(-24*time.Hour), now)
	if err != nil {
		return nil
	}
	return byModel(rows)
}
