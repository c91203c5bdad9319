package spend

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/moka"

	"mokabot/internal/proof"
)

// TestHabitsRaiseNoAlarm states, for each habit, the false alarms of the rule for
// spikes and how long an hour of ten times the usual goes on before it is told,
// with polls every minute. docs/accuracy.md has the table.
func TestHabitsRaiseNoAlarm(t *testing.T) {
	proof.NotShort(t)
	const days = 70
	figures, err := os.ReadFile(filepath.Join("..", "..", "docs", "accuracy.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range habits() {
		if h.name == "suddenly 2.5 times" || h.name == "steady, one accident" {
			continue // what happens there is to be told
		}
		loc, err := time.LoadLocation(h.zone)
		if err != nil {
			t.Fatal(err)
		}
		hours := h.simulate(t, 1, days)
		r := rand.New(rand.NewPCG(1, 2))
		var at []int // hours that cost anything
		for len(at) < 25 {
			if i := 21*hoursInDay + r.IntN((days-21)*hoursInDay); hours[i].Spent > usd/5 {
				at = append(at, i)
			}
		}
		row := "| " + h.name
		for _, rule := range []struct {
			name     string
			of       spikeRule
			quarters bool // fifteen minutes count too
		}{{"old", oldUsual, false}, {"new", newRule, true}} {
			falsely := 0
			for _, i := range spikes(hours, loc, rule.of) {
				if i >= 21*hoursInDay {
					falsely++
				}
			}
			var delays []int
			for _, i := range at {
				// what the habit makes of such an hour, without chance
				usual := h.perHour(float64(i)/hoursInDay, hours[i].Start.In(loc)) * float64(usd)
				if line, ok := rule.of(hours[max(0, i-lookBack):i], hours[i].Start, loc); ok {
					if d := delay(usual, max(5*line, float64(usd)), rule.quarters); d <= 60 {
						delays = append(delays, d)
					}
				}
			}
			slices.Sort(delays)
			perMonth := float64(falsely) * 30 / (days - 21)
			median := "–"
			if len(delays) > 0 {
				median = fmt.Sprintf("%d min", delays[len(delays)/2])
			}
			row += fmt.Sprintf(" | %.1f | %s | %d %%", perMonth, median, 100*len(delays)/len(at))
			if rule.name == "new" && h.name != "bursts" && (perMonth > 1 || len(delays) < 9*len(at)/10) {
				t.Errorf("%s: %.1f false alarms a month, %d of %d told", h.name, perMonth, len(delays), len(at))
			}
		}
		if row += " |"; !strings.Contains(string(figures), row+"\n") {
			t.Errorf("docs/accuracy.md lacks\n%s", row)
		}
	}
}

// delay is after how many minutes an hour of ten times the usual is told: when the
// last hour costs as much as the line, or the last quarter of an hour half of it and
// the hour a dollar.
func delay(usual, line float64, quarters bool) int {
	spent := func(minutes, window int) float64 { // in a window that ends then, usual before
		fast := min(minutes, window)
		return usual / 60 * float64(10*fast+window-fast)
	}
	for minutes := 1; minutes <= 60; minutes++ {
		if spent(minutes, 60) >= line || quarters && spent(minutes, 15) >= line/2 && spent(minutes, 60) >= float64(usd) {
			return minutes
		}
	}
	return 61
}

// Fault M18: what recurs is no spike from its third time on, however dear it is.
func TestTheThirdTimeIsNoSpike(t *testing.T) {
	proof.NotShort(t)
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

// An hour like the uncommon ones of two days before is no spike, wherever in the
// day they were; a batch that is usual at its own hour hides nothing at others.
func TestWhatStoodOutBefore(t *testing.T) {
	proof.NotShort(t)
	midnight := start.Truncate(hoursInDay*time.Hour).AddDate(0, 0, -28)
	const last = 27*hoursInDay + 15
	for _, c := range []struct {
		what string
		dear func(i int) bool // costs eight dollars; other hours a cent
		cost moka.Amount
		told bool
	}{
		{"the first burst", func(int) bool { return false }, 8 * usd, true},
		{"a second one", func(i int) bool { return i == last-50 }, 8 * usd, true},
		{"a third one at another hour", func(i int) bool { return i == last-50 || i == last-100 }, 7 * usd, false},
		{"a third one that costs more", func(i int) bool { return i == last-50 || i == last-100 }, 10 * usd, true},
		{"two on one day", func(i int) bool { return i == last-50 || i == last-55 }, 8 * usd, true},
		{"two of three weeks ago", func(i int) bool { return i == last-500 || i == last-450 }, 8 * usd, true},
		{"an afternoon beside a nightly batch", func(i int) bool { return i%hoursInDay == 2 }, 5 * usd, true},
		{"an afternoon beside a weekly batch", func(i int) bool { return i%hoursInWeek == 2 }, 5 * usd, true},
	} {
		var hours []Hour
		for i := range last + 1 {
			h := Hour{Start: midnight.Add(time.Duration(i) * time.Hour), Spent: usd / 100, Covered: time.Hour}
			if c.dear(i) {
				h.Spent = 8 * usd
			}
			hours = append(hours, h)
		}
		hours[last].Spent = c.cost
		raised := spikes(hours, time.UTC, newRule)
		if got := slices.Contains(raised, last); got != c.told {
			t.Errorf("%s: told %t, want %t", c.what, got, c.told)
		}
	}
}
