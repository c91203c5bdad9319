package lang

import "fmt"

func enDelivery() DeliveryWords {
	return DeliveryWords{
		NoFile:    "(The attachment could not be uploaded.)",
		Plain:     "(Discord refused the full form of this message.)",
		Bare:      "Discord refused this message, even as plain text. The details are in the log.",
		NoAccess:  "the bot cannot see the channel; invite it and give it View Channel",
		NoSend:    "a permission is missing; give the bot View Channel, Send Messages, Embed Links and Attach Files there",
		NoChannel: "the channel does not exist; correct channel_id and reload",
		Closed:    "the thread is archived or locked; open it again, or configure another channel",
		WrongKind: "the channel takes no messages; configure a text channel",
		Blocked:   "the server's AutoMod or a filter blocks it; make an exception for the bot",
		Form:      "Discord refuses it in every form; see the log",
		Other:     "Discord refuses it; see the log",
		Count:     func(n int) string { return fmt.Sprintf("(%d)", n) },
		Unpinged: func(channel, names string) string {
			return fmt.Sprintf("%s: the mention of %s pinged nobody; make the role mentionable, or give the bot “Mention @everyone, @here, and All Roles”", channel, names)
		},
		InThread: func(channel string) string {
			return fmt.Sprintf("%s: not all members of a mentioned role are in the thread, and they were not pinged; add them, or use a channel", channel)
		},
	}
}
