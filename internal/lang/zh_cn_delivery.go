package lang

import "fmt"

func zhDelivery() DeliveryWords {
	return DeliveryWords{
		NoFile:    "（附件上传失败。）",
		Plain:     "（Discord 拒绝了这条消息的完整形式。）",
		Bare:      "Discord 拒绝了这条消息，纯文本也不行。详情见日志。",
		NoAccess:  "机器人看不到该频道；请邀请机器人并授予“查看频道”权限",
		NoSend:    "缺少权限；请在该频道授予机器人“查看频道”“发送消息”“嵌入链接”和“附加文件”权限",
		NoChannel: "频道不存在；请更正 channel_id 并重载配置",
		Closed:    "子区已归档或锁定；请重新打开，或改用其他频道",
		WrongKind: "该频道不能发送消息；请改用文字频道",
		Blocked:   "被服务器的 AutoMod 或过滤器拦截；请为机器人设置例外",
		Form:      "Discord 不接受任何形式的这条消息；详情见日志",
		Other:     "Discord 拒绝发送；详情见日志",
		Count:     func(n int) string { return fmt.Sprintf("（%d 条）", n) },
		Unpinged: func(channel, names string) string {
			return fmt.Sprintf("%s：提及 %s 没有通知到任何人；请允许所有人提及该身份组，或授予机器人“提及 @everyone、@here 和所有身份组”权限", channel, names)
		},
		InThread: func(channel string) string {
			return fmt.Sprintf("%s：被提及身份组的部分成员不在子区内，没有收到通知；请把他们加入子区，或改用频道", channel)
		},
	}
}
