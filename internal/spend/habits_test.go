package spend

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"mokabot/moka"
)

// habit is a way to spend: what an hour costs on average, in dollars, and how
// much days and hours differ from that, as standard deviations of a logarithm.
type habit struct {
	name     string
	zone     string
	pattern  bool // whether there is one to be found
	days     float64
	hours    float64
	perHour  func(day float64, local time.Time) float64
	stirring func(r *rand.Rand, cost float64) float64 // what chance adds; nil: nothing
}

func habits() []habit {
	weekend := func(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }
	between := func(t time.Time, from, to int) bool { return t.Hour() >= from && t.Hour() < to }
	return []habit{
		{"steady", "UTC", false, 0.1, 0.3, func(float64, time.Time) float64 { return 1 }, nil},
		{"office hours", "Asia/Shanghai", true, 0.2, 0.4, func(_ float64, t time.Time) float64 {
			switch {
			case weekend(t):
				return 0.02
			case between(t, 9, 12), between(t, 13, 19):
				return 1
			}
			return 0.05
		}, nil},
		{"nightly batch", "Europe/Berlin", true, 0.3, 0.2, func(_ float64, t time.Time) float64 {
			if between(t, 2, 4) {
				return 8
			}
			return 0.01
		}, nil},
		{"bursts", "UTC", true, 0, 0.5, func(float64, time.Time) float64 { return 0.05 }, burst()},
		{"growing 3 % a day", "UTC", false, 0.1, 0.3, func(day float64, t time.Time) float64 {
			return math.Pow(1.03, day) * (1 + 0.5*math.Sin(float64(t.Hour())*math.Pi/12))
		}, nil},
		{"weekends only", "America/New_York", true, 0.25, 0.4, func(_ float64, t time.Time) float64 {
			if weekend(t) && between(t, 10, 22) {
				return 2
			}
			return 0
		}, nil},
		{"Monday batch", "UTC", true, 0.2, 0.3, func(_ float64, t time.Time) float64 {
			if t.Weekday() == time.Monday && between(t, 5, 8) {
				return 20
			}
			return 0.1
		}, nil},
		{"suddenly 2.5 times", "UTC", false, 0.15, 0.3, func(day float64, _ time.Time) float64 {
			if day >= 35 {
				return 2.5
			}
			return 1
		}, nil},
		{"steady, one accident", "UTC", false, 0.1, 0.3, func(day float64, t time.Time) float64 {
			if day >= 30 && day < 30.04 {
				return 400
			}
			return 1
		}, nil},
	}
}

// burst begins one in twenty hours, and goes on for up to four.
func burst() func(*rand.Rand, float64) float64 {
	left, size := 0, 0.0
	return func(r *rand.Rand, cost float64) float64 {
		if left > 0 {
			left--
			return size * chance(r, 0.4)
		}
		if r.IntN(20) == 0 {
			left, size = r.IntN(4), 5*chance(r, 0.7)
			return size
		}
		return cost
	}
}

// chance is a factor of chance with mean 1.
func chance(r *rand.Rand, deviation float64) float64 {
	return math.Exp(deviation*r.NormFloat64() - deviation*deviation/2)
}

var simBegin = time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC) // a Monday; clocks change meanwhile

// simulate is what an account of that habit spends in so many days.
func (h habit) simulate(t testing.TB, seed uint64, days int) []Hour {
	t.Helper()
	loc, err := time.LoadLocation(h.zone)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 2026))
	var hours []Hour
	ofDay, date := 1.0, ""
	for i := range days * hoursInDay {
		start := simBegin.Add(time.Duration(i) * time.Hour)
		local := start.In(loc)
		if today := local.Format(time.DateOnly); today != date {
			ofDay, date = chance(r, h.days), today
		}
		cost := h.perHour(float64(i)/hoursInDay, local) * ofDay * chance(r, h.hours)
		if h.stirring != nil {
			cost = h.stirring(r, cost)
		}
		hours = append(hours, Hour{Start: start, Spent: moka.Amount(cost * float64(moka.Dollar)), Covered: time.Hour})
	}
	return hours
}
