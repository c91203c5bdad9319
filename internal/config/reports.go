package config

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"mokabot/internal/budget"
)

func readReports(v value, c *Config) []Report {
	var reports []Report
	all := c.accountNames()
	names := names{}
	for _, item := range v.list() {
		if !isMapping(item) {
			item.mapping()
			continue
		}
		r := Report{
			Timezone: c.Timezone, Period: budget.Day, ChannelID: c.Alerts.ChannelID,
			Accounts: slices.Clone(all), WeekStart: time.Monday,
		}
		m := item.mapping()
		if name := m.get("name"); name.name(&r.Name) {
			names.add(name, r.Name, "report")
		}
		r.readTimes(m)
		r.readChannel(m.get("channel_id"))
		m.get("silent").yes(&r.Silent)
		if named := m.get("accounts"); named.given() {
			r.Accounts = named.accounts(all, func(w *words) string { return w.ReportAll })
		}
		m.done()
		reports = append(reports, r)
	}
	return reports
}

// readChannel leaves the alerts' channel where the report names none.
func (r *Report) readChannel(v value) {
	var own string
	if !v.snowflake(&own) {
		return
	}
	if own != "" {
		r.ChannelID = own
	}
	if r.ChannelID == "" && !v.r.faulty("alerts.channel_id") {
		v.problem(func(w *words) string { return w.ReportChannel })
	}
}

// readTimes reads when a report is posted and what time it covers.
func (r *Report) readTimes(m *mapping) {
	cron := m.get("cron")
	cron.cron(&r.Cron, false)
	if r.Cron == "" && !cron.r.faulty(cron.path) {
		cron.problem(func(w *words) string { return w.CronMissing })
	}
	m.get("timezone").zone(&r.Timezone)
	m.get("period").span(&r.Period)
	m.get("week_start").weekday(&r.WeekStart)
}

func (v value) span(to *budget.Span) {
	name := string(*to)
	v.choice(&name, string(budget.Day), string(budget.Week), string(budget.Month))
	*to = budget.Span(name)
}

func (v value) weekday(to *time.Weekday) {
	name := weekdayNames[*to]
	v.choice(&name, weekdayNames...)
	*to = time.Weekday(slices.Index(weekdayNames, name))
}

// weekdayNames are in the order of time.Weekday.
var weekdayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// accounts is a list of accounts; what leaving it out is for completes a problem's
// sentence.
func (v value) accounts(all []string, purpose phrase) []string {
	items := v.list()
	if isList(v) && len(items) == 0 {
		v.problem(func(w *words) string { return w.NoAccounts(purpose(w)) })
	}
	named := make([]string, 0, len(items))
	for _, item := range items {
		name, ok := item.scalar()
		switch {
		case !ok:
		case !slices.Contains(all, name):
			item.problem(func(w *words) string { return w.NoSuchAccount(item.quoted(), Closest(name, all)) })
		case slices.Contains(named, name):
			item.problem(func(w *words) string { return w.Twice(item.quoted()) })
		default:
			named = append(named, name)
		}
	}
	return named
}

// accountNames are those of the accounts that have one.
func (c *Config) accountNames() []string {
	var all []string
	for _, a := range c.Accounts {
		if a.Name != "" {
			all = append(all, a.Name)
		}
	}
	return all
}

// short writes a duration without the zero units at its end: 72h, not 72h0m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	if hours, ok := strings.CutSuffix(text, "h"); ok && digits.MatchString(hours) && d%day == 0 && d > 3*day {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return text
}
