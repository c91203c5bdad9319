package chart

import (
	"math"
	"math/rand/v2"
	"time"

	"mokabot/moka"
)

// zone is a fixed stand-in for a reader's zone.
var zone = time.FixedZone("", 8*3600)

// The time without readings in the gap scene.
var (
	gapFrom = time.Date(2026, 7, 6, 9, 0, 0, 0, zone)
	gapTo   = time.Date(2026, 7, 7, 4, 0, 0, 0, zone)
)

// scenes are the golden pictures' series.
func scenes() map[string]Series {
	return map[string]Series{
		"steady":       steady(),
		"top-up":       topUp(),
		"gap":          gap(),
		"nearly-empty": nearlyEmpty(),
		"chinese":      chinese(),
		"budget":       burnDown(),
	}
}

func usd(v float64) moka.Maybe {
	a, err := moka.FromUSD(v)
	if err != nil {
		return moka.Maybe{}
	}
	return moka.Known(a)
}

// simulate polls an account every few minutes while it is used by day.
// spend is dollars an hour; credit is added before a reading; hidden are not read.
func simulate(s Series, every, bar time.Duration, start, spend float64, credit func(time.Time) float64, hidden func(time.Time) bool) Series {
	random := rand.New(rand.NewPCG(7, 11))
	left := start
	for at := s.From; at.Before(s.To); at = at.Add(bar) {
		used, lost := 0.0, false
		for t := at; t.Before(at.Add(bar)); t = t.Add(every) {
			hour := float64(t.In(s.Loc).Hour()) + float64(t.In(s.Loc).Minute())/60
			busy := math.Pow(max(0, math.Sin((hour-7)/16*math.Pi)), 1.3)
			cost := spend * every.Hours() * (busy + 0.04) * (0.3 + 1.4*random.Float64())
			left, used = left-cost+credit(t), used+cost
			amount := usd(left)
			if hidden(t) {
				amount, lost = moka.Maybe{}, true
			}
			s.Balance = append(s.Balance, Point{t.Add(every), amount})
		}
		b := Bar{at, at.Add(bar), usd(used)}
		if lost {
			b.Amount = moka.Maybe{}
		}
		s.Spend = append(s.Spend, b)
	}
	return s
}

func none(time.Time) float64 { return 0 }
func never(time.Time) bool   { return false }

func steady() Series {
	to := time.Date(2026, 7, 8, 9, 0, 0, 0, zone)
	s := Series{From: to.Add(-24 * time.Hour), To: to, Loc: zone,
		Levels: []Line{{20 * moka.Dollar, false}, {5 * moka.Dollar, true}}}
	s.Words = english("hour")
	return simulate(s, 5*time.Minute, time.Hour, 86.4, 2.1, none, never)
}

func topUp() Series {
	to := time.Date(2026, 7, 8, 0, 0, 0, 0, zone)
	s := Series{From: to.AddDate(0, 0, -7), To: to, Loc: zone,
		Levels: []Line{{200 * moka.Dollar, false}, {50 * moka.Dollar, true}}}
	s.Words = english("day")
	s.TopUps = []time.Time{time.Date(2026, 7, 5, 14, 30, 0, 0, zone)}
	paid := time.Date(2026, 7, 5, 14, 30, 0, 0, zone)
	s = simulate(s, 10*time.Minute, 24*time.Hour, 640, 14, func(t time.Time) float64 {
		if t.Equal(paid) {
			return 1000
		}
		return 0
	}, never)
	return forecast(s, 60, 9)
}

func gap() Series {
	to := time.Date(2026, 7, 8, 12, 0, 0, 0, zone)
	s := Series{From: to.Add(-72 * time.Hour), To: to, Loc: zone,
		Levels: []Line{{10 * moka.Dollar, false}}}
	s.Words = english("hour")
	return simulate(s, 10*time.Minute, time.Hour, 48, 1.1, none, func(t time.Time) bool {
		return !t.Before(gapFrom) && t.Before(gapTo)
	})
}

func nearlyEmpty() Series {
	to := time.Date(2026, 7, 31, 0, 0, 0, 0, zone)
	s := Series{From: to.AddDate(0, 0, -31), To: to, Loc: zone,
		Levels: []Line{{25 * moka.Dollar, false}, {10 * moka.Dollar, true}}}
	s.Words = english("day")
	return forecast(simulate(s, 30*time.Minute, 24*time.Hour, 148.3, 0.4655, none, never), 4.8, 2)
}

// burnDown is a monthly budget past its first threshold.
func burnDown() Series {
	from, to := time.Date(2026, 7, 1, 0, 0, 0, 0, zone), time.Date(2026, 7, 20, 9, 0, 0, 0, zone)
	s := Series{From: from, To: to, Until: time.Date(2026, 8, 1, 0, 0, 0, 0, zone), Loc: zone, Rising: true,
		Levels: []Line{{400 * moka.Dollar, false}, {500 * moka.Dollar, true}},
		Words:  Words{Title: "Budget monthly", Remaining: "Spent", Forecast: "Forecast", Limit: "Budget"}}
	s = simulate(s, 30*time.Minute, time.Hour, 0, 2.3, none, never)
	s.Spend = nil
	for i, p := range s.Balance {
		left, _ := p.Amount.Get()
		s.Balance[i].Amount = moka.Known(-left)
	}
	now, _ := s.Balance[len(s.Balance)-1].Amount.Get()
	spent := now.USD()
	for h := 0; !to.Add(time.Duration(h) * time.Hour).After(s.Until); h += 3 {
		at := func(perDay float64) moka.Amount {
			a, _ := usd(spent + perDay*float64(h)/24).Get()
			return a
		}
		s.Forecast = append(s.Forecast, Fan{to.Add(time.Duration(h) * time.Hour), at(19), at(23), at(28)})
	}
	return s
}

func english(step string) Words {
	return Words{Title: "Balance and spending", Remaining: "Remaining", Spent: "Spent per " + step, TopUps: "Top-up", Forecast: "Forecast"}
}

// forecast lets the balance go on at a rate a day, until it is spent or so many
// days have passed.
func forecast(s Series, perDay float64, days int) Series {
	left, _ := s.Balance[len(s.Balance)-1].Amount.Get()
	for h := range days*24 + 1 {
		cost := perDay * float64(h) / 24
		at := func(factor float64) moka.Amount {
			a, _ := usd(max(0, left.USD()-cost*factor)).Get()
			return a
		}
		s.Forecast = append(s.Forecast, Fan{s.To.Add(time.Duration(h) * time.Hour), at(1.4), at(1), at(0.7)})
	}
	return s
}

func chinese() Series {
	s := topUp()
	s.Words = Words{Title: "余额与消耗", Remaining: "可用余额", Spent: "每日消耗", TopUps: "充值", Forecast: "预测"}
	return s
}
