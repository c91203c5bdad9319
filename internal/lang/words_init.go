package lang

// InitWords are said by `mokabot init` only.
type InitWords struct {
	Intro                                string
	Address, APIKey, AccessToken, UserID string // questions
	BotToken, Channel                    string
	Optional                             string // after a question that may stay unanswered
	FromEnvironment                      func(variable string) string
	Trying                               string
	Again                                string
	NoCredential                         string
	Exists                               func(file string) string
	Replace                              func(file string) string // a question, answered with y or n
	Nobody                               string                   // nobody answers the questions
	Written, SecretWritten               func(file string) string
	Next                                 func(command string) string
	NothingWritten                       string
	InviteFirst                          string
}

func enInit() InitWords {
	return InitWords{
		Intro:        "A few questions; an empty answer takes what is in [brackets]. What the environment has already is not asked.",
		Address:      "Address of the gateway",
		APIKey:       "API key (sk-…; the gateway's console → 令牌 Tokens)",
		AccessToken:  "System access token (console → 个人设置 personal settings)",
		UserID:       "Your user id (at the top right of the console)",
		BotToken:     "Discord bot token (https://discord.com/developers/applications → your app → Bot → Reset Token)",
		Channel:      "Id of the channel for alerts (turn on Developer Mode, right click the channel, Copy Channel ID)",
		Optional:     "empty: leave it out",
		Trying:       "Trying it …",
		Again:        "That did not work. Once more, please:",
		NoCredential: "One of the two is needed: an API key, or an access token with its user id. Without a terminal, set MOKA_API_KEY.",
		Nobody:       "nobody answers the questions; set the variables and use --yes",
		InviteFirst:  "Invite the bot with the link above before you go on.",

		FromEnvironment: func(variable string) string { return "from the variable " + variable },
		Exists: func(file string) string {
			return file + " is there already; --force replaces it, --config names another file"
		},
		Replace:        func(file string) string { return file + " is there already. Replace it? [y/N]" },
		Written:        func(file string) string { return "Written: " + file },
		SecretWritten:  func(file string) string { return "Secret written: " + file + " (only you can read it)" },
		Next:           func(command string) string { return "Next: " + command },
		NothingWritten: "nothing was written",
	}
}

func zhInit() InitWords {
	return InitWords{
		Intro:        "请回答几个问题；直接回车表示采用 [方括号] 中的值。环境变量中已有的不再询问。",
		Address:      "网关地址",
		APIKey:       "API 令牌（sk-…，在网关控制台 → 令牌）",
		AccessToken:  "系统访问令牌（控制台 → 个人设置）",
		UserID:       "你的用户 ID（控制台右上角）",
		BotToken:     "Discord 机器人 token（https://discord.com/developers/applications → 你的应用 → Bot → Reset Token）",
		Channel:      "接收告警的频道 ID（打开开发者模式，右键频道 → 复制频道 ID）",
		Optional:     "留空表示不使用",
		Trying:       "正在验证……",
		Again:        "验证未通过，请重新输入：",
		NoCredential: "至少需要一种凭据：API 令牌，或系统访问令牌加用户 ID。没有终端时请设置 MOKA_API_KEY。",
		Nobody:       "没有人回答问题；请设置环境变量并使用 --yes",
		InviteFirst:  "请先用上面的链接邀请机器人，再继续。",

		FromEnvironment: func(variable string) string { return "来自环境变量 " + variable },
		Exists: func(file string) string {
			return file + " 已存在；用 --force 覆盖，或用 --config 指定其他文件"
		},
		Replace:        func(file string) string { return file + " 已存在，要覆盖吗？[y/N]" },
		Written:        func(file string) string { return "已写入 " + file },
		SecretWritten:  func(file string) string { return "密钥已写入 " + file + "（仅你可读）" },
		Next:           func(command string) string { return "下一步：" + command },
		NothingWritten: "未写入任何文件",
	}
}
