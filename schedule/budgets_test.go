package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

const budgetTestKey = "sk-budgetkeybudgetkeybudgetkeybudgetkeybudgetkey012"

// budgetWorld is a gateway with one wallet, watched under two names.
type budgetWorld struct {
	gateway *mokatest.Server
	watch   *Watch
	budgets *Budgets
	db      *store.DB
}

func newBudgetWorld(t *testing.T, budgets ...budget.Budget) *budgetWorld {
	t.Helper()
	return newBudgetWorldOf(t, mokatest.V2026_08, budgets...)
}

func newBudgetWorldOf(t *testing.T, version mokatest.Version, budgets ...budget.Budget) *budgetWorld {
	t.Helper()
	w := &budgetWorld{gateway: mokatest.New(version)}
	w.gateway.SetNow(time.Now)
	w.gateway.AddAccount(mokatest.Account{ID: 2, AccessToken: "token", Quota: 1 << 50})
	w.gateway.AddKey(2, mokatest.Key{Key: budgetTestKey, Unlimited: true})
	one := config.Account{Name: "team", BaseURL: "https://gateway.test", AccessToken: config.NewSecret("token"), UserID: 2}
	same := one
	same.Name, same.APIKey = "again", config.NewSecret(budgetTestKey)
	book, err := account.New(&config.Config{RequestBudget: 100_000, Accounts: []config.Account{one, same}}, account.WithTransport(w.gateway.Client().Transport))
	if err != nil {
		t.Fatal(err)
	}
	if w.db, err = store.Open(storetest.File(t, store.Open)); err != nil {
		t.Fatal(err)
	}
	past := history.History{Store: w.db, Zone: time.UTC}
	quiet := slog.New(slog.DiscardHandler)
	w.watch = &Watch{Book: book, Store: w.db, History: past, Words: lang.English(), Every: time.Hour, Log: quiet, Times: &Timetable{}}
	w.budgets = &Budgets{Budgets: budgets, Book: book, Store: w.db, History: past, Words: lang.English(), Log: quiet, Times: w.watch.Times}
	return w
}

// look polls both accounts and compares every budget.
func (w *budgetWorld) look(t *testing.T) {
	t.Helper()
	for _, a := range w.watch.Book.All() {
		if _, err := w.watch.Poll(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range w.budgets.Budgets {
		if err := w.budgets.Check(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
}

// told is the post of a budget's period with that number, false when there is none.
func (w *budgetWorld) told(ctx context.Context, b budget.Budget, from time.Time, n int) bool {
	_, ok, err := w.db.FindPost(ctx, fmt.Sprintf("budget/%s/%d/%d", b.Name, from.Unix(), n))
	return ok && err == nil
}

func TestTheNextPeriodClosesTheWarningsOfTheOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.Budget{Name: "daily", Span: budget.Day, Zone: time.UTC, Amount: moka.Dollar, Accounts: []string{"team"}, WarnAt: []float64{0.8, 1}, ChannelID: "1", MentionRoles: []string{"7"}}
		w := newBudgetWorld(t, b)
		defer w.db.Close()
		w.look(t)
		time.Sleep(time.Hour)
		w.gateway.Spend(budgetTestKey, "gpt-4o", 450_000, 100)
		var seen budget.Standing
		w.budgets.Observe = func(s budget.Standing) { seen = s }
		w.look(t)
		if spent, ok := seen.Spent.Get(); seen.Budget.Name != "daily" || !ok || spent != 900_000 || seen.Left != moka.Known(100_000) {
			t.Errorf("the metrics are told %+v", seen)
		}
		first := time.Now()
		time.Sleep(24 * time.Hour)
		w.look(t)
		of := fmt.Sprintf("budget/daily/%d/1", b.PeriodAt(first).From.Unix())
		edit, ok, err := w.db.FindPost(t.Context(), of+"/closed")
		if err != nil || !ok {
			t.Fatalf("the warning is not closed: %+v, %v", edit, err)
		}
		due, err := w.db.Due(t.Context(), time.Now(), 10)
		if err != nil || len(due) == 0 {
			t.Fatalf("%d messages wait, %v", len(due), err)
		}
		var posted message.Message
		if err := json.Unmarshal(due[0].Payload, &posted); err != nil {
			t.Fatal(err)
		}
		if len(posted.Mentions.Roles) != 1 || !strings.HasPrefix(posted.Text, "Budget daily: $0.90 of $1.00 spent (90%)") {
			t.Errorf("the warning is %q, %v", posted.Text, posted.Mentions)
		}
	})
}

func TestABudgetKnowsWhatWasSpentBeforeTheFirstReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newBudgetWorld(t, budget.Budget{Name: "daily", Span: budget.Day, Zone: time.UTC, Amount: 10 * moka.Dollar})
		defer w.db.Close()
		time.Sleep(10 * time.Hour)
		w.gateway.SpendAt(time.Now().Add(-3*time.Hour), budgetTestKey, "gpt-4o", 2_000_000, 100)
		w.look(t)
		time.Sleep(5 * time.Minute)
		w.gateway.Spend(budgetTestKey, "gpt-4o", 500_000, 100)
		w.look(t)
		standings, err := w.budgets.Standing(t.Context(), "")
		if err != nil || len(standings) != 1 || standings[0].Spent != moka.Known(5*moka.Dollar) {
			t.Errorf("%+v, %v", standings, err)
		}
	})
}

