package config

import (
	"errors"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// ParseCron reads a cron line of five fields or a descriptor such as "@daily".
// It differs from robfig/cron in the field of the day: L is the last day of
// the month, and where 29, 30 or 31 is named, months without that day run on
// their last one. The schedule works in the location of the time it is given.
func ParseCron(line string) (schedule cron.Schedule, err error) {
	defer func() { // the parser panics on some lines
		if recover() != nil {
			schedule, err = nil, errors.New("it cannot be read")
		}
	}()
	fields := strings.Fields(line)
	if len(fields) != 5 {
		return cron.ParseStandard(line)
	}
	days, last := lastDay(fields[2])
	fields[2] = days
	if schedule, err = cron.ParseStandard(strings.Join(fields, " ")); err != nil {
		return nil, err
	}
	spec, ok := schedule.(*cron.SpecSchedule)
	if named := namedDays(days); ok && named>>29 != 0 {
		return &monthly{SpecSchedule: spec, named: named, last: last}, nil
	}
	return schedule, nil
}

// lastDay writes L as 31, which means the same, and reports whether it did.
// It leaves what is not a day or a range for the parser to complain about.
func lastDay(field string) (days string, found bool) {
	parts := strings.Split(field, ",")
	for i, part := range parts {
		first, end, ranged := strings.Cut(part, "-")
		switch {
		case strings.EqualFold(part, "L"):
			parts[i], found = "31", true
		case ranged && strings.EqualFold(end, "L"):
			parts[i], found = first+"-31", true
		}
	}
	return strings.Join(parts, ","), found
}

// namedDays are the days of a valid field as bits, without those of "*":
// "*/2" names no day.
func namedDays(field string) uint64 {
	var named []string
	for part := range strings.SplitSeq(field, ",") {
		if !strings.HasPrefix(part, "*") && !strings.HasPrefix(part, "?") {
			named = append(named, part)
		}
	}
	if len(named) == 0 {
		return 0
	}
	schedule, err := cron.ParseStandard("0 0 " + strings.Join(named, ",") + " * *")
	if spec, ok := schedule.(*cron.SpecSchedule); ok && err == nil {
		return spec.Dom
	}
	return 0
}

// monthly is a schedule that names a day which some months do not have.
type monthly struct {
	*cron.SpecSchedule
	named uint64 // days of the month, as bits
	last  bool   // the line says L
}

// Next searches month by month, because the last day differs among them.
func (m *monthly) Next(t time.Time) time.Time {
	const months = 9 * 12 // a 29 February comes at least every eight years
	loc := t.Location()
	if m.Location != time.Local {
		loc = m.Location
	}
	month := time.Date(t.In(loc).Year(), t.In(loc).Month(), 1, 0, 0, 0, 0, loc)
	for range months {
		following := month.AddDate(0, 1, 0)
		length := month.AddDate(0, 1, -1).Day()
		spec := *m.SpecSchedule
		if m.named>>(length+1) != 0 {
			spec.Dom |= 1 << length
		}
		if spec.Month &= 1 << month.Month(); spec.Month != 0 {
			if next := spec.Next(t); !next.IsZero() && next.Before(following) {
				return next
			}
		}
		t, month = following.Add(-time.Second), following
	}
	return time.Time{}
}
