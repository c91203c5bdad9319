package spend

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"mokabot/moka"
)

// hoursOf are the days before start, each hour covered and of that cost.
func hoursOf(days int, cost func(time.Time) moka.Amount) []Hour {
	var hours []Hour
	for h := start.AddDate(0, 0, -days); h.Before(start); h = h.Add(time.Hour) {
		hours = append(hours, Hour{Start: h, Spent: cost(h), Covered: time.Hour})
	}
	return hours
}

func steadily(time.Time) moka.Amount { return usd }

func never(time.Time) moka.Amount { return 0 }

func atOffice(h time.Time) moka.Amount {
	if d := h.Weekday(); d == time.Saturday || d == time.Sunday || h.Hour() < 8 || h.Hour() >= 18 {
		return 0
	}
	return usd
}

// stopped spends a dollar an hour until so long before start.
func stopped(ago time.Duration) func(time.Time) moka.Amount {
	return func(h time.Time) moka.Amount {
		if start.Sub(h) <= ago {
			return 0
		}
		return usd
	}
}

// weekends are spent on, for start is a Monday; others are the other days.
func weekends(h time.Time) moka.Amount {
	if d := h.Weekday(); d == time.Saturday || d == time.Sunday {
		return usd
	}
	return 0
}

// without leaves hours out, as if nothing had been read in them.
func without(hours []Hour, from, to int) []Hour {
	return append(slices.Clone(hours[:from]), hours[to:]...)
}

// smeared is a gap in the readings: what was spent in it is known, but not when.
func smeared(hours []Hour, from, to int) []Hour {
	hours = slices.Clone(hours)
	for i := from; i < to; i++ {
		hours[i].Covered = 0
	}
	return hours
}

// forecast is [Forecast] without an end and a pace of now.
func forecast(hours []Hour, left moka.Maybe, now time.Time, loc *time.Location) Runway {
	return Forecast(hours, Question{Left: left, Now: now, Zone: loc})
}

