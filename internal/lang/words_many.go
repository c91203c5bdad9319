package lang

import (
	"fmt"
	"strings"
)

// ManyWords phrase answers about more accounts than have a card each.
type ManyWords struct {
	Attention, Others, Spenders string             // headings
	AttentionRest, Rest         func(n int) string // accounts without a line of their own
	Unknown, Unlimited          func(n int) string // accounts whose money is not in a sum
	AskFor                      func(command string) string
}

func enMany() ManyWords {
	return ManyWords{
		Attention: "Need attention", Others: "Other accounts", Spenders: "Spend most",
		AttentionRest: func(n int) string { return fmt.Sprintf("… and %d more of these", n) },
		Rest:          func(n int) string { return fmt.Sprintf("… and %s", plural(n, "other account", "other accounts")) },
		Unknown:       func(n int) string { return plural(n, "account unknown", "accounts unknown") },
		Unlimited:     func(n int) string { return plural(n, "account unlimited", "accounts unlimited") },
		AskFor:        func(command string) string { return command + " with a name shows one account." },
	}
}

func zhMany() ManyWords {
	return ManyWords{
		Attention: "需要关注", Others: "其他账户", Spenders: "消耗最多",
		AttentionRest: func(n int) string { return fmt.Sprintf("……另有 %d 个同样需要关注", n) },
		Rest:          func(n int) string { return fmt.Sprintf("……其余 %d 个账户", n) },
		Unknown:       func(n int) string { return fmt.Sprintf("%d 个账户未知", n) },
		Unlimited:     func(n int) string { return fmt.Sprintf("%d 个账户无限额度", n) },
		AskFor:        func(command string) string { return "“" + command + "”加账户名称可查看单个账户。" },
	}
}

// maxNames is how many names a sentence has room for.
const maxNames = 20

// enNames lists names for a sentence: all of them, or the first and how many more.
func enNames(names []string) string {
	if len(names) <= maxNames+1 {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:maxNames], ", ") + fmt.Sprintf(" and %d more", len(names)-maxNames)
}

func zhNames(names []string) string {
	if len(names) <= maxNames+1 {
		return strings.Join(names, "、")
	}
	return strings.Join(names[:maxNames], "、") + fmt.Sprintf(" 等 %d 个", len(names))
}
