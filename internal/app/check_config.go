package app

import (
	"context"
	"net"
	"slices"
	"strings"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/lang"
	"mokabot/schedule"
)

// configFindings are settings that lead to missing alerts or reports, found in the
// configuration alone.
func configFindings(w *lang.Words, c *config.Config, now time.Time) []Finding {
	var found []Finding
	file := configName(c)
	for _, secret := range c.Exposed() {
		found = append(found, newFinding(LevelWarning, secret, topicNote, w.CLI.Exposed))
	}
	found = append(found, intervalFindings(w, c)...)
	for _, r := range c.Reports {
		found = append(found, reportFindings(w, r, now)...)
	}
	found = append(found, zoneFindings(w, c)...)
	if beyondLoopback(c.Listen.Address) {
		found = append(found, newFinding(LevelWarning, file, topicListen, w.CLI.Check.ListensBeyond(c.Listen.Address)))
	}
	return found
}

// intervalShare is how often a balance has to be read within a level's runway, so that a
// warning leaves most of that time.
const intervalShare = 4

// intervalFindings are about accounts without levels, about quiet hours that hold
// everything back, and about levels by runway for which the poll interval is too long.
func intervalFindings(w *lang.Words, c *config.Config) []Finding {
	var found []Finding
	for _, a := range c.Accounts {
		if len(a.Alerts.Levels) == 0 && len(c.Alerts.Levels) == 0 {
			found = append(found, newFinding(LevelWarning, a.Name, topicLevels, w.CLI.Check.NoLevels))
		}
		if worst := worstLevel(a.Alerts.Levels); slices.Contains(a.Alerts.Quiet.Levels, worst) {
			found = append(found, newFinding(LevelWarning, a.Name, topicLevels, w.CLI.Check.QuietWorst(worst)))
		}
		for _, l := range a.Alerts.Levels {
			if l.Runway > 0 && c.PollInterval > l.Runway/intervalShare {
				text := w.CLI.Check.IntervalTooLong(l.Name, l.Runway, c.PollInterval, l.Runway/intervalShare)
				found = append(found, newFinding(LevelWarning, a.Name, topicLevels, text))
			}
		}
	}
	return found
}

// worstLevel is the name of the last level, empty where there are none.
func worstLevel(levels []alert.Level) string {
	if len(levels) == 0 {
		return ""
	}
	return levels[len(levels)-1].Name
}

// reportFindings are about months that a report's cron line skips.
func reportFindings(w *lang.Words, r config.Report, now time.Time) []Finding {
	var found []Finding
	if fields := strings.Fields(r.Cron); len(fields) == 5 && slices.ContainsFunc(strings.Split(fields[2], ","), lateDay) {
		found = append(found, newFinding(LevelNote, r.Name, topicReports, w.CLI.Check.LastDay(r.Cron)))
	}
	if r.Period != budget.Month {
		return found
	}
	if skipped := skippedMonths(r, now); len(skipped) > 0 {
		found = append(found, newFinding(LevelWarning, r.Name, topicReports, w.CLI.Check.SkippedMonths(r.Cron, join(w, skipped))))
	}
	return found
}

// lateDay reports whether not every month has that day.
func lateDay(day string) bool { return day == "29" || day == "30" || day == "31" }

// skippedMonths are the months of the next year in which a report never runs.
func skippedMonths(r config.Report, now time.Time) []string {
	const maxRuns = 400 // runs in a year: a line that runs daily skips no month
	first := time.Date(now.In(r.Timezone).Year(), now.In(r.Timezone).Month()+1, 1, 0, 0, 0, 0, r.Timezone)
	end := first.AddDate(1, 0, 0)
	runs, err := schedule.Upcoming([]config.Report{r}, first.Add(-time.Nanosecond), maxRuns)
	if err != nil {
		return nil
	}
	ran := map[string]bool{}
	for _, run := range runs {
		ran[run.At.Format("2006-01")] = true
	}
	var skipped []string
	for month := first; month.Before(end); month = month.AddDate(0, 1, 0) {
		if name := month.Format("2006-01"); !ran[name] {
			skipped = append(skipped, name)
		}
	}
	return skipped
}

// zoneFindings are about zones such as Etc/GMT+8, which lies west of Greenwich:
// POSIX counts the other way round.
// https://data.iana.org/time-zones/tzdb/etcetera
func zoneFindings(w *lang.Words, c *config.Config) []Finding {
	var found []Finding
	seen := map[string]bool{}
	add := func(subject string, zone *time.Location) {
		if zone == nil || seen[zone.String()] {
			return
		}
		seen[zone.String()] = true
		sign, rest, ok := etcZone(zone.String())
		if !ok {
			return
		}
		other := map[string]string{"+": "-", "-": "+"}[sign]
		shown := map[string]string{"+": "−", "-": "+"}[sign] + rest
		found = append(found, newFinding(LevelWarning, subject, topicZone, w.CLI.Check.ZoneSign(zone.String(), shown, "Etc/GMT"+other+rest)))
	}
	add(configName(c), c.Timezone)
	for _, r := range c.Reports {
		add(r.Name, r.Timezone)
	}
	return found
}

