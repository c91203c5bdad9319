package config

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// cron is a schedule line. Only where every is set may it be "@every": a
// report stands for a period of the calendar, and @every drifts through it.
func (v value) cron(to *string, every bool) {
	text, ok := v.scalar()
	if !ok {
		return
	}
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		*to = ""
		return
	}
	line, wrong := checkCron(text, every)
	switch {
	case wrong != nil && discreet(text) != text: // the parser quotes it
		v.problem(func(w *words) string { return w.NotCron(v.quoted()) })
		return
	case wrong != nil:
		v.problem(func(w *words) string { return w.BadCron(v.quoted(), wrong(w)) })
		return
	}
	*to = line
}

// checkCron returns the line with Sunday written as 0, which is the only way
// robfig/cron knows it, or what is wrong with it.
func checkCron(line string, every bool) (string, phrase) {
	if strings.Contains(line, "TZ=") {
		return "", func(w *words) string { return w.CronZone }
	}
	if interval, ok := strings.CutPrefix(line, "@every"); ok {
		return line, checkEvery(strings.TrimSpace(interval), every)
	}
	if fields := strings.Fields(line); len(fields) == 5 {
		fields[4] = sundayIsZero(fields[4])
		line = strings.Join(fields, " ")
	}
	schedule, err := ParseCron(line)
	if err != nil {
		return "", unreadable(line)
	}
	if m, ok := schedule.(*monthly); ok && !m.last {
		schedule = m.SpecSchedule // "30 February" is a mistake, not the end of that month
	}
	// A fixed start makes the answer the same every day; 2024 holds a 29 February.
	if schedule.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return "", func(w *words) string { return w.NeverRuns }
	}
	return line, nil
}

// unreadable says what is wrong with a line that [ParseCron] refuses.
func unreadable(line string) phrase {
	if strings.HasPrefix(line, "@") {
		return func(w *words) string { return w.NotDescriptor }
	}
	fields := strings.Fields(line)
	if len(fields) != 5 {
		return func(w *words) string { return w.CronFieldCount(len(fields)) }
	}
	wrong := wrongField(fields)
	return func(w *words) string { return w.CronField(wrong, fields[wrong]) }
}

// wrongField is the first of five fields that cannot be read, when one of them cannot.
func wrongField(fields []string) int {
	last := len(fields) - 1
	for i, field := range fields[:last] {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = field
		if _, err := ParseCron(strings.Join(alone, " ")); err != nil {
			return i
		}
	}
	return last
}

func checkEvery(interval string, allowed bool) phrase {
	if !allowed {
		return func(w *words) string { return w.NotEvery }
	}
	d, err := time.ParseDuration(interval)
	switch {
	case err != nil:
		return func(w *words) string { return w.BadEvery }
	case d < time.Second:
		return func(w *words) string { return w.EveryTooShort }
	}
	return nil
}

// sundayIsZero rewrites a weekday field in which Sunday is 7. What it does not
// understand stays as it is, for the parser to complain about.
func sundayIsZero(field string) string {
	parts := strings.Split(field, ",")
	for i, part := range parts {
		parts[i] = strings.Join(weekdays(part), ",")
	}
	return strings.Join(parts, ",")
}

// weekdays spells out a part such as "5-7" or "1-7/2".
func weekdays(part string) []string {
	span, by, stepped := strings.Cut(part, "/")
	first, last, ranged := strings.Cut(span, "-")
	step := 1
	if !ranged {
		last = first
	}
	if stepped {
		step, _ = strconv.Atoi(by)
	}
	from, err := strconv.Atoi(first)
	if err != nil || last != "7" || from < 0 || from > 7 || step < 1 {
		return []string{part}
	}
	var days []string
	for day := from; day <= 7; day += min(step, 8) {
		days = append(days, strconv.Itoa(day%7))
	}
	slices.Sort(days)
	return slices.Compact(days)
}
