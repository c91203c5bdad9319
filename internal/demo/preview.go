package demo

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/discordsim"
)

// RunPreview serves a simulated Discord with the bot of a configuration on it,
// until ctx ends.
func RunPreview(ctx context.Context, out io.Writer, address string, load func() (*config.Config, error), log *slog.Logger) error {
	dir, err := os.MkdirTemp("", "mokabot-preview-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, err := newPreview(load, dir, log)
	if err != nil {
		return err
	}
	defer p.discord.Close()
	return visitors{out, log, "preview", address}.serve(ctx, p, p.bot.run)
}

// WithSimulatedToken sets the token's variable of config.yaml.example where it is
// missing, because somebody without a Discord application has no token yet.
func WithSimulatedToken(lookup config.Lookup) config.Lookup {
	return func(name string) (string, bool) {
		if v, ok := lookup(name); ok || name != "DISCORD_TOKEN" {
			return v, ok
		}
		return discordsim.Token, true
	}
}

// newPreview makes a simulated Discord for a configuration whose gateways are
// real. Its database is in dir; nothing runs yet.
func newPreview(load func() (*config.Config, error), dir string, log *slog.Logger, opts ...discordsim.Option) (*stage, error) {
	c, err := load()
	if err != nil {
		return nil, err
	}
	s := newStage(opts...)
	s.discord.RemoveChannel(discordsim.AlertsChannel)
	s.discord.RemoveChannel(discordsim.ReportChannel)
	s.furnish(c, dir)
	again := func() (*config.Config, error) {
		next, err := load()
		if err != nil {
			return nil, err
		}
		s.furnish(next, dir)
		next.Language = s.bot.language()
		return next, nil
	}
	s.bot = newRestarting(c, app.Environment{Discord: s.discord.Client(), Reload: again}, log)
	s.controls = s.discordControls()
	s.state = realAccounts.in
	return s, nil
}

// realAccounts warns a visitor that the accounts are real.
var realAccounts = both{"The accounts and their figures are real; Discord is simulated.", "账户和数据是真实的，Discord 是模拟的。"}

// furnish makes the configuration and the simulated Discord fit each other: Discord
// gets the servers, channels and roles that the configuration names, and the bot gets
// no database, address or file of another bot with the same configuration.
func (s *stage) furnish(c *config.Config, dir string) {
	c.Discord.Token = config.NewSecret(discordsim.Token)
	c.Discord.GuildIDs = []string{discordsim.GuildID}
	c.Discord.Proxy = ""
	c.Storage.Path, c.Storage.URL = filepath.Join(dir, "preview.db"), config.Secret{}
	c.Listen, c.ModelWatch.File = config.Listen{}, ""
	if c.Discord.Operators.Roles != nil || c.Discord.Operators.Users != nil {
		c.Discord.Operators.Users = append(c.Discord.Operators.Users, discordsim.OperatorID)
	}
	fillChannels(c)
	for _, r := range rooms(c) {
		s.addRoom(r)
	}
	s.addMentioned(c)
}

// fillChannels sets a simulated channel wherever the configuration names none.
func fillChannels(c *config.Config) {
	fill := func(id *string, with string) {
		if *id == "" {
			*id = with
		}
	}
	fill(&c.Alerts.ChannelID, discordsim.AlertsChannel)
	for i := range c.Accounts {
		fill(&c.Accounts[i].Alerts.ChannelID, c.Alerts.ChannelID)
	}
	for i := range c.Reports {
		fill(&c.Reports[i].ChannelID, discordsim.ReportChannel)
	}
	for i := range c.Budgets {
		fill(&c.Budgets[i].ChannelID, c.Alerts.ChannelID)
	}
}

// room is a channel of the configuration with a name for people.
type room struct {
	id, name string
	topic    both
}

// rooms are the channels that the configuration names, each once, called by
// what they are for.
func rooms(c *config.Config) []room {
	var list []room
	add := func(id, name string, topic both) {
		if id != "" && !slices.ContainsFunc(list, func(r room) bool { return r.id == id }) {
			list = append(list, room{id, strings.ToLower(name), topic})
		}
	}
	add(c.Alerts.ChannelID, "alerts", both{"warnings about your accounts", "账户告警"})
	for _, a := range c.Accounts {
		add(a.Alerts.ChannelID, "alerts-"+a.Name, both{"warnings about " + a.Name, a.Name + " 的告警"})
	}
	for _, r := range c.Reports {
		add(r.ChannelID, r.Name, both{"the report " + r.Name, "报告 " + r.Name})
	}
	for _, b := range c.Budgets {
		add(b.ChannelID, "budget-"+b.Name, both{"the budget " + b.Name, "预算 " + b.Name})
	}
	add(c.ModelWatch.ChannelID, "models", both{"models that came, went or cost something else", "模型的新增、下架和调价"})
	return list
}

func (s *stage) addRoom(r room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.topics[r.id] = r.topic
	if !slices.ContainsFunc(s.discord.Channels(), func(c discordsim.Channel) bool { return c.ID == r.id }) {
		s.discord.AddChannel(discordsim.Channel{ID: r.id, Name: r.name})
	}
}

// addMentioned makes the roles and users that the configuration names. The operator
// gets all of the roles and so sees every ping.
func (s *stage) addMentioned(c *config.Config) {
	names := s.discord.Names()
	var roles []string
	role := func(id, name string) {
		if names[id] == "" {
			names[id] = name
			s.discord.AddRole(discordsim.Role{ID: id, Name: name, Mentionable: true})
		}
		roles = append(roles, id)
	}
	user := func(id string) {
		if names[id] == "" {
			names[id] = "person…" + id[max(0, len(id)-4):]
			s.discord.AddUser(discordsim.User{ID: id, Username: names[id]}, true)
		}
	}
	mentioned := func(what string, roleIDs, userIDs []string) {
		for _, id := range roleIDs {
			role(id, what)
		}
		for _, id := range userIDs {
			user(id)
		}
	}
	mentioned("operators", c.Discord.Operators.Roles, c.Discord.Operators.Users)
	for _, a := range c.Accounts {
		for _, l := range a.Alerts.Levels {
			mentioned(l.Name+"-balance", l.MentionRoles, l.MentionUsers)
		}
	}
	for _, b := range c.Budgets {
		mentioned("budget-"+b.Name, b.MentionRoles, b.MentionUsers)
	}
	s.giveOperator(roles)
}