// etcZone takes a zone such as Etc/GMT+8 apart.
func etcZone(name string) (sign, hours string, ok bool) {
	rest, ok := strings.CutPrefix(name, "Etc/GMT")
	if !ok || len(rest) < 2 || rest[0] != '+' && rest[0] != '-' || rest[1:] == "0" {
		return "", "", false
	}
	return rest[:1], rest[1:], true
}

// beyondLoopback reports whether other machines can reach an address.
func beyondLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "localhost" {
		return false
	}
	ip := net.ParseIP(host)
	return ip == nil || !ip.IsLoopback()
}

// offlineAccess is who sees figures, by the configuration alone.
func offlineAccess(w *lang.Words, c *config.Config) []Finding {
	if c.Discord.Token.Empty() {
		return nil
	}
	servers := c.Discord.GuildIDs
	switch {
	case len(servers) == 0 && c.Alerts.ChannelID == "":
		return []Finding{newFinding(LevelWarning, w.CLI.Discord, topicAccess, w.CLI.NoHome)}
	case len(servers) == 0:
		servers = []string{"#" + c.Alerts.ChannelID}
	}
	var found []Finding
	for _, server := range servers {
		found = append(found, whoSees(w, c, discord.Server{ID: server, Name: server}))
	}
	return found
}

// accessFindings are who sees figures in each home server.
func accessFindings(ctx context.Context, w *lang.Words, c *config.Config, rest *discord.REST) []Finding {
	guilds := c.Discord.GuildIDs
	if len(guilds) == 0 && c.Alerts.ChannelID != "" {
		if guild, err := rest.ChannelGuild(ctx, c.Alerts.ChannelID); err == nil && guild != "" {
			guilds = []string{guild}
		}
	}
	if len(guilds) == 0 {
		return []Finding{newFinding(LevelWarning, w.CLI.Discord, topicAccess, w.CLI.NoHome)}
	}
	var found []Finding
	var servers []discord.Server
	for _, id := range guilds {
		server, err := rest.Server(ctx, id)
		if err != nil {
			found = append(found, newFinding(LevelError, id, topicAccess, w.CLI.Check.NoServer(id)))
			continue
		}
		servers = append(servers, server)
		found = append(found, whoSees(w, c, server))
		if slices.Contains(c.Discord.Operators.Roles, id) {
			found = append(found, newFinding(LevelWarning, server.Name, topicAccess, w.CLI.Check.EveryoneOperates))
		}
	}
	found = append(found, unknownRoles(w, servers, c.Discord.Operators.Roles, "discord.operators.roles")...)
	return append(found, unknownRoles(w, servers, c.Discord.Viewers.Roles, "discord.viewers.roles")...)
}

// whoSees is one sentence about who sees figures and who changes things.
func whoSees(w *lang.Words, c *config.Config, server discord.Server) Finding {
	operators := people(w, server, c.Discord.Operators.Roles, c.Discord.Operators.Users)
	if len(operators) == 0 {
		operators = []string{w.CLI.Check.Managers}
	}
	viewers := slices.Concat(operators, people(w, server, c.Discord.Viewers.Roles, c.Discord.Viewers.Users))
	if c.Discord.Viewers.Everyone || slices.Contains(c.Discord.Viewers.Roles, server.ID) {
		viewers = []string{w.CLI.Check.EveryMember}
	}
	return newFinding(LevelNote, server.Name, topicAccess, w.CLI.Check.Access(server.Name, join(w, viewers), join(w, operators)))
}

// people are the names of roles of a server and of users in a sentence.
func people(w *lang.Words, server discord.Server, roles, users []string) []string {
	var names []string
	for _, role := range roles {
		name, ok := server.RoleName(role)
		if !ok {
			name = role
		}
		names = append(names, "@"+strings.TrimPrefix(name, "@"))
	}
	for _, user := range users {
		names = append(names, w.CLI.Check.Person(user))
	}
	return names
}

func unknownRoles(w *lang.Words, servers []discord.Server, roles []string, key string) []Finding {
	var found []Finding
	for _, role := range roles {
		known := slices.ContainsFunc(servers, func(s discord.Server) bool { _, ok := s.RoleName(role); return ok })
		if !known && len(servers) > 0 {
			found = append(found, newFinding(LevelWarning, w.CLI.Discord, topicAccess, w.CLI.Check.UnknownRole(role, key)))
		}
	}
	return found
}

// changedLevels are the accounts whose levels were set from Discord.
func changedLevels(w *lang.Words, file, inForce *config.Config) []Finding {
	var found []Finding
	for i, a := range inForce.Accounts {
		var levels []string
		for n, l := range a.Alerts.Levels {
			was := file.Accounts[i].Alerts.Levels[n]
			if l.Below != was.Below || l.Runway != was.Runway {
				below, runway := config.Limits(l)
				levels = append(levels, strings.TrimSpace(l.Name+" "+below+" "+runway))
			}
		}
		if len(levels) > 0 {
			found = append(found, newFinding(LevelNote, a.Name, topicLevels, w.Levels.InStatus(join(w, levels))))
		}
	}
	return found
}
