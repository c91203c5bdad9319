package page

import "strings"

// words are what the server itself says to a visitor.
type words struct {
	colon                               string
	noSlash, noCommand, meant           string
	tooMany, missing, noValue, noChoice string
	noChannel, noMessage, noPerson      string
}

var english = &words{
	colon:     ": ",
	noSlash:   "Only commands can be sent here. Type / to see them.",
	noCommand: "There is no command /%s. Type / to see what there is.",
	meant:     "There is no command /%s. Did you mean /%s?",
	tooMany:   "No option is left for %q.",
	missing:   "The option %s is missing.",
	noValue:   "The option %s cannot be %q.",
	noChoice:  "The option %s has no choice %q. It takes: %s.",
	noChannel: "There is no such channel.",
	noMessage: "This message is no longer there.",
	noPerson:  "There is no such person.",
}

var chinese = &words{
	colon:     "：",
	noSlash:   "这里只能发送命令。输入 / 查看全部命令。",
	noCommand: "没有命令 /%s。输入 / 查看全部命令。",
	meant:     "没有命令 /%s。你要找的是 /%s 吗？",
	tooMany:   "没有可以填入 %q 的选项了。",
	missing:   "缺少选项 %s。",
	noValue:   "选项 %s 不能是 %q。",
	noChoice:  "选项 %s 没有 %q 这个值。可选：%s。",
	noChannel: "没有这个频道。",
	noMessage: "这条消息已不存在。",
	noPerson:  "没有这个人。",
}

func wordsFor(locale string) *words {
	if strings.HasPrefix(locale, "zh") {
		return chinese
	}
	return english
}

// localeOf is the locale of a request as Discord would name it.
func localeOf(requested string) string {
	switch requested {
	case "", "en":
		return "en-US"
	case "zh":
		return "zh-CN"
	}
	return requested
}
