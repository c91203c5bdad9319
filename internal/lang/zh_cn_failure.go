package lang

import (
	"fmt"
	"time"
)

func zhFailure() FailureWords {
	return FailureWords{
		WebPage:      "网关返回的是网页。请检查 base_url：应填 API 地址，例如 https://api.moka-ai.com。",
		Redirect:     "网关要求跳转到另一台主机。为避免泄露令牌没有跟随；请把最终地址填入 base_url。",
		UserID:       "用户 ID 与系统访问令牌不匹配。请把控制台右上角显示的 ID 填入 user_id。",
		AccessToken:  "系统访问令牌未被接受。请在控制台的个人设置中重新生成，并填入 access_token。",
		APIKey:       "令牌未被接受。请在控制台核对 api_key：可能填错、已过期、已禁用或额度已用尽。",
		NotFound:     "网关没有这个地址。请检查 base_url：应填 API 地址，例如 https://api.moka-ai.com。",
		Address:      "该令牌不允许从本机的 IP 使用。请在令牌设置中加入此 IP。",
		Timeout:      "网关没有及时响应，下次轮询时会再试。",
		NoAddress:    "无法连接到网关。请检查 base_url 和网络。",
		TLS:          "网关的证书不受信任。请检查 base_url 以及本机的时间和根证书。",
		Proxy:        "代理没有放行请求。请检查 proxy 或环境变量 HTTPS_PROXY。",
		TooLarge:     "网关的回答过大，不可能正确。",
		Unauthorized: "网关不接受这些凭据。请检查配置。",
		Banned:       "该账户已被网关封禁。请联系网关管理员。",
		Forbidden:    "这些凭据无权这样做。",
		Unavailable:  "网关暂时不可用，下次轮询时会再试。",
		BadResponse:  "网关的回答无法理解。请检查 base_url；如果无误，则是网关出了问题。",
		Unsupported:  "该网关不提供此功能。",
		Unexpected:   "出现了意外问题，详情见日志。",
		RateLimited: func(wait time.Duration) string {
			if wait <= 0 {
				return "网关限制了请求次数，稍后再试。"
			}
			return "网关限制了请求次数，" + zhDuration(wait) + "后再试。"
		},
		Says:         func(words string) string { return fmt.Sprintf("网关的说明：%s", words) },
		DiscordToken: "Discord 不接受机器人的令牌。请在 https://discord.com/developers/applications（Bot → Reset Token）重新复制到 discord.token。",
		DiscordDown:  "无法连接 Discord。请检查网络；如需代理请设置 discord.proxy。",
		NoChannel: func(channel string) string {
			return fmt.Sprintf("频道 %s 不存在。请重新复制频道 ID（右键 → 复制频道 ID）到 channel_id。", channel)
		},
		NoAccess: func(channel string) string {
			return fmt.Sprintf("机器人看不到频道 %s。请邀请机器人进入服务器，并授予该频道的权限。", channel)
		},
		MissingPermissions: func(channel, permissions string) string {
			return fmt.Sprintf("机器人在频道 %s 缺少权限：%s。", channel, permissions)
		},
	}
}

func zhCLI() CLIWords {
	return CLIWords{
		Written: func(n int, file string) string { return fmt.Sprintf("已将 %d 个模型 ID 写入 %s", n, file) },
		ConfigFine: func(file string, accounts, reports int) string {
			return fmt.Sprintf("%s 没有问题：%d 个账户，%d 个报告。", file, accounts, reports)
		},
		Good: "正常", Bad: "失败", Note: "提示",
		Gateway: "网关", Key: "令牌", Wallet: "账户余额", Models: "模型",
		Account: "账户", Channel: "频道", Discord: "Discord",
		Version:   func(v string) string { return "版本 " + v },
		UnitOf:    "计费单位",
		ViewOf:    map[string]string{"key": "令牌的数字", "account": "账户的数字", "unknown": "令牌或账户的数字：网关没有说明"},
		Polling:   func(perDay int) string { return fmt.Sprintf("轮询每天约 %d 次请求", perDay) },
		DiscordAs: func(name string) string { return "已登录为 " + name },
		Invite:    func(link string) string { return "用此链接邀请机器人：" + link },
		NoDiscord: "没有配置机器人令牌，未检查 Discord",
		Offers:    "提供", OffersNot: "此处不提供",
		Counted: func(n int) string { return fmt.Sprintf("%d 个模型", n) },
		MayPost: "机器人可以在此发消息、嵌入内容和附件",
		Budget: func(requests int, window time.Duration) string {
			return fmt.Sprintf("对该主机每 %s 最多 %s 个请求", zhDuration(window), grouped(requests))
		},
		Mentions: func(names string) string { return "会提醒 " + names },
		NoSuchRole: func(channel, role string) string {
			return fmt.Sprintf("%s 中没有可提醒的身份组 %s。请重新复制其 ID 填入 mention_roles。", channel, role)
		},
		CannotMention: func(channel, role string) string {
			return fmt.Sprintf("在 %s 提及身份组 %s 不会提醒任何人。请允许任何人提及该身份组，或授予机器人“提及 @everyone、@here 和所有身份组”权限。", channel, role)
		},
		NextRuns: "接下来",
		Backtest: zhBacktest(),
	}
}
