package spend

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mokabot/moka"
)

// seriesDir names a folder of real hourly series: NAME.csv with the columns
// hour and value, and labels.json with the stretches that people called unusual.
const seriesDir = "MOKABOT_SERIES"

type series struct {
	name   string
	hours  []Hour
	labels []Period
}

// realSeries reads the folder, scaled to a dollar an hour on average. Without
// one the test is skipped.
func realSeries(t *testing.T) (all []series) {
	t.Helper()
	dir := os.Getenv(seriesDir)
	if dir == "" {
		t.Skip("set " + seriesDir + " to a folder of hourly series")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatal("no series in ", dir, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "labels.json"))
	if err != nil {
		t.Fatal(err)
	}
	var labels map[string][][2]time.Time
	if err := json.Unmarshal(raw, &labels); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		s := series{name: strings.TrimSuffix(filepath.Base(file), ".csv"), hours: readSeries(t, file)}
		for _, l := range labels[s.name] {
			s.labels = append(s.labels, Period{l[0], l[1]})
		}
		all = append(all, s)
	}
	return all
}

func readSeries(t *testing.T, file string) []Hour {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var values []float64
	var hours []Hour
	for _, row := range rows[1:] {
		at, err := time.Parse(time.RFC3339, row[0])
		if err != nil {
			t.Fatal(err)
		}
		v, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
		hours = append(hours, Hour{Start: at, Covered: time.Hour})
	}
	mean := sumOf(values) / float64(len(values))
	for i, v := range values {
		hours[i].Spent = moka.Amount(v / mean * float64(moka.Dollar))
	}
	return hours
}

