package lang

import (
	"fmt"
	"strings"
	"time"
)

func zhCommand() CommandWords {
	const share = "让频道里的所有人都能看到回复"
	return CommandWords{
		Names: map[string]string{
			"balance": "余额", "models": "模型", "usage": "用量", "keys": "令牌", "budget": "预算", "report": "报告", "alerts": "告警",
			"status": "状态", "reload": "重载", "test": "测试", "levels": "级别", "action": "操作", "level": "级别", "below": "低于", "runway": "剩余时间", "help": "帮助",
			"account": "账户", "search": "搜索", "share": "公开", "period": "时段", "by": "分类", "name": "名称",
		},
		Abouts: map[string]string{
			"balance": "查看可用余额", "balance.account": "某个账户；不填则显示全部", "balance.share": share,
			"models": "查看令牌可调用的模型和价格", "models.search": "模型名称的一部分",
			"models.account": "哪个账户的令牌；不填则为第一个账户", "models.share": share,
			"usage": "查看消耗（按模型或令牌）", "usage.period": "哪段时间；不填则为今天",
			"usage.by":      "按模型还是按令牌列出；不填则按模型",
			"usage.account": "某个账户；不填则显示全部", "usage.share": share,
			"keys": "查看账户的全部令牌及其额度", "keys.account": "哪个账户；不填则为第一个账户", "keys.share": share,
			"budget": "查看预算的使用情况", "budget.name": "哪个预算；不填则显示全部", "budget.share": share,
			"report": "立即发布报告", "report.name": "哪份报告；不填则为第一份", "report.share": share,
			"alerts": "查看当前的告警和静音", "alerts.share": share,
			"status": "查看机器人自身的状态", "status.share": share,
			"reload": "重新加载配置",
			"levels": "查看告警级别；管理员可以设置和恢复", "levels.account": "某个账户；不填则显示全部，设置时为第一个账户",
			"levels.action": "查看、设置或恢复", "levels.level": "要设置的级别", "levels.below": "剩余金额（美元），如 20.00；off 表示不按余额",
			"levels.runway": "剩余时间，如 72h 或 7d；off 表示不按时间", "levels.share": share,
			"test": "在每个频道发布测试告警，并显示通知到了谁",
			"help": "了解这个机器人", "help.share": share,
		},
		NotAllowed:    "私信中我只回复有权查看数据的人，但我无法确认你有此权限。请在服务器里使用命令。",
		NotFromHere:   "本机器人不在此服务器提供服务。",
		NotViewer:     "你无权查看这些数据。谁可以查看由本机器人的管理员决定（配置中的 discord.viewers）。",
		HomeUnknown:   "我还不知道自己属于哪个服务器，因此不回复任何人。请设置 discord.guild_ids，或把 alerts.channel_id 设为我能看到的频道。",
		UserInstalled: "我只在添加了我的服务器里回复；安装到个人账号时无法使用。",
		TestAlert:     "**测试告警**：一切正常，只是在确认 mokabot 的提醒能否送达。",
		NoChannels:    "没有配置任何频道，请设置 alerts.channel_id。",
		NoLevel: func(known []string) string {
			return "没有这个级别。现有级别：" + strings.Join(known, "、") + "。"
		},
		LevelOrder: "级别要从轻到重排列：后一级的金额和时间都要小于前一级。没有做任何改动。",
		LevelLimit: "金额写成 20.00，时间写成 72h 或 7d；每个级别至少要有其中一项。没有做任何改动。",
		NotShared:  "只有管理员可以公开回复，所以这条回复仅你可见。",
		TooFast: func(wait time.Duration) string {
			return "一分钟内的命令太多，请在 " + zhDuration(wait) + "后再试。"
		},
		NotOperator: "只有本机器人的管理员才能执行此操作。",
		TooOld:      "这个命令或按钮已经失效，请重新使用命令。",
		Busy:        "同时使用命令的人太多，请稍后再试。",
		Panicked:    "处理命令时出了问题，详情见机器人日志。",
		NoSuch: func(account string, known []string) string {
			return fmt.Sprintf("没有名为“%s”的账户。现有账户：%s。", account, zhNames(known))
		},
		NoReport: func(name string, known []string) string {
			if len(known) == 0 {
				return "没有配置报告。可在 config.yaml 的 reports 中添加。"
			}
			return fmt.Sprintf("没有名为“%s”的报告。现有报告：%s。", name, zhNames(known))
		},
		NoPeriod: func(period string, known []string) string {
			return fmt.Sprintf("没有“%s”这个时段。可选：%s。", period, strings.Join(known, "、"))
		},
	}
}
