package story

import (
	"math"
	"sync"
	"time"

	"mokabot/internal/budget"
	"mokabot/internal/chart"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// drawn are the pictures of the examples, by what they show: each is drawn once.
var drawn sync.Map

// Draw makes the examples' pictures. Tests that do not look at them save its time.
var Draw = chart.Draw

// picture draws a chart. The examples' data can always be drawn.
func picture(s chart.Series, alt string) message.Picture {
	if p, ok := drawn.Load(alt); ok {
		return message.Picture{PNG: p.([]byte), Alt: alt}
	}
	png, err := Draw(s)
	if err != nil {
		return message.Picture{}
	}
	drawn.Store(alt, png)
	return message.Picture{PNG: png, Alt: alt}
}

// balanceChart is the week before the examples play, with a top-up.
func balanceChart(w *lang.Words) message.Picture {
	const topUp = 3*24 + 14 // hours after the begin
	from := at.AddDate(0, 0, -7)
	s := chart.Series{
		From: from, To: at, Loc: time.UTC,
		Levels: []chart.Line{{Amount: 20 * moka.Dollar}, {Amount: 5 * moka.Dollar, Worst: true}},
		TopUps: []time.Time{from.Add(topUp * time.Hour)},
		Words: chart.Words{
			Title: w.Chart.Title, Remaining: w.Chart.Remaining, Spent: w.Chart.SpentByDay, TopUps: w.Chart.TopUps, Forecast: w.Chart.Forecast,
		},
	}
	left, day := 82.01, 0.0
	for hour := range 7 * 24 {
		end := from.Add(time.Duration(hour+1) * time.Hour)
		cost := hourly(end, 5.5494)
		left, day = left-cost, day+cost
		if hour == topUp {
			left += 50
		}
		amount, _ := dollars(left).Get()
		s.Balance = append(s.Balance, chart.Point{At: end, Amount: moka.Known(amount)})
		if end.Hour() == 0 || end.Equal(at) {
			begin := end.Add(-time.Minute).Truncate(24 * time.Hour)
			s.Spend, day = append(s.Spend, chart.Bar{From: begin, To: end, Amount: dollars(day)}), 0
		}
	}
	s.Balance[len(s.Balance)-1].Amount = dollars(90.01)
	s.Forecast = fan(s.To, 7*24, 90.01)
	return picture(s, w.Chart.Alt(lang.ChartFacts{
		From: w.Day(from), To: w.Day(at), Left: dollars(90.01), Spent: spend.SoFar{Spent: dollars(42)}, TopUps: 50 * moka.Dollar, Runway: lasting(90.01),
	}))
}

// budgetChart is how an example of a budget is used up.
func budgetChart(w *lang.Words, s budget.Standing) message.Picture {
	spent, known := s.Spent.Get()
	if !known {
		return message.Picture{}
	}
	low, _ := s.Low.Get()
	mid, _ := s.Forecast.Get()
	high, _ := s.High.Get()
	c := chart.Series{
		From: s.Period.From, To: s.At, Until: s.Period.To, Loc: time.UTC, Rising: true,
		Levels: []chart.Line{{Amount: s.Budget.Amount * 8 / 10}, {Amount: s.Budget.Amount, Worst: true}},
		Words:  chart.Words{Title: w.Chart.Budget + " " + s.Budget.Name, Remaining: w.Chart.Spent, Forecast: w.Chart.Forecast, Limit: w.Chart.Budget},
	}
	hours := int(s.At.Sub(s.Period.From) / time.Hour)
	costs, sum := make([]float64, hours), 0.0
	for i := range costs {
		costs[i] = hourly(s.Period.From.Add(time.Duration(i+1)*time.Hour), 1)
		sum += costs[i]
	}
	rising := 0.0
	for i, cost := range costs {
		rising += cost / sum * spent.USD()
		c.Balance = append(c.Balance, chart.Point{At: s.Period.From.Add(time.Duration(i+1) * time.Hour), Amount: dollars(rising)})
	}
	rest := s.Period.To.Sub(s.At).Hours()
	for hour := 0.0; hour <= rest; hour++ {
		part := func(end moka.Amount) moka.Amount { return spent + moka.Amount(float64(end-spent)*hour/rest) }
		c.Forecast = append(c.Forecast, chart.Fan{At: s.At.Add(time.Duration(hour) * time.Hour), Low: part(low), Mid: part(mid), High: part(high)})
	}
	return picture(c, message.BudgetAlt(w, s))
}

// hourly is what an hour costs that ends at a time, dearer by day.
func hourly(end time.Time, scale float64) float64 {
	return scale * (0.01 + 0.09*math.Pow(max(0, math.Sin((float64(end.Hour())-6)/16*math.Pi)), 1.3))
}

// fan is a forecast of so many hours from an amount. Each hour costs about what an
// average hour of the examples does.
func fan(from time.Time, hours int, start float64) []chart.Fan {
	var all []chart.Fan
	for h := range hours + 1 {
		at := func(factor float64) moka.Amount {
			a, _ := dollars(max(0, start-factor*float64(h)*perDay/24)).Get()
			return a
		}
		all = append(all, chart.Fan{At: from.Add(time.Duration(h) * time.Hour), Low: at(1.3), Mid: at(1), High: at(0.75)})
	}
	return all
}
