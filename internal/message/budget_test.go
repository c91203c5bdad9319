package message

import (
	"testing"
	"time"

	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
)

func TestWhatWasSpentOfABudget(t *testing.T) {
	for _, c := range []struct {
		spent   moka.Amount // in cents
		atLeast bool
		en, zh  string
	}{
		{0, false, "$0.00 of $500.00 spent (0%)", "已消耗 $0.00 / $500.00（0%）"},
		{39_999, false, "$399.99 of $500.00 spent (79%)", "已消耗 $399.99 / $500.00（79%）"},
		{40_000, false, "$400.00 of $500.00 spent (80%)", "已消耗 $400.00 / $500.00（80%）"},
		{14_500, false, "$145.00 of $500.00 spent (29%)", "已消耗 $145.00 / $500.00（29%）"},
		{49_999, true, "at least $499.99 of $500.00 spent (99%)", "至少已消耗 $499.99 / $500.00（99%）"},
		{617_000, false, "$6,170.00 of $500.00 spent (12×)", "已消耗 $6,170.00 / $500.00（12×）"},
		{-580, false, "$5.80 more refunded than spent (budget $500.00)", "退款比消耗多 $5.80（预算 $500.00）"},
	} {
		s := budget.Stand(budget.Budget{Span: budget.Day, Zone: time.UTC, Amount: 500 * moka.Dollar},
			budget.Facts{Spent: spend.SoFar{Spent: moka.Known(c.spent * moka.Dollar / 100), AtLeast: c.atLeast}})
		for w, want := range map[*lang.Words]string{lang.English(): c.en, lang.Chinese(): c.zh} {
			if got := budgetSpent(w, s); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
}
