package budget

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

func monthly() Budget {
	return Budget{Name: "monthly", Span: Month, Zone: time.UTC, Amount: 500 * moka.Dollar, WarnAt: []float64{0.8, 1}, Forecast: true}
}

var start = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)

func usd(dollars float64) moka.Maybe { return moka.Known(moka.Amount(dollars * float64(moka.Dollar))) }

func TestStanding(t *testing.T) {
	for _, c := range []struct {
		what                       string
		spent, low, expected, high moka.Maybe
		state                      State
		left                       moka.Maybe
		atLeast                    bool
	}{
		{"nothing known", moka.Maybe{}, usd(1), usd(2), usd(3), StateUnknown, moka.Maybe{}, false},
		{"nothing spent", usd(0), usd(0), usd(0), usd(0), StateOK, usd(500), false},
		{"no forecast", usd(100), moka.Maybe{}, moka.Maybe{}, moka.Maybe{}, StateOK, usd(400), false},
		{"the middle exceeds", usd(100), usd(300), usd(401), usd(600), StateForecast, usd(400), false},
		{"exactly the amount is not exceeded", usd(100), usd(300), usd(400), usd(600), StateOK, usd(400), false},
		{"at a threshold", usd(400), usd(0), usd(0), usd(0), StateWarning, usd(100), false},
		{"at the amount", usd(500), usd(0), usd(0), usd(0), StateExceeded, usd(0), false},
		{"over it", usd(512.5), usd(0), usd(0), usd(0), StateExceeded, usd(-12.5), false},
		{"at least so much, below every threshold", usd(100), usd(0), usd(0), usd(0), StateUnknown, usd(400), true},
		{"at least so much, and the forecast exceeds", usd(100), usd(401), usd(410), usd(600), StateForecast, usd(400), true},
		{"at least a threshold", usd(400), usd(0), usd(0), usd(0), StateWarning, usd(100), true},
		{"at least the amount", usd(500), usd(0), usd(0), usd(0), StateExceeded, usd(0), true},
	} {
		s := Stand(monthly(), Facts{At: start, Spent: spend.SoFar{Spent: c.spent, AtLeast: c.atLeast}, Low: c.low, Expected: c.expected, High: c.high})
		if s.State != c.state || s.Left != c.left {
			t.Errorf("%s: %s, %v left", c.what, s.State, s.Left)
		}
	}
}

// told walks a budget through readings and writes down what there was to tell.
func told(b Budget, readings ...Facts) []string {
	var m Memory
	var all []string
	for _, f := range readings {
		var news []News
		m, news = Step(b, m, f)
		for _, n := range news {
			all = append(all, fmt.Sprintf("%s %.0f%% post %d", n.Kind, n.Threshold*100, n.Memory.Posts))
		}
	}
	return all
}

func at(days int, spent float64) Facts {
	return Facts{At: start.AddDate(0, 0, days), Spent: spend.SoFar{Spent: usd(spent)}}
}

func expecting(f Facts, low, mid, high float64) Facts {
	f.Low, f.Expected, f.High = usd(low), usd(mid), usd(high)
	return f
}

