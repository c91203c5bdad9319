package lang

import (
	"fmt"
	"strings"
	"time"
)

func enCommand() CommandWords {
	const share = "Let everybody in the channel see the answer"
	return CommandWords{
		Names: map[string]string{},
		Abouts: map[string]string{
			"balance": "The remaining balance", "balance.account": "One account; all by default", "balance.share": share,
			"models": "The models a key may call, with prices", "models.search": "Part of a model's name",
			"models.account": "Whose key; the first account by default", "models.share": share,
			"usage": "What was spent, by model or by key", "usage.period": "Which period; today by default",
			"usage.by":      "List models or API keys; models by default",
			"usage.account": "One account; all by default", "usage.share": share,
			"keys": "The API keys of an account and what is left on each", "keys.account": "Which account; the first by default", "keys.share": share,
			"budget": "Spending against the budgets", "budget.name": "One budget; all by default", "budget.share": share,
			"report": "Post a report now", "report.name": "Which report; the first by default", "report.share": share,
			"alerts": "What is wrong at the moment, and what is snoozed", "alerts.share": share,
			"status": "How the bot itself is doing", "status.share": share,
			"reload": "Reload the configuration",
			"levels": "Show the alert levels; operators set and reset them", "levels.account": "Which account; by default show shows all, and set and reset change the first",
			"levels.action": "Show, set or reset", "levels.level": "Which level to set", "levels.below": "Dollars left, such as 20.00; off: not by the balance",
			"levels.runway": "Time left, such as 72h or 7d; off: not by the time", "levels.share": share,
			"test": "Post a test alert in every channel and show who was pinged",
			"help": "What this bot does", "help.share": share,
		},
		NotAllowed:    "In a direct message I answer only people who may see figures, and I could not tell that you are one of them. Use the command in the server instead.",
		NotFromHere:   "This bot does not answer in this server.",
		NotViewer:     "You may not see these figures. The operators of this bot decide who may (discord.viewers in its configuration).",
		NotOperator:   "Only the operators of this bot may do that.",
		HomeUnknown:   "I do not know which server I belong to, so I answer nobody. Set discord.guild_ids, or an alerts.channel_id that I can see.",
		UserInstalled: "I answer only where I was added to the server, not where somebody added me to their own account.",
		TestAlert:     "**Test alert**: nothing is wrong. Somebody is checking that mokabot's pings arrive.",
		NoChannels:    "No channel is configured; set alerts.channel_id.",
		NoLevel: func(known []string) string {
			return "There is no such level. The levels are: " + strings.Join(known, ", ") + "."
		},
		LevelOrder: "Levels go from the mildest to the worst: each needs less money and less time than the one before it. Nothing was changed.",
		LevelLimit: "Enter an amount such as 20.00, a time such as 72h or 7d, or both. Nothing was changed.",
		NotShared:  "Only operators can share an answer, so only you see this one.",
		TooFast: func(wait time.Duration) string {
			return "That was a lot of commands in a minute. Please try again in " + enDuration(wait) + "."
		},
		TooOld:   "This command or button is too old. Please use the command again.",
		Busy:     "Too many commands at once; please try again in a moment.",
		Panicked: "Something went wrong while answering. See the bot's log for details.",
		NoSuch: func(account string, known []string) string {
			return fmt.Sprintf("There is no account “%s”. The accounts are: %s.", account, enNames(known))
		},
		NoReport: func(name string, known []string) string {
			if len(known) == 0 {
				return "No report is configured. Add one under reports in config.yaml."
			}
			return fmt.Sprintf("There is no report “%s”. The reports are: %s.", name, enNames(known))
		},
		NoPeriod: func(period string, known []string) string {
			return fmt.Sprintf("There is no period “%s”. Choose one of: %s.", period, strings.Join(known, ", "))
		},
	}
}