// A day that began since the last reading has cost nothing that is known of, which for the
// first minutes is as good as all: a reading's age is allowed to any figure.
func TestABudgetsDayBeginsWithNothingSpent(t *testing.T) {
	for _, c := range []struct {
		read, after time.Duration // before and after midnight
		spent       moka.Maybe
		atLeast     bool
	}{
		{0, 0, moka.Known(0), false}, {time.Minute, 0, moka.Known(0), false}, {time.Minute, 2 * time.Minute, moka.Known(0), false},
		{time.Minute, 20 * time.Minute, moka.Known(0), true}, {time.Minute, 2 * time.Hour, moka.Maybe{}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			day := budget.Budget{Name: "daily", Span: budget.Day, Zone: time.UTC, Amount: 10 * moka.Dollar, WarnAt: []float64{0.8}}
			w := newBudgetWorld(t, day)
			defer w.db.Close()
			w.look(t)
			time.Sleep(24*time.Hour - c.read)
			w.look(t)
			time.Sleep(c.read + c.after)
			facts, err := w.budgets.History.Budget(t.Context(), day, w.watch.Book, false)
			if err != nil || facts.Spent != (spend.SoFar{Spent: c.spent, AtLeast: c.atLeast}) {
				t.Errorf("read %s before, %s after midnight: %+v, %v", c.read, c.after, facts.Spent, err)
			}
		})
	}
}

// However often the configuration is read again, a budget is looked at; and one
// that was changed, at once.
func TestReloadsDoNotDelayABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.Budget{Name: "b", Span: budget.Day, Zone: time.UTC, Amount: 100 * moka.Dollar, Accounts: []string{"team"}, WarnAt: []float64{0.5, 1}, ChannelID: "1"}
		w := newBudgetWorld(t, b)
		defer w.db.Close()
		w.look(t)
		looks := 0
		w.budgets.Observe = func(budget.Standing) { looks++ }
		reload := func(length time.Duration) {
			again := *w.budgets // what a reload makes anew
			ctx, cancel := context.WithTimeout(t.Context(), length)
			defer cancel()
			if err := again.Run(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for range 40 {
			reload(3 * time.Second)
		}
		if want := 4; looks < want || looks > want+1 {
			t.Errorf("%d looks in two minutes of reloads, want about %d", looks, want)
		}
		looks = 0
		b.Amount = 50 * moka.Dollar
		w.budgets.Budgets = []budget.Budget{b}
		reload(time.Second)
		if looks != 1 {
			t.Errorf("%d looks right after a change, want 1", looks)
		}
	})
}

