package schedule

import (
	"context"
	"errors"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/chart"
	"mokabot/internal/config"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

// Build gathers a report's figures of one period. Accounts are read anew, side
// by side; one that cannot be read is shown with its last known figures.
func (r *Reporter) Build(ctx context.Context, rep config.Report, p spend.Period) (message.Report, error) {
	report := message.Report{Span: message.Span(rep.Period), From: p.From, To: p.To, Due: r.now()}
	accounts, err := r.Book.Some(rep.Accounts...)
	if err != nil {
		return report, err
	}
	var failed []error
	readings := account.Read(ctx, accounts)
	for i, a := range accounts {
		part, err := r.part(ctx, a, readings[i], rep, p)
		failed = append(failed, err)
		report.Accounts = append(report.Accounts, part)
	}
	return report, errors.Join(failed...)
}

func (r *Reporter) part(ctx context.Context, a *account.Account, reading moka.Reading, rep config.Report, p spend.Period) (message.ReportAccount, error) {
	part := message.ReportAccount{Account: message.Account{Name: a.Name, Reading: reading, Levels: a.Rules.Levels}}
	if good, ok := a.Good(); ok && !reading.OK() {
		part.Last = &good
	}
	spent, err := r.Store.Spent(ctx, a.Name, p.From, p.To)
	if err != nil {
		return part, err
	}
	prior := period(rep, p.From.Add(time.Second))
	before, err := r.Store.Spent(ctx, a.Name, prior.From, prior.To)
	if err != nil {
		return part, err
	}
	part.Spent, part.Before = known(spent), known(before)
	part.Requests, part.TopUps = spent.Requests, spent.TopUps
	part.Covered = min(1, spent.Covered.Seconds()/p.To.Sub(p.From).Seconds())
	runway, err := runwayOf(ctx, r.Store, a.Name, reading, r.now(), rep.Timezone)
	part.Runway = &runway
	part.Incidents = r.incidents(ctx, a.Name, p)
	part.Picture = r.picture(ctx, a, p, rep.Timezone)
	return part, err
}

// known is what was spent, unknown when no reading tells.
func known(t store.Total) moka.Maybe {
	if t.First.IsZero() {
		return moka.Maybe{}
	}
	return moka.Known(t.Spent)
}

// incidents are the period's incidents in words, each once. They are extras: a
// report does not fail for want of them.
func (r *Reporter) incidents(ctx context.Context, name string, p spend.Period) []string {
	events, err := r.Store.Events(ctx, name, p.From, p.To)
	if err != nil {
		r.Log.Error("incidents could not be read", "account", name, "err", err)
		return nil
	}
	begun, over := map[string]store.Event{}, map[string]store.Event{}
	var order []string
	for _, e := range events {
		if _, seen := begun[e.IncidentID]; !seen {
			order, begun[e.IncidentID] = append(order, e.IncidentID), e
		}
		if e.Kind == string(alert.Ended) {
			over[e.IncidentID] = e
		}
	}
	var lines []string
	for _, id := range order {
		e := begun[id]
		end, ended := over[id]
		lines = append(lines, message.IncidentLine(r.Words, name, alert.Condition(e.Condition), e.Level, e.Since, ended, end.At.Sub(e.Since)))
	}
	return lines
}

// picture draws the period: balance and spending, by the hour or by the day. It
// is an extra too: without it the text is posted alone.
func (r *Reporter) picture(ctx context.Context, a *account.Account, p spend.Period, zone *time.Location) []byte {
	step := time.Hour
	if p.To.Sub(p.From) > 8*24*time.Hour {
		step = 24 * time.Hour
	}
	points, err := r.Store.Points(ctx, a.Name, p.From, p.To, step)
	if err != nil {
		r.Log.Error("chart could not be read", "account", a.Name, "err", err)
		return nil
	}
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
		bar := chart.Bar{From: at.At, To: end}
		if at.Covered > 0 {
			bar.Amount = moka.Known(at.Spent)
		}
		series.Balance = append(series.Balance, chart.Point{At: end, Amount: at.Balance})
		series.Spend = append(series.Spend, bar)
	}
	png, err := chart.Draw(series)
	if err != nil {
		r.Log.Error("chart could not be drawn", "account", a.Name, "err", err)
		return nil
	}
	return png
}
