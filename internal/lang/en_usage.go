package lang

import (
	"fmt"
	"strings"
	"time"

	"mokabot/moka"
)

func enUsage() UsageWords {
	return UsageWords{
		Periods: map[string]string{
			"today": "today", "yesterday": "yesterday", "7d": "last 7 days", "30d": "last 30 days", "month": "this month",
		},
		By:      map[string]string{"model": "model", "key": "key"},
		ByModel: "By model",
		Model: func(model string, spent moka.Amount, share string, requests, tokens int64) string {
			return fmt.Sprintf("%s %s%s · %s · %s", model, spent, bracketed(" (", share, ")"), Unbroken(plural(int(requests), "request", "requests")), Unbroken(shortCount(tokens)+" tokens"))
		},
		Rest: func(models int, spent moka.Amount) string {
			if models == 1 {
				return "1 other model " + spent.String()
			}
			return fmt.Sprintf("%s together %s", plural(models, "other model", "other models"), spent)
		},
		NeedsToken:  "This list needs the account's system access token.",
		NotRecorded: "This gateway does not record use by model.",
		ByKey:       "By key",
		KeyUse: func(key string, spent moka.Amount, share string, requests int64) string {
			text := key + " " + spent.String() + bracketed(" (", share, ")")
			if requests > 0 {
				text += " · " + Unbroken(plural(int(requests), "request", "requests"))
			}
			return text
		},
		RestOfKeys: func(keys int, spent moka.Amount) string {
			return plural(keys, "other key", "other keys") + " " + spent.String()
		},
		Others: "other", Nameless: "(no name)", Returned: "refunds",
		NoKeys: "This gateway does not report spending by key.",
		Undated: func(a moka.Amount) string {
			return fmt.Sprintf("%s was spent between two readings far apart; how much of it falls into this period is unknown.", a)
		},
		Shared: func(names []string) string {
			return strings.Join(names, ", ") + " share one account balance; it is counted once."
		},
		Recorded: func(a moka.Amount) string { return fmt.Sprintf("The gateway's own records show %s spent.", a) },
		Filled:   "The readings do not cover the whole period; the total is from the gateway's own records.",
	}
}

func enKeys() KeyListWords {
	return KeyListWords{
		Title: func(account string, n int) string {
			return fmt.Sprintf("%s: %s", account, plural(n, "API key", "API keys"))
		},
		None:       "This account has no API keys.",
		NeedsToken: "The list of keys needs the account's system access token (access_token and user_id in the configuration).",
		States: map[string]string{
			"exhausted": "used up", "expired": "expired", "disabled": "disabled", "refused": "refused",
		},
		NeedsEnabling: "has money again; enable it in the console",
		NoLimit:       "no limit",
		Used:          func(a moka.Amount) string { return fmt.Sprintf("%s used", a) },
		Left:          func(a moka.Amount) string { return fmt.Sprintf("%s left", a) },
		Expires:       func(when string) string { return "expires " + when },
		Unused:        func(when string) string { return "last used " + when },
		NeverUsed:     "never used",
		LimitedTo:     func(models int) string { return "limited to " + plural(models, "model", "models") },
		Page:          func(page, of int) string { return fmt.Sprintf("Page %d of %d", page, of) },
	}
}

func enIncident() IncidentWords {
	return IncidentWords{
		None: "Nothing is wrong at the moment.", Over: "This alert is already resolved.",
		Since: func(when string) string { return "began " + when },
		Until: func(when string) string { return "snoozed " + when },
		SnoozedUntil: func(what, when string) string {
			return fmt.Sprintf("%s · no reminders until %s, unless it gets worse.", what, when)
		},
		SnoozedUntilTopUp: func(what string) string { return what + " · no reminders until a top-up, unless it gets worse." },
		Unsnoozed:         func(what string) string { return what + " · snooze ended." },
		NotSnoozed:        func(what string) string { return what + " · not snoozed." },
		SnoozeTitle:       "Snooze", SnoozeLabel: "For how long?", SnoozeHint: "for example 90m, 6h or 2d",
		NoSnoozeTime: func(minimum, maximum time.Duration) string {
			return "Enter a time from " + enDuration(minimum) + " to " + enDuration(maximum) + ", for example 90m, 6h or 2d. Nothing was changed."
		},
		Reminds:  func(every time.Duration) string { return "reminder every " + enEvery(every) },
		History:  "What happened",
		Raised:   func(level string) string { return "alert" + bracketed(" (", level, ")") },
		Worsened: func(level string) string { return "escalated to " + level },
		Eased:    func(level string) string { return "eased to " + level },
		Reminded: "reminder sent", Ended: "resolved", Closed: "closed",
		MoreOf: func(n int) string { return fmt.Sprintf("… and %d more", n) },
	}
}

