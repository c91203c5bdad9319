package lang

import (
	"time"

	"mokabot/moka"
)

func zhHeadline() HeadlineWords {
	return HeadlineWords{
		Of: func(name, what string) string { return name + "：" + what },
		With: func(line, more string) string {
			if more == "" {
				return line
			}
			return line + "，" + more
		},
		OnLevel:     func(line, level string) string { return line + "（" + level + "）" },
		EscalatedTo: func(level string) string { return "升级为 " + level },
		EasedTo:     func(level string) string { return "降级为 " + level },
		Left:        func(left moka.Amount) string { return "可用余额 " + left.String() },
		LeftAndRunway: func(left moka.Amount, d time.Duration) string {
			return "可用余额 " + left.String() + "，预计可用约 " + zhDuration(d)
		},
		LeftAtPace: func(left moka.Amount, d time.Duration) string {
			return "可用余额 " + left.String() + "，按当前速度约 " + zhDuration(d) + "后用完"
		},
		LeftAtMost: func(left moka.Amount, d time.Duration) string {
			return "可用余额 " + left.String() + "，按当前速度最多还能用 " + zhDuration(d)
		},
		LeftUntilEnd: func(left moka.Amount, d time.Duration) string {
			return "可用余额 " + left.String() + "，套餐或令牌将在 " + zhDuration(d) + "后到期"
		},
		Reminder: func(line string, open time.Duration) string {
			return "提醒 · " + line + "，已持续 " + zhDuration(open)
		},
		For:   func(line string, d time.Duration) string { return line + "（已持续 " + zhDuration(d) + "）" },
		After: func(line string, d time.Duration) string { return line + "（历时 " + zhDuration(d) + "）" },
		PlanEndsIn: func(name string, d time.Duration) string {
			return name + "：套餐将在 " + zhDuration(d) + "后到期"
		},
		ExpiresIn: func(name string, d time.Duration) string {
			return name + "：令牌将在 " + zhDuration(d) + "后过期"
		},
		LastKnown: func(left moka.Amount) string { return "最近读到的余额 " + left.String() },
		CallsFail: func(line string) string { return line + "，调用会失败" },
		CallsGoOn: func(line string) string { return line + "，不影响 API 调用" },
		ToppedUp:  func(amount moka.Amount) string { return "充值 " + amount.String() },
		Spent: func(amount, span, change string) string {
			if change != "" {
				change = "（环比 " + change + "）"
			}
			return zhSpaced(span+"消耗", amount) + change
		},
		OnDay:    func(day string) string { return day },
		InMonth:  func(month string) string { return month },
		Days:     func(from, to string) string { return from + "至 " + to },
		NotKnown: func(span string) string { return span + "消耗未知" },
	}
}
