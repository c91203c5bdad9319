package message_test

import (
	"slices"
	"testing"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

func TestAWarningNamesTheLimitThatIsBroken(t *testing.T) {
	lasts := func(d time.Duration) spend.Runway { return spend.Runway{Known: true, Low: d, Mid: d, High: d} }
	below := moka.Known(20 * moka.Dollar)
	const money, soon = "less than $20.00 left", "lasts less than 3 d"
	for _, c := range []struct {
		what     string
		below    moka.Maybe
		runway   time.Duration
		left     moka.Maybe
		lasts    spend.Runway
		byRunway bool // told of for the runway
		want     string
	}{
		{"money", below, 72 * time.Hour, moka.Known(15 * moka.Dollar), lasts(80 * time.Hour), false, money},
		{"time", below, 72 * time.Hour, moka.Known(25 * moka.Dollar), lasts(70 * time.Hour), true, soon},
		{"both", below, 72 * time.Hour, moka.Known(15 * moka.Dollar), lasts(70 * time.Hour), true, money + ", and " + soon},
		{"nothing is spent", below, 72 * time.Hour, moka.Known(15 * moka.Dollar), spend.Runway{Idle: true}, false, money},
		{"money again, not yet past the margin", below, 0, moka.Known(20 * moka.Dollar), spend.Runway{}, false, "earlier: " + money},
		{"time again, not yet past the margin", below, 72 * time.Hour, moka.Known(25 * moka.Dollar), lasts(73 * time.Hour), true, "earlier: " + soon},
		{"no figures", below, 72 * time.Hour, moka.Maybe{}, spend.Runway{}, false, "earlier: " + money},
		{"no figures for a level of time alone", moka.Maybe{}, 72 * time.Hour, moka.Maybe{}, spend.Runway{}, false, "earlier: " + soon},
	} {
		level := alert.Level{Name: "low", Below: c.below, Runway: c.runway}
		r := moka.Reading{Key: &moka.Key{State: moka.KeyOK, Remaining: c.left}}
		m := message.Alert(lang.English(), message.AlertDetails{Account: "team", Levels: 1, Event: alert.Event{
			Kind: alert.Updated, Level: &level, Facts: alert.Facts{Reading: r, Runway: c.lasts},
			Incident: alert.Incident{Condition: alert.Balance, ByRunway: c.byRunway},
		}})
		got := ""
		for _, f := range m.Cards[0].Fields {
			if f.Name == lang.English().Alert.Limit {
				got = lang.PlainSpaces(f.Value)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// What money does not cure offers no snooze until a top-up, and what has nothing
// to do with spending lists no models.
func TestAnAlertShowsWhatFitsItsCondition(t *testing.T) {
	w := lang.English()
	for _, c := range alert.Conditions() {
		m := message.Alert(w, message.AlertDetails{Account: "team", Levels: 1, Remind: time.Hour,
			Models: []message.ModelUse{{Model: "gpt-4o", Spent: moka.Dollar}}, Event: alert.Event{Kind: alert.Raised, Incident: alert.Incident{Condition: c}}})
		snooze := slices.ContainsFunc(m.Buttons, func(b message.Button) bool { return b.Label == w.Button.SnoozeUntilTopUp })
		if want := c == alert.Balance || c == alert.WalletEmpty; snooze != want {
			t.Errorf("%s: a snooze until a top-up is %v, want %v", c, snooze, want)
		}
		models := slices.ContainsFunc(m.Cards[0].Fields, func(f message.Field) bool { return f.Name == w.Alert.Models })
		if want := c == alert.Balance || c == alert.WalletEmpty || c == alert.Exhausted || c == alert.Spike; models != want {
			t.Errorf("%s: top models are %v, want %v", c, models, want)
		}
	}
}

// Money that is missing is added; anything else is changed in the console. Where
// no page is known, there is no link.
func TestTheLinkOfAnAlertFitsItsCondition(t *testing.T) {
	w := lang.English()
	for _, c := range alert.Conditions() {
		for _, page := range []string{"https://pay.example", ""} {
			m := message.Alert(w, message.AlertDetails{Account: "team", Levels: 1, Page: page,
				Event: alert.Event{Kind: alert.Raised, Incident: alert.Incident{Condition: c}}})
			want := []message.Button{{Label: w.Button.Console, URL: page}}
			if c == alert.Balance || c == alert.WalletEmpty {
				want[0].Label = w.Button.TopUp
			}
			if page == "" {
				want = nil
			}
			links := slices.DeleteFunc(slices.Clone(m.Buttons), func(b message.Button) bool { return b.Action != "" })
			if !slices.Equal(links, want) {
				t.Errorf("%s with the page %q: %+v, want %+v", c, page, links, want)
			}
		}
	}
}

// The thresholds of a budget are told once: there is nothing to snooze.
func TestAWarningOfABudgetOffersItsDetails(t *testing.T) {
	w := lang.English()
	for _, page := range []string{"https://moka.example", ""} {
		m := message.BudgetAlert(w, message.BudgetWarning{Page: page, News: budget.News{Standing: budget.Standing{Budget: budget.Budget{Name: "monthly: ci", Zone: time.UTC, Amount: moka.Dollar}}}})
		want := []message.Button{{Label: w.Button.Details, Action: "budget:monthly: ci"}}
		if page != "" {
			want = append([]message.Button{{Label: w.Button.Console, URL: page}}, want...)
		}
		if !slices.Equal(m.Buttons, want) {
			t.Errorf("with the page %q: %+v", page, m.Buttons)
		}
	}
}
