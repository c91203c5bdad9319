package lang

import "mokabot/moka"

func enChart() ChartWords {
	return ChartWords{
		Title: "Balance and spending", Remaining: "Remaining", SpentByHour: "Spent per hour", SpentByDay: "Spent per day",
		TopUps: "Top-up", Forecast: "Forecast", Budget: "Budget", Spent: "Spent",
		Alt: func(f ChartFacts) string {
			atLeast := ""
			if f.Spent.AtLeast && f.Spent.Spent.Known() {
				atLeast = "at least "
			}
			text := "Chart from " + f.From + " to " + f.To + ": " + atLeast + shown(f.Spent.Spent, "unknown") + " spent, " + shown(f.Left, "unknown") + " remaining"
			if f.TopUps > 0 {
				text += ", " + f.TopUps.String() + " topped up"
			}
			if f.Runway.Known {
				text += "; lasts " + enRunway(f.Runway)
			}
			return text + "."
		},
	}
}

// shown is an amount, or the word for one that is not known.
func shown(m moka.Maybe, unknown string) string {
	if a, ok := m.Get(); ok {
		return a.String()
	}
	return unknown
}
