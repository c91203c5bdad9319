package story

import (
	"time"

	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// standing is an example of a budget with what was spent of it and what the
// rest of its period is expected to cost.
func standing(name string, span budget.Span, amount float64, spent moka.Maybe, low, mid, high float64) budget.Standing {
	limit, _ := dollars(amount).Get()
	return budget.Stand(budget.Budget{
		Name: name, Span: span, Zone: time.UTC, WeekStart: time.Saturday, Amount: limit, Accounts: []string{"team", "other"},
		WarnAt: []float64{0.8, 1}, Forecast: true, MentionRoles: []string{"7"},
	}, budget.Facts{At: at, Spent: spend.SoFar{Spent: spent}, Low: dollars(low), Expected: dollars(mid), High: dollars(high)})
}

func budgets(w *lang.Words) map[string]message.Message {
	keyed := standing("ci", budget.Day, 20, dollars(18.2), 0.5, 0.9, 1.4)
	keyed.Budget.Keys = []string{"ci", "nightly"}
	young := standing("young", budget.Month, 500, dollars(31), 60, 75, 90)
	young = budget.Stand(young.Budget, budget.Facts{At: at, Spent: spend.SoFar{Spent: dollars(31), AtLeast: true}, Began: at.Add(-30 * time.Hour)})
	unread := func(spent spend.SoFar) budget.Standing {
		busy := &moka.Error{Op: "log/self", Kind: moka.RateLimited, Hint: moka.HintCommands, RetryAfter: 90 * time.Second}
		return budget.Stand(keyed.Budget, budget.Facts{At: at, Spent: spent, Unread: busy})
	}
	return map[string]message.Message{
		"budgets-unread": message.Budgets(w, []budget.Standing{unread(spend.SoFar{}), unread(spend.SoFar{Spent: dollars(3), AtLeast: true})}),
		"budgets-young":  message.Budgets(w, []budget.Standing{young}),
		"budgets": message.Budgets(w, []budget.Standing{
			standing("monthly", budget.Month, 500, dollars(212.4), 60, 73, 95), standing("weekly", budget.Week, 100, dollars(31), 60, 75, 90),
			keyed, standing("daily", budget.Day, 10, dollars(12.5), 2, 2, 2),
			standing("refunded", budget.Day, 20, dollars(-5.8), 6, 8, 12), standing("new", budget.Month, 50, moka.Maybe{}, 0, 0, 0),
		}),
		"budgets-none": message.Budgets(w, nil),
		"budget-none":  message.Note(w.Budget.Unknown("x", []string{"monthly", "weekly"}), message.ToneMuted),
	}
}

func oneBudget(w *lang.Words) map[string]message.Message {
	s := standing("monthly", budget.Month, 500, dollars(212.4), 60, 73, 95)
	return map[string]message.Message{"budget": message.Budget(w, s, budgetChart(w, s))}
}

// warned is a warning of a budget whose accounts have one console.
func warned(w *lang.Words, n budget.News) message.BudgetWarning {
	return message.BudgetWarning{News: n, Page: "https://moka.example/topup", Picture: budgetChart(w, n.Standing)}
}

func budgetAlerts(w *lang.Words) map[string]message.Message {
	reached := budget.News{Kind: budget.Raised, Standing: standing("monthly", budget.Month, 500, dollars(412.5), 115, 140, 175), Threshold: 0.8}
	over := budget.News{Kind: budget.Worsened, Standing: standing("monthly", budget.Month, 500, dollars(503.1), 140, 170, 210), Threshold: 1}
	forecast := budget.News{Kind: budget.Raised, Standing: standing("weekly", budget.Week, 100, dollars(31), 71, 75, 90)}
	held := reached
	held.Held = budget.Held{At: at.Add(-8 * time.Hour), Spent: 403 * moka.Dollar}
	return map[string]message.Message{
		"budget-reached":   message.BudgetAlert(w, warned(w, reached)),
		"budget-exceeded":  message.BudgetAlert(w, warned(w, over)),
		"budget-forecast":  message.BudgetAlert(w, warned(w, forecast)),
		"budget-held-back": message.BudgetAlert(w, warned(w, held)),
	}
}

func closedBudgets(w *lang.Words) map[string]message.Message {
	reached := budget.News{Kind: budget.Raised, Standing: standing("monthly", budget.Month, 500, dollars(412.5), 115, 140, 175), Threshold: 0.8}
	posted := message.BudgetAlert(w, warned(w, reached))
	closed := message.CloseBudget(w, posted, at)
	closed.Files = posted.Files // the edit leaves them where they are; a copy of it needs its own
	return map[string]message.Message{"budget-closed": closed}
}
