package spend

import (
	"testing"
	"time"

	"mokabot/moka"
)

// A figure takes in what the newest reading adds to it, as far as that lies in the
// figure's period.
func TestWhatAReadingAddsToAFigure(t *testing.T) {
	since := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	step := func(from, to, covered time.Duration, dollars int64) Delta {
		return Delta{From: since.Add(from), To: since.Add(to), Known: true, Covered: covered, Spent: moka.Amount(dollars) * moka.Dollar}
	}
	two := SoFar{Spent: moka.Known(2 * moka.Dollar)}
	for _, c := range []struct {
		name    string
		figure  SoFar
		delta   Delta
		dollars int64
		atLeast bool
	}{
		{"within", two, step(time.Hour, time.Hour+time.Minute, time.Minute, 85), 87, false},
		{"refund", two, step(time.Hour, time.Hour+time.Minute, time.Minute, -1), 1, false},
		{"long gap within", two, step(time.Hour, 9*time.Hour, 0, 85), 87, false},
		{"across the beginning", two, step(-3*time.Minute, time.Minute, 4*time.Minute, 80), 22, false},
		{"long gap across the beginning", two, step(-8*time.Hour, time.Hour, 0, 80), 2, true},
		{"before", two, step(-3*time.Minute, 0, 3*time.Minute, 80), 2, false},
		{"nothing to compare with", two, Delta{To: since.Add(time.Hour)}, 2, false},
		{"lower bound", SoFar{two.Spent, true}, step(time.Hour, time.Hour+time.Minute, time.Minute, 85), 87, true},
	} {
		if got, want := c.figure.With(c.delta, since), (SoFar{moka.Known(moka.Amount(c.dollars) * moka.Dollar), c.atLeast}); got != want {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
	if got := (SoFar{}).With(step(time.Hour, 2*time.Hour, time.Hour, 5), since); got.Spent.Known() {
		t.Errorf("unknown becomes %v", got)
	}
}

// Every day follows the one before without a gap and is about a day long, also
// on the days of later months that have the number of a day without midnight.
func TestDaysFollowEachOther(t *testing.T) {
	for _, name := range []string{
		"UTC", "America/New_York", "America/Havana", "America/Santiago", "America/Asuncion", "Africa/Cairo", "Asia/Beirut",
		"Asia/Shanghai", "Atlantic/Azores", "Australia/Lord_Howe", "Europe/Berlin",
	} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		noon := time.Date(2023, 1, 1, 12, 0, 0, 0, loc)
		for last := Day(noon.AddDate(0, 0, -1), loc); noon.Year() < 2029; noon = noon.AddDate(0, 0, 1) {
			day := Day(noon, loc)
			length := day.To.Sub(day.From)
			if !day.From.Equal(last.To) || length < 23*time.Hour || length > 25*time.Hour || day.From.In(loc).Day() != noon.Day() {
				t.Fatalf("%s, %s: from %v to %v, after %v", name, noon.Format(time.DateOnly), day.From, day.To, last.To)
			}
			last = day
		}
	}
}
