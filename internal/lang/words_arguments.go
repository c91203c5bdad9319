package lang

import (
	"fmt"
	"strings"
	"time"
)

// ArgumentWords are said about a command line, and by the commands that work on files and
// on the database. A flag comes as it is written, such as --json; meant is the known word
// that was probably meant, or "".
type ArgumentWords struct {
	NoCommand    func(name, meant string) string
	NoFlagHere   func(flag, meant string) string // in front of the command
	FlagOf       func(flag, command string) string
	SeeHelp      string
	Usage        func(line string) string
	NoFlag       func(flag, meant string) string
	Unexpected   func(argument string) string
	BadValue     func(value, flag, why string) string
	NeedsValue   func(flag string) string
	OneOf        func(known []string, meant string) string // why
	HostPort     func(example string) string               // why
	WholeNumber  string                                    // why
	Between      func(flag string, lowest, highest int) string
	NotOneOf     func(value string, known []string, meant string) string
	NameShell    func(shells string) string
	NameReport   string
	NoAccount    func(name string, known []string) string
	NotTime      func(text string) string
	SendOffline  string
	NoListen     string
	NotAlive     func(why string) string
	AliveStatus  func(status string) string
	NothingDrawn string
	Interrupted  string

	// Failures of a gateway, for a program that does not poll it.
	Timeout, Unavailable string
	RateLimited          func(wait time.Duration) string

	InPostgreSQL           string // where the database is
	NoDatabase, NothingYet func(where string) string
	ToMissing              string
	To                     func(fault string) string
	NothingToCopy          func(where string) string
	CopyAgain              string
	CopiedTable            func(table string, rows int64, sums string) string
	Copied                 func(rows int64, tables int, took, key string) string
	CopyStep               func(table string, rows int64, verifying bool) string
	Program, Help          string                    // of the list of commands: its head and its foot
	Default                func(value string) string // of a flag
	Abouts                 map[string]string         // of the commands
	Flags                  map[string]string         // by "command.flag" or ".flag" for all commands; missing: the English explanation
}

func enArguments() ArgumentWords {
	return ArgumentWords{
		NoCommand:  func(name, meant string) string { return fmt.Sprintf("there is no command %q", name) + enMeant(meant) },
		NoFlagHere: func(flag, meant string) string { return "there is no flag " + flag + " here" + enMeant(meant) },
		FlagOf: func(flag, command string) string {
			return fmt.Sprintf("there is no flag %s here; write it after the command, as in mokabot %s %s", flag, command, flag)
		},
		SeeHelp:    "mokabot help lists the commands",
		Usage:      func(line string) string { return "usage: " + line },
		NoFlag:     func(flag, meant string) string { return "there is no flag " + flag + enMeant(meant) },
		Unexpected: func(argument string) string { return fmt.Sprintf("unexpected argument %q", argument) },
		BadValue: func(value, flag, why string) string {
			return fmt.Sprintf("invalid value %q for flag %s: %s", value, flag, why)
		},
		NeedsValue: func(flag string) string { return "flag needs an argument: " + flag },
		OneOf: func(known []string, meant string) string {
			return "it is one of: " + strings.Join(known, ", ") + enMeant(meant)
		},
		HostPort:    func(example string) string { return "it is host:port, for example " + example },
		WholeNumber: "it is a whole number",
		Between: func(flag string, lowest, highest int) string {
			return fmt.Sprintf("%s is from %d to %d", flag, lowest, highest)
		},
		NotOneOf: func(value string, known []string, meant string) string {
			return fmt.Sprintf("%q is not one of %s", value, strings.Join(known, ", ")) + enMeant(meant)
		},
		NameShell:  func(shells string) string { return "name the shell: " + shells },
		NameReport: "which report? Name one of those in the configuration",
		NoAccount: func(name string, known []string) string {
			return fmt.Sprintf("there is no account %q; the accounts are: %s", name, enNames(known))
		},
		NotTime: func(text string) string {
			return fmt.Sprintf("%q is not a time; write, for example, 2026-11-01, 2026-11-01T09:00:00Z, 30d or 12h", text)
		},
		SendOffline:  "--send needs Discord; leave out --offline",
		NoListen:     "the configuration has no listen address to ask; set listen, such as 127.0.0.1:9464",
		NotAlive:     func(why string) string { return "the bot does not answer: " + why },
		AliveStatus:  func(status string) string { return "the bot answers " + status },
		NothingDrawn: "there are no readings of this time to draw",
		Interrupted:  "interrupted",

		Timeout:     "The gateway did not answer in time. Try again.",
		Unavailable: "The gateway is not available right now. Try again later.",
		RateLimited: func(wait time.Duration) string {
			if wait <= 0 {
				return "The gateway limits the number of requests. Try again later."
			}
			return "The gateway limits the number of requests. Try again in " + enDuration(wait) + "."
		},

		InPostgreSQL: "in PostgreSQL (storage.url)",
		NoDatabase: func(where string) string {
			return "there is no database " + where + " yet; it fills while `mokabot run` is running"
		},
		NothingYet: func(where string) string {
			return "there is no database " + where + " yet, so nothing is remembered; it fills while `mokabot run` is running"
		},
		ToMissing:     "--to is missing; name a postgres:// URL or the path of a file",
		To:            func(fault string) string { return "--to " + fault },
		NothingToCopy: func(where string) string { return "there is no database " + where + " to copy" },
		CopyAgain:     "interrupted; run it again to go on",
		CopiedTable: func(table string, rows int64, sums string) string {
			return fmt.Sprintf("%-14s %12d rows  %s", table, rows, sums)
		},
		Copied: func(rows int64, tables int, took, key string) string {
			return fmt.Sprintf("%d rows of %d tables were copied and are the same on both sides (%s).\nName the copy in storage.%s, then start the bot.", rows, tables, took, key)
		},
		CopyStep: func(table string, rows int64, verifying bool) string {
			done := "copied"
			if verifying {
				done = "compared"
			}
			return fmt.Sprintf("%s: %d rows %s", table, rows, done)
		},
		Program: "mokabot watches the balance of moka-ai accounts, from Discord and from here.",
		Help:    "mokabot help COMMAND explains its flags. Exit status: 0 fine, 1 something could not be read or done, 2 bad arguments or configuration.",
		Default: func(value string) string { return " (default " + value + ")" },
		Abouts: map[string]string{
			"run":         "run the bot until it is interrupted",
			"demo":        "try everything in the browser: no account, no Discord",
			"preview":     "try your own accounts in the browser, on a simulated Discord",
			"init":        "ask for what the bot needs, try it, and write a small configuration",
			"check":       "check the configuration, every credential and every channel",
			"balance":     "show what is left",
			"models":      "list the models a key may call",
			"usage":       "show what was spent; P: today yesterday 7d 30d month",
			"budget":      "show where the budgets stand",
			"report":      "show a report now; nothing is posted",
			"schedule":    "show when the next reports are due",
			"backtest":    "replay the past: which pings these rules would have sent",
			"export":      "write the stored readings as CSV",
			"copy":        "copy the database from SQLite to PostgreSQL or back, and compare both",
			"healthcheck": "ask a running bot whether it is alive",
			"completion":  "print the completion script for a shell, as in: source <(mokabot completion bash)",
			"version":     "print this program's version",
		},
		Flags: map[string]string{},
	}
}

