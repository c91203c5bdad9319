package lang

import (
	"fmt"
	"time"

	"mokabot/moka"
)

func zhCheck() CheckWords {
	return CheckWords{
		Warning: "警告", Levels: "告警级别", Who: "访问权限", Reports: "报告", Zone: "时区", Listening: "监听", Failed: "读取失败",
		Access: func(server, viewers, operators string) string {
			return fmt.Sprintf("在 %s 中，可以查看数据的是%s；可以静音、设置级别和重新加载配置的是%s", server, viewers, operators)
		},
		Managers: "可以管理服务器的成员", EveryMember: "全体成员",
		Person: func(id string) string { return "用户 " + id },
		UnknownRole: func(role, key string) string {
			return fmt.Sprintf("所有服务器都没有 %s（%s）这个身份组；请重新复制 ID（服务器设置 → 身份组 → 右键 → 复制身份组 ID）", role, key)
		},
		EveryoneOperates: "discord.operators 写了 @everyone，因此每个成员都能静音告警和重新加载配置；请换成别的身份组",
		NoServer: func(id string) string {
			return fmt.Sprintf("机器人不在 discord.guild_ids 中的服务器 %s；请邀请机器人，或重新复制服务器 ID", id)
		},
		SharedWallet: func(accounts string) string {
			return fmt.Sprintf("%s 共用同一账户余额：合计只算一次，但每个账户都会各自提醒；请只给其中一个设置级别，其余的写 alerts: {levels: []}", accounts)
		},
		Unlisted: "该令牌不在此账户的令牌列表中，它的调用由另一个账户的余额支付；请使用同一用户的 access_token 和令牌，或在配置中把它们分成两个账户",
		NeverFires: func(levels string) string {
			return fmt.Sprintf("令牌不限额度，余额未知，所以级别 %s 永远不会触发；请填写 access_token 和 user_id 以查看账户余额", levels)
		},
		QuietWorst: func(level string) string {
			return fmt.Sprintf("quiet_hours 连最严重的级别 %s 也会推迟：在此时段内，余额再少也不会提醒任何人", level)
		},
		NoLevels: "没有配置任何级别，余额不足时不会提醒任何人；请填写 alerts.levels",
		IntervalTooLong: func(level string, runway, every, atMost time.Duration) string {
			return fmt.Sprintf("级别 %s 要在用完前 %s 提醒，但每 %s 才读取一次余额；请把 poll_interval 设为 %s 或更短", level, zhDuration(runway), zhDuration(every), zhDuration(atMost))
		},
		LastDay: func(cron string) string {
			return fmt.Sprintf("“%s”在没有该日的月份改在最后一天运行", cron)
		},
		SkippedMonths: func(cron, months string) string {
			return fmt.Sprintf("“%s”在 %s 从不运行，这些月份不会发布报告；请写成每月都运行，例如 0 9 1 * *", cron, months)
		},
		ZoneSign: func(zone, offset, instead string) string {
			return fmt.Sprintf("%s 是 UTC%s：这类名称的正负号与通常相反。如果你想要的是另一边，请写 %s", zone, offset, instead)
		},
		PlanEnds: func(when string) string {
			return fmt.Sprintf("有套餐将于 %s 到期，届时剩余额度作废；请续订，或给账户充值", when)
		},
		FailedRead: func(read, lost, why string) string {
			return fmt.Sprintf("读取 %s 失败，%s。%s", read, lost, why)
		},
		Lost: map[string]string{
			"models": "不知道令牌可以调用哪些模型", "pricing": "模型没有价格",
			"data/self": "缺少按模型的用量和最近 30 天的历史", "log/self/stat": "两次读取相隔较久时，无法查到期间的花费",
			"token": "/keys 和按令牌统计的花费不可用", "subscription/self": "余额里不含套餐",
			"notice": "看不到网关的公告", "usage/token": "无法确定金额属于令牌还是账户",
		},
		ListensBeyond: func(address string) string {
			return fmt.Sprintf("其他机器可以访问 %s，而 /metrics 会显示余额；请监听 127.0.0.1，或只让监控系统访问", address)
		},
		Locked: func(channel string) string {
			return fmt.Sprintf("子区 %s 已锁定。请解锁，或在其频道中授予机器人“管理子区”权限。", channel)
		},
		Archived: func(channel string) string {
			return fmt.Sprintf("子区 %s 已归档；下一条消息会重新打开它，但在此之前旧消息无法更新。请重新打开，或改用频道", channel)
		},
		Outside: func(channel string) string {
			return fmt.Sprintf("机器人不在私密子区 %s 中。请在其中 @ 一次机器人把它加入。", channel)
		},
		TimedOut: func(channel, until string) string {
			return fmt.Sprintf("机器人被禁言至 %s，无法在 %s 发送消息。请在服务器成员列表中解除禁言。", until, channel)
		},
		EveryoneAsRole: func(channel string) string {
			return fmt.Sprintf("在 %s 中把 @everyone 当作身份组提及不会通知任何人。请在 mention_roles 中填写别的身份组 ID。", channel)
		},
		Checking: func(what string) string { return "正在检查 " + what + " …" },
		Posted:   func(channel string) string { return "已在 " + channel + " 发布测试消息" },
		PostedPinging: func(channel, who string) string {
			return "已在 " + channel + " 发布测试消息，并通知了 " + who
		},
		PingedNobody: func(channel, who string) string {
			return fmt.Sprintf("%s 中的测试消息没有通知到 %s；请允许提及该身份组，或核对 ID", channel, who)
		},
		WithToken: func(reads string) string {
			return "填写 access_token 和 user_id 后，还可以读取 " + reads
		},
		PostFailed: func(channel string) string {
			return fmt.Sprintf("无法在 %s 发布测试消息；请先按关于该频道的提示修正，再试一次", channel)
		},
	}
}

func zhLevels() LevelWords {
	return LevelWords{
		Title: "告警级别", None: "没有级别：余额不足时不会提醒任何人。", Or: "，或", Changed: "在 Discord 中设置",
		Actions:  map[string]string{"show": "查看", "set": "设置", "reset": "恢复为配置"},
		Below:    func(a moka.Amount) string { return "低于 " + a.String() },
		Runway:   func(d time.Duration) string { return "预计 " + zhDuration(d) + "内用完" },
		InStatus: func(accounts string) string { return "在 Discord 中设置过级别：" + accounts },
	}
}
