package history

import (
	"context"
	"slices"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/chart"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// drawing bounds how many pictures are drawn at once, because each takes megabytes.
var drawing = make(chan struct{}, 2)

const (
	// byDay is how long a period must be to be drawn day by day.
	byDay = 4 * 24 * time.Hour
	// current is how long ago a period may have ended, as a part of its length, to
	// be drawn up to now and with a forecast: a morning's report of the day before.
	current = 0.5
)

// drawnTo is where the picture of a period ends: now, as long as it is current.
func drawnTo(p spend.Period, now time.Time) (end time.Time, isCurrent bool) {
	since := now.Sub(p.To)
	if since < 0 || since.Hours() > p.To.Sub(p.From).Hours()*current {
		return p.To, since < 0
	}
	return now, true
}

// Beside is what the picture's message says, so that both are of one moment.
type Beside struct {
	Spent   spend.SoFar
	Reading moka.Reading
}

// Picture draws balance and spending of a period by the hour or by the day, and describes
// it in words. The picture is nil when nothing is stored.
func (h History) Picture(ctx context.Context, w *lang.Words, a *account.Account, p spend.Period, zone *time.Location, beside Beside) (png []byte, alt string, err error) {
	if h.Store == nil {
		return nil, "", nil
	}
	select {
	case drawing <- struct{}{}:
		defer func() { <-drawing }()
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	series, facts, err := h.series(ctx, w, a, p, zone, beside.Reading)
	if err != nil || len(series.Balance) == 0 {
		return nil, "", err
	}
	facts.Spent = beside.Spent
	png, err = chart.Draw(series)
	return png, w.Chart.Alt(facts), err
}

// series gathers what a picture shows. Its last balance is that of the reading in the
// message; bars are those of the period alone.
func (h History) series(ctx context.Context, w *lang.Words, a *account.Account, p spend.Period, zone *time.Location, beside moka.Reading) (chart.Series, lang.ChartFacts, error) {
	end, isCurrent := drawnTo(p, h.now())
	s := chart.Series{From: p.From, To: end, Loc: zone, Words: chart.Words{
		Title: w.Chart.Title, Remaining: w.Chart.Remaining, Spent: w.Chart.SpentByHour, TopUps: w.Chart.TopUps, Forecast: w.Chart.Forecast,
	}}
	facts := lang.ChartFacts{
		From: p.From.In(zone).Format(time.DateOnly), To: p.To.Add(-time.Second).In(zone).Format(time.DateOnly),
	}
	for i, l := range a.Rules.Levels {
		if below, ok := l.Below.Get(); ok {
			s.Levels = append(s.Levels, chart.Line{Amount: below, Worst: i == len(a.Rules.Levels)-1})
		}
	}
	const step = time.Hour
	// One step more, whose end is the balance that the period begins with. Where the
	// bars are days, steps of full hours are enough, which are summed up already.
	first, days := p.From.Add(-step), p.To.Sub(p.From) >= byDay
	if days {
		first = first.Add(step - 1).Truncate(step)
	}
	points, err := h.Store.Points(ctx, a.Name, first, end, step)
	if err != nil {
		return s, facts, err
	}
	for _, at := range points {
		s.Balance = append(s.Balance, chart.Point{At: earlier(at.At.Add(step), end), Amount: at.Balance})
		if at.Balance.Known() {
			facts.Left = at.Balance
		}
		if !days && !at.At.Before(p.From) && at.At.Before(p.To) {
			bar := chart.Bar{From: at.At, To: earlier(at.At.Add(step), p.To)}
			if at.Covered > 0 {
				bar.Amount = moka.Known(at.Spent)
			}
			s.Spend = append(s.Spend, bar)
		}
	}
	if !days {
		if s.Spend, err = h.withRecorded(ctx, a.Name, p, s.Spend); err != nil {
			return s, facts, err
		}
	}
	if days {
		s.Words.Spent = w.Chart.SpentByDay
		if s.Spend, err = h.days(ctx, a.Name, p, zone); err != nil {
			return s, facts, err
		}
	}
	topUps, err := h.Store.TopUps(ctx, a.Name, p.From, p.To)
	if err != nil {
		return s, facts, err
	}
	for _, t := range topUps {
		s.TopUps = append(s.TopUps, t.At)
		facts.TopUps += t.Amount
	}
	if isCurrent && len(s.Balance) > 0 {
		hours, err := h.hours(ctx, a.Name, end)
		if err != nil {
			return s, facts, err
		}
		last := &s.Balance[len(s.Balance)-1]
		reading, ok := beside, true
		if !reading.Spendable().Known() {
			reading, ok = h.lastGood(ctx, a)
		}
		if left := reading.Spendable(); ok && left.Known() && end.Sub(reading.At) < step {
			*last, facts.Left = chart.Point{At: end, Amount: left}, left
		}
		q := spend.Question{Left: last.Amount, Funds: fundsOf(reading), Key: reading.KeyAllows(), Until: paysUntil(reading), Now: end, Zone: zone}
		s.Forecast, facts.Runway = fan(hours, q, p), spend.Forecast(hours, q)
	}
	return s, facts, nil
}

// withRecorded fills hours that no reading covers with the gateway's records, also
// those before the first reading.
func (h History) withRecorded(ctx context.Context, name string, p spend.Period, bars []chart.Bar) ([]chart.Bar, error) {
	recorded, err := h.Store.Recorded(ctx, name, p.From, p.To)
	if err != nil {
		return nil, err
	}
	at := map[int64]int{}
	for i, bar := range bars {
		at[bar.From.Unix()] = i
	}
	for _, r := range recorded {
		bar := chart.Bar{From: r.Start, To: earlier(r.Start.Add(time.Hour), p.To), Amount: moka.Known(r.Spent)}
		switch i, drawn := at[r.Start.Unix()]; {
		case r.Start.Before(p.From):
		case !drawn:
			bars = append(bars, bar)
		case !bars[i].Amount.Known():
			bars[i] = bar
		}
	}
	slices.SortFunc(bars, func(a, b chart.Bar) int { return a.From.Compare(b.From) })
	return bars, nil
}

// days are the calendar days of a period. The one that is still running ends
// where the period does.
func (h History) days(ctx context.Context, name string, p spend.Period, zone *time.Location) (bars []chart.Bar, err error) {
	for day := spend.Day(p.From, zone); day.From.Before(p.To); day = spend.Day(day.To, zone) {
		bar := chart.Bar{From: day.From, To: day.To}
		if day.To.After(p.To) {
			bar.To = p.To
		}
		spent, err := h.rememberedFigure(ctx, name, spend.Period{From: bar.From, To: bar.To})
		if err != nil {
			return nil, err
		}
		if spent.known && spent.missing < bar.To.Sub(bar.From) {
			bar.Amount = moka.Known(spent.spent)
		}
		bars = append(bars, bar)
	}
	return bars, nil
}

// fan is how the balance is expected to go on from now, to the
// end of the runway and for at most as long as the period.
func fan(hours []spend.Hour, q spend.Question, p spend.Period) []chart.Fan {
	var out []chart.Fan
	for _, at := range spend.Ahead(hours, q, q.Now.Add(p.To.Sub(p.From))) {
		out = append(out, chart.Fan{At: at.At, Low: at.Low, Mid: at.Mid, High: at.High})
	}
	return out
}
