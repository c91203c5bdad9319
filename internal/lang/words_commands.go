package lang

import (
	"time"

	"mokabot/moka"
)

// UsageWords phrase what was used in a period.
type UsageWords struct {
	Periods     map[string]string                                                                  // by the names that /usage takes
	By          map[string]string                                                                  // what /usage lists the spending by
	ByModel     string                                                                             // heading
	Model       func(model string, spent moka.Amount, share string, requests, tokens int64) string // share may be empty
	Rest        func(models int, spent moka.Amount) string
	NeedsToken  string
	NotRecorded string
	ByKey       string // heading
	KeyUse      func(key string, spent moka.Amount, share string, requests int64) string
	RestOfKeys  func(keys int, spent moka.Amount) string
	Others      string                   // what no line names
	Nameless    string                   // a key without a name
	Returned    string                   // refunds, as a line that takes off
	NoKeys      string                   // nothing tells what each key cost
	Undated     func(moka.Amount) string // more was spent, at a time that nothing tells
	Shared      func(accounts []string) string
	Recorded    func(moka.Amount) string // the gateway's own records differ from the readings
	Filled      string                   // the sum is from the gateway's records
}

// KeyListWords phrase the list of an account's API keys.
type KeyListWords struct {
	Title            func(account string, n int) string
	None, NeedsToken string
	States           map[string]string // by key state
	NeedsEnabling    string
	NoLimit          string
	Used, Left       func(moka.Amount) string
	Expires, Unused  func(when string) string
	NeverUsed        string
	LimitedTo        func(models int) string
	Page             func(page, of int) string
}

// IncidentWords phrase the list of incidents and what is done about them.
type IncidentWords struct {
	None, Over              string
	Since                   func(when string) string
	Until                   func(when string) string // of a snooze
	SnoozedUntil            func(what, when string) string
	SnoozedUntilTopUp       func(what string) string
	Unsnoozed, NotSnoozed   func(what string) string
	SnoozeTitle             string // of the form, at most 45 characters
	SnoozeLabel             string // of its input, at most 45 characters
	SnoozeHint              string // in the empty input
	NoSnoozeTime            func(minimum, maximum time.Duration) string
	Reminds                 func(every time.Duration) string
	History                 string // heading
	Raised, Worsened, Eased func(level string) string
	Reminded, Ended, Closed string
	MoreOf                  func(n int) string
}

// WatchWords phrase changes of the model list.
type WatchWords struct {
	Title                    func(account string) string
	Counts                   func(account string, repriced, removed, added int) string // in one line
	Added, Removed, Repriced string                                                    // headings
	NowCosts                 func(model, before, now string) string
	Means                    func(perWeek string) string
	More                     func(n int) string
	Unpriced                 string
}

// StatusWords phrase /status.
type StatusWords struct {
	Title, Program, Discord, Accounts, Outbox, Reports, Storage string // headings
	Version                                                     func(version, uptime string) string
	Connected                                                   func(latency time.Duration) string
	Disconnected                                                string
	Read, Failed                                                func(account, when string) string
	NotYet                                                      func(account string) string
	MoreUnread                                                  func(n int) string // accounts that could not be read, beside others
	AllRead                                                     func(n int, oldest string) string
	Waiting                                                     func(n int) string
	Dead                                                        func(n int) string
	DeadLine                                                    func(channel, when, cause string) string
	Nothing                                                     string
	Next                                                        func(report, when, channel string) string
	StorageFine, StorageFull                                    string

	Readings string // heading of the next readings
	Reading  func(account, when, why string) string
	Why      map[string]string // an account is read then, by schedule's words
}

// ReloadWords phrase the result of a reload.
type ReloadWords struct {
	Done    func(accounts, reports int) string
	Kept    string // the file is wrong; what was in force stays so
	Restart func(keys string) string
}

// BacktestWords phrase what rules would have posted in the past.
type BacktestWords struct {
	Title                                 func(account string, days int) string
	None                                  string
	Pings, Posts, Edits, Flaps, Incidents string
	Empty                                 func(when string) string
	Lead                                  func(d time.Duration) string
	NoWarning                             string
	Budget                                func(name string, days int) string
	ByKeys                                string // a budget that cannot be replayed
	With                                  func(config string, pings, posts int) string
	First                                 func(config string, d time.Duration) string // how much earlier a configuration warns first; negative: later
	SameTime                              string
	Only                                  func(config string) string // only one of both warns
	Missing                               func(config string) string // it does not have the account or budget
}
