package lang

func enChart() ChartWords {
	return ChartWords{
		Title: "Balance and spending", Remaining: "Remaining", SpentByHour: "Spent per hour", SpentByDay: "Spent per day",
		TopUps: "Top-up", Forecast: "Forecast", Budget: "Budget", Spent: "Spent",
		Alt: func(f ChartFacts) string {
			spent, left := "spending unknown", "remaining balance unknown"
			if amount, ok := f.Spent.Spent.Get(); ok {
				spent = amount.String() + " spent"
				if f.Spent.AtLeast {
					spent = "at least " + spent
				}
			}
			if amount, ok := f.Left.Get(); ok {
				left = amount.String() + " remaining"
			}
			text := "Chart from " + f.From + " to " + f.To + ": " + spent + ", " + left
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