func TestForecast(t *testing.T) {
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	for _, c := range []struct {
		what  string
		hours []Hour
		left  moka.Maybe
		want  Runway // Mid within a twentieth
	}{
		{"nothing is known", nil, moka.Known(10 * usd), Runway{}},
		{"half a day is not enough", hoursOf(1, steadily)[:12], moka.Known(10 * usd), Runway{}},
		{"a day with a gap is not enough", without(hoursOf(1, steadily), 5, 6), moka.Known(10 * usd), Runway{}},
		{"a day is enough", hoursOf(1, steadily), moka.Known(10 * usd), Runway{Known: true, Mid: 10 * time.Hour}},
		{"no limit", hoursOf(3, steadily), moka.Maybe{}, Runway{}},
		{"a dollar an hour", hoursOf(3, steadily), moka.Known(48 * usd), Runway{Known: true, Mid: 48 * time.Hour}},
		{"all is spent", hoursOf(3, steadily), moka.Known(0), Runway{Known: true}},
		{"overdrawn", hoursOf(3, steadily), moka.Known(-5 * usd), Runway{Known: true}},
		{"more than a year", hoursOf(3, steadily), moka.Known(1_000_000 * usd), Runway{Known: true, Mid: year}},
		{"more than can be counted", hoursOf(3, steadily), moka.Known(1<<63 - 1), Runway{Known: true, Mid: year}},

		{"nothing was ever spent", hoursOf(5, never), moka.Known(48 * usd), Runway{Idle: true}},
		{"nothing was spent for three days", hoursOf(20, stopped(3*day)), moka.Known(48 * usd), Runway{Idle: true}},
		{"one call in three days", hoursOf(5, func(h time.Time) moka.Amount {
			return map[bool]moka.Amount{true: usd}[start.Sub(h) == 60*time.Hour]
		}), moka.Known(1000 * usd), Runway{Known: true, Mid: year}},

		// Monday 08:00: ten dollars a working day, so 55 last until next Monday at one.
		{"office hours skip the weekend", hoursOf(28, atOffice), moka.Known(55 * usd), Runway{Known: true, Mid: 7*day + 5*time.Hour}},
		{"a day missing", without(hoursOf(28, atOffice), 20*24, 21*24), moka.Known(55 * usd), Runway{Known: true, Mid: 7*day + 5*time.Hour}},
		{"days whose spending is known in all only", smeared(hoursOf(28, steadily), 24*24, 27*24), moka.Known(100 * usd), Runway{Known: true, Mid: 100 * time.Hour}},
		{"hours that are covered in part", append(hoursOf(3, steadily), Hour{Start: start, Spent: usd / 2, Covered: 30 * time.Minute}), moka.Known(48 * usd), Runway{Known: true, Mid: 48 * time.Hour}},
		{"a bot that was away for a month", without(hoursOf(60, steadily), 20*24, 50*24), moka.Known(48 * usd), Runway{Known: true, Mid: 48 * time.Hour}},
		{"a bot that was away until now", hoursOf(60, steadily)[:58*24], moka.Known(48 * usd), Runway{Known: true, Mid: 48 * time.Hour}},
	} {
		t.Run(c.what, func(t *testing.T) {
			got := forecast(c.hours, c.left, start, time.UTC)
			if got.Known != c.want.Known || got.Idle != c.want.Idle || (got.Mid-c.want.Mid).Abs() > c.want.Mid/20 {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			if got.Low > got.Mid || got.Mid > got.High || got.High > year || got.Low < 0 || got.PerDay < 0 {
				t.Errorf("the range is upside down: %+v", got)
			}
		})
	}
}

func TestTheLongerNothingIsSpentTheLongerItLasts(t *testing.T) {
	last := 48 * time.Hour
	for _, ago := range []time.Duration{6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 71 * time.Hour} {
		r := forecast(hoursOf(30, stopped(ago)), moka.Known(48*usd), start, time.UTC)
		if !r.Known || r.Mid <= last {
			t.Errorf("%v after the last call: %+v, want more than %v", ago, r, last)
		}
		last = r.Mid
	}
}

func TestUsualPausesAreNotTheEnd(t *testing.T) {
	hours := hoursOf(60, weekends)
	thursday := start.Add(-4*24*time.Hour + 2*time.Hour)
	known := slices.DeleteFunc(slices.Clone(hours), func(h Hour) bool { return h.Start.After(thursday) })
	r := forecast(known, moka.Known(30*usd), thursday, time.UTC)
	until := 24*time.Hour + 14*time.Hour + 30*time.Hour // Saturday midnight, and thirty hours on
	if !r.Known || (r.Mid-until).Abs() > 2*time.Hour {
		t.Errorf("on a Thursday: %+v, want %v", r, until)
	}
	nextWednesday := start.Add(9 * 24 * time.Hour)
	for h := start; h.Before(nextWednesday); h = h.Add(time.Hour) {
		hours = append(hours, Hour{Start: h, Covered: time.Hour})
	}
	if r := forecast(hours, moka.Known(30*usd), nextWednesday, time.UTC); !r.Idle {
		t.Errorf("after a weekend without spending: %+v", r)
	}
}

func TestTheRangeIsWideUntilAWeekWasSeen(t *testing.T) {
	young := forecast(hoursOf(3, steadily), moka.Known(100*usd), start, time.UTC)
	if young.Low > 42*time.Hour || young.High < 240*time.Hour {
		t.Errorf("after three days: %+v", young)
	}
	grown := forecast(hoursOf(40, steadily), moka.Known(100*usd), start, time.UTC)
	if grown.Low < 90*time.Hour || grown.High > 110*time.Hour {
		t.Errorf("after forty days that were all alike: %+v", grown)
	}
}

func TestWeekdaysCountFromAWeekOn(t *testing.T) {
	saturday := start.Add(-2 * 24 * time.Hour)
	for _, c := range []struct {
		days      int
		tellsThem bool
	}{{4, false}, {10, true}} {
		var known []Hour
		for _, h := range hoursOf(c.days+2, atOffice) {
			if h.Start.Before(saturday) {
				known = append(known, h)
			}
		}
		r := forecast(known, moka.Known(5*usd), saturday, time.UTC)
		if skips := r.Mid > 40*time.Hour; skips != c.tellsThem {
			t.Errorf("on a Saturday after %d days, %v are left", c.days, r.Mid)
		}
	}
}

func TestTheReadersClockDecidesOnTheHour(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	// Ten dollars between 9 and 10 on the wall, before and after clocks change.
	cost := func(h time.Time) moka.Amount {
		if h.In(newYork).Hour() == 9 {
			return 10 * usd
		}
		return 0
	}
	var hours []Hour
	begin := time.Date(2026, 9, 20, 0, 0, 0, 0, time.UTC)
	now := time.Date(2026, 10, 31, 15, 0, 0, 0, time.UTC) // clocks go back in the night
	for h := begin; h.Before(now); h = h.Add(time.Hour) {
		hours = append(hours, Hour{Start: h, Spent: cost(h), Covered: time.Hour})
	}
	r := forecast(hours, moka.Known(9*usd), now, newYork)
	if half := 23*time.Hour + 30*time.Minute; (r.Mid - half).Abs() > 30*time.Minute {
		t.Errorf("lasts %v, want until half past nine after an hour more of night", r.Mid)
	}
}

func TestUsualNeedsDays(t *testing.T) {
	if Usual(hoursOf(2, steadily), start, time.UTC).Known() {
		t.Error("two days are enough")
	}
	if got := Usual(hoursOf(5, steadily), start, time.UTC); got != moka.Known(usd) {
		t.Errorf("usual is %v", got)
	}
	if got := Usual(smeared(hoursOf(20, steadily), 10*24, 14*24), start, time.UTC); got != moka.Known(usd) {
		t.Errorf("with a gap of days whose spending is known in all, usual is %v", got)
	}
}

// TestForecastOfAnythingIsInOrder feeds it what no account should be like.
func TestForecastOfAnythingIsInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	amounts := []moka.Amount{0, 1, 37, usd, 1000 * usd, 1 << 50, 1<<63 - 1}
	for range 400 {
		var hours []Hour
		for range r.IntN(400) {
			hours = append(hours, Hour{
				Start: start.Add(time.Duration(r.IntN(600)-500) * 30 * time.Minute), Spent: amounts[r.IntN(len(amounts))] / moka.Amount(1+r.IntN(9)),
				Covered: time.Duration(r.IntN(61)) * time.Minute,
			})
		}
		hours = append(hours, Hour{}) // of the year 1
		left := amounts[r.IntN(len(amounts))]
		got := forecast(hours, moka.Known(left), start, time.UTC)
		if got.Low < 0 || got.Low > got.Mid || got.Mid > got.High || got.High > maxRunway || got.PerDay < 0 || got.Known && got.Idle {
			t.Fatalf("%d left: %+v", left, got)
		}
	}
}

