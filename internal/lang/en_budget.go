package lang

import (
	"fmt"

	"mokabot/moka"
)

func enBudget() BudgetWords {
	return BudgetWords{
		None: "No budget is configured. Add one under budgets in config.yaml.",
		Unknown: func(name string, known []string) string {
			return fmt.Sprintf("There is no budget “%s”. The budgets are: %s.", name, enNames(known))
		},
		Title: func(name, period string) string { return "Budget " + name + " · " + period },
		Spent: func(spent, amount moka.Amount, percent string) string {
			return fmt.Sprintf("%s of %s spent (%s)", spent, amount, percent)
		},
		SpentAtLeast: func(spent, amount moka.Amount, percent string) string {
			return fmt.Sprintf("at least %s of %s spent (%s)", spent, amount, percent)
		},
		Refunded: func(refunded, amount moka.Amount) string {
			return fmt.Sprintf("%s more refunded than spent (budget %s)", refunded, amount)
		},
		LeftAtMost: func(left moka.Amount) string { return "at most " + left.String() },
		NotKnown:   "What was spent in this period is not known.",
		Reached:    func(name, spent string) string { return "Budget " + name + ": " + spent },
		Exceeds: func(name string, amount moka.Amount) string {
			return fmt.Sprintf("Budget %s: likely to exceed %s", name, amount)
		},
		Range: func(low, high moka.Amount, day string) string {
			if low == high {
				return fmt.Sprintf("%s by %s", low, day)
			}
			return fmt.Sprintf("%s to %s by %s", low, high, day)
		},
		Expected: func(amounts string) string { return "forecast " + amounts },
		HeldBack: func(since string, spent moka.Amount) string {
			return fmt.Sprintf("Held back since %s, when %s had been spent.", since, spent)
		},
		Closed: func(when string) string { return "**Closed** " + when + ": the period ended or the budget changed." },
		State: map[string]string{
			"ok": "within budget", "forecast": "likely to be exceeded", "warning": "close to the limit", "exceeded": "exceeded", "unknown": "unknown",
		},
		Heading: "Budgets", Standing: "State", Left: "Remaining", Over: "Over budget by", Forecast: "Forecast", Accounts: "Accounts", Keys: "API keys",
	}
}
