package history_test

import (
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/budget"
	"mokabot/internal/history"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// A command line without a database knows as much of the past as the bot on its first
// day: what the gateway recorded.
func TestForecastsWhereNothingIsRemembered(t *testing.T) {
	for _, c := range []struct {
		what    string
		version mokatest.Version
		known   bool
	}{
		{"the gateway has rows", mokatest.V2026_08, true},
		{"the gateway has none", mokatest.OneAPI, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := bare(t, c.version)
				p.history = history.History{Zone: time.UTC}
				time.Sleep(20 * 24 * time.Hour) // of January
				p.hours(7*24, false)
				month := budget.Budget{Name: "month", Span: budget.Month, Amount: 500 * moka.Dollar, Accounts: []string{"team"}, Zone: time.UTC}
				f, err := p.history.Budget(t.Context(), month, p.book(), true)
				if err != nil {
					t.Fatal(err)
				}
				// A dollar an hour for seven days, and for the four days that are left.
				expected, known := f.Expected.Get()
				if sum := (expected + 7*24*moka.Dollar).USD(); known != c.known || known && (sum < 250 || sum > 280) {
					t.Errorf("a forecast of $%.2f, known %t", sum, known)
				}
				view, err := p.history.View(t.Context(), p.account, p.account.Read(t.Context()))
				if err != nil || view.Runway.Known != c.known {
					t.Errorf("runway %+v, %v", view.Runway, err)
				}
				if days := view.Runway.Mid.Hours() / 24; c.known && (days < 24 || days > 30) { // $632 at $24 a day
					t.Errorf("lasts %.1f days", days)
				}
			})
		})
	}
}
