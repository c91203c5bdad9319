package history

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/chart"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

const (
	// covering is how much of a period readings must cover for their sum to
	// stand without the gateway's records.
	covering = 0.98
	// agreeing is how far the two may be apart, as a part of the sum.
	agreeing = 0.02
	// inFlight is how far apart the moments may be up to which they count.
	inFlight = time.Minute
)

// Used gathers what an account used in a period, from its readings and, with
// an access token, from the gateway's own records. A gateway that does not
// answer is named in the result and is no error.
func (h History) Used(ctx context.Context, a *account.Account, p, before spend.Period) (message.Used, error) {
	u := message.Used{From: p.From, To: p.To}
	var record record
	var wait sync.WaitGroup
	wait.Go(func() { record = h.recorded(ctx, a.Client, p) })
	late, err := h.remembered(ctx, a.Name, p, before, &u)
	wait.Wait()
	u.Models, u.ModelsErr = record.models, record.failed
	h.compare(&u, record, late)
	return u, err
}

// remembered fills in what the readings say, and tells what was spent so late
// that the gateway may not have it in its records.
func (h History) remembered(ctx context.Context, name string, p, before spend.Period, u *message.Used) (late moka.Amount, err error) {
	if h.Store == nil {
		return 0, nil
	}
	spent, err := h.Store.Spent(ctx, name, p.From, p.To)
	if err != nil {
		return 0, err
	}
	earlier, err := h.Store.Spent(ctx, name, before.From, before.To)
	if err != nil {
		return 0, err
	}
	u.Spent, u.Before, u.Requests, u.TopUps = known(spent), known(earlier), spent.Requests, spent.TopUps
	if whole := p.To.Sub(p.From); whole > 0 {
		u.Covered = min(1, spent.Covered.Seconds()/whole.Seconds())
	}
	last, err := h.Store.Spent(ctx, name, p.To.Add(-inFlight), p.To)
	return last.Spent, err
}

// record is what the gateway itself noted of a period.
type record struct {
	models   []message.ModelUse
	failed   *moka.Error
	spent    moka.Maybe // to the second, from the log; else the sum of the models
	requests int64
}

func (h History) recorded(ctx context.Context, c *moka.Client, p spend.Period) record {
	var r record
	var log moka.Amount
	var logErr error
	var wait sync.WaitGroup
	wait.Go(func() { log, logErr = c.SpentLog(ctx, p.From, p.To) })
	rows, err := c.Usage(ctx, p.From, p.To)
	wait.Wait()
	if err != nil {
		r.failed = failure(err)
	} else {
		r.models = byModel(rows)
		sum := moka.Amount(0)
		for _, m := range r.models {
			sum, r.requests = sum+m.Spent, r.requests+m.Requests
		}
		r.spent = moka.Known(sum)
	}
	// An operator may switch the log off, which reads as nothing spent.
	if logErr == nil && (log > 0 || err != nil) {
		r.spent = moka.Known(log)
		if log == 0 {
			r.spent = moka.Maybe{}
		}
	}
	return r
}

func failure(err error) *moka.Error {
	if e, ok := err.(*moka.Error); ok {
		return e
	}
	return &moka.Error{Op: "data/self", Kind: moka.Unavailable, Err: err}
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

// compare fills gaps of the readings from the record, and names a difference
// where the readings are complete and the record says something else than what
// was spent with or without the last of it.
func (h History) compare(u *message.Used, r record, late moka.Amount) {
	recorded, ok := r.spent.Get()
	if !ok {
		return
	}
	spent, known := u.Spent.Get()
	if u.Covered < covering && (!known || recorded > spent) {
		u.Spent, u.Filled = r.spent, true
		u.Requests = max(u.Requests, r.requests)
		return
	}
	far := moka.Amount(agreeing*float64(max(spent, recorded))) + moka.Dollar/100
	if known && (recorded-spent > far || spent-late-recorded > far) {
		u.Recorded = r.spent
	}
}

// TopModels is what cost most in the last day; nil where the gateway does not tell.
func (h History) TopModels(ctx context.Context, c *moka.Client) []message.ModelUse {
	now := h.now()
	rows, err := c.Usage(ctx, now.Add(-24*time.Hour), now)
	if err != nil {
		return nil
	}
	return byModel(rows)
}

// drawing bounds how many pictures are drawn at once: each takes megabytes, and
// a crowd that asks for them must not take them all at the same time.
var drawing = make(chan struct{}, 2)

// Picture draws a period: balance and spending, by the hour or by the day.
func (h History) Picture(ctx context.Context, a *account.Account, p spend.Period, zone *time.Location) ([]byte, error) {
	if h.Store == nil {
		return nil, nil
	}
	step := time.Hour
	if p.To.Sub(p.From) > 8*24*time.Hour {
		step = 24 * time.Hour
	}
	select {
	case drawing <- struct{}{}:
		defer func() { <-drawing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// One step more, whose end is the balance that the period begins with.
	points, err := h.Store.Points(ctx, a.Name, p.From.Add(-step), p.To, step)
	if err != nil || len(points) == 0 {
		return nil, err
	}
	return chart.Draw(seriesOf(a, p, zone, points, step))
}

func seriesOf(a *account.Account, p spend.Period, zone *time.Location, points []store.Point, step time.Duration) chart.Series {
	series := chart.Series{From: p.From, To: p.To, Loc: zone}
	for i, l := range a.Rules.Levels {
		if below, ok := l.Below.Get(); ok {
			series.Levels = append(series.Levels, chart.Line{Amount: below, Worst: i == len(a.Rules.Levels)-1})
		}
	}
	for _, at := range points {
		end := at.At.Add(step)
		if end.After(p.To) {
			end = p.To
		}
		if at.At.Before(p.From) {
			series.Balance = append(series.Balance, chart.Point{At: end, Amount: at.Balance})
			continue
		}
		bar := chart.Bar{From: at.At, To: end}
		if at.Covered > 0 {
			bar.Amount = moka.Known(at.Spent)
		}
		series.Balance = append(series.Balance, chart.Point{At: end, Amount: at.Balance})
		series.Spend = append(series.Spend, bar)
	}
	return series
}
