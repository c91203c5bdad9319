package lang

import (
	"fmt"
	"strings"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// Chinese uses the terms of the gateway's own console: 令牌, 额度, 余额, 系统访问令牌.
func Chinese() *Words {
	return &Words{
		Tag:      "zh-CN",
		Colon:    "：",
		Duration: zhDuration,
		Runway:   zhRunway,
		Balance:  zhBalance(),
		Models:   zhModels(),
		Alert:    zhAlert(),
		Report:   zhReport(),
		Command:  zhCommand(),
		Help:     zhHelp(),
		Button: ButtonWords{
			Previous: "上一页", Next: "下一页",
		},
		Failure: zhFailure(),
		CLI:     zhCLI(),
	}
}

func zhDuration(d time.Duration) string {
	return duration(d, [4]string{" 天", " 小时", " 分钟", " 秒"}, " ")
}

func zhRunway(r spend.Runway) string {
	switch {
	case r.Idle:
		return "目前没有消耗"
	case !r.Known:
		return "数据还不够"
	}
	low, mid, high := zhDuration(Coarse(r.Low)), zhDuration(Coarse(r.Mid)), zhDuration(Coarse(r.High))
	if low == high {
		return "约 " + mid
	}
	return fmt.Sprintf("约 %s（%s 到 %s）", mid, low, high)
}

func zhBalance() BalanceWords {
	return BalanceWords{
		Key: "令牌", KeyOfAccount: "账户（令牌所见）", KeyUnsure: "令牌所见额度",
		Wallet: "账户余额", Plans: "套餐", PlansUnlimited: "不限额套餐",
		Total: "总额度", Used: "已用额度", Remaining: "剩余额度", Requests: "请求次数",
		Unlimited: "无限额度", Unknown: "未知",
		ToSpend:          func(a moka.Amount) string { return fmt.Sprintf("还可使用 **%s**", a) },
		ToSpendUnlimited: "该令牌不限额度；配置系统访问令牌后可查看账户余额。",
		ToSpendUnknown:   "目前无法得知还可使用多少额度。",
		Exhausted:        "额度已用尽。充值后请在控制台重新启用该令牌。",
		Disabled:         "已在控制台中禁用。",
		Refused:          "令牌被拒绝：可能无效、已过期、已禁用或额度已用尽，网关没有说明原因。",
		Expired:          func(when string) string { return "已于 " + when + " 过期。" },
		ExpiredSometime:  "已过期。",
		Expires:          "过期时间",
		Today:            "今日消耗", Runway: "预计可用", AsOf: "数据时间",
		LastKnown:   func(when string) string { return "以下为最近一次读到的数据（" + when + "）。" },
		WalletEmpty: "令牌显示仍有额度，但账户余额已空：充值之前调用都会失败。",
	}
}

func zhModels() ModelWords {
	return ModelWords{
		Title: func(account string, n int) string { return fmt.Sprintf("%s：%s 个模型", account, grouped(n)) },
		Found: func(account, search string, n int) string {
			return fmt.Sprintf("%s：名称含“%s”的模型 %s 个", account, search, grouped(n))
		},
		None:    func(search string) string { return fmt.Sprintf("没有名称包含“%s”的模型。", search) },
		Empty:   "该令牌没有可调用的模型。",
		Other:   "其他",
		PerMTok: func(in, out moka.Maybe) string { return fmt.Sprintf("输入 %s · 输出 %s", in, out) },
		PerCall: func(a moka.Amount) string { return "每次 " + a.String() },
		Page: func(page, of int) string {
			return fmt.Sprintf("第 %d 页，共 %d 页 · 价格按每百万 token 计", page, of)
		},
		Attached: "全部模型 ID 见附件。",
		NoPrices: "未能读取价格。",
	}
}

func zhReport() ReportWords {
	return ReportWords{
		Day:     func(span string) string { return span + " 日报" },
		Week:    func(span string) string { return span + " 周报" },
		Month:   func(span string) string { return span + " 月报" },
		Delayed: func(due string) string { return "迟到的报告：原定 " + due + " 发出。" },
		Totals:  "全部账户",
		Spent:   "消耗", Before: "上一周期", Requests: "请求次数",
		Left: "还可使用", Runway: "预计可用", TopUps: "充值",
		Incidents: "告警", None: "无",
		Readings:   "读数",
		Covered:    func(percent int) string { return fmt.Sprintf("覆盖本周期的 %d%%", percent) },
		NoReadings: "本周期没有读数，消耗未知。", NotComparable: "没有可比较的读数",
		Change: func(before moka.Amount, percent string) string { return fmt.Sprintf("%s（%s）", before, percent) },
	}
}

func zhCommand() CommandWords {
	return CommandWords{
		Names: map[string]string{
			"balance": "余额", "models": "模型", "help": "帮助",
			"account": "账户", "search": "搜索", "share": "公开",
		},
		Abouts: map[string]string{
			"balance": "查看还可使用的额度", "balance.account": "某个账户；不填则显示全部",
			"balance.share": "让频道里的所有人都看到回答",
			"models":        "查看令牌可调用的模型和价格", "models.search": "模型名称的一部分",
			"models.account": "哪个账户的令牌；不填则为第一个账户",
			"models.share":   "让频道里的所有人都看到回答",
			"help":           "了解这个机器人", "help.share": "让频道里的所有人都看到回答",
		},
		NotAllowed:  "私信中我只回答本机器人的管理员。请在服务器里使用命令。",
		NotFromHere: "本机器人不在此服务器提供服务。",
		TooOld:      "这些按钮已经失效，请重新使用命令。",
		Panicked:    "回答时出了问题，详情见机器人日志。",
		NoSuch: func(account string, known []string) string {
			return fmt.Sprintf("没有名为“%s”的账户。现有账户：%s。", account, strings.Join(known, "、"))
		},
	}
}

func zhHelp() HelpWords {
	return HelpWords{
		Title:   "我能做什么",
		Intro:   "我会盯着 moka-ai 网关上令牌和账户的余额，定时发布汇总，并在额度用完之前提醒你。",
		Private: "回答只有你自己能看到；加上 `share: true`（公开）可让频道里的人都看到。", Accounts: "账户",
		AlertsGoTo: func(channel string) string { return "告警发到 " + channel + "。" },
	}
}

func grouped(n int) string { return moka.Grouped(uint64(max(0, n))) }