func enWatch() WatchWords {
	return WatchWords{
		Title: func(account string) string { return account + ": the models changed" },
		Counts: func(account string, repriced, removed, added int) string {
			var parts []string
			for _, group := range []struct {
				n    int
				what string
			}{{repriced, "repriced"}, {removed, "removed"}, {added, "added"}} {
				switch {
				case group.n == 0:
				case len(parts) == 0:
					parts = append(parts, plural(group.n, "model", "models")+" "+group.what)
				default:
					parts = append(parts, grouped(group.n)+" "+group.what)
				}
			}
			return account + ": " + strings.Join(parts, ", ")
		},
		Added: "Added", Removed: "Removed", Repriced: "Repriced",
		NowCosts: func(model, before, now string) string { return fmt.Sprintf("%s %s → %s", model, before, now) },
		Means:    func(perWeek string) string { return fmt.Sprintf("at last week's use: %s a week", perWeek) },
		More:     func(n int) string { return fmt.Sprintf("and %s", plural(n, "more", "more")) },
		Unpriced: "no price",
	}
}

func enStatus() StatusWords {
	return StatusWords{
		Title: "Bot status", Program: "Program", Discord: "Discord", Accounts: "Accounts", Outbox: "Messages", Reports: "Next reports", Storage: "Storage",
		Version:      func(version, uptime string) string { return fmt.Sprintf("%s, up for %s", version, uptime) },
		Connected:    func(latency time.Duration) string { return connected("connected", latency) },
		Disconnected: "not connected; alerts and reports are still posted",
		Read:         func(account, when string) string { return fmt.Sprintf("%s · read %s", account, when) },
		Failed:       func(account, when string) string { return fmt.Sprintf("%s · failed %s", account, when) },
		MoreUnread:   func(n int) string { return fmt.Sprintf("… and %d more that were not read", n) },
		AllRead: func(n int, oldest string) string {
			return fmt.Sprintf("%s read, the longest ago %s", plural(n, "account", "accounts"), oldest)
		},
		NotYet:  func(account string) string { return account + " · not read yet" },
		Waiting: func(n int) string { return fmt.Sprintf("%s waiting", plural(n, "message", "messages")) },
		Dead: func(n int) string {
			return fmt.Sprintf("%s refused by Discord; retried automatically once the cause is fixed", plural(n, "message", "messages"))
		},
		DeadLine: func(channel, when, cause string) string { return fmt.Sprintf("%s %s: %s", channel, when, cause) },
		Nothing:  "none",
		Next:     func(report, when, channel string) string { return fmt.Sprintf("%s %s in %s", report, when, channel) },
		Readings: "Next readings",
		Reading:  func(account, when, why string) string { return fmt.Sprintf("%s %s · %s", account, when, why) },
		Why: map[string]string{
			"first": "first reading", "interval": "regular interval", "level": "close to a level", "budget": "close to a budget threshold",
			"pace": "spending unusually fast", "confirm": "confirming a change", "day": "a new day begins",
		},
		StorageFine: "OK",
		StorageFull: "The disk is full: readings are not stored, but alerts continue. Free some space.",
	}
}

func enReload() ReloadWords {
	return ReloadWords{
		Done: func(accounts, reports int) string {
			return fmt.Sprintf("Configuration reloaded: %s, %s.", plural(accounts, "account", "accounts"), plural(reports, "report", "reports"))
		},
		Kept:    "The new configuration has errors, so the old one stays in use:",
		Restart: func(keys string) string { return fmt.Sprintf("These settings take effect after a restart: %s.", keys) },
	}
}

func enBacktest() BacktestWords {
	return BacktestWords{
		Title: func(account string, days int) string {
			return fmt.Sprintf("%s, the last %s", account, plural(days, "day", "days"))
		},
		None:  "There are no readings in this period.",
		Pings: "Pings", Posts: "Posts", Edits: "Edits", Flaps: "Flapped", Incidents: "Incidents",
		Empty:     func(when string) string { return "the money ran out " + when },
		Lead:      func(d time.Duration) string { return "first warning " + enDuration(d) + " earlier" },
		NoWarning: "no warning",
		Budget: func(name string, days int) string {
			return fmt.Sprintf("Budget %s, the last %s", name, plural(days, "day", "days"))
		},
		ByKeys: "This budget counts only some keys, whose spending is not stored by the hour, so it cannot be replayed.",
		With: func(config string, pings, posts int) string {
			return fmt.Sprintf("with %s: %s, %s", config, plural(pings, "ping", "pings"), plural(posts, "post", "posts"))
		},
		First: func(config string, d time.Duration) string {
			if d < 0 {
				return config + " warns " + enDuration(-d) + " later"
			}
			return config + " warns " + enDuration(d) + " earlier"
		},
		SameTime: "both warn at the same time",
		Only:     func(config string) string { return "only " + config + " warns" },
		Missing:  func(config string) string { return "not in " + config },
	}
}
