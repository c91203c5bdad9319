package chart

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func labels(ticks []tick) string {
	var out []string
	for _, k := range ticks {
		out = append(out, strings.ReplaceAll(k.label, "\u00ad", "-"))
	}
	return strings.Join(out, " ")
}

func TestHoursFollowTheClock(t *testing.T) {
	berlin := load(t, "Europe/Berlin")
	for _, c := range []struct {
		zone       string
		from       time.Time
		length     time.Duration
		step       int
		want, note string
	}{
		{"Europe/Berlin", time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), 4 * time.Hour, 60, "00:00 01:00 03:00 04:00 05:00", "skipped"},
		{"Europe/Berlin", time.Date(2026, 10, 25, 0, 0, 0, 0, berlin), 4 * time.Hour, 60, "00:00 01:00 02:00 02:00 03:00", "repeated"},
		{"Europe/Berlin", time.Date(2026, 10, 25, 0, 0, 0, 0, berlin), 25 * time.Hour, 360, "00:00 06:00 12:00 18:00 00:00", "long day"},
		{"Asia/Kathmandu", time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), time.Hour, 20, "06:00 06:20 06:40", "odd offset"},
	} {
		if got := labels(hours(c.from, c.from.Add(c.length), load(t, c.zone), c.step)); got != c.want {
			t.Errorf("%s: %s instead of %s", c.note, got, c.want)
		}
	}
}

func TestDaysBeginWhereTheCalendarSays(t *testing.T) {
	cairo := load(t, "Africa/Cairo") // its clocks skip midnight on 2026-04-24
	from := time.Date(2026, 4, 23, 0, 0, 0, 0, cairo)
	got := days(from, from.AddDate(0, 0, 3), cairo, 1)
	if labels(got) != "04-23 04-24 04-25 04-26" {
		t.Fatal(labels(got))
	}
	if h := got[1].at.In(cairo).Hour(); h != 1 {
		t.Errorf("the day begins at %d", h)
	}
	weeks := days(from, from.AddDate(0, 0, 21), cairo, 7)
	if labels(weeks) != "04-27 05-04 05-11" {
		t.Error(labels(weeks))
	}
}

// Every window has labels, none of which touch each other.
func TestEveryWindowHasLabels(t *testing.T) {
	berlin := load(t, "Europe/Berlin")
	for _, start := range []time.Time{
		time.Date(2026, 7, 1, 0, 0, 0, 0, berlin), time.Date(2026, 3, 28, 17, 23, 0, 0, berlin), time.Date(2026, 10, 24, 23, 59, 0, 0, berlin)} {
		for length := time.Hour; length <= 31*24*time.Hour; length += 47 * time.Minute {
			p := newPlot(Series{From: start, To: start.Add(length), Loc: berlin})
			ticks, widest := days(p.s.From, p.s.To, berlin, p.day), textWidth(isoDate)
			if p.minutes != 0 {
				ticks, widest = hours(p.s.From, p.s.To, berlin, p.minutes), textWidth("00:00")
			}
			if len(ticks) < 3 || len(ticks) > 14 {
				t.Fatalf("%v from %v: %d labels", length, start, len(ticks))
			}
			close := 0
			for i, k := range ticks[1:] {
				if p.x(seconds(k.at))-p.x(seconds(ticks[i].at)) < widest+gutter {
					close++
				}
			}
			if close > 1 { // the day on which the clock jumps may lose one
				t.Errorf("%v from %v: %d labels too close", length, start, close)
			}
		}
	}
}
