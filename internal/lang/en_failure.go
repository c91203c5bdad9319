package lang

import (
	"fmt"
	"time"
)

func enFailure() FailureWords {
	f := FailureWords{
		WebPage:      "The gateway answered with a web page. Check base_url: it should be the API's address, such as https://api.moka-ai.com.",
		Redirect:     "The gateway redirects to another address. The redirect was not followed, to keep the key safe; put the final address in base_url.",
		UserID:       "The user id does not belong to the access token. Use the id shown at the top right of the gateway's console as user_id.",
		AccessToken:  "The system access token is not accepted. Generate a new one in the console's personal settings and put it in access_token.",
		APIKey:       "The API key is not accepted. Check api_key against the console: it may be mistyped, expired, disabled or used up.",
		NotFound:     "The gateway does not know this address. Check base_url: it should be the API's address, such as https://api.moka-ai.com.",
		Address:      "The key is not allowed from this machine's address. Allow the address in the key's settings.",
		Timeout:      "The gateway did not answer in time. Retrying at the next poll.",
		NoAddress:    "The gateway cannot be reached at this address. Check base_url and the network.",
		TLS:          "The gateway's certificate is not trusted. Check base_url, and the clock and certificates of this machine.",
		Proxy:        "The proxy did not let the request through. Check proxy, or HTTPS_PROXY in the environment.",
		TooLarge:     "The gateway's answer was too large to be right.",
		Ambiguous:    "With the key alone this gateway does not say whether its figures are the key's or the account's. Add access_token and user_id.",
		Unauthorized: "The gateway does not accept the credentials. Check them in the configuration.",
		Banned:       "The account is banned on the gateway. Ask its operator.",
		Forbidden:    "The gateway does not allow this with these credentials. Check in its console what they may do.",
		Unavailable:  "The gateway is not available right now. Retrying at the next poll.",
		BadResponse:  "The gateway's answer could not be understood. Check base_url; if it is right, the gateway has a problem.",
		Unsupported:  "This gateway does not offer that.",
		Unexpected:   "Something unexpected went wrong. See the log for details.",
		RateLimited: func(wait time.Duration) string {
			if wait <= 0 {
				return "The gateway limits the number of requests. Retrying later."
			}
			return "The gateway limits the number of requests. Retrying in " + enDuration(wait) + "."
		},
		CommandShare: func(wait time.Duration) string {
			return "There were many commands recently, and part of the request budget is kept for the alerts. Try again in " + enDuration(wait) + "."
		},
		Says: func(words string) string { return fmt.Sprintf("The gateway says: %s", words) },
	}
	enDiscord(&f)
	return f
}

// enDiscord are the failures of Discord.
func enDiscord(f *FailureWords) {
	f.DiscordToken = "Discord does not accept the bot token. Copy it again from https://discord.com/developers/applications (Bot → Reset Token) into discord.token."
	f.DiscordTLS = "Discord's certificate is not trusted. Check the clock and the certificates of this machine, and discord.proxy."
	f.DiscordProxy = "The proxy did not let the request to Discord through. Check discord.proxy, its user and password too, or HTTPS_PROXY in the environment."
	f.DiscordDown = "Discord cannot be reached. Check the network, and discord.proxy if you need one."
	f.NoChannel = func(channel string) string {
		return fmt.Sprintf("There is no channel %s. Copy its id again (right click → Copy Channel ID) into channel_id.", channel)
	}
	f.NoAccess = func(channel string) string {
		return fmt.Sprintf("The bot cannot see channel %s. Invite the bot to the server (“mokabot check” prints the link), and let it see the channel: channel settings → Permissions.", channel)
	}
	f.NotText = func(channel string) string {
		return fmt.Sprintf("Channel %s takes no messages; it may be a category or a forum. Put the id of a text channel into channel_id.", channel)
	}
	f.MissingPermissions = func(channel, permissions string) string {
		return fmt.Sprintf("In channel %s the bot lacks: %s. Grant it in the channel settings → Permissions.", channel, permissions)
	}
}

func enCLI() CLIWords {
	return CLIWords{
		Written: func(n int, file string) string {
			return fmt.Sprintf("%s written to %s", plural(n, "model id", "model ids"), file)
		},
		NoneWritten: func(file string) string { return "there is no model to write; " + file + " was left as it is" },
		Config:      "configuration",
		ConfigFine: func(accounts, reports int) string {
			return fmt.Sprintf("%s, %s", plural(accounts, "account", "accounts"), plural(reports, "report", "reports"))
		},
		Good: "ok", Bad: "FAIL", Note: "note",
		Next: "next", NextRun: "start the bot with “mokabot run”, then type /balance in Discord",
		NextLook: "see what is left with “mokabot balance”, or the whole bot in the browser with “mokabot preview”",
		Gateway:  "gateway", Key: "API key", Wallet: "account balance", Models: "models",
		Channel: "channel", Discord: "Discord",
		Version: func(v string) string { return "version " + v },
		UnitOf:  "billing unit",
		ViewOf:  map[string]string{"key": "figures of the key", "account": "figures of the account", "unknown": "figures of the key or the account: the gateway does not say"},
		Polling: func(perDay int) string {
			return fmt.Sprintf("polling costs about %s a day", plural(perDay, "request", "requests"))
		},
		DiscordAs: func(name string) string { return "signed in as " + name },
		Invite:    func(link string) string { return "invite the bot with " + link },
		NoDiscord: "no bot token yet, so Discord was not checked. Create a bot at https://discord.com/developers/applications (New Application → Bot → Reset Token) and put its token into discord.token",
		Exposed:   "everybody on this machine can read this file, and it holds a credential; run chmod 600 on it",
		NoHome:    "no home server is known, so nobody is answered in Discord; name it in discord.guild_ids, or set alerts.channel_id",
		NoAlerts:  "nobody is warned: alerts.channel_id names no channel (right click on one → Copy Channel ID)",
		Offers:    "the gateway also offers", OffersNot: "it does not offer",
		Counted: func(n int) string { return plural(n, "model", "models") },
		MayPost: "the bot may post, embed and attach here",
		Budget: func(requests int, window time.Duration) string {
			return fmt.Sprintf("at most %s in %s to this host", plural(requests, "request", "requests"), enDuration(window))
		},
		Mentions: func(names string) string { return "pings " + names },
		NoSuchRole: func(channel, role string) string {
			return fmt.Sprintf("In %s there is no role %s to ping. Copy its id again into mention_roles.", channel, role)
		},
		CannotMention: func(channel, role string) string {
			return fmt.Sprintf("In %s a mention of role %s pings nobody. Make the role mentionable, or give the bot “Mention @everyone, @here, and All Roles”.", channel, role)
		},
		Backtest: enBacktest(),
		Check:    enCheck(),
	}
}