func zhArguments() ArgumentWords {
	return ArgumentWords{
		NoCommand:  func(name, meant string) string { return fmt.Sprintf("没有 %q 这个命令", name) + zhMeant(meant) },
		NoFlagHere: func(flag, meant string) string { return "这里没有选项 " + flag + zhMeant(meant) },
		FlagOf: func(flag, command string) string {
			return fmt.Sprintf("这里不能写选项 %s；请写在命令后面，例如 mokabot %s %s", flag, command, flag)
		},
		SeeHelp:    "运行 mokabot help 查看所有命令",
		Usage:      func(line string) string { return "用法：" + line },
		NoFlag:     func(flag, meant string) string { return "没有选项 " + flag + zhMeant(meant) },
		Unexpected: func(argument string) string { return fmt.Sprintf("多余的参数 %q", argument) },
		BadValue: func(value, flag, why string) string {
			return fmt.Sprintf("选项 %s 的值 %q 无效：%s", flag, value, why)
		},
		NeedsValue: func(flag string) string { return "选项 " + flag + " 需要一个值" },
		OneOf: func(known []string, meant string) string {
			return "只能是 " + strings.Join(known, "、") + " 之一" + zhMeant(meant)
		},
		HostPort:    func(example string) string { return "应为“主机:端口”，例如 " + example },
		WholeNumber: "应为整数",
		Between: func(flag string, lowest, highest int) string {
			return fmt.Sprintf("%s 应在 %d 到 %d 之间", flag, lowest, highest)
		},
		NotOneOf: func(value string, known []string, meant string) string {
			return fmt.Sprintf("%q 无效，只能是 %s 之一", value, strings.Join(known, "、")) + zhMeant(meant)
		},
		NameShell:  func(shells string) string { return "请写明 shell：" + shells },
		NameReport: "请写明要看哪份报告，即配置中的报告名称",
		NoAccount: func(name string, known []string) string {
			return fmt.Sprintf("没有名为“%s”的账户；现有账户：%s", name, zhNames(known))
		},
		NotTime: func(text string) string {
			return fmt.Sprintf("%q 不是时间；请写成 2026-11-01、2026-11-01T09:00:00Z、30d 或 12h 这样", text)
		},
		SendOffline:  "--send 需要连接 Discord；请去掉 --offline",
		NoListen:     "配置中没有 listen，无法询问机器人；请设置 listen，例如 127.0.0.1:9464",
		NotAlive:     func(why string) string { return "机器人没有响应：" + why },
		AliveStatus:  func(status string) string { return "机器人返回 " + status },
		NothingDrawn: "这段时间没有读数，无法绘制图表",
		Interrupted:  "已中断",

		Timeout:     "网关没有及时响应。请重试。",
		Unavailable: "网关暂时不可用。请稍后重试。",
		RateLimited: func(wait time.Duration) string {
			if wait <= 0 {
				return "网关限制了请求次数。请稍后重试。"
			}
			return "网关限制了请求次数。请在 " + zhDuration(wait) + "后重试。"
		},

		InPostgreSQL: "（PostgreSQL，storage.url）",
		NoDatabase: func(where string) string {
			return "还没有数据库 " + where + "；运行 `mokabot run` 期间会逐渐积累数据"
		},
		NothingYet: func(where string) string {
			return "还没有数据库 " + where + "，因此没有历史数据；运行 `mokabot run` 期间会逐渐积累"
		},
		ToMissing:     "缺少 --to；请填写 postgres:// 地址或文件路径",
		To:            func(fault string) string { return "--to：" + fault },
		NothingToCopy: func(where string) string { return "没有可复制的数据库 " + where },
		CopyAgain:     "已中断；再次运行同一命令即可继续",
		CopiedTable: func(table string, rows int64, sums string) string {
			return fmt.Sprintf("%-14s %12d 行  %s", table, rows, sums)
		},
		Copied: func(rows int64, tables int, took, key string) string {
			return fmt.Sprintf("已复制 %[2]d 个表共 %[1]d 行，两边一致（用时 %[3]s）。\n请在 storage.%[4]s 中填写新数据库，然后启动机器人。", rows, tables, took, key)
		},
		CopyStep: func(table string, rows int64, verifying bool) string {
			done := "已复制"
			if verifying {
				done = "已核对"
			}
			return fmt.Sprintf("%s：%s %d 行", table, done, rows)
		},
		Program: "mokabot 监测 moka-ai 账户的余额，可在 Discord 中使用，也可在命令行使用。",
		Help:    "mokabot help COMMAND 说明该命令的选项。退出状态：0 正常，1 有内容无法读取或操作未完成，2 参数或配置有误。",
		Default: func(value string) string { return "（默认 " + value + "）" },
		Abouts: map[string]string{
			"run":         "运行机器人，直到被中断",
			"demo":        "在浏览器中试用全部功能，不需要账户和 Discord",
			"preview":     "在浏览器中用模拟的 Discord 查看你自己的账户",
			"init":        "询问所需信息，验证后写入一份简短的配置",
			"check":       "检查配置、每个凭据和每个频道",
			"balance":     "查看可用余额",
			"models":      "列出令牌可以调用的模型",
			"usage":       "查看花费；P 为 today yesterday 7d 30d month 之一",
			"budget":      "查看预算执行情况",
			"report":      "立即查看一份报告，不会发布",
			"schedule":    "查看接下来的报告时间",
			"backtest":    "用过去的数据回放：这些规则会发出哪些提醒",
			"export":      "以 CSV 格式输出已存储的读数",
			"copy":        "在 SQLite 与 PostgreSQL 之间复制数据库并核对",
			"healthcheck": "询问运行中的机器人是否正常",
			"completion":  "输出 shell 的补全脚本，例如 source <(mokabot completion bash)",
			"version":     "显示程序版本",
		},
		Flags: map[string]string{
			".config":          "配置文件 `FILE`；没有 config.yaml 时使用环境变量",
			".json":            "以一个 JSON 对象回答",
			".listen":          "在这个地址 `ADDRESS` 提供网页",
			"init.config":      "写入这个文件 `FILE`",
			"init.yes":         "不提问，全部取自环境变量",
			"init.force":       "文件已存在时覆盖",
			"init.language":    "提问和机器人消息的语言",
			"demo.language":    "机器人消息的语言",
			"check.offline":    "只检查配置，不发出任何请求",
			"check.send":       "另外在每个频道发布一条测试消息，包括提及",
			"models.search":    "只列出 ID 中含有 `TEXT` 的模型",
			"models.o":         "将模型 ID 写入文件 `FILE`，每行一个",
			"usage.period":     "统计的时间段",
			"usage.by":         "花费按什么分列",
			"usage.chart":      "将这段时间的图表画到 `FILE.png`",
			"schedule.from":    "从 `TIME` 开始，例如 2026-11-01T09:00:00Z；不填则从现在开始",
			"schedule.count":   "列出 `N` 次",
			"backtest.days":    "过去 `N` 天",
			"backtest.against": "与配置文件 `FILE` 的规则比较",
			"export.since":     "从 `TIME` 开始：2026-11-01、2026-11-01T09:00:00Z、30d 或 12h；不填则为全部",
			"copy.to":          "复制到哪里：postgres:// 地址 `URL`，或文件路径",
		},
	}
}
