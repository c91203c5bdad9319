package lang

import (
	"fmt"
	"time"
)

func zhFailure() FailureWords {
	f := FailureWords{
		WebPage:      "网关返回的是网页。请检查 base_url：应填 API 地址，例如 https://api.moka-ai.com。",
		Redirect:     "网关要求跳转到另一个地址。为避免泄露令牌，未跟随跳转；请把最终地址填入 base_url。",
		UserID:       "用户 ID 与系统访问令牌不匹配。请把控制台右上角显示的 ID 填入 user_id。",
		AccessToken:  "系统访问令牌未被接受。请在控制台的个人设置中重新生成，并填入 access_token。",
		APIKey:       "令牌未被接受。请在控制台核对 api_key：可能填错、已过期、已禁用或额度已用尽。",
		NotFound:     "网关没有这个地址。请检查 base_url：应填 API 地址，例如 https://api.moka-ai.com。",
		Address:      "该令牌不允许从本机的 IP 使用。请在令牌设置中加入此 IP。",
		Timeout:      "网关没有及时响应。下次轮询时重试。",
		NoAddress:    "无法连接到网关。请检查 base_url 和网络。",
		TLS:          "网关的证书不受信任。请检查 base_url 以及本机的时间和根证书。",
		Proxy:        "代理没有放行请求。请检查 proxy 或环境变量 HTTPS_PROXY。",
		TooLarge:     "网关返回的数据过大，可能有异常。",
		Ambiguous:    "仅凭 API 令牌无法判断该网关返回的是令牌额度还是账户余额，请补充 access_token 和 user_id。",
		Unauthorized: "网关不接受这些凭据。请检查配置。",
		Banned:       "该账户已被网关封禁。请联系网关管理员。",
		Forbidden:    "这些凭据没有权限执行此操作。请在网关控制台检查其权限。",
		Unavailable:  "网关暂时不可用。下次轮询时重试。",
		BadResponse:  "网关返回的内容无法识别。请检查 base_url；如果无误，则是网关出了问题。",
		Unsupported:  "该网关不提供此功能。",
		Unexpected:   "出现了意外问题，详情见日志。",
		RateLimited: func(wait time.Duration) string {
			if wait <= 0 {
				return "网关限制了请求次数，稍后会自动重试。"
			}
			return "网关限制了请求次数，将在 " + zhDuration(wait) + "后再试。"
		},
		CommandShare: func(wait time.Duration) string {
			return "最近命令较多，部分请求额度需留给告警。请在 " + zhDuration(wait) + "后重试。"
		},
		Says: func(words string) string { return fmt.Sprintf("网关返回：%s", words) },
	}
	zhDiscord(&f)
	return f
}

// zhDiscord are the failures of Discord.
func zhDiscord(f *FailureWords) {
	f.DiscordToken = "Discord 不接受机器人的 token。请在 https://discord.com/developers/applications（Bot → Reset Token）重新复制到 discord.token。"
	f.DiscordTLS = "Discord 的证书不受信任。请检查本机的时间和根证书，以及 discord.proxy。"
	f.DiscordProxy = "代理没有放行到 Discord 的请求。请检查 discord.proxy（包括用户名和密码）或环境变量 HTTPS_PROXY。"
	f.DiscordDown = "无法连接 Discord。请检查网络；如需代理请设置 discord.proxy。"
	f.NoChannel = func(channel string) string {
		return fmt.Sprintf("频道 %s 不存在。请重新复制频道 ID（右键 → 复制频道 ID）到 channel_id。", channel)
	}
	f.NoAccess = func(channel string) string {
		return fmt.Sprintf("机器人看不到频道 %s。请邀请机器人进入服务器（mokabot check 会显示邀请链接），并在频道设置 → 权限中允许它查看该频道。", channel)
	}
	f.NotText = func(channel string) string {
		return fmt.Sprintf("频道 %s 不能发送消息，可能是分类或论坛。请把文字频道的 ID 填入 channel_id。", channel)
	}
	f.Permissions = map[string]string{
		"View Channel": "查看频道", "Connect": "连接", "Send Messages in Threads": "在子区内发送消息", "Manage Threads": "管理子区",
		"Send Messages": "发送消息", "Embed Links": "嵌入链接",
		"Attach Files": "附加文件", "Read Message History": "阅读消息历史记录",
	}
	f.MissingPermissions = func(channel, permissions string) string {
		return fmt.Sprintf("机器人在频道 %s 缺少权限：%s。请在频道设置 → 权限中授予。", channel, permissions)
	}
}

func zhCLI() CLIWords {
	return CLIWords{
		Written: func(n int, file string) string {
			return fmt.Sprintf("已将 %s 个模型 ID 写入 %s", grouped(n), file)
		},
		NoneWritten: func(file string) string { return "没有可写入的模型，" + file + " 保持不变" },
		Config:      "配置",
		ConfigFine: func(accounts, reports int) string {
			return fmt.Sprintf("%s 个账户，%s 份报告", grouped(accounts), grouped(reports))
		},
		Good: "正常", Bad: "失败", Note: "提示",
		Next: "下一步", NextRun: "运行 mokabot run 启动机器人，然后在 Discord 里输入 /balance",
		NextLook: "运行 mokabot balance 查看余额，或运行 mokabot preview 在浏览器里试用整个机器人",
		Gateway:  "网关", Key: "令牌", Wallet: "账户余额", Models: "模型",
		Channel: "频道", Discord: "Discord",
		Version:   func(v string) string { return "版本 " + v },
		UnitOf:    "计费单位",
		ViewOf:    map[string]string{"key": "令牌的数据", "account": "账户的数据", "unknown": "令牌或账户的数据：网关没有说明"},
		Polling:   func(perDay int) string { return fmt.Sprintf("轮询每天约 %s 次请求", grouped(perDay)) },
		DiscordAs: func(name string) string { return "已登录为 " + name },
		Invite:    func(link string) string { return "用此链接邀请机器人：" + link },
		Exposed:   "本机所有人都能读取该文件，而其中写有凭据；请对它执行 chmod 600",
		NoDiscord: "还没有机器人的 token，未检查 Discord。请在 https://discord.com/developers/applications 创建机器人（New Application → Bot → Reset Token），并把 token 填入 discord.token",
		NoHome:    "还不知道所属的服务器，因此在 Discord 中不回复任何人；请在 discord.guild_ids 中写明，或设置 alerts.channel_id",
		NoAlerts:  "告警无处可发：alerts.channel_id 没有填写频道（右键频道 → 复制频道 ID）",
		Offers:    "网关还提供", OffersNot: "网关不提供",
		Counted: func(n int) string { return grouped(n) + " 个模型" },
		MayPost: "机器人可以在此发消息、嵌入内容和附件",
		Budget: func(requests int, window time.Duration) string {
			return fmt.Sprintf("对该主机每 %s最多 %s 个请求", zhDuration(window), grouped(requests))
		},
		Mentions: func(names string) string { return "会提醒 " + names },
		NoSuchRole: func(channel, role string) string {
			return fmt.Sprintf("%s 中没有可提醒的身份组 %s。请重新复制其 ID 填入 mention_roles。", channel, role)
		},
		CannotMention: func(channel, role string) string {
			return fmt.Sprintf("在 %s 提及身份组 %s 不会提醒任何人。请允许任何人提及该身份组，或授予机器人“提及 @everyone、@here 和所有身份组”权限。", channel, role)
		},
		Backtest: zhBacktest(),
		Check:    zhCheck(),
	}
}
