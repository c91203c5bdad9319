package chart

import "time"

// isoDate is the layout of dates on the axis; the title has the year. Its hyphen
// is a soft one, which the font draws short; its plain hyphen is as long as a minus.
const isoDate = "01\u00ad02"

// Steps between labels, in minutes of the clock and in days of the calendar.
var (
	minuteSteps = []int{1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720}
	daySteps    = []int{1, 2, 3, 5, 7, 14, 28}
)

// tick is an instant on the time axis, its clock reading, and whether the
// calendar day begins there.
type tick struct {
	at    time.Time
	label string
	day   bool
}

// minuteStep is the smallest step of the clock of at least minimum, or 0 when whole
// days are needed.
func minuteStep(minimum time.Duration) int {
	for _, step := range minuteSteps {
		if time.Duration(step)*time.Minute >= minimum {
			return step
		}
	}
	return 0
}

// dayStep is the smallest step of the calendar of at least minimum.
func dayStep(minimum time.Duration) int {
	for _, step := range daySteps {
		if time.Duration(step)*24*time.Hour >= minimum {
			return step
		}
	}
	step := daySteps[len(daySteps)-1]
	for time.Duration(step)*24*time.Hour < minimum && step < 50_000 {
		step *= 2
	}
	return step
}

// hours are the instants at which the clock in loc shows a multiple of step
// minutes. They are looked for on the absolute scale, so that an hour that the
// clock skips has no tick and an hour that it repeats has two.
func hours(from, to time.Time, loc *time.Location, step int) []tick {
	unit := time.Minute
	if step%5 == 0 {
		unit = 5 * time.Minute
	}
	var out []tick
	for t := from.Truncate(unit); !t.After(to); t = t.Add(unit) {
		local := t.In(loc)
		hour, minute, _ := local.Clock()
		if !t.Before(from) && (hour*60+minute)%step == 0 {
			out = append(out, tick{t, local.Format("15:04"), hour+minute == 0})
		}
	}
	return out
}

// days are the beginnings of every step-th calendar day in loc. Which days
// those are does not depend on the window; a step of seven gives Mondays.
func days(from, to time.Time, loc *time.Location, step int) []tick {
	var out []tick
	y, m, d := from.In(loc).Date()
	number := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	d += ((-(number + 3))%step + step) % step
	for ; ; d += step {
		t := dayStart(y, m, d, loc)
		if t.After(to) {
			return out
		}
		if !t.Before(from) {
			out = append(out, tick{t, t.In(loc).Format(isoDate), true})
		}
	}
}

// dayStart is the first instant of a calendar day, also where the clock skips midnight.
func dayStart(y int, m time.Month, d int, loc *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, loc)
	if want := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Day(); t.Day() != want {
		for range 4 {
			if t = t.Add(30 * time.Minute); t.Day() == want {
				break
			}
		}
	}
	return t
}