// A budget that is no longer posted about leaves no warning open, and tells
// nothing twice when it is back in the same period.
func TestABudgetThatLeavesTheConfigurationClosesItsWarnings(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(w *budgetWorld, b budget.Budget){
		"removed": func(w *budgetWorld, _ budget.Budget) { w.budgets.Budgets = nil },
		"another name": func(w *budgetWorld, b budget.Budget) {
			b.Name, b.Amount = "other", 1000*moka.Dollar
			w.budgets.Budgets = []budget.Budget{b}
		},
		"without channel": func(w *budgetWorld, b budget.Budget) { b.ChannelID = ""; w.budgets.Budgets = []budget.Budget{b} },
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := budget.Budget{Name: "b", Span: budget.Month, Zone: time.UTC, Amount: moka.Dollar, Accounts: []string{"team"}, WarnAt: []float64{0.8, 1}, ChannelID: "1"}
				w := newBudgetWorld(t, b)
				defer w.db.Close()
				run := func() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					again := *w.budgets
					if err := again.Run(ctx); err != nil {
						t.Fatal(err)
					}
				}
				w.look(t)
				time.Sleep(time.Hour)
				w.gateway.Spend(budgetTestKey, "gpt-4o", 450_000, 100)
				w.look(t)
				change(w, b)
				run()
				of := fmt.Sprintf("budget/b/%d/1", b.PeriodAt(time.Now()).From.Unix())
				if _, closed, err := w.db.FindPost(t.Context(), of+"/closed"); err != nil || !closed {
					t.Errorf("the warning is not closed, %v", err)
				}
				w.budgets.Budgets = []budget.Budget{b}
				run()
				if w.told(t.Context(), b, b.PeriodAt(time.Now()).From, 2) {
					t.Error("it is told again")
				}
			})
		})
	}
}

func TestAChannelConfiguredLaterGetsABudgetsWarning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.Budget{Name: "b", Span: budget.Month, Zone: time.UTC, Amount: moka.Dollar, Accounts: []string{"team"}, WarnAt: []float64{0.8, 1}}
		w := newBudgetWorld(t, b)
		defer w.db.Close()
		w.look(t)
		time.Sleep(time.Hour)
		w.gateway.Spend(budgetTestKey, "gpt-4o", 450_000, 100)
		w.look(t)
		b.ChannelID = "1"
		w.budgets.Budgets = []budget.Budget{b}
		for range 2 {
			w.look(t)
		}
		if from := b.PeriodAt(time.Now()).From; !w.told(t.Context(), b, from, 1) || w.told(t.Context(), b, from, 2) {
			t.Error("it is not told exactly once")
		}
	})
}

// /alerts lists a budget from its first warning to the end of its period.
func TestBudgetsThatPeopleWereWarnedOfAreOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 10, 12, 8, 0, 0, 0, time.UTC)))
		daily := budget.Budget{Name: "daily", Span: budget.Day, Zone: time.UTC, Amount: 10 * moka.Dollar, Accounts: []string{"team"}, WarnAt: []float64{0.8, 1}, ChannelID: "1"}
		large := daily
		large.Name, large.Amount = "large", 1000*moka.Dollar
		w := newBudgetWorld(t, daily, large)
		defer w.db.Close()
		open := func(want string) {
			t.Helper()
			w.look(t)
			all, err := w.budgets.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range all {
				got = append(got, s.Budget.Name+" "+string(s.State)+" "+s.Spent.String())
			}
			if text := strings.Join(got, ", "); text != want {
				t.Errorf("%s: %q is open, want %q", time.Now().UTC().Format(time.DateTime), text, want)
			}
		}
		open("")
		time.Sleep(time.Hour)
		w.gateway.Spend(budgetTestKey, "gpt-4o", 8*500_000, 100)
		open("daily warning $8.00")
		time.Sleep(time.Hour)
		w.gateway.Spend(budgetTestKey, "gpt-4o", 3*500_000, 100)
		open("daily exceeded $11.00")
		time.Sleep(14 * time.Hour) // the next day
		open("")
	})
}

