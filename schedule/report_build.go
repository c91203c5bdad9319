package schedule

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

// reportAtOnce is how many accounts of a report are gathered side by side: their
// records of a month take memory.
const reportAtOnce = 4

// Build gathers a report's figures of one period. Accounts are read anew, side
// by side; one that cannot be read is shown with its last known figures.
func (r *Reporter) Build(ctx context.Context, rep config.Report, p spend.Period) (message.Report, error) {
	report := message.Report{Span: rep.Period, From: p.From, To: p.To, Due: r.now()}
	accounts, err := r.Book.Select(rep.Accounts...)
	if err != nil {
		return report, err
	}
	var readings []moka.Reading
	used := make([]message.Used, len(accounts))
	failed := make([]error, len(accounts))
	var gathering sync.WaitGroup
	gathering.Go(func() { readings = account.Read(ctx, accounts) })
	gathering.Go(func() { report.Budgets = r.budgets(ctx, rep) })
	places := make(chan struct{}, reportAtOnce)
	for i, a := range accounts {
		gathering.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			used[i], failed[i] = r.history(rep).Used(ctx, a, p, period(rep, p.From.Add(time.Second)))
		})
	}
	gathering.Wait()
	report.Accounts = make([]message.ReportAccount, len(accounts))
	for i, a := range accounts {
		if failed[i] != nil {
			continue
		}
		gathering.Go(func() { // without a database the gateway is asked once more
			places <- struct{}{}
			defer func() { <-places }()
			report.Accounts[i], failed[i] = r.part(ctx, a, readings[i], used[i], rep, p)
		})
	}
	gathering.Wait()
	return report, errors.Join(failed...)
}

// budgets are those that count spending of the report's accounts. They are optional: a
// report is posted without them when they cannot be read.
func (r *Reporter) budgets(ctx context.Context, rep config.Report) []budget.Standing {
	if r.Budgets == nil {
		return nil
	}
	all, err := r.Budgets.Standing(ctx, "")
	if err != nil {
		r.Log.Error("budgets could not be read", "report", rep.Name, "err", err)
	}
	return slices.DeleteFunc(all, func(s budget.Standing) bool {
		return !slices.ContainsFunc(s.Budget.Accounts, func(name string) bool { return slices.Contains(rep.Accounts, name) })
	})
}

func (r *Reporter) part(ctx context.Context, a *account.Account, reading moka.Reading, used message.Used, rep config.Report, p spend.Period) (message.ReportAccount, error) {
	view, err := r.history(rep).View(ctx, a, reading)
	part := message.ReportAccount{Account: view, Used: used}
	if err != nil {
		return part, err
	}
	part.Incidents = r.incidents(ctx, a.Name, p)
	part.Changes = r.changes(ctx, a.Name, p)
	part.Picture = r.picture(ctx, a, rep, part)
	return part, err
}

// history divides the past into days by the report's zone.
func (r *Reporter) history(rep config.Report) history.History {
	return history.History{Store: r.Store, Zone: rep.Timezone, Now: r.now}
}

// incidents are the period's incidents in words, each once. They are optional, too.
func (r *Reporter) incidents(ctx context.Context, name string, p spend.Period) []string {
	if r.Store == nil {
		return nil
	}
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

// picture draws the period. It is optional: without it the text is posted alone.
func (r *Reporter) picture(ctx context.Context, a *account.Account, rep config.Report, part message.ReportAccount) message.Picture {
	drawn, err := r.history(rep).Picture(ctx, r.Words, a, rep.Timezone, part.Used, part.Reading)
	if err != nil {
		r.Log.Error("chart could not be drawn", "account", a.Name, "err", err)
	}
	return drawn
}

// changes are the changes of the account's models in the period; nil when there were
// none, or they were not watched.
func (r *Reporter) changes(ctx context.Context, name string, p spend.Period) *message.ModelChanges {
	if r.Store == nil {
		return nil
	}
	c, err := history.Changes(ctx, r.Store, name, p.From, p.To)
	if err != nil {
		r.Log.Error("model changes could not be read", "account", name, "err", err)
		return nil
	}
	if c.Empty() {
		return nil
	}
	return &c
}
