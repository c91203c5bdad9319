package history_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// keysDays plays some days with four keys, read every half hour and counted every
// hour: one is renamed, one deleted, one made in the middle of it, and one gets a
// refund. It returns their ids by what they are called in the end.
func (p *past) keysDays() (from time.Time, ids map[string]int64) {
	p.t.Helper()
	key := func(n int) string { return fmt.Sprintf("sk-keysweekkeysweekkeysweekkeysweekkeysweekkeysweek%d", n) }
	add := func(n int, name string) {
		p.gateway.AddKey(2, mokatest.Key{Key: key(n), Name: name, Remain: 1 << 40})
	}
	time.Sleep(time.Until(spend.Day(time.Now(), time.UTC).To))
	p.gateway.Update(func(s *mokatest.State) { s.Keys[0].Name = "laptop" })
	add(2, "ci-old")
	add(3, "gone")
	p.gateway.Spend(key(2), "gpt-4o", 7*500_000, 100)
	time.Sleep(24 * time.Hour) // that was before
	from = time.Now()
	for hour := range 60 {
		switch hour {
		case 12:
			p.gateway.Update(func(s *mokatest.State) { s.Keys[1].Name = "ci" })
		case 25:
			add(4, "new")
		case 35:
			p.gateway.Update(func(s *mokatest.State) { s.Keys = append(s.Keys[:2:2], s.Keys[3:]...) }) // gone
		case 45:
			if p.gateway.Version() == mokatest.OneAPI { // has no tasks
				break
			}
			task, err := p.gateway.Task(key(4), "video", 2*500_000)
			if err != nil {
				p.t.Fatal(err)
			}
			time.Sleep(time.Minute)
			task.Refund(500_000)
		}
		for half := range 2 {
			p.read()
			if _, err := p.history.CountKeys(p.t.Context(), p.account.Client); err != nil {
				p.t.Fatal(err)
			}
			time.Sleep(10 * time.Minute)
			p.spend(testKey, 10_000)
			p.gateway.Spend(key(2), "gpt-4o", int64(50_000+1000*half), 100)
			p.gateway.Spend(key(3), "gpt-4o", 30_000, 100)
			p.gateway.Spend(key(4), "gpt-4o", 20_000, 100)
			time.Sleep(time.Until(time.Now().Truncate(30 * time.Minute).Add(30 * time.Minute)))
		}
	}
	p.read()
	return from, map[string]int64{"laptop": 1, "ci": 2, "gone": 3, "new": 4}
}

// book has the past's account as a configuration does.
func (p *past) book() *account.Book {
	p.t.Helper()
	book, err := account.New(&config.Config{RequestBudget: 100_000, Accounts: []config.Account{{
		Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(testKey), AccessToken: config.NewSecret(testToken), UserID: 2,
	}}}, account.WithTransport(p.gateway.Client().Transport))
	if err != nil {
		p.t.Fatal(err)
	}
	return book
}

func (p *past) spend(key string, quota int64) { p.gateway.Spend(key, "gpt-4o", quota, 100) }

