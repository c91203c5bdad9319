package history_test

import (
	"bytes"
	"testing"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/internal/chart"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// The picture of a budget says what the figures beside it say: it begins at
// nothing, ends at what was spent, and its fan ends with the forecast. What was
// spent in a gap is drawn behind the gap.
func TestThePictureOfABudgetAgreesWithItsFigures(t *testing.T) {
	weekly := budget.Budget{Name: "weekly", Span: budget.Week, Zone: time.UTC, WeekStart: time.Monday, Amount: 100 * moka.Dollar, Accounts: []string{"team"},
		WarnAt: []float64{0.5, 0.8, 1, 1.5}, Forecast: true}
	inPast(t, mokatest.V2026_08, func(p *past) {
		time.Sleep(time.Until(spend.Week(time.Now(), time.UTC, time.Monday).To))
		p.read()
		p.hours(30, true)
		p.hours(5, false) // nothing is read
		p.hours(2, true)
		book, err := account.New(&config.Config{RequestBudget: 100_000, Accounts: []config.Account{{
			Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(testKey), AccessToken: config.NewSecret(testToken), UserID: 2,
		}}}, account.WithTransport(p.gateway.Client().Transport))
		if err != nil {
			p.t.Fatal(err)
		}
		facts, err := p.history.Budget(p.t.Context(), weekly, book, false)
		s := budget.Stand(weekly, facts)
		if err != nil || s.Spent != moka.Known(37*moka.Dollar) {
			p.t.Fatalf("spent %v, %v", s.Spent, err)
		}
		series, err := history.BurnDownSeries(p.history, p.t.Context(), lang.English(), book, s)
		if err != nil {
			p.t.Fatal(err)
		}
		first, last := series.Balance[0], series.Balance[len(series.Balance)-1]
		if first != (chart.Point{At: s.Period.From, Amount: moka.Known(0)}) || last != (chart.Point{At: s.At, Amount: s.Spent}) {
			p.t.Errorf("from %+v to %+v", first, last)
		}
		unknown, before := 0, moka.Amount(0)
		for i, point := range series.Balance {
			amount, known := point.Amount.Get()
			if !known {
				unknown++
				continue
			}
			if hours := moka.Amount(point.At.Sub(s.Period.From) / time.Hour); amount != hours*moka.Dollar || amount < before {
				p.t.Errorf("point %d: %v after %d hours", i, amount, hours)
			}
			before = amount
		}
		if unknown != 5 {
			p.t.Errorf("%d points are unknown, want those of the gap but for its end", unknown)
		}
		if !series.Until.Equal(s.Period.To) || series.Words.Title != "Budget weekly" || len(series.Levels) != 3 || series.Levels[2] != (chart.Line{Amount: weekly.Amount, Worst: true}) {
			p.t.Errorf("until %v, %q, %+v", series.Until, series.Words.Title, series.Levels)
		}
		end := series.Forecast[len(series.Forecast)-1]
		if s.Low != moka.Known(end.Low) || s.Forecast != moka.Known(end.Mid) || s.High != moka.Known(end.High) || !end.At.Equal(s.Period.To) {
			p.t.Errorf("the fan ends with %+v, the forecast is %v %v %v", end, s.Low, s.Forecast, s.High)
		}
		picture, err := p.history.BurnDown(p.t.Context(), lang.English(), book, s)
		if err != nil || !bytes.HasPrefix(picture.PNG, []byte("\x89PNG")) || picture.Alt == "" {
			p.t.Errorf("%d bytes, %q, %v", len(picture.PNG), picture.Alt, err)
		}
		s.Spent = moka.Maybe{}
		if picture, err := p.history.BurnDown(p.t.Context(), lang.English(), book, s); err != nil || picture.PNG != nil {
			p.t.Errorf("of what is not known there is a picture: %v", err)
		}
	})
}