// D12: A budget that has another name is the same incident: it is not told of twice,
// its posts are counted on, and those of either name are closed in the end.
func TestARenamedBudgetKeepsItsIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 10, 12, 6, 0, 0, 0, time.UTC)))
		one := budget.Budget{
			Name: "old", Span: budget.Day, Zone: time.UTC, Amount: 100 * moka.Dollar, Accounts: []string{"team"},
			WarnAt: []float64{0.5, 0.8, 1}, ChannelID: "1",
		}
		w := newBudgetWorld(t, one)
		defer w.db.Close()
		ctx, from := t.Context(), one.PeriodAt(time.Now()).From
		reload := func(name string) {
			t.Helper()
			w.budgets.Budgets = []budget.Budget{one}
			w.budgets.Budgets[0].Name = name
			if err := w.budgets.follow(ctx); err != nil {
				t.Fatal(err)
			}
			if err := w.budgets.closeOthers(ctx); err != nil {
				t.Fatal(err)
			}
			w.look(t)
		}
		spend := func(dollars int64) {
			t.Helper()
			time.Sleep(time.Hour)
			w.gateway.Spend(budgetTestKey, "gpt-4o", dollars*500_000, 100)
			time.Sleep(time.Minute)
			w.look(t)
		}
		posted := func(keys ...string) {
			t.Helper()
			for _, name := range []string{"old", "new", "third"} {
				for n := 1; n <= 4; n++ {
					for _, end := range []string{"", "/closed"} {
						key := fmt.Sprintf("%s/%d%s", name, n, end)
						_, ok, err := w.db.FindPost(ctx, fmt.Sprintf("budget/%s/%d/%d%s", name, from.Unix(), n, end))
						if err != nil || ok != slices.Contains(keys, key) {
							t.Errorf("%s is in the outbox: %t, %v", key, ok, err)
						}
					}
				}
			}
		}
		w.look(t)
		spend(60)
		posted("old/1")
		reload("new")
		posted("old/1")
		spend(25)
		posted("old/1", "new/2")
		reload("third")
		reload("old") // and back
		posted("old/1", "new/2")
		spend(20)
		posted("old/1", "new/2", "old/3")
		time.Sleep(24 * time.Hour)
		w.look(t)
		posted("old/1", "new/2", "old/3", "old/1/closed", "new/2/closed", "old/3/closed")
	})
}

// Neither a clock that is a year ahead at a start nor one that steps for a moment closes a
// warning for good, repeats one, or loses the next.
func TestAWrongClockCostsNoWarningOfABudget(t *testing.T) {
	proof.NotShort(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 10, 12, 6, 0, 0, 0, time.UTC)))
		one := budget.Budget{
			Name: "b", Span: budget.Month, Zone: time.UTC, Amount: 100 * moka.Dollar, Accounts: []string{"team"}, WarnAt: []float64{0.5, 0.8, 1}, ChannelID: "1",
		}
		w := newBudgetWorld(t, one)
		defer w.db.Close()
		var ahead atomic.Int64 // nanoseconds
		w.budgets.History.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		posts := func() (n int) {
			for w.told(t.Context(), one, one.PeriodAt(time.Now()).From, n+1) {
				n++
			}
			return n
		}
		w.look(t)
		for want, dollars := range []int64{60, 25, 20} {
			time.Sleep(time.Hour)
			w.gateway.Spend(budgetTestKey, "gpt-4o", dollars*500_000, 100)
			time.Sleep(time.Minute)
			w.look(t)
			if n := posts(); n != want+1 {
				t.Errorf("%d posts, want %d", n, want+1)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			ahead.Store(int64(365 * 24 * time.Hour))
			w.budgets.Sure, w.budgets.Reached = func() bool { return ahead.Load() == 0 }, func() bool { return false }
			running.Go(func() {
				if err := w.budgets.Run(ctx); err != nil {
					t.Error(err)
				}
			})
			time.Sleep(time.Hour) // of a start without a network
			synctest.Wait()
			key := fmt.Sprintf("budget/b/%d/1/closed", one.PeriodAt(time.Now()).From.Unix())
			if _, closed, err := w.db.FindPost(t.Context(), key); want == 0 && (closed || err != nil) {
				t.Errorf("closed by an unconfirmed clock: %t, %v", closed, err)
			}
			ahead.Store(0)
			time.Sleep(time.Minute)
			cancel()
			running.Wait()
			ahead.Store(int64(365 * 24 * time.Hour))
			w.look(t)
			ahead.Store(0)
			w.look(t)
			if n := posts(); n != want+1 {
				t.Errorf("%d posts after the clock was wrong, want %d", n, want+1)
			}
		}
	})
}
