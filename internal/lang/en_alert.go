package lang

import (
	"fmt"
	"time"

	"mokabot/moka"
)

func enAlert() AlertWords {
	a := enConditions()
	a.Worse = func(account, level string) string {
		return fmt.Sprintf("%s: balance alert escalated to %s", account, level)
	}
	a.Still = func(title string) string { return "Reminder · " + title }
	a.Left = "Remaining"
	a.PlanEndedAt = func(when string) string { return fmt.Sprintf("**The plan ended** %s.", when) }
	a.Resolved = func(when, lasted string) string { return fmt.Sprintf("**Resolved** %s, after %s.", when, lasted) }
	a.Replaced = "**Closed**: a newer message reports on this account."
	a.AccountRemoved = "**Closed**: the account was removed from the configuration."
	a.RulesChanged = "**Closed**: this alert is no longer configured."
	a.Mistaken = "**Closed**: the clock of this machine was wrong."
	a.HeldBack = func(since, left string) string {
		if left == "" {
			return fmt.Sprintf("Held back since %s.", since)
		}
		return fmt.Sprintf("Held back since %s, when %s was left.", since, left)
	}
	a.Today = "Spent today"
	a.Runway = "Runs out in"
	a.Since = "Began"
	a.Lasted = "Duration"
	a.LastedFor = func(lasted string) string { return "lasted " + lasted }
	a.TopUp = "Topped up"
	a.Limit = "Reason"
	a.Below = func(a moka.Amount) string { return "less than " + a.String() + " left" }
	a.RunwayBelow = func(d time.Duration) string { return "lasts less than " + enDuration(d) }
	a.Both = func(a, b string) string { return a + ", and " + b }
	a.Earlier = func(reason string) string { return "earlier: " + reason }
	a.Models = "Top models, last 24 h"
	a.KeySpent = func(key string, spent moka.Amount) string { return fmt.Sprintf("Key %s spent %s of it.", key, spent) }
	a.Snoozed = "Snoozed"
	a.UntilTopUp = "until a top-up"
	a.Until = func(when string) string { return "until " + when }
	a.HourCost = func(spent moka.Amount) string { return "the last hour cost " + spent.String() }
	a.HourAgainst = func(spent, usual moka.Amount) string {
		return fmt.Sprintf("the last hour cost %s, usually %s", spent, usual)
	}
	a.Expires = "Expiry"
	return a
}

// enConditions are what can be wrong with an account.
func enConditions() AlertWords {
	named := func(format string) func(string, string) string {
		return func(account, _ string) string { return fmt.Sprintf(format, account) }
	}
	over := func(format string) func(string) string {
		return func(account string) string { return fmt.Sprintf(format, account) }
	}
	return AlertWords{
		TokenText:   "API calls do not need this token. The account balance is unknown and balance alerts are paused until it is accepted again.",
		PlanEnded:   over("%s: the plan has ended"),
		KeyDisabled: over("%s: the API key is disabled"), KeyRefused: over("%s: the gateway refuses the API key"),
		TokenRefused: over("%s: the gateway refuses the access token"), Banned: over("%s: the account is banned"),
		Conditions: map[string]ConditionWords{
			"balance": {
				Raised: func(account, level string) string { return fmt.Sprintf("%s: balance is %s", account, level) },
				Ended:  over("%s: balance is fine again"),
			},
			"unreachable": {Raised: named("%s: the balance cannot be read"),
				Text: "Balance alerts are paused until it can be read again.", Ended: over("%s: the balance can be read again")},
			"refused": {Raised: named("%s: the gateway refuses the credentials"),
				Text: "Calls with it fail. Enable it again in the gateway's console.", Ended: over("%s: the credentials are accepted again")},
			"expiring": {Raised: named("%s: the API key expires soon"),
				Text: "Extend it or replace it in the gateway's console.", Ended: over("%s: the API key was renewed")},
			"expired": {Raised: named("%s: the API key has expired"),
				Text: "Calls with it fail. Extend it or replace it in the gateway's console.", Ended: over("%s: the API key is valid again")},
			"plan_ending": {Raised: named("%s: the plan ends soon"),
				Text: "Renew it in the gateway's console, or make sure that the account balance is sufficient.", Ended: over("%s: the plan no longer ends soon")},
			"exhausted": {Raised: named("%s: the API key is used up"),
				Text: "Calls with it fail. Raise its limit and enable it again in the gateway's console.", Ended: over("%s: the API key has money again")},
			"wallet_empty": {Raised: named("%s: the account is empty"),
				Text: "The key still shows money, but calls fail until the account is topped up.", Ended: over("%s: the account has money again")},
			"spike": {Raised: named("%s: unusually high spending"),
				Text: "The last hour cost far more than usual for this time.", Ended: over("%s: spending is back to normal")},
		},
	}
}