// What a plan holds at its end is lost, and the wallet pays on.
func TestForecastGoesByWhatPays(t *testing.T) {
	const hour = time.Hour
	ends := start.Add(36*hour + 20*time.Minute)
	wallet := func(left moka.Amount) moka.Fund { return moka.Fund{Left: left} }
	plan := func(left moka.Amount) moka.Fund { return moka.Fund{Left: left, EndsAt: ends} }
	for _, c := range []struct {
		what  string
		left  moka.Amount
		funds []moka.Fund
		want  time.Duration
	}{
		{"the plan first, most of it lost", 190 * usd, []moka.Fund{plan(90 * usd), wallet(100 * usd)}, 136*hour + 20*time.Minute},
		{"the plan first, spent before its end", 120 * usd, []moka.Fund{plan(20 * usd), wallet(100 * usd)}, 120 * hour},
		{"the wallet first, spent before the plan ends", 100 * usd, []moka.Fund{wallet(10 * usd), plan(90 * usd)}, 36*hour + 20*time.Minute},
		{"the wallet first, and both are spent before", 30 * usd, []moka.Fund{wallet(10 * usd), plan(20 * usd)}, 30 * hour},
		{"the wallet first, which lasts longer", 140 * usd, []moka.Fund{wallet(50 * usd), plan(90 * usd)}, 50 * hour},
		{"an unlimited plan", 1000 * usd, []moka.Fund{{Unlimited: true, EndsAt: ends}, wallet(10 * usd)}, 46*hour + 20*time.Minute},
		{"a key that allows less", 20 * usd, []moka.Fund{plan(90 * usd), wallet(100 * usd)}, 20 * hour},
	} {
		r := Forecast(hoursOf(10, steadily), Question{Left: moka.Known(c.left), Funds: c.funds, Now: start, Zone: time.UTC})
		if diff := (r.Mid - c.want).Abs(); !r.Known || diff > time.Minute || r.Low > r.Mid || r.High < r.Mid {
			t.Errorf("%s: %v to %v to %v, want %v", c.what, r.Low, r.Mid, r.High, c.want)
		}
	}
}

