package spend

import (
	"testing"
	"time"

	"mokabot/moka"
)

// A dollar an hour for four weeks, and then the last minutes.
func TestTheCurrentPaceIsShownSeparately(t *testing.T) {
	const left = 480 * usd
	hours := append(hoursOf(28, steadily), Hour{Start: start, Spent: usd, Covered: time.Hour})
	now := start.Add(time.Hour)
	for _, c := range []struct {
		what string
		pace Pace
		want time.Duration
	}{
		{"as ever", Pace{usd, time.Hour}, 0},
		{"four times as much", Pace{4 * usd, time.Hour}, 0},
		{"forty times as much", Pace{40 * usd, time.Hour}, 12 * time.Hour},
		{"forty times as much for a quarter of an hour", Pace{10 * usd, 15 * time.Minute}, 12 * time.Hour},
		{"45 cents a second", Pace{405 * usd, 15 * time.Minute}, 17*time.Minute + 46*time.Second},
		{"too little of it was read", Pace{20 * usd, 5 * time.Minute}, 0},
		{"nobody knows when it was spent", Pace{Spent: 40 * usd}, 0},
		{"six times as much, and still enough for days", Pace{6 * usd, time.Hour}, 0},
	} {
		got := Forecast(hours, Question{Left: moka.Known(left), Pace: c.pace, Now: now, Zone: time.UTC})
		if (got.AtThisPace - c.want).Abs() > time.Second {
			t.Errorf("%s: %v at this pace, want %v", c.what, got.AtThisPace, c.want)
		}
		if got.Low < 400*time.Hour || got.Mid < got.Low {
			t.Errorf("%s: usually %v to %v", c.what, got.Low, got.Mid)
		}
	}
}

// A pace at which the plan or key still ends first is not worth a word.
func TestAPaceSlowerThanTheEndIsNotShown(t *testing.T) {
	hours := append(hoursOf(28, steadily), Hour{Start: start, Spent: usd, Covered: time.Hour})
	now := start.Add(time.Hour)
	q := Question{Left: moka.Known(480 * usd), Pace: Pace{40 * usd, time.Hour}, Now: now, Zone: time.UTC, Until: now.Add(6 * time.Hour)}
	if r := Forecast(hours, q); r.AtThisPace != 0 || !r.EndsUnspent() {
		t.Errorf("%+v", r)
	}
	q.Until = now.Add(20 * time.Hour)
	if r := Forecast(hours, q); r.AtThisPace != 12*time.Hour {
		t.Errorf("spent before the end: %+v", r)
	}
}

// Whatever is left, it is of no use after the plan or key that pays has ended.
func TestARunwayEndsWithWhatPays(t *testing.T) {
	for _, c := range []struct {
		what  string
		hours []Hour
		left  moka.Amount
		until time.Duration // 0: no end
		want  Runway        // of High only Ends
	}{
		{"no end", hoursOf(10, steadily), 100 * usd, 0, Runway{Known: true, Mid: 100 * time.Hour}},
		{"a plan that ends in 36 h", hoursOf(10, steadily), 100 * usd, 36 * time.Hour, Runway{Known: true, Ends: true, Mid: 36 * time.Hour}},
		{"money gone before", hoursOf(28, steadily), 10 * usd, 36 * time.Hour, Runway{Known: true, Mid: 10 * time.Hour}},
		{"an end that has passed", hoursOf(10, steadily), 100 * usd, -time.Hour, Runway{Known: true, Ends: true}},
		{"idle", hoursOf(10, never), 100 * usd, 36 * time.Hour, Runway{Idle: true, Ends: true, Mid: 36 * time.Hour}},
		{"too little is known", hoursOf(1, steadily)[:5], 100 * usd, 36 * time.Hour, Runway{}},
	} {
		q := Question{Left: moka.Known(c.left), Pace: Pace{usd, time.Hour}, Now: start, Zone: time.UTC}
		if c.until != 0 {
			q.Until = start.Add(c.until)
		}
		got := Forecast(c.hours, q)
		if got.Known != c.want.Known || got.Idle != c.want.Idle || got.Ends != c.want.Ends || (got.Mid-c.want.Mid).Abs() > c.want.Mid/20 {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
		if !q.Until.IsZero() && got.High > max(0, c.until) {
			t.Errorf("%s: up to %v", c.what, got.High)
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
	q := Question{Left: left, Pace: Pace{40 * usd, time.Hour}, Now: start.Add(time.Hour), Zone: time.UTC}
	if r := Forecast(known, q); r.AtThisPace != 0 {
		t.Errorf("during the batch of every Monday: %+v", r)
	}
	q.Pace, q.Now = Pace{600 * usd, 45 * time.Minute}, start.Add(45*time.Minute)
	if r := Forecast(known, q); r.AtThisPace > 2*time.Hour || r.AtThisPace == 0 {
		t.Errorf("many times the batch of every Monday: %+v", r)
	}
}

func TestNothingIsLeft(t *testing.T) {
	known := append(hoursOf(28, steadily), Hour{Start: start, Spent: 40 * usd, Covered: time.Hour})
	for _, left := range []moka.Amount{0, -usd} {
		if r := forecast(known, moka.Known(left), start.Add(time.Hour), time.UTC); r.Low != 0 || r.Mid != 0 {
			t.Errorf("with %v left: %+v", left, r)
		}
	}
}

func TestExpect(t *testing.T) {
	hours := hoursOf(30, atOffice)
	month := Month(start, time.UTC)
	path := Expect(hours, start, month.To, time.UTC)
	if len(path) == 0 || !path[len(path)-1].At.Equal(month.To) {
		t.Fatalf("%d steps", len(path))
	}
	want := 0.0
	for h := start; h.Before(month.To); h = h.Add(time.Hour) {
		want += float64(atOffice(h))
	}
	last := path[len(path)-1]
	if got := float64(last.Mid); got < 0.9*want || got > 1.1*want || last.Low > last.Mid || last.High < last.Mid {
		t.Errorf("%+v, want %v", last, moka.Amount(want))
	}
	for i := 1; i < len(path); i++ {
		if path[i].Low < path[i-1].Low || path[i].Mid < path[i-1].Mid || path[i].High < path[i-1].High {
			t.Fatalf("spending falls at %v: %+v, %+v", path[i].At, path[i-1], path[i])
		}
	}
	if Expect(hours, start, start, time.UTC) != nil || Expect(hours[:5], start, month.To, time.UTC) != nil {
		t.Error("something is expected of no time, or of no readings")
	}
	if idle := Expect(hoursOf(10, never), start, month.To, time.UTC); len(idle) != 1 || idle[0].High != 0 {
		t.Errorf("an idle account: %+v", idle)
	}
}

// What a plan holds beyond its end pays for nothing, and at the pace of now it
// ends before it is spent.
func TestThePaceGoesByWhatPaysWhen(t *testing.T) {
	hours := append(hoursOf(28, steadily), Hour{Start: start, Spent: usd, Covered: time.Hour})
	now := start.Add(time.Hour)
	q := Question{
		Left: moka.Known(480 * usd), Pace: Pace{40 * usd, time.Hour}, Now: now, Zone: time.UTC,
		Funds: []moka.Fund{{Left: 400 * usd, EndsAt: now.Add(2 * time.Hour)}, {Left: 80 * usd}},
	}
	if r := Forecast(hours, q); (r.AtThisPace - 4*time.Hour).Abs() > time.Minute {
		t.Errorf("two hours of the plan and two of the wallet: %+v", r)
	}
}
