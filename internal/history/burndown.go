package history

import (
	"context"
	"slices"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/internal/chart"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// BurnDown draws how a budget's running period is used up: what was spent so
// far, the amount and its thresholds, and the forecast to the end of the period.
// The picture is empty as long as nothing is known. When single API keys spent is not
// stored: for a budget of keys it shows what they have spent by now.
func (h History) BurnDown(ctx context.Context, w *lang.Words, book *account.Book, s budget.Standing) (message.Picture, error) {
	if !s.Spent.Known() || h.Store == nil {
		return message.Picture{}, nil
	}
	series, err := h.burnDown(ctx, w, book, s)
	if err != nil {
		return message.Picture{}, err
	}
	png, err := draw(ctx, series)
	return message.Picture{PNG: png, Alt: message.BudgetAlt(w, s)}, err
}

// burnDown gathers what the picture of a budget shows.
func (h History) burnDown(ctx context.Context, w *lang.Words, book *account.Book, s budget.Standing) (chart.Series, error) {
	curve := chart.Series{
		From: s.Period.From, To: s.At, Until: s.Period.To, Loc: s.Budget.Zone, Rising: true, Levels: budgetLines(s.Budget),
		Words: chart.Words{Title: w.Chart.Budget, Remaining: w.Chart.Spent, Forecast: w.Chart.Forecast, Limit: w.Chart.Budget},
	}
	if title := w.Chart.Budget + " " + s.Budget.Name; chart.Shows(title) {
		curve.Words.Title = title
	}
	accounts, err := book.Select(s.Budget.Accounts...)
	if err != nil {
		return curve, err
	}
	accounts = walletsOnce(accounts)
	spent, _ := s.Spent.Get()
	if len(s.Budget.Keys) == 0 {
		if curve.Balance, err = h.spentPath(ctx, accounts, s, spent); err != nil {
			return curve, err
		}
	}
	curve.Balance = append(curve.Balance, chart.Point{At: s.At, Amount: s.Spent})
	curve.Forecast, err = h.budgetFan(ctx, accounts, s, spent)
	return curve, err
}

// budgetLines are the thresholds up to the amount, and the amount.
func budgetLines(b budget.Budget) []chart.Line {
	var lines []chart.Line
	for _, part := range b.WarnAt {
		if part < 1 {
			lines = append(lines, chart.Line{Amount: moka.Amount(float64(b.Amount) * part)})
		}
	}
	return append(lines, chart.Line{Amount: b.Amount, Worst: true})
}

// spentPath adds up the hours of a period, up to what was spent in all. Hours without
// figures leave a gap, and what they cost is added after the last of them.
func (h History) spentPath(ctx context.Context, accounts []*account.Account, s budget.Standing, total moka.Amount) ([]chart.Point, error) {
	begin := s.Period.From.Truncate(time.Hour)
	if begin.Before(s.Period.From) {
		begin = begin.Add(time.Hour)
	}
	hours := make([]moka.Amount, max(0, int(s.At.Sub(begin)/time.Hour)))
	known := make([]int, len(hours)) // for how many accounts
	for _, a := range accounts {
		found, err := h.Store.Hours(ctx, a.Name, begin, s.At)
		if err != nil {
			return nil, err
		}
		for _, hour := range found {
			if i := int(hour.Start.Sub(begin) / time.Hour); hour.Covered > 0 && i >= 0 && i < len(hours) {
				hours[i] += hour.Spent
				known[i]++
			}
		}
	}
	sum, lastGap := moka.Amount(0), -1
	for i, spent := range hours {
		sum += spent
		if known[i] < len(accounts) {
			lastGap = i
		}
	}
	missing := total - sum
	path := []chart.Point{{At: s.Period.From, Amount: moka.Known(0)}}
	rising := moka.Amount(0)
	for i, spent := range hours {
		rising += spent
		if i == lastGap && missing > 0 {
			rising += missing
		}
		at := chart.Point{At: begin.Add(time.Duration(i+1) * time.Hour)}
		if known[i] == len(accounts) || i == lastGap {
			at.Amount = moka.Known(min(rising, total))
		}
		path = append(path, at)
	}
	return path, nil
}

// budgetFan is how the spending is expected to go on until the period ends, where it has
// the standing's own range.
func (h History) budgetFan(ctx context.Context, accounts []*account.Account, s budget.Standing, spent moka.Amount) ([]chart.Fan, error) {
	low, _ := s.Low.Get()
	mid, known := s.Forecast.Get()
	high, _ := s.High.Get()
	if !known {
		return nil, nil
	}
	var sum []spend.Expected
	for _, a := range accounts {
		hours, err := h.hours(ctx, a.Name, s.At)
		if err != nil {
			return nil, err
		}
		path := spend.Expect(hours, s.At, s.Period.To, s.Budget.Zone)
		if sum == nil {
			sum = slices.Clone(path)
			continue
		}
		for i := range min(len(sum), len(path)) {
			sum[i].Low, sum[i].Mid, sum[i].High = sum[i].Low+path[i].Low, sum[i].Mid+path[i].Mid, sum[i].High+path[i].High
		}
	}
	if len(sum) == 0 {
		return nil, nil
	}
	fan := []chart.Fan{{At: s.At, Low: spent, Mid: spent, High: spent}}
	end := sum[len(sum)-1]
	for _, e := range sum {
		fan = append(fan, chart.Fan{At: e.At, Low: spent + scaledTo(e.Low, end.Low, low-spent),
			Mid: spent + scaledTo(e.Mid, end.Mid, mid-spent), High: spent + scaledTo(e.High, end.High, high-spent)})
	}
	return fan, nil
}

// scaledTo scales a part so that its end would be the wanted amount.
func scaledTo(part, end, wanted moka.Amount) moka.Amount {
	if end == 0 || end == wanted {
		return part
	}
	return moka.Amount(float64(part) * float64(wanted) / float64(end))
}
