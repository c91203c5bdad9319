package lang

import (
	"fmt"

	"mokabot/moka"
)

func zhBudget() BudgetWords {
	return BudgetWords{
		None: "没有配置预算。可在 config.yaml 的 budgets 中添加。",
		Unknown: func(name string, known []string) string {
			return fmt.Sprintf("没有名为“%s”的预算。现有预算：%s。", name, zhNames(known))
		},
		Title: func(name, period string) string { return "预算 " + name + " · " + period },
		Spent: func(spent, amount moka.Amount, percent string) string {
			return fmt.Sprintf("已消耗 %s / %s（%s）", spent, amount, percent)
		},
		SpentAtLeast: func(spent, amount moka.Amount, percent string) string {
			return fmt.Sprintf("至少已消耗 %s / %s（%s）", spent, amount, percent)
		},
		Refunded: func(refunded, amount moka.Amount) string {
			return fmt.Sprintf("退款比消耗多 %s（预算 %s）", refunded, amount)
		},
		LeftAtMost: func(left moka.Amount) string { return "最多 " + left.String() },
		NotKnown:   "本周期的消耗未知。",
		Reached:    func(name, spent string) string { return "预算 " + name + "：" + spent },
		Exceeds: func(name string, amount moka.Amount) string {
			return fmt.Sprintf("预算 %s：预计将超过 %s 的上限", name, amount)
		},
		Range: func(low, high moka.Amount, day string) string {
			if low == high {
				return fmt.Sprintf("%s（截至 %s）", low, day)
			}
			return fmt.Sprintf("%s 至 %s（截至 %s）", low, high, day)
		},
		Expected: func(amounts string) string { return "预计消耗 " + amounts },
		HeldBack: func(since string, spent moka.Amount) string {
			return fmt.Sprintf("自 %s 起暂缓通知，当时已消耗 %s。", since, spent)
		},
		Closed: func(when string) string { return "**已关闭**：" + when + "，周期已结束或预算已更改。" },
		State: map[string]string{
			"ok": "预算内", "forecast": "预计超支", "warning": "接近上限", "exceeded": "已超支", "unknown": "未知",
		},
		Heading: "预算", Standing: "状态", Left: "剩余", Over: "超支", Forecast: "预计消耗", Accounts: "账户", Keys: "令牌",
	}
}
