package lang

import (
	"time"

	"mokabot/moka"
)

// CheckWords phrase what a check finds. Each sentence that names a fault names its cure.
type CheckWords struct {
	Warning, Levels, Who, Reports, Zone, Listening, Failed string // marks and headings
	Access                                                 func(server, viewers, operators string) string
	Managers, EveryMember                                  string
	Person                                                 func(id string) string
	UnknownRole                                            func(role, key string) string
	EveryoneOperates                                       string
	NoServer                                               func(id string) string
	SharedWallet                                           func(accounts string) string
	Unlisted                                               string // the key is none of the account's
	NeverFires                                             func(levels string) string
	NoLevels                                               string
	QuietWorst                                             func(level string) string // quiet hours hold the worst level back
	IntervalTooLong                                        func(level string, runway, every, atMost time.Duration) string
	LastDay                                                func(cron string) string
	SkippedMonths                                          func(cron, months string) string
	ZoneSign                                               func(zone, offset, instead string) string
	PlanEnds                                               func(when string) string
	FailedRead                                             func(read, lost, why string) string
	Lost                                                   map[string]string // by the read that failed: what is missing then
	ListensBeyond                                          func(address string) string
	Locked, Archived, Outside                              func(channel string) string
	TimedOut                                               func(channel, until string) string
	EveryoneAsRole                                         func(channel string) string
	Checking                                               func(what string) string // while people wait
	Posted                                                 func(channel string) string
	PostedPinging                                          func(channel, who string) string
	PingedNobody                                           func(channel, who string) string
	PostFailed                                             func(channel string) string
	WithToken                                              func(reads string) string // what an access token would add
}

// LevelWords phrase the levels of alerts.
type LevelWords struct {
	Title, None, Or, Changed string
	Actions                  map[string]string // by what /levels takes
	Below                    func(moka.Amount) string
	Runway                   func(time.Duration) string
	InStatus                 func(accounts string) string // which accounts' levels were set in Discord
}