// By-key sums are those of the gateway's books on every release, whatever the keys
// are called now, and the lines add up to what was spent.
func TestSpendingByKeyAgainstTheBooks(t *testing.T) {
	proof.NotShort(t)
	for _, c := range []struct {
		what    string
		version mokatest.Version
		change  func(*mokatest.Server)
		gross   bool        // the list has what was charged, and refunds in a line of their own
		lacks   moka.Amount // at most, of a key that was deleted after its last count

		grossBudget bool // nothing tells which key a refund belongs to
	}{
		{"its records by key", mokatest.V2026_08, nil, true, 0, false},
		{"its records by key", mokatest.V2026_07, nil, true, 0, false},
		{"the log", mokatest.V2025_12, nil, true, 0, true},
		{"the log", mokatest.V2025_04, nil, true, 0, true},
		{"the counters, for the log was cleaned up", mokatest.V2025_12, func(s *mokatest.Server) { s.CleanLog(time.Now()) }, false, moka.Dollar / 8, false},
		{"the counters, without a log", mokatest.OneAPI, nil, false, moka.Dollar / 8, false},
	} {
		t.Run(fmt.Sprintf("%s %s", c.version, c.what), func(t *testing.T) {
			inPast(t, c.version, func(p *past) {
				from, ids := p.keysDays()
				if c.change != nil {
					c.change(p.gateway)
				}
				week := spend.Period{From: from, To: time.Now()}
				u, err := p.history.Used(p.t.Context(), p.account, week, spend.Period{From: from.AddDate(0, 0, -7), To: from})
				if err != nil || u.KeysErr != nil {
					p.t.Fatal(err, u.KeysErr)
				}
				books := p.gateway.Books(2, week.From, week.To)
				var lines []string
				sum, got := moka.Amount(0), map[string]moka.Amount{}
				for _, k := range u.Keys {
					sum += k.Spent
					got[k.Key] += k.Spent
					lines = append(lines, fmt.Sprintf("%s %s", k.Key, k.Spent))
				}
				p.t.Logf("%s, %s: %s spent; %s", c.version, c.what, u.Spent, strings.Join(lines, ", "))
				if u.Spent != moka.Known(sum) {
					p.t.Errorf("the lines add up to %s, and %s was spent", sum, u.Spent)
				}
				for name, id := range ids {
					want := books.ByKeyID[id]
					if c.gross && name == "new" {
						want += 500_000 // its refund
					}
					if off := moka.Amount(want*2) - got[name]; off < -moka.Dollar/100 || off > c.lacks+moka.Dollar/100 {
						p.t.Errorf("%s: %s, and the books have $%.2f", name, got[name], float64(want)/500_000)
					}
				}
				some := budget.Budget{Name: "some", Span: budget.Week, WeekStart: from.UTC().Weekday(), Zone: time.UTC, Amount: 1000 * moka.Dollar, Keys: []string{"new", "ci-old"}}
				f, err := p.history.Budget(p.t.Context(), some, p.book(), true)
				b, known := f.Spent.Spent.Get()
				p.t.Logf("budget of new and ci-old: %s, at least %t", f.Spent.Spent, f.Spent.AtLeast)
				want := moka.Amount(books.ByKeyID[ids["ci"]]+books.ByKeyID[ids["new"]]) * 2
				if c.grossBudget {
					want += moka.Dollar
				}
				if off := want - b; err != nil || !known || off < -moka.Dollar/100 || off > moka.Dollar/100 && !f.Spent.AtLeast || off > moka.Dollar/2 {
					p.t.Errorf("the budget has %s, and the books have %s: %v", b, want, err)
				}
				if off := got[message.Others]; off < 0 || off > c.lacks+moka.Dollar/100 {
					p.t.Errorf("%s is of no key", off)
				}
			})
		})
	}
}

// Without a store, as on the command line before the bot ever ran, an account of a
// gateway without a log has no list of keys but what the total says.
func TestKeysThatWereNeverCounted(t *testing.T) {
	inPast(t, mokatest.OneAPI, func(p *past) {
		p.read()
		time.Sleep(30 * time.Minute)
		p.spend(testKey, 500_000)
		time.Sleep(30 * time.Minute)
		p.read()
		period, before, _ := history.Period("today", time.Now(), time.UTC)
		u, err := p.history.Used(p.t.Context(), p.account, period, before)
		if err != nil || len(u.Keys) != 1 || u.Keys[0].Key != message.Others || moka.Known(u.Keys[0].Spent) != u.Spent {
			p.t.Errorf("%+v, %v", u.Keys, err)
		}
	})
}

// What was spent between the readings around midnight is divided by time, and the
// gateway's rows have it in one hour: the lists add up to what was spent even so.
func TestListsAddUpWhateverMidnightDivides(t *testing.T) {
	for _, before := range []bool{true, false} {
		inPast(t, mokatest.V2026_08, func(p *past) {
			time.Sleep(time.Until(spend.Day(time.Now(), time.UTC).To.Add(-5 * time.Minute)))
			p.read()
			if before {
				p.spend(testKey, 100_000)
			}
			time.Sleep(7 * time.Minute)
			if !before {
				p.spend(testKey, 100_000)
			}
			time.Sleep(3 * time.Minute)
			p.read()
			p.hours(10, true)
			u := p.named("today", time.UTC) // which compares the sums
			if len(u.Keys) != 2 || u.Keys[0].Spent <= 0 || u.Keys[1].Key != message.Others || u.Spent != dollars(10.1) {
				p.t.Errorf("spent before midnight %t: %s, %+v", before, u.Spent, u.Keys)
			}
		})
	}
}
