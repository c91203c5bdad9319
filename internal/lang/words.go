package lang

import (
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// Words is one language.
type Words struct {
	Tag      string // as in the configuration: "en", "zh-CN"
	Colon    string // between a label and its value
	Duration func(time.Duration) string
	Runway   func(spend.Runway) string

	Balance  BalanceWords
	Models   ModelWords
	Alert    AlertWords
	Incident IncidentWords
	Report   ReportWords
	Usage    UsageWords
	Keys     KeyListWords
	Watch    WatchWords
	Status   StatusWords
	Reload   ReloadWords
	Command  CommandWords
	Help     HelpWords
	Button   ButtonWords
	Failure  FailureWords
	CLI      CLIWords
}

// BalanceWords phrase balances, wherever one is shown.
type BalanceWords struct {
	Key, KeyOfAccount, KeyUnsure     string // headings of the key's figures, by scope
	Wallet, Plans, PlansUnlimited    string
	Total, Used, Remaining, Requests string
	Unlimited, Unknown               string
	ToSpend                          func(moka.Amount) string
	ToSpendUnlimited, ToSpendUnknown string
	Exhausted, Disabled, Refused     string // states of a key
	Expired                          func(when string) string
	ExpiredSometime                  string
	Expires                          string
	Today, Runway, AsOf              string
	LastKnown                        func(when string) string
	WalletEmpty                      string
}

// ModelWords phrase the model list.
type ModelWords struct {
	Title    func(account string, n int) string
	Found    func(account, search string, n int) string
	None     func(search string) string
	Empty    string
	Other    string // heading of models without a vendor prefix
	PerMTok  func(in, out moka.Maybe) string
	PerCall  func(moka.Amount) string
	Page     func(page, of int) string
	Attached string
	NoPrices string
	New      string // mark of a model that was not there a while ago
}

// AlertWords phrase what happens to an account.
type AlertWords struct {
	Balance, Unreachable, Refused, Expiring, Expired, Exhausted, WalletEmpty, Spike ConditionWords

	Worse                      func(account, level string) string
	Still                      func(title string) string
	Closed                     func(title string) string // no longer followed here
	Left, Today, Runway, Since string
	Lasted, TopUp, Limit       string
	Below                      func(moka.Amount) string
	RunwayBelow                func(time.Duration) string
	Either                     func(a, b string) string
	Models, Snoozed            string // headings: what cost most lately, and until when it is quiet
	UntilTopUp                 string
}

// ConditionWords phrase one condition: that it holds, what to do about it, and that it is over.
type ConditionWords struct {
	Raised func(account, level string) string
	Text   string // what it means and what to do; may be empty
	Ended  func(account string) string
}

// ReportWords phrase the scheduled summaries.
type ReportWords struct {
	Day, Week, Month          func(span string) string
	Delayed                   func(due string) string
	Totals                    string
	Spent, Before, Requests   string
	Left, Runway, TopUps      string
	Incidents, None           string
	Covered                   func(percent int) string
	NoReadings, NotComparable string
	Change                    func(before moka.Amount, percent string) string
	NewModels                 string
	Posted                    func(report, channel string) string
}

// CommandWords name the slash commands and their options in Discord's menu,
// and answer commands that cannot be carried out.
type CommandWords struct {
	Names       map[string]string // shown names of commands and options; missing: the English one
	Abouts      map[string]string // by command, and by "command.option"
	NotAllowed  string
	NotFromHere string
	NotOperator string
	TooOld      string
	Panicked    string
	Busy        string
	NoSuch      func(account string, known []string) string
	NoReport    func(name string, known []string) string
	NoPeriod    func(period string, known []string) string
}

// HelpWords phrase /help.
type HelpWords struct {
	Title, Intro, Private, Accounts string
	AlertsGoTo                      func(channel string) string
	Welcome                         func(bot string) string // heads the same card when the bot comes to a server
}

// ButtonWords label the buttons.
type ButtonWords struct {
	Previous, Next                            string
	SnoozeHour, SnoozeShift, SnoozeUntilTopUp string
	EndSnooze, Details                        string
}

// FailureWords are the sentences that tell a failure and its cure.
type FailureWords struct {
	WebPage, Redirect, UserID, AccessToken, APIKey, NotFound string
	Address, Timeout, NoAddress, TLS, Proxy, TooLarge        string
	Unauthorized, Banned, Forbidden, Unavailable             string
	BadResponse, Unsupported, Unexpected                     string
	RateLimited                                              func(wait time.Duration) string
	Says                                                     func(words string) string
	DiscordToken, DiscordDown                                string
	NoChannel, NoAccess                                      func(channel string) string
	MissingPermissions                                       func(channel, permissions string) string
}

// CLIWords are said on the command line only.
type CLIWords struct {
	Written                      func(n int, file string) string
	ConfigFine                   func(file string, accounts, reports int) string
	Good, Bad, Note              string
	Gateway, Key, Wallet, Models string
	Account, Channel, Discord    string
	Version                      func(version string) string
	UnitOf                       string
	ViewOf                       map[string]string // by scope
	Polling                      func(perDay int) string
	Budget                       func(requests int, window time.Duration) string
	DiscordAs                    func(name string) string
	Invite                       func(link string) string
	NoDiscord                    string
	Offers, OffersNot            string
	Counted                      func(n int) string
	MayPost                      string
	Mentions                     func(names string) string
	NoSuchRole                   func(channel, role string) string
	CannotMention                func(channel, role string) string
	NextRuns                     string
	Backtest                     BacktestWords
}
