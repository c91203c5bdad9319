package config

import (
	"log/slog"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// day is 24 hours, for settings that are about time and not the calendar.
const day = 24 * time.Hour

// read walks a document. The configuration is only good when the reader has
// found no problem.
func read(file string, root *yaml.Node, lookup Lookup) (*Config, *reader) {
	r := &reader{file: file, lookup: lookup, lines: map[string]int{}, known: map[string]bool{}}
	c := defaults()
	c.File, c.lines = file, r.lines
	c.environmentProxies = environmentProxies(lookup)
	c.environmentPassword, _ = lookup(passwordVariable)
	m := value{r: r, line: max(1, root.Line)}.at(root, "").mapping()
	m.get("language").choice(&c.Language, "en", "zh-CN")
	m.get("timezone").zone(&c.Timezone)
	m.get("poll_interval").duration(&c.PollInterval, false)
	m.get("requests_per_180s").number(&c.RequestBudget, 1, 100_000)
	c.Discord.read(m.get("discord"))
	c.Alerts.Quiet.Zone = c.Timezone
	readRules(m.get("alerts"), &c.Alerts)
	c.Accounts = readAccounts(m.get("accounts"), c.Alerts)
	c.checkQuietLevels(r)
	c.Budgets = readBudgets(m.get("budgets"), c)
	c.Reports = readReports(m.get("reports"), c)
	c.ModelWatch.read(m.get("model_watch"))
	c.Storage.read(m.get("storage"))
	c.Listen.read(m.get("listen"))
	if text, _ := lookup(listenVariable); c.Listen.Address == "" {
		(value{r: r}).at(scalarNode(text), listenVariable).listen(&c.Listen.Address)
	}
	c.Log.read(m.get("log"))
	m.get("welcome").yes(&c.Welcome)
	m.done()
	return c, r
}

func defaults() *Config {
	return &Config{
		Language:      "en",
		Timezone:      time.UTC,
		PollInterval:  5 * time.Minute,
		RequestBudget: 120,
		Alerts:        defaultRules(),
		Storage:       Storage{Path: "mokabot.db", Retention: Retention{Readings: 30 * day, Hours: 365 * day}},
		Log:           Log{slog.LevelInfo, "text"},
	}
}

// listenVariable is the environment variable with the address of health and
// metrics where the file names none: a container image can set it, so that its
// health check needs nothing of the configuration.
const listenVariable = "MOKABOT_LISTEN"

// tokenVariable is the environment variable that holds the bot token where the
// file names none.
const tokenVariable = "DISCORD_TOKEN"

func (d *Discord) read(v value) {
	m := v.mapping()
	token, tried := m.credential("token")
	if text, set := m.r.lookup(tokenVariable); !tried && set {
		token = m.get("token").secret(text)
	}
	d.Token = token
	m.get("guild_ids").snowflakes(&d.GuildIDs)
	m.get("proxy").proxy(&d.Proxy)
	operators := m.get("operators").mapping()
	operators.get("roles").snowflakes(&d.Operators.Roles)
	operators.get("users").snowflakes(&d.Operators.Users)
	operators.done()
	viewers := m.get("viewers").mapping()
	viewers.get("everyone").yes(&d.Viewers.Everyone)
	viewers.get("roles").snowflakes(&d.Viewers.Roles)
	viewers.get("users").snowflakes(&d.Viewers.Users)
	viewers.done()
	m.done()
}

func (w *ModelWatch) read(v value) {
	m := v.mapping()
	m.get("cron").cron(&w.Cron, true)
	m.get("channel_id").snowflake(&w.ChannelID)
	m.get("file").text(&w.File)
	m.done()
}

// retention is at least two days: yesterday's spending must still be there
// when today is over.
func (v value) retention(to *time.Duration) {
	kept := *to
	v.duration(&kept, false)
	if kept < 2*day {
		v.problem(func(w *words) string { return w.KeptTooShort(v.quoted()) })
		return
	}
	*to = kept
}

// minToken is the shortest token that protects figures. Shorter ones can be guessed, and
// would not be recognised where they are not to be shown.
const minToken = 8

// read takes the address alone, or the address with who may ask.
func (l *Listen) read(v value) {
	if !v.given() || v.node.Kind == yaml.ScalarNode {
		v.listen(&l.Address)
		return
	}
	m := v.mapping()
	m.get("address").listen(&l.Address)
	token, tried := m.credential("token")
	l.Token = token
	given := m.get("token")
	if given.given() && !tried {
		given.problem(func(w *words) string { return w.TokenEmpty })
	}
	if size := len(l.Token.Reveal()); size > 0 && size < minToken {
		if !given.given() {
			given = m.get("token_file")
		}
		given.problem(func(w *words) string { return w.TokenTooShort(minToken) })
	}
	for _, item := range m.get("hosts").list() {
		var host string
		item.text(&host)
		if host == "" || strings.ContainsAny(host, " /@:") {
			item.problem(func(w *words) string { return w.NotHost })
			continue
		}
		l.Hosts = append(l.Hosts, host)
	}
	m.done()
}

func (l *Log) read(v value) {
	m := v.mapping()
	level := "info"
	m.get("level").choice(&level, "debug", "info", "warn", "error")
	m.get("format").choice(&l.Format, "text", "json")
	m.done()
	// The words are those that slog knows, so this cannot fail.
	_ = l.Level.UnmarshalText([]byte(level))
}