// A plan that is reset before the money ends pays on: the runway goes by every
// reset that is known, and by no other.
func TestForecastGoesOnWhereAPlanIsReset(t *testing.T) {
	const hour = time.Hour
	reset := func(left, refill moka.Amount, in, every time.Duration) moka.Fund {
		return moka.Fund{Left: left, ResetsAt: start.Add(in), Refill: refill, ResetsEvery: every}
	}
	ending := func(f moka.Fund, in time.Duration) moka.Fund {
		f.EndsAt = start.Add(in)
		return f
	}
	for _, c := range []struct {
		what  string
		left  moka.Amount
		key   moka.Maybe
		funds []moka.Fund
		want  time.Duration // a dollar an hour is spent
	}{
		{"the next reset, and what follows is not known", 10 * usd, moka.Maybe{}, []moka.Fund{reset(10*usd, 40*usd, 5*hour+20*time.Minute, 0)}, 45*hour + 20*time.Minute},
		{"a reset each day that gives enough", 10 * usd, moka.Maybe{}, []moka.Fund{reset(10*usd, 30*usd, 5*hour, 24*hour)}, maxRunway},
		{"a reset each day that gives too little", 10 * usd, moka.Maybe{}, []moka.Fund{reset(10*usd, 20*usd, 5*hour, 24*hour)}, 25 * hour},
		{"a reset each second that gives enough", 10 * usd, moka.Maybe{}, []moka.Fund{reset(10*usd, usd/1800, 5*hour, time.Second)}, maxRunway},
		{"a reset each second that gives too little", 10 * usd, moka.Maybe{}, []moka.Fund{reset(10*usd, usd/7200, 5*hour, time.Second)}, 5*hour + 30*time.Minute},
		{"used up before its reset", 4 * usd, moka.Maybe{}, []moka.Fund{reset(4*usd, 40*usd, 5*hour, 24*hour)}, 4 * hour},
		{"used up at its reset to the minute", 5 * usd, moka.Maybe{}, []moka.Fund{reset(5*usd, 40*usd, 5*hour, 0)}, 45 * hour},
		{"used up, and the wallet pays until its reset", 8 * usd, moka.Maybe{}, []moka.Fund{reset(0, 40*usd, 5*hour, 0), {Left: 8 * usd}}, 48 * hour},
		{"a reset after the plan's end", 10 * usd, moka.Maybe{}, []moka.Fund{ending(reset(10*usd, 40*usd, 8*hour, 0), 7*hour)}, 7 * hour},
		{"resets until the plan's end", 10 * usd, moka.Maybe{}, []moka.Fund{ending(reset(10*usd, 30*usd, 5*hour, 24*hour), 96*hour)}, 96 * hour},
		{"a key that allows less than the resets give", 10 * usd, moka.Known(30 * usd), []moka.Fund{reset(10*usd, 30*usd, 5*hour, 24*hour)}, 30 * hour},
		{"a key that allows more than a wallet holds", 6 * usd, moka.Known(30 * usd), nil, 6 * hour},
		{"a key that is the limit already", 6 * usd, moka.Maybe{}, []moka.Fund{reset(10*usd, 30*usd, 5*hour, 24*hour)}, 6 * hour},
	} {
		q := Question{Left: moka.Known(c.left), Key: c.key, Funds: c.funds, Now: start, Zone: time.UTC}
		if r := Forecast(hoursOf(10, steadily), q); !r.Known || (r.Mid-c.want).Abs() > time.Minute || r.Low > r.Mid || r.High < r.Mid {
			t.Errorf("%s: %v to %v to %v, want %v", c.what, r.Low, r.Mid, r.High, c.want)
		}
		path := Ahead(hoursOf(10, steadily), q, start.Add(3*hour))
		left := path[len(path)-1].Mid
		if max(left-c.left+3*usd, c.left-3*usd-left) > usd/100 && (c.funds == nil || c.funds[0].Left > 0) {
			t.Errorf("%s: %v left after three hours", c.what, left)
		}
	}
}
