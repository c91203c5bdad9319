package lang

import (
	"fmt"
	"strings"
	"time"

	"mokabot/moka"
)

func zhUsage() UsageWords {
	return UsageWords{
		Periods: map[string]string{
			"today": "今天", "yesterday": "昨天", "7d": "最近 7 天", "30d": "最近 30 天", "month": "本月",
		},
		By:      map[string]string{"model": "模型", "key": "令牌"},
		ByModel: "按模型",
		Model: func(model string, spent moka.Amount, share string, requests, tokens int64) string {
			return fmt.Sprintf("%s %s%s，%s，%s", model, spent, bracketed("（", share, "）"), Unbroken(grouped(int(requests))+" 次请求"), Unbroken(shortCount(tokens)+" token"))
		},
		Rest: func(models int, spent moka.Amount) string {
			if models == 1 {
				return "其余 1 个模型 " + spent.String()
			}
			return fmt.Sprintf("其余 %s 个模型共 %s", grouped(models), spent)
		},
		NeedsToken:  "这份明细需要账户的系统访问令牌。",
		NotRecorded: "该网关没有按模型记录用量。",
		ByKey:       "按令牌",
		KeyUse: func(key string, spent moka.Amount, share string, requests int64) string {
			text := key + " " + spent.String() + bracketed("（", share, "）")
			if requests > 0 {
				text += "，" + Unbroken(grouped(int(requests))+" 次请求")
			}
			return text
		},
		RestOfKeys: func(keys int, spent moka.Amount) string {
			return "其他 " + grouped(keys) + " 个令牌共 " + spent.String()
		},
		Others: "其他", Nameless: "（未命名）", Returned: "退款",
		NoKeys: "该网关没有说明各令牌的消耗。",
		Undated: func(a moka.Amount) string {
			return fmt.Sprintf("两次相隔很久的读数之间共消耗 %s，其中有多少属于本周期无法确定。", a)
		},
		Shared: func(names []string) string {
			return strings.Join(names, "、") + " 共用一个账户余额，只计一次。"
		},
		Recorded: func(a moka.Amount) string { return fmt.Sprintf("网关自身的记录为 %s。", a) },
		Filled:   "数据没有覆盖整段时间，消耗取自网关自身的记录。",
	}
}

func zhKeys() KeyListWords {
	return KeyListWords{
		Title:      func(account string, n int) string { return fmt.Sprintf("%s：%s 个令牌", account, grouped(n)) },
		None:       "该账户没有令牌。",
		NeedsToken: "查看令牌列表需要账户的系统访问令牌（配置中的 access_token 和 user_id）。",
		States: map[string]string{
			"exhausted": "已耗尽", "expired": "已过期", "disabled": "已禁用", "refused": "被拒绝",
		},
		NeedsEnabling: "已有额度，但需在控制台重新启用",
		NoLimit:       "无限额度",
		Used:          func(a moka.Amount) string { return fmt.Sprintf("已用 %s", a) },
		Left:          func(a moka.Amount) string { return fmt.Sprintf("剩余 %s", a) },
		Expires:       func(when string) string { return when + " 过期" },
		Unused:        func(when string) string { return "最近使用 " + when },
		NeverUsed:     "从未使用",
		LimitedTo:     func(models int) string { return fmt.Sprintf("限 %s 个模型", grouped(models)) },
		Page:          func(page, of int) string { return fmt.Sprintf("第 %d 页，共 %d 页", page, of) },
	}
}

func zhIncident() IncidentWords {
	return IncidentWords{
		None: "目前一切正常。", Over: "该告警已经结束。",
		Since: func(when string) string { return "开始于 " + when },
		Until: func(when string) string { return "静音" + when },
		SnoozedUntil: func(what, when string) string {
			return fmt.Sprintf("%s · %s 之前不再提醒，情况变差时除外。", what, when)
		},
		SnoozedUntilTopUp: func(what string) string { return what + " · 充值之前不再提醒，情况变差时除外。" },
		Unsnoozed:         func(what string) string { return what + " · 已取消静音。" },
		NotSnoozed:        func(what string) string { return what + " · 并未静音。" },
		SnoozeTitle:       "静音告警", SnoozeLabel: "静音多长时间？", SnoozeHint: "例如 90 分钟、6 小时或 2 天",
		NoSnoozeTime: func(minimum, maximum time.Duration) string {
			return "请写明静音时长，例如 90 分钟、6 小时或 2 天，最短 " + zhDuration(minimum) + "，最长 " + zhDuration(maximum) + "。没有做任何改动。"
		},
		Reminds:  func(every time.Duration) string { return zhEvery(every) + "提醒一次" },
		History:  "经过",
		Raised:   func(level string) string { return "告警" + bracketed("（", level, "）") },
		Worsened: func(level string) string { return "升级为 " + level },
		Eased:    func(level string) string { return "降级为 " + level },
		Reminded: "提醒", Ended: "已恢复", Closed: "关闭",
		MoreOf: func(n int) string { return fmt.Sprintf("……另有 %d 项", n) },
	}
}

