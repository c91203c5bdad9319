package lang

import (
	"cmp"
	"fmt"
	"strings"

	"mokabot/moka"
)

func zhConfig() ConfigWords {
	w := ConfigWords{
		CannotRead: func(why string) string { return "无法读取：" + why },
		NoSuchFile: "文件不存在；请核对路径", NoRight: "没有读取权限", TooLarge: "文件过大",
		Directory: "这是一个文件夹；请填写其中的文件", Device: "这是管道或设备；请填写普通文件",
		File:      func(_, path, why string) string { return path + "：" + why },
		FileEmpty: "文件是空的",
		Nothing: `当前目录没有 config.yaml，环境变量中也没有凭据。请任选一种方式开始：
  mokabot demo                               先看看效果，不需要账户
  export MOKA_API_KEY=sk-…                   你的令牌（网关控制台 → 令牌），然后运行 mokabot balance
  export MOKA_ACCESS_TOKEN=… MOKA_USER_ID=…  你的账户（控制台 → 个人设置），然后运行 mokabot balance
  mokabot init                               完整的机器人：逐项询问，并写好 config.yaml`,

		Empty:          "文件是空的；请以 config.yaml.example 为起点",
		NotYAML:        "不是有效的 YAML",
		SecondDocument: "从这里开始了第二个文档；一个文件只能有一个，请删除 ---",
		Tabs:           "（缩进请用空格，不要用制表符；以 @、% 或 ` 开头的文本要加引号）",
		BareVariable:   "；在花括号或方括号内，变量要加引号：\"${NAME}\"",
		Syntax:         func(parser string) string { return "不是有效的 YAML：" + cmp.Or(zhParser[parser], parser) },

		Mapping: "键值对", List: "列表", Single: "单个值",
		MustBeMapping:  func(kind string) string { return "这里应是键值对，而不是" + kind },
		MustBeList:     func(kind string) string { return "这里应是列表，而不是" + kind },
		MustBeSingle:   func(kind string) string { return "这里应是单个值，而不是" + kind },
		KeyNotText:     "键名必须是纯文本",
		KeyTwice:       "重复出现；请删除其中一个",
		NoSpace:        "冒号后面需要一个空格",
		Alias:          "不支持别名（*name）；请直接写出值",
		Tag:            "不支持标签（!name）；以 ! 开头的文本要加引号",
		UnknownKey:     func(meant string) string { return "没有这个配置项" + zhMeant(meant) },
		ItemEmpty:      "是空的",
		Missing:        "缺少这一项",
		VariableName:   "${…} 中只能写环境变量的名称：字母、数字和 _",
		VariableUnsafe: "花括号中的环境变量没有设置；请填写变量名，例如 ${MOKA_API_KEY}，而不是它的值",
		VariableUnset:  func(name string) string { return "环境变量 " + name + " 没有设置" },
		NotOneOf: func(value string, known []string, meant string) string {
			return value + " 无效，只能是 " + strings.Join(known, "、") + " 之一" + zhMeant(meant)
		},
		NotWhole: func(value string, lowest, highest int) string {
			return fmt.Sprintf("%s 无效，应为 %d 到 %d 之间的整数", value, lowest, highest)
		},
		NotName: func(value string) string {
			return value + " 不能用作名称：请用 1 到 32 个字母、汉字、数字、-、_ 或 .，且不能以 - 开头"
		},
		Twice: func(value string) string { return value + " 重复出现；请删除其中一个" },
		NameTwice: func(thing, name string, line int) string {
			return fmt.Sprintf("名称 %s 已被第 %d 行的%s使用；请换一个", name, line, thing)
		},
		Things: map[string]string{"account": "账户", "budget": "预算", "report": "报告", "level": "级别"},
		NotID:  "不是 Discord ID；ID 是一串数字，例如 1098765432109876543（开启开发者模式，右键 → 复制 ID）",
		NoUnit: func(value, number string) string {
			return fmt.Sprintf("%s 缺少单位；请写成 %ss（秒）、%sm（分钟）、%sh（小时）或 %sd（天）", value, number, number, number, number)
		},
		NotDuration:   func(value string) string { return value + " 不是时长；请写成 30s、5m、72h 或 7d 这样" },
		Negative:      func(value string) string { return value + " 不能是负数" },
		TooShort:      func(value string) string { return value + " 不足一秒；至少为 1s" },
		KeptTooShort:  func(value string) string { return value + " 太短；至少保留 2d" },
		AtLeastSecond: "至少为 1s",
		NotMoney: func(value string, negative bool) string {
			text := value + " 不是美元金额；请写成 20.00 这样，最多六位小数"
			if negative {
				text += "，且不能是负数"
			}
			return text
		},
		TooMuchMoney:  func(value string) string { return value + " 超出了可以计算的金额" },
		NotPercent:    func(value string) string { return value + " 不是 0% 到 100% 之间的百分比" },
		NoPercentSign: func(value string) string { return value + " 缺少 %；请写成 5% 这样" },
		NotFactor: func(value string, highest int) string {
			return fmt.Sprintf("%s 无效；请填写 0（关闭），或大于 1 且不超过 %d 的数", value, highest)
		},
	}
	zhConfigSections(&w)
	return w
}