// TestSeriesForecast compares the forecast with simple methods on real series.
// Errors are mean errors as a share of the mean; the last lines are geometric
// means over all series, and how often what came lay in the range. On no series and at
// no horizon may it be a tenth worse than the best simple method.
func TestSeriesForecast(t *testing.T) {
	const (
		every   = 25
		longest = 31 * hoursInDay
		toMonth = 0 // ahead: to the end of the calendar month
	)
	ahead := []int{24, 72, hoursInWeek, 2 * hoursInWeek, 30 * hoursInDay, toMonth}
	methods := simpleMethods()
	logs := map[string]map[int]float64{}
	counts := map[int]float64{}
	within, tests := map[int]float64{}, map[int]float64{}
	var table strings.Builder
	for _, s := range realSeries(t) {
		off := map[string]map[int]float64{}
		came := map[int]float64{}
		note := func(name string, n int, mid, truth float64) {
			if off[name] == nil {
				off[name] = map[int]float64{}
			}
			off[name][n] += math.Abs(mid - truth)
		}
		for at := min(2*hoursInWeek, len(s.hours)/2); at+24 <= len(s.hours); at += every {
			now := s.hours[at].Start
			known := s.hours[max(0, at-lookBack):at]
			values := make([]float64, len(known))
			for i, h := range known {
				values[i] = float64(h.Spent)
			}
			path := Expect(known, now, now.Add(longest*time.Hour), time.UTC)
			others := make([][]float64, len(methods))
			for i, m := range methods {
				others[i] = m.of(values, longest)
			}
			for _, of := range ahead {
				n := of
				if of == toMonth {
					n = int(Month(now, time.UTC).To.Sub(now) / time.Hour)
				}
				if at+n > len(s.hours) {
					continue
				}
				truth := cost(s.hours[at : at+n])
				came[of] += truth
				note("ours", of, float64(path[n-1].Mid), truth)
				for i, m := range methods {
					note(m.name, of, sumOf(others[i][:n]), truth)
				}
				tests[of]++
				if float64(path[n-1].Low) <= truth && truth <= float64(path[n-1].High) {
					within[of]++
				}
			}
		}
		for _, n := range ahead {
			if came[n] > 0 {
				counts[n]++
			}
		}
		for _, name := range slices.Sorted(maps.Keys(off)) {
			fmt.Fprintf(&table, "%-12s %-18s", s.name, name)
			for _, n := range ahead {
				if came[n] == 0 {
					continue
				}
				share := off[name][n] / came[n]
				if logs[name] == nil {
					logs[name] = map[int]float64{}
				}
				logs[name][n] += math.Log(share)
				fmt.Fprintf(&table, " %6.1f %%", 100*share)
			}
			table.WriteByte('\n')
		}
		best := math.Inf(1)
		for _, n := range ahead {
			for _, m := range methods {
				best = min(best, off[m.name][n])
			}
			if came[n] > 0 && off["ours"][n] > 1.1*best {
				t.Errorf("%s, %d h: an error of %.1f %%, of the best simple method %.1f %%", s.name, n, 100*off["ours"][n]/came[n], 100*best/came[n])
			}
			best = math.Inf(1)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(logs)) {
		fmt.Fprintf(&table, "%-12s %-18s", "all", name)
		for _, n := range ahead {
			fmt.Fprintf(&table, " %6.1f %%", 100*math.Exp(logs[name][n]/counts[n]))
		}
		table.WriteByte('\n')
	}
	fmt.Fprintf(&table, "%-12s %-18s", "in range", "ours")
	for _, n := range ahead {
		fmt.Fprintf(&table, " %6.1f %%", 100*within[n]/tests[n])
	}
	for i, most := range []float64{0.21, 0.17, 0.135} {
		if n := ahead[i]; math.Exp(logs["ours"][n]/counts[n]) > most {
			t.Errorf("%d h: more than %.1f %%", n, 100*most)
		}
	}
	for _, n := range ahead {
		if share := within[n] / tests[n]; share < 0.75 || share > 0.9 {
			t.Errorf("%d h: %.0f %% lie in the range", n, 100*share)
		}
	}
	t.Logf("errors at %v hours (%d: to the end of the month)\n%s", ahead, toMonth, table.String())
}

// spikeRule is what an hour is compared with; ok is false before enough is known.
type spikeRule func(known []Hour, at time.Time, loc *time.Location) (usual float64, ok bool)

func newRule(known []Hour, at time.Time, loc *time.Location) (float64, bool) {
	usual, ok := Usual(known, at, loc).Get()
	return float64(usual), ok
}

// spikes are the hours at which a rule raises an alarm: from five times the
// usual on and a dollar, until half of that.
func spikes(hours []Hour, loc *time.Location, rule spikeRule) (raised []int) {
	open := false
	for i := 3 * hoursInDay; i < len(hours); i++ {
		usual, ok := rule(hours[max(0, i-lookBack):i], hours[i].Start, loc)
		if !ok {
			continue
		}
		line := max(float64(moka.Dollar), 5*usual)
		switch spent := float64(hours[i].Spent); {
		case !open && spent >= line:
			open = true
			raised = append(raised, i)
		case open && spent <= line/2:
			open = false
		}
	}
	return raised
}

// told is what a rule for spikes told of a series.
type told struct{ hits, labels, falsely, months float64 }

func (t *told) add(o told) {
	t.hits, t.labels, t.falsely, t.months = t.hits+o.hits, t.labels+o.labels, t.falsely+o.falsely, t.months+o.months
}

func (t told) String() string {
	return fmt.Sprintf("hits %.0f of %.0f, false alarms a month %.2f", t.hits, t.labels, t.falsely/t.months)
}

// judge counts the stretches called unusual in which a rule raised an alarm, and
// the alarms outside them, without the first days.
func (s series) judge(rule spikeRule, without int) told {
	begin := s.hours[without*hoursInDay].Start
	within := func(l Period, i int) bool { return !s.hours[i].Start.Before(l.From) && !s.hours[i].Start.After(l.To) }
	raised := slices.DeleteFunc(spikes(s.hours, time.UTC, rule), func(i int) bool { return s.hours[i].Start.Before(begin) })
	is := told{months: float64(len(s.hours)-without*hoursInDay) / (30 * hoursInDay)}
	for _, l := range s.labels {
		if l.From.Before(begin) {
			continue
		}
		is.labels++
		if slices.ContainsFunc(raised, func(i int) bool { return within(l, i) }) {
			is.hits++
		}
	}
	for _, i := range raised {
		if !slices.ContainsFunc(s.labels, func(l Period) bool { return within(l, i) }) {
			is.falsely++
		}
	}
	return is
}

// TestSeriesSpikes states hits and false alarms of the rule for spikes, beside the
// one before; lively are the series in which either raised an alarm.
func TestSeriesSpikes(t *testing.T) {
	var table strings.Builder
	for _, without := range []int{0, 14} {
		var all, lively [2]told
		for _, s := range realSeries(t) {
			if len(s.hours) <= without*hoursInDay {
				continue
			}
			old, now := s.judge(oldUsual, without), s.judge(newRule, without)
			fmt.Fprintf(&table, "%-12s without %2d days  old: %v  new: %v\n", s.name, without, old, now)
			all[0].add(old)
			all[1].add(now)
			if old.hits+old.falsely+now.hits+now.falsely > 0 {
				lively[0].add(old)
				lively[1].add(now)
			}
		}
		fmt.Fprintf(&table, "%-12s without %2d days  old: %v  new: %v\n", "lively", without, lively[0], lively[1])
		fmt.Fprintf(&table, "%-12s without %2d days  old: %v  new: %v\n", "all", without, all[0], all[1])
		if lively[1].hits < lively[0].hits || lively[1].falsely > lively[1].months {
			t.Errorf("without %d days: fewer hits than the rule before, or more than one false alarm a month and lively series", without)
		}
	}
	t.Logf("\n%s", table.String())
}
