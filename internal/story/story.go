// Package story holds one example of every message that the program can send,
// with made-up data. The golden files and the demo's storybook show the same
// examples, so what is reviewed is what people get.
package story

import (
	"slices"

	"mokabot/internal/lang"
	"mokabot/internal/message"
)

// Story is one example.
type Story struct {
	Name    string // of the example; its golden file is LANGUAGE-NAME.golden
	From    string // the function of package message that makes it
	Message message.Message
}

// chapters is the table of examples; a new kind of message is one line and one
// function.
var chapters = []struct {
	from string
	make func(w *lang.Words) map[string]message.Message
}{
	{"Balance", balances},
	{"Balances", allBalances},
	{"Models", models},
	{"Usage", usages},
	{"Keys", keys},
	{"Alert", alerts},
	{"Close", closed},
	{"Incidents", incidents},
	{"IncidentDetails", details},
	{"Budgets", budgets},
	{"Budget", oneBudget},
	{"BudgetAlert", budgetAlerts},
	{"CloseBudget", closedBudgets},
	{"Summary", reports},
	{"Changes", changes},
	{"Status", statuses},
	{"Reload", reloads},
	{"Backtest", backtests},
	{"BacktestBudget", backtestBudgets},
	{"BacktestAgainst", backtestsAgainst},
	{"Help", helps},
	{"Welcome", welcomes},
	{"Note", notes},
	{"TestAlert", testAlerts},
	{"Tested", tested},
	{"Levels", levelLists},
}

// All are the examples in one language, in a fixed order.
func All(w *lang.Words) []Story {
	var all []Story
	for _, c := range chapters {
		made := c.make(w)
		names := make([]string, 0, len(made))
		for name := range made {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			all = append(all, Story{name, c.from, made[name]})
		}
	}
	return all
}
