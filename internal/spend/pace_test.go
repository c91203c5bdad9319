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
		{"as ever", Pace{Spent: usd, Over: time.Hour}, 0},
		{"four times as much", Pace{Spent: 4 * usd, Over: time.Hour}, 0},
		{"forty times as much", Pace{Spent: 40 * usd, Over: time.Hour}, 12 * time.Hour},
		{"forty times as much for a quarter of an hour", Pace{Spent: 10 * usd, Over: 15 * time.Minute}, 12 * time.Hour},
		{"45 cents a second", Pace{Spent: 405 * usd, Over: 15 * time.Minute}, 17*time.Minute + 46*time.Second},
		{"too little of it was read", Pace{Spent: 20 * usd, Over: 5 * time.Minute}, 0},
		{"nobody knows when it was spent", Pace{Spent: 40 * usd}, 0},
		{"six times as much, and still enough for days", Pace{Spent: 6 * usd, Over: time.Hour}, 0},
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

// In the first minutes of a runaway, at 45 cents a second and usually a dollar an hour,
// neither the usual pace nor that of the last fifteen minutes is the one of now.
func TestTheFirstMinutesOfARunaway(t *testing.T) {
	hours := append(hoursOf(28, steadily), Hour{Start: start, Spent: usd, Covered: time.Hour})
	runaway := func(length, read time.Duration) Pace {
		spent := func(window time.Duration) moka.Amount {
			return moka.Amount(0.45 * min(length, window).Seconds() * float64(usd))
		}
		p := Pace{Quarter: spent(min(read, 15*time.Minute)), Newest: spent(5 * time.Minute), NewestOver: min(read, 5*time.Minute)}
		if read >= 10*time.Minute {
			p.Spent, p.Over = p.Quarter, min(read, 15*time.Minute)
		}
		return p
	}
	for _, c := range []struct {
		what          string
		pace          Pace
		rising, known bool
	}{
		{"a call of a dollar", Pace{Spent: usd, Over: 15 * time.Minute, Quarter: usd, Newest: usd, NewestOver: 5 * time.Minute}, false, false},
		{"a minute", runaway(time.Minute, time.Hour), true, true},
		{"four minutes", runaway(4*time.Minute, time.Hour), true, true},
		{"nine minutes", runaway(9*time.Minute, time.Hour), true, true},
		{"eleven minutes", runaway(11*time.Minute, time.Hour), false, true},
		{"half an hour", runaway(30*time.Minute, time.Hour), false, true},
		{"two minutes, and read for three", runaway(2*time.Minute, 3*time.Minute), true, false},
		{"read for nine minutes", runaway(time.Hour, 9*time.Minute), true, false},
		{"read for eleven minutes", runaway(time.Hour, 11*time.Minute), false, true},
		{"over since ten minutes", Pace{Spent: 135 * usd, Over: 15 * time.Minute, Quarter: 135 * usd, NewestOver: 5 * time.Minute}, false, true},
	} {
		r := Forecast(hours, Question{Left: moka.Known(480 * usd), Pace: c.pace, Now: start.Add(time.Hour), Zone: time.UTC})
		if r.Rising != c.rising || (r.AtThisPace > 0) != c.known {
			t.Errorf("%s: rising %t, %v at this pace", c.what, r.Rising, r.AtThisPace)
		}
	}
}

// A pace at which the plan or key still ends first is not worth a word.
func TestAPaceSlowerThanTheEndIsNotShown(t *testing.T) {
	hours := append(hoursOf(28, steadily), Hour{Start: start, Spent: usd, Covered: time.Hour})
	now := start.Add(time.Hour)
	q := Question{Left: moka.Known(480 * usd), Pace: Pace{Spent: 40 * usd, Over: time.Hour}, Now: now, Zone: time.UTC, Until: now.Add(6 * time.Hour)}
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
		q := Question{Left: moka.Known(c.left), Pace: Pace{Spent: usd, Over: time.Hour}, Now: start, Zone: time.UTC}
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
	q := Question{Left: left, Pace: Pace{Spent: 40 * usd, Over: time.Hour}, Now: start.Add(time.Hour), Zone: time.UTC}
	if r := Forecast(known, q); r.AtThisPace != 0 {
		t.Errorf("during the batch of every Monday: %+v", r)
	}
	q.Pace, q.Now = Pace{Spent: 600 * usd, Over: 45 * time.Minute}, start.Add(45*time.Minute)
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
		Left: moka.Known(480 * usd), Pace: Pace{Spent: 40 * usd, Over: time.Hour}, Now: now, Zone: time.UTC,
		Funds: []moka.Fund{{Left: 400 * usd, EndsAt: now.Add(2 * time.Hour)}, {Left: 80 * usd}},
	}
	if r := Forecast(hours, q); (r.AtThisPace - 4*time.Hour).Abs() > time.Minute {
		t.Errorf("two hours of the plan and two of the wallet: %+v", r)
	}
}
