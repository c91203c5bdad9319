package spend

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestHabitsRaiseNoAlarm states false alarms of the rule for spikes on habits,
// and how often an hour of ten times the usual is told of.
func TestHabitsRaiseNoAlarm(t *testing.T) {
	const days = 70
	var table strings.Builder
	for _, h := range habits() {
		if h.name == "suddenly 2.5 times" || h.name == "steady, one accident" {
			continue // what happens there is to be told
		}
		loc, err := time.LoadLocation(h.zone)
		if err != nil {
			t.Fatal(err)
		}
		hours := h.simulate(t, 1, days)
		fmt.Fprintf(&table, "%-20s", h.name)
		r := rand.New(rand.NewPCG(1, 2))
		var at []int // hours that cost anything
		for len(at) < 25 {
			if i := 21*hoursInDay + r.IntN((days-21)*hoursInDay); hours[i].Spent > usd/5 {
				at = append(at, i)
			}
		}
		for _, rule := range []struct {
			name string
			of   spikeRule
		}{{"old", oldUsual}, {"new", newRule}} {
			falsely := 0
			for _, i := range spikes(hours, loc, rule.of) {
				if i >= 21*hoursInDay {
					falsely++
				}
			}
			told := 0
			for _, i := range at {
				// ten times what the habit makes of such an hour, without chance
				usual := h.perHour(float64(i)/hoursInDay, hours[i].Start.In(loc)) * float64(usd)
				line, ok := rule.of(hours[max(0, i-lookBack):i], hours[i].Start, loc)
				if ok && 10*usual >= max(5*line, float64(usd)) {
					told++
				}
			}
			perMonth := float64(falsely) * 30 / (days - 21)
			fmt.Fprintf(&table, "  %s: %5.1f false alarms a month, %3d %% of ten-fold hours", rule.name, perMonth, 100*told/len(at))
			if rule.name == "new" && h.name != "bursts" && (perMonth > 1 || told < 9*len(at)/10) {
				t.Errorf("%s: %.1f false alarms a month, %d of %d told", h.name, perMonth, told, len(at))
			}
		}
		table.WriteByte('\n')
	}
	t.Logf("\n%s", table.String())
}

// What recurs is no spike from its third time on, however dear it is.
func TestTheThirdTimeIsNoSpike(t *testing.T) {
	midnight := start.Truncate(hoursInDay*time.Hour).AddDate(0, 0, -42)
	for _, c := range []struct {
		what   string
		recurs func(h time.Time) bool
		most   int
	}{
		{"every night", func(h time.Time) bool { return h.Hour() == 2 }, 2},
		{"every night, sometimes an hour later", func(h time.Time) bool { return h.Hour() == 2+h.Day()%2 }, 2},
		{"every Monday", func(h time.Time) bool { return h.Weekday() == time.Monday && h.Hour() == 5 }, 2},
		{"office hours", func(h time.Time) bool { return h.Hour() >= 9 && h.Hour() < 18 && h.Weekday() >= 1 && h.Weekday() <= 5 }, 3},
	} {
		var hours []Hour
		for i := range 42 * hoursInDay {
			h := Hour{Start: midnight.Add(time.Duration(i) * time.Hour), Spent: usd / 100, Covered: time.Hour}
			if i >= 7*hoursInDay && c.recurs(h.Start) {
				h.Spent = 8 * usd
			}
			hours = append(hours, h)
		}
		if raised := spikes(hours, time.UTC, newRule); len(raised) > c.most {
			t.Errorf("%s: told %d times", c.what, len(raised))
		}
		if raised := spikes(append(hours, Hour{Start: midnight.AddDate(0, 0, 42), Spent: 80 * usd, Covered: time.Hour}), time.UTC, newRule); len(raised) == 0 || raised[len(raised)-1] != len(hours) {
			t.Errorf("%s: a runaway is not told", c.what)
		}
	}
}
