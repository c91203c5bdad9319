package lang

// DeliveryWords phrase what happened to messages on their way to Discord.
type DeliveryWords struct {
	NoFile, Plain, Bare string // what a reduced message says of itself

	// Why Discord refuses messages, with the cure.
	NoAccess, NoSend, NoChannel, Closed, WrongKind, Blocked, Form, Other string

	Count    func(n int) string                 // behind a channel, when several messages are refused alike
	Unpinged func(channel, names string) string // a mention that pinged nobody
	InThread func(channel string) string        // a role's members were not added to the thread
}
