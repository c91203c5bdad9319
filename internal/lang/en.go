package lang

import (
	"fmt"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// English is the default language.
func English() *Words {
	return &Words{
		Tag:      "en",
		Colon:    ": ",
		Between:  " ",
		And:      ", ",
		Duration: enDuration,
		Runway:   enRunway,
		Day:      enDay,
		Month:    func(t time.Time) string { return Unbroken(t.Format("January 2006")) },
		FirstOf: func(account string, of int) string {
			return fmt.Sprintf("This is %s, the first of %d accounts; name another one to see it.", account, of)
		},
		Balance:   enBalance(),
		Models:    enModels(),
		Alert:     enAlert(),
		Headline:  enHeadline(),
		Budget:    enBudget(),
		Incident:  enIncident(),
		Report:    enReport(),
		Usage:     enUsage(),
		Chart:     enChart(),
		Keys:      enKeys(),
		Watch:     enWatch(),
		Status:    enStatus(),
		Reload:    enReload(),
		Config:    enConfig(),
		Arguments: enArguments(),
		Many:      enMany(),
		Levels:    enLevels(),
		Command:   enCommand(),
		Help:      enHelp(),
		Button: ButtonWords{
			Previous: "Previous", Next: "Next",
			SnoozeHour: "Snooze 1 h", SnoozeShift: "Snooze 8 h", SnoozeUntilTopUp: "Until top-up", SnoozeCustom: "Snooze…",
			EndSnooze: "End snooze", Details: "Details", TopUp: "Top up", Console: "Console",
		},
		Failure:  enFailure(),
		Database: enDatabase(),
		Delivery: enDelivery(),
		CLI:      enCLI(),
		Init:     enInit(),
	}
}

func enDuration(d time.Duration) string {
	return duration(d, [4]string{"d", "h", "min", "s"}, nbsp)
}

func enDay(t time.Time) string { return Unbroken(t.Format("Jan 2")) }

func enRunway(r spend.Runway) string {
	switch {
	case r.Idle && r.Ends:
		return "nothing is being spent; the plan or key ends in " + enDuration(Coarse(r.High))
	case r.Idle:
		return "nothing is being spent"
	case !r.Known:
		return "not enough data yet"
	}
	low, usual, high := enDuration(Coarse(r.Low)), enDuration(Coarse(r.Mid)), enDuration(Coarse(r.High))
	switch from, to, near := endDates(r); {
	case !from.IsZero() && near:
		usual += ", between " + from.Format("Mon") + " and " + to.Format("Mon")
	case !from.IsZero():
		usual += ", between " + enDay(from) + " and " + enDay(to)
	case low != high:
		usual += " (" + low + " to " + high + ")"
	}
	switch {
	case r.Rising && r.AtThisPace > 0:
		return fmt.Sprintf("at this pace: %s at most; usually: %s", enDuration(Brief(r.AtThisPace)), usual)
	case r.Rising:
		return "far more than usual is being spent right now; usually: " + usual
	case r.AtThisPace > 0:
		return fmt.Sprintf("at this pace: %s; usually: %s", enDuration(Brief(r.AtThisPace)), usual)
	}
	if r.EndsUnspent() {
		return "about " + usual + "; the plan or key ends then"
	}
	return "about " + usual
}

func enBalance() BalanceWords {
	return BalanceWords{
		Key: "API key", KeyOfAccount: "Account, as the API key sees it", KeyUnsure: "As the API key sees it",
		Wallet: "Account balance", Plans: "Plans", PlansUnlimited: "a plan without a limit",
		Total: "Total", Used: "Used", Remaining: "Remaining", Requests: "Requests",
		Unlimited: "unlimited", Unknown: "unknown",
		ToSpend:          func(a moka.Amount) string { return fmt.Sprintf("**%s** remaining", a) },
		ToSpendUnlimited: "No limit on this key; add an access token to see the account's balance.",
		ToSpendUnknown:   "The remaining balance is unknown right now.",
		ToSpendShared:    "How much this key may spend is unknown: it shows the account's balance, and the gateway does not tell the key's own limit.",
		Exhausted:        "Used up. Raise its limit and enable it again in the console.",
		Disabled:         "Disabled in the console.",
		Refused:          "Refused: it is mistyped, expired, disabled or used up; the gateway does not say which. Check api_key against the console.",
		Expired:          func(when string) string { return "Expired " + when + "." },
		ExpiredSometime:  "Expired.",
		Expires:          "Expires",
		Today:            "Spent today", Runway: "Runs out in", AsOf: "As of",
		TodayShort:  func(spent string) string { return spent + " today" },
		AtLeast:     func(a moka.Amount) string { return "at least " + a.String() },
		LastKnown:   func(when string) string { return "These are the last known figures, from " + when + "." },
		WalletEmpty: "The key shows money, but the account behind it is empty: calls fail until it is topped up.",
		WalletLocked: "The account balance cannot be used: the billing preference or a plan rules it out, and no plan has anything left. " +
			"Calls fail until a plan is renewed, or until you change that in the gateway's console.",
	}
}

func enModels() ModelWords {
	return ModelWords{
		Title: func(account string, n int) string {
			return fmt.Sprintf("%s: %s", account, plural(n, "model", "models"))
		},
		Found: func(account, search string, n int) string {
			return fmt.Sprintf("%s: %s with “%s”", account, plural(n, "model", "models"), search)
		},
		None:  func(search string) string { return fmt.Sprintf("No model's name contains “%s”.", search) },
		Empty: "This key is not allowed to call any model.",
		Other: "others",
		PerMTok: func(in, out string) string {
			return Unbroken(fmt.Sprintf("%s in", in)) + " / " + Unbroken(fmt.Sprintf("%s out", out))
		},
		PerCall:  func(a string) string { return a + " a call" },
		Page:     func(page, of int) string { return fmt.Sprintf("Page %d of %d", page, of) },
		Prices:   "Prices per million tokens",
		Attached: "All ids in the attached file",
		NoPrices: "Prices are not available", New: "new",
	}
}

func enReport() ReportWords {
	return ReportWords{
		Day:     func(span string) string { return "Summary of " + span },
		Week:    func(span string) string { return "Week " + span },
		Month:   func(span string) string { return "Month " + span },
		Delayed: func(due string) string { return "Delayed: this was due " + due + "." },
		Totals:  "All accounts",
		Spent:   "Spent", Before: "vs previous", Requests: "Requests",
		SpentShort: func(spent string) string { return spent + " spent" },
		Left:       "Remaining", Runway: "Runs out in", TopUps: "Topped up", Refunds: "Refunded",
		Incidents:  "Incidents",
		Covered:    func(percent int) string { return fmt.Sprintf("Data covers %d%% of the period", percent) },
		NoReadings: "No readings in this period, so the spending is unknown.",
		Began: func(when string) string {
			return "Readings began " + when + "; earlier spending is not known. Periods that begin later will be complete."
		},
		Change:    func(before moka.Amount, percent string) string { return fmt.Sprintf("%s (%s)", before, percent) },
		NewModels: "Models (prices per million tokens)",
		Posted:    func(report, channel string) string { return fmt.Sprintf("“%s” was posted in %s.", report, channel) },
	}
}

func enHelp() HelpWords {
	return HelpWords{
		Title:   "What I do",
		Intro:   "I watch what is left on API keys and accounts of a moka-ai gateway, post a summary on schedule, and ping you before the money runs out.",
		Private: "Only you see the answers.", Share: "As an operator, add `share: true` to show one to the channel.", Accounts: "Accounts",
		AlertsGoTo: func(channel string) string { return "Alerts go to " + channel + "." },
		Welcome:    func(bot string) string { return "Hello, this is " + bot },
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return moka.Grouped(uint64(max(0, n))) + " " + many
}
