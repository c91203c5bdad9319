package history

import (
	"context"
	"slices"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/chart"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/internal/store"
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

// draw draws a picture as soon as few others are being drawn.
func draw(ctx context.Context, s chart.Series) ([]byte, error) {
	select {
	case drawing <- struct{}{}:
		defer func() { <-drawing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return chart.Draw(s)
}

// Picture draws balance and spending of a period by the hour or by the day, and describes
// it in words. Its message has what was used in the period and the reading, so that both are
// of one moment. It is empty when nothing is stored.
func (h History) Picture(ctx context.Context, w *lang.Words, a *account.Account, zone *time.Location, u message.Used, beside moka.Reading) (message.Picture, error) {
	if h.Store == nil {
		return message.Picture{}, nil
	}
	series, facts, err := h.series(ctx, w, a, spend.Period{From: u.From, To: u.To}, zone, beside)
	if err != nil || len(series.Balance) == 0 {
		return message.Picture{}, err
	}
	facts.Spent = u.SoFar()
	png, err := draw(ctx, series)
	return message.Picture{PNG: png, Alt: w.Chart.Alt(facts)}, err
}

// step is the time between two balances of a picture.
const step = time.Hour

// series gathers what a picture shows. Its last balance is that of the reading in the
// message; bars are those of the period alone.
func (h History) series(ctx context.Context, w *lang.Words, a *account.Account, p spend.Period, zone *time.Location, beside moka.Reading) (s chart.Series, facts lang.ChartFacts, err error) {
	end, isCurrent := drawnTo(p, h.now())
	days := p.To.Sub(p.From) >= byDay
	s = chart.Series{From: p.From, To: end, Loc: zone, Levels: levelLines(a.Rules.Levels), Words: chart.Words{
		Title: w.Chart.Title, Remaining: w.Chart.Remaining, Spent: w.Chart.SpentByHour, TopUps: w.Chart.TopUps, Forecast: w.Chart.Forecast,
	}}
	facts.From, facts.To = w.Day(p.From.In(zone)), w.Day(p.To.Add(-time.Second).In(zone))
	points, err := h.Store.Points(ctx, a.Name, firstPoint(p, days), end, step)
	if err != nil {
		return s, facts, err
	}
	s.Balance, facts.Left = balances(points, end)
	if days {
		s.Words.Spent = w.Chart.SpentByDay
		s.Spend, err = h.days(ctx, a.Name, p, zone)
	} else {
		s.Spend, err = h.withRecorded(ctx, a.Name, p, hourBars(points, p))
	}
	if err != nil {
		return s, facts, err
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
		err = h.addForecast(ctx, a, p, beside, &s, &facts)
	}
	return s, facts, err
}

func levelLines(levels []alert.Level) []chart.Line {
	var lines []chart.Line
	for i, l := range levels {
		if below, ok := l.Below.Get(); ok {
			lines = append(lines, chart.Line{Amount: below, Worst: i == len(levels)-1})
		}
	}
	return lines
}

// firstPoint is one step before the period, whose end is the balance that the period
// begins with. Where the bars are days, steps of full hours are enough, which the store
// has added up already.
func firstPoint(p spend.Period, days bool) time.Time {
	first := p.From.Add(-step)
	if days {
		first = first.Add(step - 1).Truncate(step)
	}
	return first
}

// balances are the balances at the ends of the points, and the last known one.
func balances(points []store.Point, end time.Time) (line []chart.Point, last moka.Maybe) {
	for _, at := range points {
		line = append(line, chart.Point{At: earlier(at.At.Add(step), end), Amount: at.Balance})
		if at.Balance.Known() {
			last = at.Balance
		}
	}
	return line, last
}

// hourBars are the points of the period itself as bars.
func hourBars(points []store.Point, p spend.Period) (bars []chart.Bar) {
	for _, at := range points {
		if at.At.Before(p.From) || !at.At.Before(p.To) {
			continue
		}
		bar := chart.Bar{From: at.At, To: earlier(at.At.Add(step), p.To)}
		if at.Covered > 0 {
			bar.Amount = moka.Known(at.Spent)
		}
		bars = append(bars, bar)
	}
	return bars
}

// addForecast adds the balance of now and how it is expected to go on.
func (h History) addForecast(ctx context.Context, a *account.Account, p spend.Period, reading moka.Reading, s *chart.Series, facts *lang.ChartFacts) error {
	hours, err := h.hours(ctx, a.Name, s.To)
	if err != nil {
		return err
	}
	ok := true
	if !reading.Spendable().Known() {
		reading, ok = h.lastGood(ctx, a)
	}
	last := &s.Balance[len(s.Balance)-1]
	if left := reading.Spendable(); ok && left.Known() && s.To.Sub(reading.At) < step {
		*last, facts.Left = chart.Point{At: s.To, Amount: left}, left
	}
	q := spend.Question{Left: last.Amount, Funds: fundsOf(reading), Key: reading.KeyAllows(), Until: paysUntil(reading), Now: s.To, Zone: s.Loc}
	s.Forecast, facts.Runway = fan(hours, q, p), spend.Forecast(hours, q)
	return nil
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
