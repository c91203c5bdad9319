package lang

import (
	"fmt"
	"time"

	"mokabot/moka"
)

func zhAlert() AlertWords {
	a := zhConditions()
	a.Worse = func(account, level string) string {
		return fmt.Sprintf("%s：余额告警升级为 %s", account, level)
	}
	a.Still = func(title string) string { return "提醒 · " + title }
	a.Left = "可用余额"
	a.PlanEndedAt = func(when string) string { return fmt.Sprintf("**套餐已到期**：%s。", when) }
	a.Resolved = func(when, lasted string) string {
		return fmt.Sprintf("**已恢复**：%s，持续 %s。", when, lasted)
	}
	a.Replaced = "**已关闭**：该账户的情况已由另一条消息通知。"
	a.AccountRemoved = "**已关闭**：该账户已从配置中移除。"
	a.RulesChanged = "**已关闭**：当前设置不再需要此告警。"
	a.Mistaken = "**已关闭**：此前本机时钟有误。"
	a.HeldBack = func(since, left string) string {
		if left == "" {
			return fmt.Sprintf("自 %s 起暂缓通知。", since)
		}
		return fmt.Sprintf("自 %s 起暂缓通知，当时可用余额为 %s。", since, left)
	}
	a.Today = "今日消耗"
	a.Runway = "预计可用"
	a.Since = "开始时间"
	a.Lasted = "持续"
	a.LastedFor = func(lasted string) string { return "持续 " + lasted }
	a.TopUp = "充值"
	a.Limit = "原因"
	a.Below = func(a moka.Amount) string { return "剩余不足 " + a.String() }
	a.RunwayBelow = func(d time.Duration) string { return "预计可用不足 " + zhDuration(d) }
	a.Both = func(a, b string) string { return a + "，且" + b }
	a.Earlier = func(reason string) string { return "此前" + reason }
	a.Models = "主要消耗（近 24 小时）"
	a.KeySpent = func(key string, spent moka.Amount) string {
		return fmt.Sprintf("其中令牌 %s 消耗 %s。", key, spent)
	}
	a.Snoozed = "静音"
	a.UntilTopUp = "直到充值"
	a.Until = func(when string) string { return "至 " + when }
	a.HourCost = func(spent moka.Amount) string { return "最近一小时消耗 " + spent.String() }
	a.HourAgainst = func(spent, usual moka.Amount) string {
		return fmt.Sprintf("最近一小时消耗 %s，该时段通常为 %s", spent, usual)
	}
	a.Expires = "到期时间"
	return a
}

// zhConditions are what can be wrong with an account.
func zhConditions() AlertWords {
	named := func(format string) func(string, string) string {
		return func(account, _ string) string { return fmt.Sprintf(format, account) }
	}
	over := func(format string) func(string) string {
		return func(account string) string { return fmt.Sprintf(format, account) }
	}
	return AlertWords{
		TokenText:   "API 调用不使用此令牌。在它重新被接受之前，账户余额未知，也无法发出余额告警。",
		PlanEnded:   over("%s：套餐已到期"),
		KeyDisabled: over("%s：令牌已被禁用"), KeyRefused: over("%s：网关拒绝了令牌"),
		TokenRefused: over("%s：网关拒绝了系统访问令牌"), Banned: over("%s：账户已被网关封禁"),
		Conditions: map[string]ConditionWords{
			"balance": {
				Raised: func(account, level string) string { return fmt.Sprintf("%s：余额告警（%s）", account, level) },
				Ended:  over("%s：余额已恢复正常"),
			},
			"unreachable": {Raised: named("%s：无法读取余额"),
				Text: "在恢复读取之前，无法发出余额告警。", Ended: over("%s：余额读取已恢复")},
			"refused": {Raised: named("%s：网关拒绝了凭据"),
				Text: "使用该令牌的调用会失败。请在网关控制台重新启用。", Ended: over("%s：凭据已恢复有效")},
			"expiring": {Raised: named("%s：令牌即将过期"),
				Text: "请在网关控制台延长有效期或更换令牌。", Ended: over("%s：令牌已续期")},
			"expired": {Raised: named("%s：令牌已过期"),
				Text: "使用该令牌的调用会失败。请在网关控制台延长有效期或更换令牌。", Ended: over("%s：令牌已恢复有效")},
			"plan_ending": {Raised: named("%s：套餐即将到期"),
				Text: "请在网关控制台续订套餐，或确保账户余额充足。", Ended: over("%s：套餐到期提醒已解除")},
			"exhausted": {Raised: named("%s：令牌额度已用尽"),
				Text: "使用该令牌的调用会失败。请在网关控制台提高额度并重新启用。", Ended: over("%s：令牌额度已恢复")},
			"wallet_empty": {Raised: named("%s：账户余额已用完"),
				Text: "令牌仍显示有额度，但充值之前调用都会失败。", Ended: over("%s：账户余额已恢复")},
			"spike": {Raised: named("%s：消耗异常偏高"),
				Text: "最近一小时的消耗远高于该时段的正常水平。", Ended: over("%s：消耗已恢复正常")},
		},
	}
}
