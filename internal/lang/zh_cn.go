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
		Between:  "",
		And:      "、",
		Duration: zhDuration,
		Runway:   zhRunway,
		Day:      zhDay,
		Month:    func(t time.Time) string { return Unbroken(t.Format("2006 年 1 月")) },
		FirstOf: func(account string, of int) string {
			return fmt.Sprintf("这是 %d 个账户中的第一个：%s；要看其他账户，请写明名称。", of, account)
		},
		Balance:   zhBalance(),
		Models:    zhModels(),
		Alert:     zhAlert(),
		Headline:  zhHeadline(),
		Budget:    zhBudget(),
		Incident:  zhIncident(),
		Report:    zhReport(),
		Usage:     zhUsage(),
		Chart:     zhChart(),
		Keys:      zhKeys(),
		Watch:     zhWatch(),
		Status:    zhStatus(),
		Reload:    zhReload(),
		Config:    zhConfig(),
		Arguments: zhArguments(),
		Many:      zhMany(),
		Levels:    zhLevels(),
		Command:   zhCommand(),
		Help:      zhHelp(),
		Button: ButtonWords{
			Previous: "上一页", Next: "下一页",
			SnoozeHour: "静音 1 小时", SnoozeShift: "静音 8 小时", SnoozeUntilTopUp: "静音至充值", SnoozeCustom: "自定义静音…",
			EndSnooze: "取消静音", Details: "详情", TopUp: "充值", Console: "控制台",
		},
		Failure:  zhFailure(),
		Database: zhDatabase(),
		Delivery: zhDelivery(),
		CLI:      zhCLI(),
		Init:     zhInit(),
	}
}

// zhDuration leaves the space after a unit breakable, or a line could be broken within
// the unit.
// zhSpaced sets an amount behind Chinese words, with a space unless it begins with Chinese
// itself ("至少").
func zhSpaced(words, amount string) string {
	if strings.HasPrefix(amount, "至少") {
		return words + amount
	}
	return words + " " + amount
}

func zhDuration(d time.Duration) string {
	return duration(d, [4]string{"天", "小时", "分钟", "秒"}, " ")
}

func zhDay(t time.Time) string { return Unbroken(t.Format("1 月 2 日")) }

func zhRunway(r spend.Runway) string {
	switch {
	case r.Idle && r.Ends:
		return "目前没有消耗；套餐或令牌将在 " + zhDuration(Coarse(r.High)) + "后到期"
	case r.Idle:
		return "目前没有消耗"
	case !r.Known:
		return "数据不足"
	}
	low, high := zhDuration(Coarse(r.Low)), zhDuration(Coarse(r.High))
	usual := "约 " + zhDuration(Coarse(r.Mid))
	switch from, to, near := endDates(r); {
	case !from.IsZero() && near:
		usual += "（" + zhWeekday(from) + "至" + zhWeekday(to) + "）"
	case !from.IsZero():
		usual += "（" + zhDay(from) + "至 " + zhDay(to) + "）"
	case low != high:
		usual += "（" + low + "至 " + high + "）"
	}
	switch {
	case r.Rising && r.AtThisPace > 0:
		return fmt.Sprintf("按当前速度：最多 %s；通常：%s", zhDuration(Brief(r.AtThisPace)), usual)
	case r.Rising:
		return "当前消耗远高于平常；通常：" + usual
	case r.AtThisPace > 0:
		return fmt.Sprintf("按当前速度：约 %s；通常：%s", zhDuration(Brief(r.AtThisPace)), usual)
	}
	if r.EndsUnspent() {
		return usual + "，届时套餐或令牌到期"
	}
	return usual
}

func zhWeekday(t time.Time) string {
	return "周" + string([]rune("日一二三四五六")[t.Weekday()])
}