func TestEachThresholdIsPostedOnceAPeriod(t *testing.T) {
	unknown := Facts{At: start}
	middle := func(days int) Facts { return expecting(at(days, 100), 300, 450, 500) }
	likely := func(days int) Facts { return expecting(at(days, 100), 390, 450, 500) }
	lastMinutes := at(0, 100)
	lastMinutes.At = time.Date(2026, 11, 30, 23, 35, 0, 0, time.UTC)
	for _, c := range []struct {
		what     string
		readings []Facts
		want     []string
	}{
		{"below all", []Facts{at(0, 100), at(1, 399.99)}, nil},
		{"one after the other", []Facts{at(0, 400), at(1, 450), at(2, 500), at(3, 600)}, []string{"raised 80% post 1", "worsened 100% post 2"}},
		{"two at once", []Facts{at(0, 700)}, []string{"raised 100% post 1"}},
		{"a refund does not repeat it", []Facts{at(0, 410), at(1, 390), at(2, 410)}, []string{"raised 80% post 1"}},
		{"unknown is no news", []Facts{at(0, 410), unknown, at(1, 420)}, []string{"raised 80% post 1"}},
		{"the next period ends it", []Facts{at(0, 410), at(21, 3), at(22, 405)}, []string{"raised 80% post 1", "closed 0% post 1", "raised 80% post 1"}},
		{"the next period ends it while spending is unknown", []Facts{at(0, 410), {At: start.AddDate(0, 0, 21)}}, []string{"raised 80% post 1", "closed 0% post 1"}},
		{"a clock a year ahead for a look", []Facts{at(0, 410), at(365, 0), at(1, 420), at(2, 500)}, []string{"raised 80% post 1", "closed 0% post 1", "worsened 100% post 2"}},
		{"a clock that falls back into the last period", []Facts{at(0, 410), at(21, 405), at(20, 410), at(21, 406), at(22, 500)},
			[]string{"raised 80% post 1", "closed 0% post 1", "raised 80% post 1", "closed 0% post 1", "closed 0% post 1", "worsened 100% post 2"}},
		{"nothing to end", []Facts{at(0, 100), at(21, 3)}, nil},
		{"forecast by its low end", []Facts{expecting(at(0, 100), 401, 450, 500)}, []string{"raised 0% post 1"}},
		{"forecast by its middle once", []Facts{expecting(at(0, 100), 300, 450, 500), expecting(at(1, 100), 300, 350, 500)}, nil},
		{"forecast by its middle, and the range goes far below", []Facts{middle(0), middle(3), middle(8), middle(9)}, nil},
		{"likely once", []Facts{at(0, 100), likely(1), at(2, 100)}, nil},
		{"likely twice", []Facts{likely(0), likely(1), likely(2)}, []string{"raised 0% post 1"}},
		{"likely after the middle", []Facts{middle(0), likely(1)}, []string{"raised 0% post 1"}},
		{"likely with a break", []Facts{likely(0), at(1, 100), likely(2)}, nil},
		{"likely, unknown in between", []Facts{likely(0), {At: start.AddDate(0, 0, 1)}, likely(2)}, []string{"raised 0% post 1"}},
		{"likely once in each of two months", []Facts{likely(15), likely(23)}, nil},
		{"forecast in the last half hour", []Facts{expecting(lastMinutes, 401, 450, 500)}, nil},
		{"forecast, then reached", []Facts{expecting(at(0, 100), 401, 450, 500), at(5, 400)}, []string{"raised 0% post 1", "worsened 80% post 2"}},
		{"reached first", []Facts{at(0, 400), expecting(at(1, 401), 200, 300, 400)}, []string{"raised 80% post 1"}},
	} {
		if got := told(monthly(), c.readings...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	quiet := monthly()
	quiet.Forecast = false
	if got := told(quiet, expecting(at(0, 100), 401, 450, 500)); len(got) > 0 {
		t.Errorf("without a forecast: %q", got)
	}
}

// What was told of an amount and a calendar is told once a period, whatever the
// budget is changed to in between.
func TestAChangedBudgetPostsNothingTwice(t *testing.T) {
	amount := func(dollars int) func(*Budget) {
		return func(b *Budget) { b.Amount = moka.Amount(dollars) * moka.Dollar }
	}
	span := func(s Span) func(*Budget) { return func(b *Budget) { b.Span = s } }
	warnAt := func(parts ...float64) func(*Budget) { return func(b *Budget) { b.WarnAt = parts } }
	same := func(*Budget) {}
	type look struct {
		change func(*Budget)
		spent  float64
		want   string // news, "" for none
	}
	for what, looks := range map[string][]look{
		"raised and lowered again": {{amount(100), 110, "raised 100% post 1"}, {amount(500), 111, "closed 0% post 1"}, {amount(100), 112, ""}, {same, 130, ""}},
		"raised and lowered again, and then it goes on": {
			{amount(500), 410, "raised 80% post 1"}, {amount(1000), 411, "closed 0% post 1"}, {amount(500), 412, ""}, {same, 500, "worsened 100% post 2"},
		},
		"lowered below what was told":  {{amount(500), 410, "raised 80% post 1"}, {amount(1000), 411, "closed 0% post 1"}, {amount(400), 412, "raised 100% post 2"}},
		"raised a little":              {{amount(500), 410, "raised 80% post 1"}, {amount(510), 410, ""}},
		"lowered a little":             {{amount(500), 410, "raised 80% post 1"}, {amount(450), 411, ""}, {same, 450, "worsened 100% post 2"}},
		"another calendar and back":    {{amount(500), 410, "raised 80% post 1"}, {span(Day), 1, "closed 0% post 1"}, {span(Month), 411, ""}, {same, 500, "worsened 100% post 2"}},
		"a threshold more":             {{amount(500), 410, "raised 80% post 1"}, {warnAt(0.5, 0.8, 1), 411, ""}, {same, 500, "worsened 100% post 2"}},
		"a threshold less":             {{warnAt(0.5, 0.8, 1), 410, "raised 80% post 1"}, {warnAt(0.8, 1), 411, ""}, {same, 500, "worsened 100% post 2"}},
		"the highest threshold is new": {{amount(500), 510, "raised 100% post 1"}, {warnAt(0.8, 1, 1.5), 511, ""}, {same, 750, "worsened 150% post 2"}},
	} {
		b, m := monthly(), Memory{}
		for n, l := range looks {
			l.change(&b)
			var news []News
			m, news = Step(b, m, Facts{At: start.Add(time.Duration(n) * time.Hour), Spent: spend.SoFar{Spent: usd(l.spent)}})
			var got []string
			for _, n := range news {
				got = append(got, fmt.Sprintf("%s %.0f%% post %d", n.Kind, n.Threshold*100, n.Memory.Posts))
			}
			if strings.Join(got, ", ") != l.want {
				t.Errorf("%s: look %d: %q, want %q", what, n, got, l.want)
			}
		}
	}
}

// That the middle of the forecast exceeded another amount is no evidence about this one.
func TestTheForecastOfAChangedAmountIsConfirmedAnew(t *testing.T) {
	b, m := monthly(), Memory{}
	for _, look := range []struct {
		days   int
		amount moka.Amount
		posts  int
	}{{0, 500, 0}, {1, 495, 0}, {2, 495, 1}, {3, 495, 0}} {
		b.Amount = look.amount * moka.Dollar
		var news []News
		m, news = Step(b, m, expecting(at(look.days, 100), 390, 450, 500))
		if len(news) != look.posts {
			t.Errorf("day %d: %+v", look.days, news)
		}
	}
}

func TestAClosedBudgetPostsNothingTwice(t *testing.T) {
	b := monthly()
	m, _ := Step(b, Memory{}, at(0, 410))
	m, news := Close(b, m, at(1, 0).At)
	if len(news) != 1 || news[0].Kind != Closed || news[0].Memory.Posts != 1 {
		t.Fatalf("closed: %+v", news)
	}
	if m, news = Close(b, m, at(1, 0).At); len(news) != 0 {
		t.Errorf("closed again: %+v", news)
	}
	if m, news = Step(b, m, at(2, 411)); len(news) != 0 {
		t.Errorf("configured again: %+v", news)
	}
	if _, news = Step(b, m, at(3, 501)); len(news) != 1 || news[0].Memory.Posts != 2 {
		t.Errorf("a further threshold: %+v", news)
	}
	for month := range 50 {
		if m, _ = Step(b, m, at(30*month, 411)); len(m.Earlier) > maxEarlier {
			t.Fatalf("remembered after %d months: %+v", month, m)
		}
	}
}

func TestPeriodsAreThoseOfTheReadersCalendar(t *testing.T) {
	kolkata := time.FixedZone("IST", 5*3600+1800)
	moment := time.Date(2026, 10, 31, 18, 45, 0, 0, time.UTC) // 00:15 on 1 November there
	for _, c := range []struct {
		span     Span
		from, to string
	}{
		{Day, "2026-11-01", "2026-11-02"}, {Week, "2026-10-26", "2026-11-02"}, {Month, "2026-11-01", "2026-12-01"},
	} {
		p := Budget{Span: c.span, Zone: kolkata, WeekStart: time.Monday}.PeriodAt(moment)
		if p.From.In(kolkata).Format(time.DateOnly) != c.from || p.To.In(kolkata).Format(time.DateOnly) != c.to {
			t.Errorf("%s: %v to %v", c.span, p.From, p.To)
		}
	}
}

// Quiet hours hold a warning back and tell it once afterwards, if it still
// holds. That the amount was reached comes through.
func TestQuietHoursHoldWarningsBack(t *testing.T) {
	quiet := func(f Facts) Facts { f.Quiet = true; return f }
	over := func(f Facts) Facts { return expecting(f, 500, 600, 700) }
	for _, c := range []struct {
		what     string
		readings []Facts
		want     []string
	}{
		{"a threshold, told once afterwards", []Facts{quiet(at(0, 410)), quiet(at(1, 420)), at(2, 430), at(3, 440)}, []string{"raised 80% held $410.00"}},
		{"several thresholds are one piece of news", []Facts{quiet(at(0, 410)), at(2, 510)}, []string{"raised 100% held $410.00"}},
		{"the amount comes through", []Facts{quiet(at(0, 410)), quiet(at(1, 500))}, []string{"raised 100% held $410.00"}},
		{"the amount comes through at once", []Facts{quiet(at(0, 500))}, []string{"raised 100%"}},
		{"the forecast", []Facts{quiet(over(at(0, 100))), quiet(over(at(1, 110))), over(at(2, 120))}, []string{"raised 0% held $100.00"}},
		{"a forecast that no longer holds is not told", []Facts{quiet(over(at(0, 100))), at(1, 110), at(2, 120)}, nil},
		{"what was refunded meanwhile is not told", []Facts{quiet(at(0, 410)), quiet(at(1, 390)), at(2, 395)}, nil},
		{"and is held back anew", []Facts{quiet(at(0, 410)), quiet(at(1, 390)), quiet(at(2, 405)), at(3, 406)}, []string{"raised 80% held $405.00"}},
		{"nor is the period before", []Facts{quiet(at(0, 410)), at(25, 10)}, nil},
		{"what was told by day is not told again", []Facts{at(0, 410), quiet(at(1, 420)), at(2, 430)}, []string{"raised 80%"}},
	} {
		var m Memory
		var got []string
		for _, f := range c.readings {
			var news []News
			m, news = Step(monthly(), m, f)
			for _, n := range news {
				text := fmt.Sprintf("%s %.0f%%", n.Kind, n.Threshold*100)
				if !n.Held.At.IsZero() {
					text += " held " + n.Held.Spent.String()
				}
				got = append(got, text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}
