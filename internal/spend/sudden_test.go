package spend

import (
	"testing"
	"time"

	"mokabot/moka"
)

// A dollar an hour for four weeks, and then the last half hour or so.
func TestARangeBeginsWithASuddenHourGoingOn(t *testing.T) {
	const left = 480 * usd
	usual := Forecast(hoursOf(28, steadily), moka.Known(left), start, time.UTC)
	for _, c := range []struct {
		what string
		last Hour // which begins an hour before now
		want time.Duration
	}{
		{"as ever", Hour{Spent: usd, Covered: time.Hour}, usual.Low},
		{"four times as much", Hour{Spent: 4 * usd, Covered: time.Hour}, usual.Low},
		{"forty times as much", Hour{Spent: 40 * usd, Covered: time.Hour}, 12 * time.Hour},
		{"forty times as much in the half of it that was read", Hour{Spent: 20 * usd, Covered: 30 * time.Minute}, 12 * time.Hour},
		{"too little of it was read", Hour{Spent: 20 * usd, Covered: 20 * time.Minute}, usual.Low},
		{"nobody knows when it was spent", Hour{Spent: 40 * usd}, usual.Low},
		{"six times as much, and still enough for days", Hour{Spent: 6 * usd, Covered: time.Hour}, usual.Low},
	} {
		c.last.Start = start
		now := start.Add(time.Hour)
		got := Forecast(append(hoursOf(28, steadily), c.last), moka.Known(left), now, time.UTC)
		if (got.Low - c.want).Abs() > c.want/10 {
			t.Errorf("%s: it lasts %v at least, want %v", c.what, got.Low, c.want)
		}
		if got.Low > got.Mid || (got.Mid-usual.Mid).Abs() > usual.Mid/4 {
			t.Errorf("%s: %v to %v, usually %v", c.what, got.Low, got.Mid, usual.Mid)
		}
	}
}

func TestAHabitIsNotSudden(t *testing.T) {
	batch := func(h time.Time) moka.Amount { // Mondays at seven and eight
		if h.Weekday() == time.Monday && (h.Hour() == 7 || h.Hour() == 8) {
			return 40 * usd
		}
		return usd / 10
	}
	known := append(hoursOf(35, batch), Hour{Start: start, Spent: 40 * usd, Covered: time.Hour}) // start is a Monday, eight o'clock
	left := moka.Known(400 * usd)
	r := Forecast(known, left, start.Add(time.Hour), time.UTC)
	if r.Low < 7*24*time.Hour {
		t.Errorf("during the batch of every Monday: %+v", r)
	}
	known[len(known)-1] = Hour{Start: start, Spent: 600 * usd, Covered: 45 * time.Minute}
	if r := Forecast(known, left, start.Add(45*time.Minute), time.UTC); r.Low > 2*time.Hour {
		t.Errorf("many times the batch of every Monday: %+v", r)
	}
}

func TestNothingIsLeftOfASuddenHour(t *testing.T) {
	known := append(hoursOf(28, steadily), Hour{Start: start, Spent: 40 * usd, Covered: time.Hour})
	for _, left := range []moka.Amount{0, -usd} {
		if r := Forecast(known, moka.Known(left), start.Add(time.Hour), time.UTC); r.Low != 0 || r.Mid != 0 {
			t.Errorf("with %v left: %+v", left, r)
		}
	}
}