func zhBalance() BalanceWords {
	return BalanceWords{
		Key: "令牌", KeyOfAccount: "账户（通过令牌查询）", KeyUnsure: "额度（通过令牌查询）",
		Wallet: "账户余额", Plans: "套餐", PlansUnlimited: "不限额套餐",
		Total: "总额", Used: "已用", Remaining: "剩余", Requests: "请求次数",
		Unlimited: "无限额度", Unknown: "未知",
		ToSpend:          func(a moka.Amount) string { return fmt.Sprintf("可用余额 **%s**", a) },
		ToSpendUnlimited: "该令牌为无限额度；配置系统访问令牌后可查看账户余额。",
		ToSpendUnknown:   "可用余额暂时未知。",
		ToSpendShared:    "无法得知该令牌还能用多少：它显示的是账户余额，网关没有说明令牌自身的额度。",
		Exhausted:        "额度已用尽。请在控制台提高额度并重新启用该令牌。",
		Disabled:         "已在控制台中禁用。",
		Refused:          "令牌被拒绝：可能填错、已过期、已禁用或额度已用尽，网关没有说明原因。请在控制台核对 api_key。",
		Expired:          func(when string) string { return "已于 " + when + " 过期。" },
		ExpiredSometime:  "已过期。",
		Expires:          "到期时间",
		Today:            "今日消耗", Runway: "预计可用", AsOf: "数据时间",
		TodayShort:  func(spent string) string { return zhSpaced("今日", spent) },
		AtLeast:     func(a moka.Amount) string { return "至少 " + a.String() },
		LastKnown:   func(when string) string { return "以下为最近一次读取到的数据（" + when + "）。" },
		WalletEmpty: "令牌显示仍有额度，但账户余额已用完，充值之前调用都会失败。",
		WalletLocked: "账户余额不能用于支付：计费偏好或套餐不允许使用余额，且没有可用的套餐额度。" +
			"请续订套餐，或在网关控制台更改设置，否则调用都会失败。",
	}
}

func zhModels() ModelWords {
	return ModelWords{
		Title: func(account string, n int) string { return fmt.Sprintf("%s：%s 个模型", account, grouped(n)) },
		Found: func(account, search string, n int) string {
			return fmt.Sprintf("%s：名称含“%s”的模型 %s 个", account, search, grouped(n))
		},
		None:  func(search string) string { return fmt.Sprintf("没有名称包含“%s”的模型。", search) },
		Empty: "该令牌没有可调用的模型。",
		Other: "其他",
		PerMTok: func(in, out string) string {
			return fmt.Sprintf("输入 %s / 输出 %s", in, out)
		},
		PerCall: func(a string) string { return "每次 " + a },
		Page: func(page, of int) string {
			return fmt.Sprintf("第 %d 页，共 %d 页", page, of)
		},
		Prices:   "价格按每百万 token 计",
		Attached: "全部模型 ID 见附件",
		NoPrices: "未能读取价格", New: "新",
	}
}

func zhReport() ReportWords {
	return ReportWords{
		Day:     func(span string) string { return span + " 日报" },
		Week:    func(span string) string { return span + " 周报" },
		Month:   func(span string) string { return span + " 月报" },
		Delayed: func(due string) string { return "补发：原定于 " + due + " 发布。" },
		Totals:  "全部账户",
		Spent:   "消耗", Before: "上期消耗", Requests: "请求次数",
		SpentShort: func(spent string) string { return zhSpaced("消耗", spent) },
		Left:       "可用余额", Runway: "预计可用", TopUps: "充值", Refunds: "退款",
		Incidents: "告警",
		Covered:   func(percent int) string { return fmt.Sprintf("数据覆盖本周期的 %d%%", percent) },
		Began: func(when string) string {
			return "从 " + when + " 开始读取数据，此前的消耗未知；之后开始的周期将有完整数据。"
		},
		NoReadings: "本周期没有读到数据，消耗未知。",
		Change: func(before moka.Amount, percent string) string {
			return fmt.Sprintf("%s（环比 %s）", before, percent)
		},
		NewModels: "模型变动（价格按每百万 token 计）",
		Posted: func(report, channel string) string {
			return fmt.Sprintf("报告“%s”已发布到 %s。", report, channel)
		},
	}
}

func zhHelp() HelpWords {
	return HelpWords{
		Title:   "我能做什么",
		Intro:   "我会监测 moka-ai 网关上令牌和账户的余额，定时发布汇总，并在余额用完之前提醒你。",
		Private: "回复仅你自己可见。", Share: "管理员可将选项“公开”（`share`）设为 True，让频道里的所有人看到。", Accounts: "账户",
		AlertsGoTo: func(channel string) string { return "告警发到 " + channel + "。" },
		Welcome:    func(bot string) string { return "大家好，我是 " + bot },
	}
}

func grouped(n int) string { return moka.Grouped(uint64(max(0, n))) }
