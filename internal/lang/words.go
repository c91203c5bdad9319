package lang

import (
	"cmp"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// Words is one language.
type Words struct {
	Tag      string // as in the configuration: "en", "zh-CN"
	Colon    string // between a label and its value
	Between  string // two sentences of one line
	And      string // between the parts of a list
	Duration func(time.Duration) string
	Runway   func(spend.Runway) string
	Day      func(time.Time) string              // a date without its year, in a sentence
	Month    func(time.Time) string              // a month with its year, in a sentence
	FirstOf  func(account string, of int) string // an answer is about this account, because none was named

	Balance   BalanceWords
	Models    ModelWords
	Alert     AlertWords
	Headline  HeadlineWords
	Budget    BudgetWords
	Incident  IncidentWords
	Report    ReportWords
	Usage     UsageWords
	Chart     ChartWords
	Keys      KeyListWords
	Watch     WatchWords
	Status    StatusWords
	Reload    ReloadWords
	Levels    LevelWords
	Command   CommandWords
	Help      HelpWords
	Button    ButtonWords
	Failure   FailureWords
	Database  DatabaseWords
	Delivery  DeliveryWords
	CLI       CLIWords
	Init      InitWords
	Config    ConfigWords
	Arguments ArgumentWords
	Many      ManyWords
}

// BalanceWords phrase balances, wherever one is shown.
type BalanceWords struct {
	Key, KeyOfAccount, KeyUnsure     string // headings of the key's figures, by scope
	Wallet, Plans, PlansUnlimited    string
	Total, Used, Remaining, Requests string
	Unlimited, Unknown               string
	ToSpend                          func(moka.Amount) string
	ToSpendUnlimited, ToSpendUnknown string
	ToSpendShared                    string // the key shows its account's figures, and not what of them it may spend
	Exhausted, Disabled, Refused     string // states of a key
	Expired                          func(when string) string
	ExpiredSometime                  string
	Expires                          string
	Today, Runway, AsOf              string
	TodayShort                       func(spent string) string // in a line of its account
	AtLeast                          func(moka.Amount) string  // nothing tells of a part of the time
	LastKnown                        func(when string) string
	WalletEmpty, WalletLocked        string
}

// ModelWords phrase the model list.
type ModelWords struct {
	Title    func(account string, n int) string
	Found    func(account, search string, n int) string
	None     func(search string) string
	Empty    string
	Other    string // heading of models without a vendor prefix
	PerMTok  func(in, out string) string
	PerCall  func(amount string) string
	Page     func(page, of int) string
	Prices   string // what the prices are for
	Attached string
	NoPrices string
	New      string // mark of a model that was not there a while ago
}

// AlertWords phrase what happens to an account.
type AlertWords struct {
	Conditions map[string]ConditionWords // by alert.Condition

	// Refused in more detail, where the gateway says which credential it is.
	KeyDisabled, KeyRefused, TokenRefused, Banned func(account string) string
	TokenText                                     string // what a refused access token means for calls and for alerts

	// PlanEnding where the plan came to its end, instead of being renewed.
	PlanEnded   func(account string) string
	PlanEndedAt func(when string) string // of an earlier post

	Worse                      func(account, level string) string
	Still                      func(title string) string
	Resolved                   func(when, lasted string) string // of an earlier post: when it ended
	Replaced, AccountRemoved   string                           // why a post is followed no longer:
	RulesChanged, Mistaken     string                           // see alert.Reason
	HeldBack                   func(since, left string) string  // of a post that waited; left may be empty
	Left, Today, Runway, Since string
	Lasted, TopUp, Limit       string
	LastedFor                  func(lasted string) string // beside other figures
	Below                      func(moka.Amount) string
	RunwayBelow                func(time.Duration) string
	Both                       func(a, b string) string
	Earlier                    func(reason string) string                 // of a reason that holds no more
	Models, Snoozed            string                                     // headings: what cost most lately, and until when it is quiet
	KeySpent                   func(key string, spent moka.Amount) string // the key that cost most of a spike
	UntilTopUp                 string
	Until                      func(when string) string
	HourCost                   func(moka.Amount) string // of a spike
	HourAgainst                func(spent, usual moka.Amount) string
	Expires                    string
}

// BudgetWords phrase where a budget stands, and what of that is news.
type BudgetWords struct {
	None                                                    string                                   // no budget is configured
	Unknown                                                 func(name string, known []string) string // no budget of that name
	Title                                                   func(name, period string) string         // of a card
	Spent                                                   func(spent, amount moka.Amount, percent string) string
	SpentAtLeast                                            func(spent, amount moka.Amount, percent string) string
	Refunded                                                func(refunded, amount moka.Amount) string // more than was spent
	LeftAtMost                                              func(moka.Amount) string
	NotKnown                                                string                                         // what was spent
	Reached                                                 func(name, spent string) string                // a threshold was reached
	Exceeds                                                 func(name string, amount moka.Amount) string   // the forecast exceeds the amount
	Range                                                   func(low, high moka.Amount, day string) string // the forecast for the whole period and its last day
	Expected                                                func(amounts string) string                    // a forecast beside other figures
	HeldBack                                                func(since string, spent moka.Amount) string   // told late, after quiet hours
	Closed                                                  func(when string) string                       // the period is over, or the budget changed
	State                                                   map[string]string                              // by budget.State
	Heading, Standing, Left, Over, Forecast, Accounts, Keys string                                         // headings
}

// HeadlineWords phrase an alert or a report in one line, as a phone's lock
// screen shows it.
type HeadlineWords struct {
	Of            func(name, what string) string                 // a name and what there is to say of it
	With          func(line, more string) string                 // more may be empty
	OnLevel       func(line, level string) string                // which level the figures are on
	EscalatedTo   func(level string) string                      // a worse level than before
	EasedTo       func(level string) string                      // a better level than before
	Left          func(left moka.Amount) string                  // what can be spent
	LeftAndRunway func(left moka.Amount, d time.Duration) string // and about how long that lasts
	LeftAtPace    func(left moka.Amount, d time.Duration) string // and how long that lasts at the present pace
	LeftAtMost    func(left moka.Amount, d time.Duration) string // the same while that pace still rises
	LeftUntilEnd  func(left moka.Amount, d time.Duration) string // and when the plan or key that pays ends, before that is spent
	Reminder      func(line string, open time.Duration) string
	For           func(line string, d time.Duration) string // how long it has been so
	After         func(line string, d time.Duration) string // how long it was so
	ExpiresIn     func(name string, d time.Duration) string // the API key
	PlanEndsIn    func(name string, d time.Duration) string
	LastKnown     func(left moka.Amount) string // what could be spent when that was last known
	CallsFail     func(line string) string
	CallsGoOn     func(line string) string // calls do not need what is refused
	ToppedUp      func(amount moka.Amount) string
	Spent         func(amount, span, change string) string // change may be empty
	OnDay         func(day string) string
	InMonth       func(month string) string
	Days          func(from, to string) string
	NotKnown      func(span string) string // what was spent
}

// ConditionWords phrase one condition: that it holds, what to do about it, and that it
// has ended.
type ConditionWords struct {
	Raised func(account, level string) string
	Text   string // what it means and what to do; may be empty
	Ended  func(account string) string
}

// ReportWords phrase the scheduled summaries.
type ReportWords struct {
	Day, Week, Month        func(span string) string
	Delayed                 func(due string) string
	Totals                  string
	Spent, Before, Requests string
	SpentShort              func(spent string) string // in a line of its account
	Left, Runway, TopUps    string
	Incidents               string
	Covered                 func(percent int) string
	NoReadings              string
	Began                   func(when string) string // the first reading, within the period, with nothing to tell of the time before
	Refunds                 string
	Change                  func(before moka.Amount, percent string) string
	NewModels               string
	Posted                  func(report, channel string) string
}

// CommandWords name the slash commands and their options in Discord's menu,
// and answer commands that cannot be carried out.
type CommandWords struct {
	Names       map[string]string // shown names of commands and options; missing: the English one
	Abouts      map[string]string // by command, and by "command.option"
	NotAllowed  string            // in a direct message, to somebody who is no viewer
	NotFromHere string
	NotViewer   string
	NotOperator string
	HomeUnknown string // nobody is answered while the home server is unknown
	// UserInstalled answers an application that somebody installed for themselves.
	UserInstalled string
	NotShared     string // an answer that only operators may show to everybody
	TooFast       func(wait time.Duration) string
	TestAlert     string // the message that tries channels and mentions
	NoChannels    string // there is no channel to try
	NoLevel       func(known []string) string
	LevelOrder    string
	LevelLimit    string
	TooOld        string
	Panicked      string
	Busy          string
	NoSuch        func(account string, known []string) string
	NoReport      func(name string, known []string) string
	NoPeriod      func(period string, known []string) string
}

// Shown is the name of a command or an option in Discord's menu.
func (c CommandWords) Shown(name string) string { return cmp.Or(c.Names[name], name) }

// HelpWords phrase /help.
type HelpWords struct {
	Title, Intro, Private, Accounts string
	Share                           string // how operators show an answer to everybody
	AlertsGoTo                      func(channel string) string
	Welcome                         func(bot string) string // heads the same card when the bot comes to a server
}

// ButtonWords label the buttons.
type ButtonWords struct {
	Previous, Next                            string
	SnoozeHour, SnoozeShift, SnoozeUntilTopUp string
	SnoozeCustom                              string // opens a form
	EndSnooze, Details                        string
	TopUp, Console                            string // links
}

// FailureWords are the sentences that tell a failure and its cure.
type FailureWords struct {
	WebPage, Redirect, UserID, AccessToken, APIKey, NotFound     string
	Address, Timeout, NoAddress, TLS, Proxy, TooLarge, Ambiguous string
	Unauthorized, Banned, Forbidden, Unavailable                 string
	BadResponse, Unsupported, Unexpected                         string
	RateLimited                                                  func(wait time.Duration) string
	CommandShare                                                 func(wait time.Duration) string // commands used up their share of the request budget
	Says                                                         func(words string) string
	DiscordToken, DiscordDown, DiscordTLS, DiscordProxy          string
	NoChannel, NoAccess, NotText                                 func(channel string) string
	MissingPermissions                                           func(channel, permissions string) string
	Permissions                                                  map[string]string // what Discord's settings call them; missing: the English name
}

// PermissionNames are permissions as a reader finds them in Discord's settings.
func (f FailureWords) PermissionNames(permissions []string) []string {
	var names []string
	for _, p := range permissions {
		names = append(names, cmp.Or(f.Permissions[p], p))
	}
	return names
}

// CLIWords are said on the command line only.
type CLIWords struct {
	Written                      func(n int, file string) string
	NoneWritten                  func(file string) string
	Config                       string
	ConfigFine                   func(accounts, reports int) string
	Good, Bad, Note              string
	Next, NextRun, NextLook      string // what to do when everything is in order, with a bot and without
	Gateway, Key, Wallet, Models string
	Channel, Discord             string
	Version                      func(version string) string
	UnitOf                       string
	ViewOf                       map[string]string // by scope
	Polling                      func(perDay int) string
	Budget                       func(requests int, window time.Duration) string
	DiscordAs                    func(name string) string
	Invite                       func(link string) string
	NoDiscord, NoAlerts          string
	NoHome                       string // nobody is answered in Discord
	Exposed                      string // the file can be read by all, and holds a credential
	Offers, OffersNot            string
	Counted                      func(n int) string
	MayPost                      string
	Mentions                     func(names string) string
	NoSuchRole                   func(channel, role string) string
	CannotMention                func(channel, role string) string
	Backtest                     BacktestWords
	Check                        CheckWords
}

// ChartWords name what a picture shows, and say it to those who do not see it.
type ChartWords struct {
	Title, Remaining, SpentByHour, SpentByDay, TopUps, Forecast string
	Budget, Spent                                               string // of a budget's chart
	Alt                                                         func(ChartFacts) string
}

// ChartFacts are what a picture shows, in figures.
type ChartFacts struct {
	From, To string // dates
	Left     moka.Maybe
	Spent    spend.SoFar
	TopUps   moka.Amount
	Runway   spend.Runway
}
