package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
	"mokabot/schedule"
)

func runBudget(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("budget").withConfig()
	asJSON := flags.withJSON()
	names, err := flags.parse(args, 1)
	if err != nil {
		return err
	}
	a, done, err := openPast(t, flags, false)
	defer done()
	if err != nil {
		return err
	}
	words := lang.For(a.config.Language).Once()
	budgets := &schedule.Budgets{Budgets: a.config.Budgets, Book: a.book, Store: a.history.Store, History: a.history, Words: words, Log: slog.New(slog.DiscardHandler)}
	name := strings.Join(names, "") // at most one
	if known := budgets.Names(); len(names) > 0 && !slices.Contains(known, name) {
		return usageError{func(w *lang.Words) string {
			if len(known) == 0 {
				return w.Budget.None
			}
			return w.Budget.Unknown(moka.Plain(name), known)
		}}
	}
	standings, err := budgets.Standing(ctx, name)
	if err != nil {
		return err
	}
	if *asJSON {
		err = writeJSON(t.out, budgetsJSON(standings))
	} else {
		_, err = fmt.Fprint(t.out, message.Budgets(words, standings).In(a.config.Timezone))
	}
	for _, s := range standings {
		if err == nil && s.State == budget.StateUnknown {
			err = silentError{}
		}
	}
	return err
}

// The JSON of `budget --json`; the README documents it.
type (
	budgetsAnswer struct {
		Budgets []budgetAnswer `json:"budgets"`
	}
	budgetAnswer struct {
		Name     string       `json:"name"`
		From     string       `json:"period_from"`
		To       string       `json:"period_to"`
		Amount   moka.Amount  `json:"amount_usd"`
		Spent    moka.Maybe   `json:"spent_usd"`
		AtLeast  bool         `json:"at_least"`
		Left     moka.Maybe   `json:"left_usd"`
		Forecast moka.Maybe   `json:"forecast_usd"`
		Low      moka.Maybe   `json:"forecast_low_usd"`
		High     moka.Maybe   `json:"forecast_high_usd"`
		State    budget.State `json:"state"`
	}
)

func budgetsJSON(standings []budget.Standing) budgetsAnswer {
	answer := budgetsAnswer{Budgets: []budgetAnswer{}}
	for _, s := range standings {
		answer.Budgets = append(answer.Budgets, budgetAnswer{
			Name: s.Budget.Name, From: s.Period.From.In(s.Budget.Zone).Format(time.RFC3339), To: s.Period.To.In(s.Budget.Zone).Format(time.RFC3339),
			Amount: s.Budget.Amount, Spent: s.Spent, AtLeast: s.AtLeast, Left: s.Left, Forecast: s.Forecast, Low: s.Low, High: s.High, State: s.State,
		})
	}
	return answer
}
