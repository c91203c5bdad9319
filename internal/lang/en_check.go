package lang

import (
	"fmt"
	"time"

	"mokabot/moka"
)

func enCheck() CheckWords {
	return CheckWords{
		Warning: "warn", Levels: "alert levels", Who: "access", Reports: "reports", Zone: "time zone", Listening: "listen", Failed: "failed",
		Access: func(server, viewers, operators string) string {
			return fmt.Sprintf("in %s figures are seen by %s; snoozing, levels and reloading are for %s", server, viewers, operators)
		},
		Managers: "members who may manage the server", EveryMember: "every member",
		Person: func(id string) string { return "the user " + id },
		UnknownRole: func(role, key string) string {
			return fmt.Sprintf("no server has the role %s of %s; copy its id again (Server Settings → Roles → right click → Copy Role ID)", role, key)
		},
		EveryoneOperates: "discord.operators names the role @everyone, so every member may snooze alerts and reload; name another role",
		NoServer: func(id string) string {
			return fmt.Sprintf("the bot is not in the server %s of discord.guild_ids; invite it, or copy the server's id again", id)
		},
		SharedWallet: func(accounts string) string {
			return fmt.Sprintf("%s share one account balance: totals count it once, but each pings for it; give levels to one of them and set alerts: {levels: []} for the others", accounts)
		},
		Unlisted: "the API key is not in this account's list of keys, so another account's balance pays for its calls; use an access token and a key of the same user, or give each an account of its own here",
		NeverFires: func(levels string) string {
			return fmt.Sprintf("the key is unlimited, so its balance is unknown and the levels %s never fire; add access_token and user_id, which show the account's balance", levels)
		},
		QuietWorst: func(level string) string {
			return fmt.Sprintf("quiet_hours hold back even %s, the worst level: nobody is pinged in these hours however little is left", level)
		},
		NoLevels: "no levels are configured, so nobody is pinged when the balance is low; add alerts.levels",
		IntervalTooLong: func(level string, runway, every, atMost time.Duration) string {
			return fmt.Sprintf("level %s warns %s before the money is gone, but the balance is read only every %s; set poll_interval to %s or less", level, enDuration(runway), enDuration(every), enDuration(atMost))
		},
		LastDay: func(cron string) string {
			return fmt.Sprintf("“%s” runs on the last day in months without that day", cron)
		},
		SkippedMonths: func(cron, months string) string {
			return fmt.Sprintf("“%s” never runs in %s, so no report is posted in those months; use a line that runs every month, such as 0 9 1 * *", cron, months)
		},
		ZoneSign: func(zone, offset, instead string) string {
			return fmt.Sprintf("%s is UTC%s: the sign of these names is turned around. If you meant the other side, write %s", zone, offset, instead)
		},
		PlanEnds: func(when string) string {
			return fmt.Sprintf("a plan ends %s, and what is left on it is lost then; renew it, or top up the account", when)
		},
		FailedRead: func(read, lost, why string) string {
			return fmt.Sprintf("%s could not be read, so %s. %s", read, lost, why)
		},
		Lost: map[string]string{
			"models": "nobody knows which models the key may call", "pricing": "models have no prices",
			"data/self": "usage by model and the last 30 days are missing", "log/self/stat": "spending between distant readings cannot be looked up",
			"token": "/keys and spending by key are missing", "subscription/self": "plans are missing from the balance",
			"notice": "the gateway's notice is missing", "usage/token": "figures may be the key's or the account's",
		},
		ListensBeyond: func(address string) string {
			return fmt.Sprintf("%s can be reached from other machines, and /metrics shows balances; listen on 127.0.0.1, or let nothing but your monitoring reach it", address)
		},
		Locked: func(channel string) string {
			return fmt.Sprintf("The thread %s is locked. Unlock it, or give the bot Manage Threads in its channel.", channel)
		},
		Archived: func(channel string) string {
			return fmt.Sprintf("the thread %s is archived; the next post opens it again, but older posts cannot be updated until then. Open it again, or use a channel", channel)
		},
		Outside: func(channel string) string {
			return fmt.Sprintf("The bot is not in the private thread %s. Mention the bot there once to add it.", channel)
		},
		TimedOut: func(channel, until string) string {
			return fmt.Sprintf("The bot is timed out until %s, so it cannot post in %s. Remove the timeout in the server's member list.", until, channel)
		},
		EveryoneAsRole: func(channel string) string {
			return fmt.Sprintf("In %s a mention of @everyone as a role pings nobody. Put the id of another role into mention_roles.", channel)
		},
		Checking: func(what string) string { return "checking " + what + " …" },
		Posted:   func(channel string) string { return "a test message was posted in " + channel },
		PostedPinging: func(channel, who string) string {
			return "a test message was posted in " + channel + " and pinged " + who
		},
		PingedNobody: func(channel, who string) string {
			return fmt.Sprintf("the test message in %s did not ping %s; make the role mentionable, or check the id", channel, who)
		},
		WithToken: func(reads string) string {
			return "with access_token and user_id the bot can also read " + reads
		},
		PostFailed: func(channel string) string {
			return fmt.Sprintf("the test message could not be posted in %s; check the bot's permissions there, then try again", channel)
		},
	}
}

func enLevels() LevelWords {
	return LevelWords{
		Title: "Alert levels", None: "No levels: a low balance pings nobody.", Or: " or ", Changed: "set in Discord",
		Actions:  map[string]string{"show": "show", "set": "set", "reset": "reset to the configuration"},
		Below:    func(a moka.Amount) string { return "below " + a.String() },
		Runway:   func(d time.Duration) string { return "empty within " + enDuration(d) },
		InStatus: func(accounts string) string { return "Levels set in Discord: " + accounts },
	}
}