func zhWatch() WatchWords {
	return WatchWords{
		Title: func(account string) string { return account + "：模型有变动" },
		Counts: func(account string, repriced, removed, added int) string {
			var parts []string
			for _, group := range []struct {
				n    int
				what string
			}{{repriced, "调价"}, {removed, "下架"}, {added, "新增"}} {
				if group.n > 0 {
					parts = append(parts, group.what+" "+grouped(group.n)+" 个")
				}
			}
			return account + "：模型" + strings.Join(parts, "、")
		},
		Added: "新增", Removed: "下架", Repriced: "调价",
		NowCosts: func(model, before, now string) string { return fmt.Sprintf("%s %s → %s", model, before, now) },
		Means:    func(perWeek string) string { return fmt.Sprintf("按上周用量：每周 %s", perWeek) },
		More:     func(n int) string { return fmt.Sprintf("另有 %s 个", grouped(n)) },
		Unpriced: "无价格",
	}
}

func zhStatus() StatusWords {
	return StatusWords{
		Title: "机器人状态", Program: "程序", Discord: "Discord", Accounts: "账户", Outbox: "消息", Reports: "下次报告", Storage: "存储",
		Version:      func(version, uptime string) string { return fmt.Sprintf("%s，已运行 %s", version, uptime) },
		Connected:    func(latency time.Duration) string { return connected("已连接", latency) },
		Disconnected: "未连接；告警和报告照常发送",
		Read:         func(account, when string) string { return fmt.Sprintf("%s · 读取于 %s", account, when) },
		Failed:       func(account, when string) string { return fmt.Sprintf("%s · %s 读取失败", account, when) },
		MoreUnread:   func(n int) string { return fmt.Sprintf("……另有 %d 个未能读取", n) },
		AllRead: func(n int, oldest string) string {
			return fmt.Sprintf("%d 个账户读取正常，最早一次是 %s", n, oldest)
		},
		NotYet:  func(account string) string { return account + " · 尚未读取" },
		Waiting: func(n int) string { return fmt.Sprintf("%s 条等待发送", grouped(n)) },
		Dead: func(n int) string {
			return fmt.Sprintf("%s 条被 Discord 拒绝；排除原因后会自动重试", grouped(n))
		},
		DeadLine: func(channel, when, cause string) string { return fmt.Sprintf("%s %s：%s", channel, when, cause) },
		Nothing:  "无",
		Next: func(report, when, channel string) string {
			return fmt.Sprintf("%s %s 发到 %s", report, when, channel)
		},
		Readings: "下次轮询",
		Reading:  func(account, when, why string) string { return fmt.Sprintf("%s %s · %s", account, when, why) },
		Why: map[string]string{
			"first": "首次读取", "interval": "常规间隔", "level": "接近告警级别", "budget": "接近预算阈值",
			"pace": "消耗异常偏快", "confirm": "再次确认", "day": "新的一天开始",
		},
		StorageFine: "正常",
		StorageFull: "磁盘已满：暂不保存数据，告警照常。请清理空间。",
	}
}

func zhReload() ReloadWords {
	return ReloadWords{
		Done: func(accounts, reports int) string {
			return fmt.Sprintf("已重新加载配置：%s 个账户，%s 份报告。", grouped(accounts), grouped(reports))
		},
		Kept: "新配置有误，继续使用旧配置：",
		Restart: func(keys string) string {
			return fmt.Sprintf("以下配置项有变动，需要重启才能生效：%s。", keys)
		},
	}
}

func zhBacktest() BacktestWords {
	return BacktestWords{
		Title: func(account string, days int) string {
			return fmt.Sprintf("%s，最近 %s 天", account, grouped(days))
		},
		None:  "这段时间没有数据，无从回测。",
		Pings: "提醒", Posts: "消息", Edits: "消息编辑", Flaps: "反复告警", Incidents: "告警",
		Empty:     func(when string) string { return when + " 余额用尽" },
		Lead:      func(d time.Duration) string { return "提前 " + zhDuration(d) + "首次告警" },
		NoWarning: "事先没有告警",
		Budget: func(name string, days int) string {
			return fmt.Sprintf("预算 %s，最近 %s 天", name, grouped(days))
		},
		ByKeys: "该预算只统计部分令牌，而各令牌每小时的消耗没有记录，无法回测。",
		With: func(config string, pings, posts int) string {
			return fmt.Sprintf("使用 %s：%s 次提醒，%s 条消息", config, grouped(pings), grouped(posts))
		},
		First: func(config string, d time.Duration) string {
			if d < 0 {
				return config + " 晚 " + zhDuration(-d) + "告警"
			}
			return config + " 早 " + zhDuration(d) + "告警"
		},
		SameTime: "两者同时告警",
		Only:     func(config string) string { return "只有 " + config + " 会告警" },
		Missing:  func(config string) string { return config + " 中没有对应的账户或预算" },
	}
}