func zhConfigSections(w *ConfigWords) {
	w.NoAccount = "没有账户；请添加一个，写明 name 和 api_key"
	w.UserIDMissing = "缺少这一项；使用 access_token 时还需要用户 ID，它显示在网关控制台的右上角"
	w.UserIDAlone = "只有用户 ID，没有 access_token；请补上，或删除 user_id"
	w.NoCredential = "没有凭据；请填写 api_key，或 access_token 和 user_id"
	w.NotUserID = "不是用户 ID；ID 是一个数字，例如 123"
	w.NoSuchAccount = func(value, meant string) string { return "没有名为 " + value + " 的账户" + zhMeant(meant) }
	w.NoAccounts = func(purpose string) string {
		return "列表是空的；请写上账户，或删除这一项以" + purpose
	}
	w.CountAll, w.ReportAll = "统计所有账户", "包含所有账户"
	w.AddressFault = map[moka.AddressFault]string{
		moka.NoScheme:     "缺少协议；请写成 https://HOST",
		moka.NoAddress:    "不是网址；请写成 https://HOST",
		moka.OtherScheme:  "必须以 https:// 开头",
		moka.UserInside:   "网址中含有用户名或密码；请删除",
		moka.QueryInside:  "网址不能包含 ? 或 # 及其后面的内容",
		moka.PlainAddress: "使用 http 会以明文发送令牌；请改为 https://（http 只能用于本机）",
	}
	w.NotPage = "不是网页地址；请写成 https://console.example.com/topup 这样"
	w.PageUser = "网址中含有用户名或密码；请删除"
	w.PageTooLong = "超过了 Discord 允许的 512 个字符"
	w.NotProxy = "不是代理地址；请写成 http://127.0.0.1:7890 或 socks5://127.0.0.1:1080 这样"
	w.ProxyScheme = "必须以 http://、https:// 或 socks5:// 开头"
	w.ProxyEnd = "端口后面不能再有内容"
	w.NotListen = func(value string) string {
		return value + " 不是“主机:端口”；请写成 127.0.0.1:9464 这样"
	}
	w.CannotCombine = func(other string) string { return "不能与 " + other + " 同时使用；请只保留一个" }
	w.BadSecret = "其中有空格、换行或非 ASCII 字符；请重新复制，不要带 \"Bearer\""

	w.AmountMissing = "缺少这一项；请填写一个周期最多花多少美元，例如 500.00"
	w.AmountZero = "不能是 0；请填写一个周期最多花多少美元，例如 500.00"
	w.NotKeyName = "不是令牌的名称"
	w.KeysUnknown = func(accounts string) string {
		return "只有通过 access_token 才能知道各令牌的花费，而 " + accounts + " 没有；请补上，或删除 keys"
	}
	w.NotThreshold = func(value string) string {
		return value + " 不是 1% 到 1000% 之间的百分比；请写成 80% 这样"
	}
	w.ThresholdOrder = func(value string) string { return value + " 没有大于前一项；请按从小到大排列" }

	w.NotCron = func(value string) string { return value + " 不是 cron 表达式；请写成 0 9 * * * 这样" }
	w.BadCron = func(value, why string) string { return value + "：" + why }
	w.CronZone = "这里不能写时区；请使用 timezone"
	w.NeverRuns = "这一天不存在，因此永远不会运行"
	w.NotEvery = "@every 不按日历计时；请写成 0 9 * * * 这样的 cron 表达式"
	w.BadEvery = "@every 后面不是时长；请写成 @every 1h30m 这样"
	w.EveryTooShort = "@every 至少为 1s"
	w.NotDescriptor = "无法识别；请使用 @hourly、@daily、@weekly、@monthly、@yearly，或五个字段的表达式"
	w.CronFieldCount = func(found int) string {
		return fmt.Sprintf("cron 表达式应有五个字段（分 时 日 月 星期），这里有 %d 个", found)
	}
	w.CronField = func(field int, value string) string {
		name := []string{"分钟", "小时", "日期", "月份", "星期"}[field]
		values := []string{"0–59", "0–23", "1–31 或 L（最后一天）", "1–12 或 JAN–DEC", "0–7 或 SUN–SAT"}[field]
		return fmt.Sprintf("%s %q 无效；可用 %s，也可以写列表（1,3）、范围（1-3）、步长（*/2）或 *", name, value, values)
	}
	w.CronMissing = "缺少这一项；例如 \"0 9 * * *\" 表示每天九点"
	w.ReportChannel = "缺少这一项，也没有 alerts.channel_id；请至少填写其中一个"
	w.LevelLimit = "需要 below 或 runway"
	w.LevelNeeds = func(level string) string { return "级别 " + level + " 需要 below 或 runway" }
	w.NotBelow = func(value, last, level string) string {
		return fmt.Sprintf("%s 没有低于级别 %s 的 %s；请把较轻的级别写在前面", value, level, last)
	}
	w.NotShorter = func(value, last, level string) string {
		return fmt.Sprintf("%s 没有短于级别 %s 的 %s；请把较轻的级别写在前面", value, level, last)
	}
	w.QuietFrom = "缺少这一项；请写成 \"23:00\" 这样"
	w.QuietTo = "缺少这一项；请写成 \"07:30\" 这样"
	w.QuietSame = "与 from 相同；请删除 quiet_hours，或写明结束时间"
	w.NoSuchLevel = func(value, meant string) string { return "没有名为 " + value + " 的级别" + zhMeant(meant) }
	w.NotClock = func(value string) string { return value + " 不是一天中的时刻；请写成 \"23:00\" 这样" }
	w.NotZone = func(value, hint string) string { return value + " 不是时区" + hint }
	w.ZoneName = func(zone string) string { return "；请填写 IANA 时区名，例如 " + zone }
	w.ZoneMeant = zhMeant
	w.ZoneSuch = "；请填写 IANA 时区名，例如 Asia/Shanghai 或 Europe/Berlin"
	w.TokenEmpty = "是空的，这样任何人都能访问；请填写，或删除这一项"
	w.TokenTooShort = func(letters int) string {
		return fmt.Sprintf("太短，容易被猜到；请至少用 %d 个字符，例如 `openssl rand -hex 16` 的输出", letters)
	}
	w.NotHost = "不是主机名；请写成 metrics.example 这样，不带端口"
	w.PathEmpty = "是空的；请写成 mokabot.db 这样"
	w.InMemory = "程序结束后数据就会丢失；请填写文件，例如 mokabot.db"
	w.URLAndPath = "不能与 path 同时使用；请只保留一个"
	w.NotPostgres = "必须以 postgres:// 开头；请写成 postgres://USER:PASSWORD@HOST:5432/DATABASE"
	w.NotDatabase = "不是数据库地址；请写成 postgres://USER:PASSWORD@HOST:5432/DATABASE，密码中的 / ? # @ 和 % 要写成 %2F %3F %23 %40 和 %25"
	w.NeitherURLNorPath = "既不是 postgres:// 地址，也不是文件路径"
	w.BotToken = "缺少这一项；请在 https://discord.com/developers/applications 创建机器人，把它的 token 填在这里，或把 token 所在的文件填入 token_file"
	w.NoChannel = "告警没有可用的频道；请设置 alerts.channel_id"
}

// zhParser are the usual complaints of yaml.v3.
var zhParser = map[string]string{
	"mapping values are not allowed in this context":         "这里不能再出现“键: 值”；请检查缩进，或给含有冒号的文本加引号",
	"did not find expected key":                              "这里应是一个键；请检查缩进和冒号后的空格",
	"could not find expected ':'":                            "缺少冒号",
	"did not find expected ',' or '}'":                       "缺少 , 或 }",
	"did not find expected ',' or ']'":                       "缺少 , 或 ]",
	"did not find expected '-' indicator":                    "这里应是以 - 开头的列表项；请检查缩进",
	"did not find expected node content":                     "这里应是一个值",
	"found character that cannot start any token":            "这里不能以这个字符开头",
	"found unexpected end of stream":                         "文件在这里意外结束；请检查引号是否成对",
	"found unexpected document indicator":                    "引号中不能出现 ---；请检查引号是否成对",
	"block sequence entries are not allowed in this context": "这里不能出现列表项；请检查缩进",
	"control characters are not allowed":                     "文件中有控制字符；请删除",
}

// zhMeant suggests a word, if there is one.
func zhMeant(word string) string {
	if word == "" {
		return ""
	}
	return "；你是不是想写 " + word + "？"
}
