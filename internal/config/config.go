// Package config reads config.yaml. It is strict and reports all problems at once, each
// with file, line and path, because a failed start should take one edit to fix. It opens
// no connection and no database.
//
// Every key is read in one place, the function of its section; a key that no function
// reads is an unknown key. Defaults are set before reading, so a written zero stays zero.
package config

import (
	"cmp"
	"log/slog"
	"slices"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
)

// DefaultBaseURL is the gateway of an account that names none.
const DefaultBaseURL = "https://api.moka-ai.com"

// Config is a whole configuration, checked, with its defaults filled in.
type Config struct {
	File         string         // as given to Load; empty when the environment was read
	Language     string         // en or zh-CN, of posts
	Timezone     *time.Location // of days, and of reports that name none
	PollInterval time.Duration  // at least one second
	// RequestBudget is how many requests may go to one gateway host in 180
	// seconds, by all accounts together. new-api's own limit for its API is 180
	// per IP address in that time (common/init.go).
	RequestBudget int
	Discord       Discord
	Accounts      []Account   // at least one
	Alerts        alert.Rules // the defaults of accounts
	Budgets       []budget.Budget
	Reports       []Report
	ModelWatch    ModelWatch
	Storage       Storage
	Listen        Listen
	Log           Log
	Welcome       bool // explain the commands once in the alerts' channel

	inline              bool           // a credential is in the file itself
	secretFiles         []string       // files that hold a credential
	environmentProxies  []string       // which may hold a password
	environmentPassword string         // of the database
	lines               map[string]int // path to line, for problems that are found after loading
}

// Discord is how the bot reaches Discord. All of it may be missing until the
// bot itself is to run; see [Config.NeedDiscord].
type Discord struct {
	Token     Secret
	GuildIDs  []string // where commands are registered; empty: everywhere
	Proxy     string   // empty: the environment's. May hold a password: do not log it
	Operators Operators
	Viewers   Viewers
}

// Operators are the people who may change things, and see figures. With nobody named,
// members who may manage the home server are operators.
type Operators struct {
	Roles, Users []string
}

// Named reports whether anybody is named.
func (o Operators) Named() bool { return len(o.Roles)+len(o.Users) > 0 }

// Viewers are the people who may see figures besides the operators.
type Viewers struct {
	Everyone     bool // every member of the home server
	Roles, Users []string
}

// Named reports whether anybody is named.
func (v Viewers) Named() bool { return v.Everyone || len(v.Roles)+len(v.Users) > 0 }

// Account is one gateway account. It has a key, or an access token together
// with a user id, or both.
type Account struct {
	Name        string
	BaseURL     string
	APIKey      Secret
	AccessToken Secret
	UserID      int64  // 0 without an access token
	Proxy       string // empty: the environment's. May hold a password: do not log it
	ConsoleURL  string // https page that alert buttons open; empty: the gateway's own
	Alerts      alert.Rules
}

// Report is a summary that is posted by the calendar.
type Report struct {
	Name      string
	Cron      string // five fields or @daily and the like; never @every, never with a zone
	Timezone  *time.Location
	Period    budget.Span
	ChannelID string   // the alerts' channel when the report names none
	Accounts  []string // all accounts when the report names none
	WeekStart time.Weekday
	Silent    bool // posted without a notification sound
}

// Zones are those in whose days people read of money.
func (c *Config) Zones() []*time.Location {
	zones := []*time.Location{c.Timezone}
	for _, r := range c.Reports {
		zones = append(zones, r.Timezone)
	}
	for _, b := range c.Budgets {
		zones = append(zones, b.Zone)
	}
	byName := func(a, b *time.Location) int { return cmp.Compare(a.String(), b.String()) }
	slices.SortFunc(zones, byName)
	return slices.CompactFunc(zones, func(a, b *time.Location) bool { return a.String() == b.String() })
}

// ModelWatch looks for models that come, go or change their price.
type ModelWatch struct {
	Cron      string // empty: off. By Config.Timezone; @every is allowed
	ChannelID string // empty: no message of its own
	File      string // kept up to date with one model id on each line; empty: none
}

// Listen is where health and metrics are served.
type Listen struct {
	Address string   // host:port; empty: no listener
	Token   Secret   // wanted from those who ask for figures; empty: nothing
	Hosts   []string // allowed Host headers in addition to those of this machine
}

// Equal reports whether both are the same.
func (l Listen) Equal(other Listen) bool {
	return l.Address == other.Address && l.Token.Equal(other.Token) && slices.Equal(l.Hosts, other.Hosts)
}

// Log is how the bot logs.
type Log struct {
	Level  slog.Level
	Format string // text or json
}

// Account finds an account by its name.
func (c *Config) Account(name string) (Account, bool) {
	for _, a := range c.Accounts {
		if a.Name == name {
			return a, true
		}
	}
	return Account{}, false
}

// NeedDiscord is nil when the configuration is enough to run the bot, and
// otherwise a *[Problems]. Loading does not ask for this, so that balances can
// be read on the command line by somebody without a Discord application.
func (c *Config) NeedDiscord() error {
	problems := Problems{Language: c.Language}
	add := func(path string, say phrase) {
		problems.List = append(problems.List, Problem{File: c.File, Line: c.lines[path], Path: path, say: say})
	}
	noChannel := func(w *words) string { return w.NoChannel }
	if c.Discord.Token.Empty() {
		add("discord.token", func(w *words) string { return w.BotToken })
	}
	if c.Alerts.ChannelID == "" && c.lines["alerts.levels"] > 0 && len(c.Alerts.Levels) > 0 {
		add("alerts.levels", noChannel)
	}
	for i, a := range c.Accounts {
		path := index("accounts", i) + ".alerts.levels"
		if a.Alerts.ChannelID == "" && c.lines[path] > 0 && len(a.Alerts.Levels) > 0 {
			add(path, noChannel)
		}
	}
	return problems.orNil()
}
