package lang

import (
	"fmt"
	"time"

	"mokabot/moka"
)

func zhAlert() AlertWords {
	named := func(format string) func(string, string) string {
		return func(account, _ string) string { return fmt.Sprintf(format, account) }
	}
	over := func(format string) func(string) string {
		return func(account string) string { return fmt.Sprintf(format, account) }
	}
	return AlertWords{
		Balance: ConditionWords{
			Raised: func(account, level string) string { return fmt.Sprintf("%s：余额告警（%s）", account, level) },
			Ended:  over("%s：余额已恢复正常"),
		},
		Unreachable: ConditionWords{Raised: named("%s：无法读取余额"),
			Text: "在恢复读取之前，无法判断余额高低。", Ended: over("%s：余额已可正常读取")},
		Refused: ConditionWords{Raised: named("%s：网关拒绝了凭据"),
			Text: "请在网关控制台检查令牌和系统访问令牌。", Ended: over("%s：凭据已恢复可用")},
		Expiring: ConditionWords{Raised: named("%s：令牌即将过期"),
			Text: "请在网关控制台延长有效期或更换令牌。", Ended: over("%s：令牌已续期")},
		Expired: ConditionWords{Raised: named("%s：令牌已过期"),
			Text: "使用该令牌的调用会失败。请在网关控制台延长有效期或更换令牌。", Ended: over("%s：令牌已恢复有效")},
		Exhausted: ConditionWords{Raised: named("%s：令牌额度已用尽"),
			Text: "使用该令牌的调用会失败。请在网关控制台提高额度并重新启用。", Ended: over("%s：令牌又有额度了")},
		WalletEmpty: ConditionWords{Raised: named("%s：账户余额已空"),
			Text: "令牌仍显示有额度，但充值之前调用都会失败。", Ended: over("%s：账户又有余额了")},
		Spike: ConditionWords{Raised: named("%s：消耗异常偏高"),
			Text: "最近一小时的消耗远高于该时段的平常水平。", Ended: over("%s：消耗已恢复正常")},

		Worse: func(account, level string) string {
			return fmt.Sprintf("%s：余额进一步降低（%s）", account, level)
		},
		Still:  func(title string) string { return title + "（仍未解决）" },
		Closed: func(title string) string { return title + "（已关闭）" },
		Left:   "还可使用", Today: "今日消耗", Runway: "预计可用", Since: "开始时间", Lasted: "持续",
		TopUp: "充值", Limit: "告警原因",
		Below:       func(a moka.Amount) string { return "剩余不足 " + a.String() },
		RunwayBelow: func(d time.Duration) string { return "预计可用不足 " + zhDuration(d) },
		Either:      func(a, b string) string { return a + "，或" + b },
		Models:      "主要消耗", Snoozed: "静音", UntilTopUp: "直到充值",
	}
}
