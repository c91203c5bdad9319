package config

import (
	"regexp"
	"slices"
	"strconv"
	"time"

	"mokabot/internal/alert"
)

// readQuietHours changes what was written and leaves the rest, as [readRules]
// does.
func readQuietHours(v value, rules *alert.Rules) {
	if !v.given() {
		return
	}
	q := &rules.Quiet
	m := v.mapping()
	from, to := m.get("from"), m.get("to")
	inherited := q.From != q.To
	hasFrom, hasTo := from.clock(&q.From), to.clock(&q.To)
	m.get("timezone").zone(&q.Zone)
	if levels := m.get("levels"); levels.given() {
		q.Levels = readQuietLevels(levels)
	}
	m.done()
	if !isMapping(v) {
		return
	}
	if !from.given() && !inherited {
		from.problem(func(w *words) string { return w.QuietFrom })
	}
	if !to.given() && !inherited {
		to.problem(func(w *words) string { return w.QuietTo })
	}
	if (hasFrom || hasTo) && (hasFrom && hasTo || inherited) && q.From == q.To {
		to.problem(func(w *words) string { return w.QuietSame })
	}
}

// readQuietLevels are names of levels. Which there are is known when all
// accounts have been read; see [checkQuietLevels].
func readQuietLevels(v value) []string {
	names := []string{}
	for _, item := range v.list() {
		name, ok := item.scalar()
		switch {
		case !ok:
		case slices.Contains(names, name):
			item.problem(func(w *words) string { return w.Twice(item.quoted()) })
		default:
			names = append(names, name)
			v.r.quiet = append(v.r.quiet, item)
		}
	}
	return names
}

// checkQuietLevels refuses names of levels that nobody has.
func (c *Config) checkQuietLevels(r *reader) {
	all := alert.LevelNames(c.Alerts.Levels)
	for _, a := range c.Accounts {
		all = append(all, alert.LevelNames(a.Alerts.Levels)...)
	}
	for _, item := range r.quiet {
		if name, _ := item.scalar(); !slices.Contains(all, name) {
			item.problem(func(w *words) string { return w.NoSuchLevel(item.quoted(), Closest(name, all)) })
		}
	}
}

var clockTime = regexp.MustCompile(`^([01]?[0-9]|2[0-3]):([0-5][0-9])$`)

// clock is a time of day such as 23:00, as the time since midnight.
func (v value) clock(to *time.Duration) bool {
	text, ok := v.scalar()
	if !ok {
		return false
	}
	match := clockTime.FindStringSubmatch(text)
	if match == nil {
		v.problem(func(w *words) string { return w.NotClock(v.quoted()) })
		return false
	}
	hours, _ := strconv.Atoi(match[1])
	minutes, _ := strconv.Atoi(match[2])
	*to = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	return true
}
