package history_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/budget"
	"mokabot/internal/history"
	"mokabot/internal/spend"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// slow answers every request after the same time.
type slow struct{ http.RoundTripper }

const slowAnswer = 200 * time.Millisecond

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(slowAnswer)
	return s.RoundTripper.RoundTrip(r)
}

// What does not depend on another answer is asked side by side: an answer takes as
// long as its longest chain of requests. One after the other, what an account used
// took as many rounds as it needs requests.
func TestAnAnswerTakesAsLongAsItsLongestChain(t *testing.T) {
	used := func(p *past) moka.Maybe {
		midnight := spend.Day(time.Now(), time.UTC).From
		u, err := p.history.Used(p.t.Context(), p.account, spend.Period{From: midnight, To: time.Now()},
			spend.Period{From: midnight.AddDate(0, 0, -1), To: time.Now().AddDate(0, 0, -1)})
		if err != nil {
			p.t.Fatal(err)
		}
		return u.Spent
	}
	budgeted := func(keys ...string) func(p *past) moka.Maybe {
		return func(p *past) moka.Maybe {
			b := budget.Budget{Name: "month", Span: budget.Month, Amount: 500 * moka.Dollar, Accounts: []string{"team"}, Keys: keys, Zone: time.UTC}
			f, err := p.history.Budget(p.t.Context(), b, p.book(), true)
			if err != nil {
				p.t.Fatal(err)
			}
			return f.Spent.Spent
		}
	}
	away := func(p *past) { p.hours(40, false) }
	for _, c := range []struct {
		what             string
		version          mokatest.Version
		happens          func(p *past)
		ask              func(p *past) moka.Maybe
		rounds, requests int
	}{
		// Status, rows and keys; the log's sums, of the time before too; refunds, those noted in words, and credits of three types.
		{"used, never read", mokatest.V2026_08, away, used, 1, 14},
		{"used, never read, an older gateway", mokatest.V2025_12, away, used, 2, 15}, // the list of keys where there are no records of keys
		{"used, read all along", mokatest.V2026_08, func(p *past) { p.read(); p.hours(60, true) }, used, 1, 4},
		{"used, away for a while", mokatest.V2026_08, func(p *past) { p.read(); p.hours(30, true); p.hours(10, false); p.read(); p.hours(3, true) }, used, 1, 4},
		{"a budget, never read", mokatest.V2026_08, away, budgeted(), 1, 7},
		{"a budget of a key, never read", mokatest.V2026_08, away, budgeted("ci"), 1, 8},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(7*time.Hour + 17*time.Minute)
				p := pastOver(t, c.version, true, func(rt http.RoundTripper) http.RoundTripper { return slow{rt} })
				p.keep(t)
				defer p.db.Close()
				c.happens(p)
				before, began := len(p.gateway.Requests()), time.Now()
				spent := c.ask(p)
				rounds, asked := int(time.Since(began)/slowAnswer), p.gateway.Requests()[before:]
				if !spent.Known() || rounds > c.rounds || len(asked) > c.requests {
					t.Errorf("%v after %d requests in %d rounds, want at most %d in %d", spent, len(asked), rounds, c.requests, c.rounds)
					for _, r := range asked {
						t.Log(r.Path)
					}
				}
			})
		})
	}
}

// What the log said of times that are over is asked for once: the answer after it asks for what may
// have changed since, and says the same.
func TestARepeatedAnswerAsksForLess(t *testing.T) {
	for _, c := range []struct {
		period      string
		kept        bool // rows and refunds, as a running program keeps them
		first, then int
	}{
		{"today", false, 17, 6},
		{"today", true, 14, 6},
		{"yesterday", false, 11, 2},
		{"yesterday", true, 9, 2},
		{"7d", false, 17, 6},
		{"7d", true, 15, 6},
		{"30d", true, 16, 7},
		{"month", true, 16, 7},
	} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			time.Sleep(7*time.Hour + 17*time.Minute)
			p.hours(40, false)
			p.read()
			time.Sleep(3 * time.Minute)
			p.spendAt(time.Now(), 1)
			p.read()
			if c.kept {
				p.keepRecords()
			}
			var said moka.Maybe
			for i, most := range []int{c.first, c.then, c.then} {
				time.Sleep(70 * time.Second)
				before := len(p.gateway.Requests())
				period, earlier, _ := history.Period(c.period, time.Now(), time.UTC)
				u, err := p.history.UsedByModel(p.t.Context(), p.account, period, earlier)
				asked := p.gateway.Requests()[before:]
				if err != nil || len(asked) > most || !u.Spent.Known() || u.AtLeast || i > 0 && u.Spent != said {
					t.Errorf("%s, records kept %t, answer %d: %v (at least: %t) after %d requests, want at most %d; %v", c.period, c.kept, i+1, u.Spent, u.AtLeast, len(asked), most, err)
					for _, r := range asked {
						t.Log(r.Path, r.Query)
					}
				}
				said = u.Spent
			}
		})
	}
}
