package history_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/spend"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// TestBudgetsAreReplayed: what a budget would have told of the past, each threshold
// once a period.
func TestBudgetsAreReplayed(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		time.Sleep(time.Until(spend.Day(time.Now(), time.UTC).To))
		begin := time.Now()
		p.read()
		p.hours(12, true) // a dollar an hour
		time.Sleep(6 * time.Hour)
		p.read()
		p.hours(6, true)
		p.hours(12, true) // the next day
		with := func(quiet alert.QuietHours) *account.Book {
			book, err := account.New(&config.Config{RequestBudget: 100_000, Accounts: []config.Account{{
				Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(testKey), AccessToken: config.NewSecret(testToken), UserID: 2, Alerts: alert.Rules{Quiet: quiet},
			}}}, account.WithTransport(p.gateway.Client().Transport))
			if err != nil {
				p.t.Fatal(err)
			}
			return book
		}
		always, atNight := with(alert.QuietHours{}), with(alert.QuietHours{To: 9 * time.Hour, Zone: time.UTC, Levels: []string{"low"}})
		for _, c := range []struct {
			what string
			of   budget.Budget
			book *account.Book
			want string
		}{
			{"a day", budget.Budget{Span: budget.Day, Amount: 10 * moka.Dollar, WarnAt: []float64{0.5, 1}}, always, "05:00 50 %, 10:00 100 %, 29:00 50 %, 34:00 100 %"},
			{"a day, by night in the morning", budget.Budget{Span: budget.Day, Amount: 10 * moka.Dollar, WarnAt: []float64{0.5, 1}}, atNight, "09:00 50 %, 10:00 100 %, 33:00 50 %, 34:00 100 %"},
			{"a month", budget.Budget{Span: budget.Month, Amount: 20 * moka.Dollar, WarnAt: []float64{0.8}}, always, "22:00 80 %"},
			{"nothing reached", budget.Budget{Span: budget.Day, Amount: 100 * moka.Dollar, WarnAt: []float64{0.8}}, always, ""},
			{"by key", budget.Budget{Span: budget.Day, Amount: moka.Dollar, WarnAt: []float64{0.8}, Keys: []string{"ci"}}, always, ""},
		} {
			c.of.Name, c.of.Zone = c.what, time.UTC
			news, err := p.history.ReplayBudget(p.t.Context(), c.of, c.book, begin, time.Now())
			var told []string
			for _, n := range news {
				after := n.Standing.At.Sub(begin)
				told = append(told, fmt.Sprintf("%02d:%02d %.0f %%", int(after.Hours()), int(after.Minutes())%60, n.Threshold*100))
			}
			if got := strings.Join(told, ", "); err != nil || got != c.want {
				p.t.Errorf("%s: told %q, want %q, %v", c.what, got, c.want, err)
			}
		}
	})
}
