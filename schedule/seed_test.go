package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// A new user has 30 days of history at once, and gaps are filled from the records.
func TestHistoryBeginsWithTheGatewaysRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const key, token = "sk-seedkeyseedkeyseedkeyseedkeyseedkeyseedkeyseedkey1", "seedaccesstokenseedaccesstoken12"
		gateway := mokatest.New(mokatest.V2026_08)
		gateway.AddAccount(mokatest.Account{ID: 2, AccessToken: token, Quota: 500_000_000})
		gateway.AddKey(2, mokatest.Key{Key: key, Name: "ci", Remain: 400_000_000})
		for h := range 30 * 24 {
			gateway.SpendAt(time.Now().Add(-time.Duration(h)*time.Hour-10*time.Minute), key, "gpt-4o", 50_000, 1000) // $0.10 an hour
		}
		book, err := account.New(&config.Config{RequestBudget: 180, Accounts: []config.Account{{
			Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(key), AccessToken: config.NewSecret(token), UserID: 2,
		}}}, account.WithTransport(gateway.Client().Transport))
		if err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(storetest.File(t, store.Open))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		past := history.History{Store: db, Zone: time.UTC}
		log := slog.New(slog.DiscardHandler)
		watch := &Watch{Book: book, Store: db, History: past, Words: lang.For("en"), Every: time.Minute, Log: log}
		seeder := &Seeder{Book: book, Store: db, Log: log, Times: &Timetable{}, History: past}
		poll := func() {
			t.Helper()
			if _, err := watch.Poll(t.Context(), book.All()[0]); err != nil {
				t.Fatal(err)
			}
		}
		seeder.Check(t.Context()) // nothing is known of the unit yet
		poll()
		before := len(gateway.Requests())
		seeder.Check(t.Context())
		seeder.Check(t.Context())
		if n := len(gateway.Requests()) - before; n > 4 {
			t.Errorf("the history cost %d requests", n)
		}
		runway, err := past.Runway(t.Context(), "team", moka.Reading{Wallet: &moka.Wallet{Remaining: moka.Known(24 * moka.Dollar)}})
		if err != nil || !runway.Known || runway.Mid < 9*24*time.Hour || runway.Mid > 11*24*time.Hour {
			t.Errorf("$24 at $2.40 a day last %+v, %v", runway, err)
		}
		time.Sleep(5 * time.Hour)
		gateway.SpendAt(time.Now().Add(-150*time.Minute), key, "gpt-4o", 5_000_000, 1000)
		poll()
		time.Sleep(90 * time.Minute)
		seeder.Check(t.Context())
		hours, err := db.Hours(t.Context(), "team", time.Now().Add(-7*time.Hour), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		dated := moka.Amount(0)
		for _, h := range hours {
			if h.Spent >= 10*moka.Dollar {
				dated = h.Spent
			}
		}
		if dated < 10*moka.Dollar {
			t.Errorf("what was spent in a gap is not dated: %+v", hours)
		}
	})
}

// seeding is a gateway with a wallet, and the database that its records go into.
type seeding struct {
	gateway *mokatest.Server
	book    *account.Book
	db      *store.DB
	times   Timetable
}

func newSeeding(t *testing.T, version mokatest.Version) *seeding {
	t.Helper()
	const token = "seedaccesstokenseedaccesstoken34"
	s := &seeding{gateway: mokatest.New(version)}
	s.gateway.SetNow(time.Now)
	s.gateway.AddAccount(mokatest.Account{ID: 2, AccessToken: token, Quota: 500_000_000})
	var err error
	if s.book, err = account.New(&config.Config{RequestBudget: 180, Accounts: []config.Account{{
		Name: "team", BaseURL: "https://gateway.test", AccessToken: config.NewSecret(token), UserID: 2,
	}}}, account.WithTransport(s.gateway.Client().Transport)); err != nil {
		t.Fatal(err)
	}
	if s.db, err = store.Open(storetest.File(t, store.Open)); err != nil {
		t.Fatal(err)
	}
	return s
}

// reloads runs the seeder for a while, with a new generation at every reload.
func (s *seeding) reloads(t *testing.T, every, during time.Duration) {
	t.Helper()
	for range during / every {
		ctx, cancel := context.WithTimeout(t.Context(), every)
		seeder := &Seeder{Book: s.book, Store: s.db, Log: slog.New(slog.DiscardHandler), Times: &s.times, History: history.History{Store: s.db, Zone: time.UTC}}
		if err := seeder.Run(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
}

func (s *seeding) poll(t *testing.T) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	watch := &Watch{Book: s.book, Store: s.db, History: history.History{Store: s.db, Zone: time.UTC}, Words: lang.English(), Every: time.Minute, Log: log}
	if _, err := watch.Poll(t.Context(), s.book.All()[0]); err != nil {
		t.Fatal(err)
	}
}

// records counts how often the gateway was asked for its records.
func (s *seeding) records() (n int) {
	for _, r := range s.gateway.Requests() {
		if strings.HasPrefix(r.Path, "/api/data/self") {
			n++
		}
	}
	return n
}

// D11: reloads put off neither the history of a new account, nor what was learnt
// about a gateway that has none.
func TestReloadsDoNotDelayTheRecords(t *testing.T) {
	for _, records := range []bool{true, false} {
		t.Run(fmt.Sprint("records ", records), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSeeding(t, mokatest.V2026_08)
				defer s.db.Close()
				s.poll(t)
				s.gateway.Update(func(st *mokatest.State) { st.Options.DataExport = records })
				s.reloads(t, 3*time.Second, 5*time.Minute)
				if n := s.records(); n != 1 {
					t.Errorf("the gateway was asked %d times in five minutes of reloads, want once", n)
				}
			})
		})
	}
}

// D8: the clock was a year ahead when the records were last read.
func TestRecordsReadByAWrongClockAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSeeding(t, mokatest.V2026_08)
		defer s.db.Close()
		s.poll(t)
		time.Sleep(2 * time.Hour) // the hour of the first reading is complete
		if err := s.db.SetValue(t.Context(), history.RecordedMark("team"), []byte(time.Now().AddDate(1, 0, 0).Format(time.RFC3339))); err != nil {
			t.Fatal(err)
		}
		s.reloads(t, time.Hour, 2*time.Hour)
		if n := s.records(); n != 1 {
			t.Errorf("the gateway was asked %d times, want once", n)
		}
	})
}

// What each key has used is noted once an hour where no record of the gateway tells
// it, and not at all elsewhere.
func TestKeysAreCountedOnlyWhereNoRecordTells(t *testing.T) {
	for _, c := range []struct {
		version mokatest.Version
		lists   int // requests for the list of keys in three and a half hours
		flows   int // requests for the gateway's own records by key
	}{
		{mokatest.V2026_08, 0, 1},
		{mokatest.V2025_12, 4, 4}, // it says that it has none, which is asked once an hour
		{mokatest.OneAPI, 4, 4},
	} {
		t.Run(c.version.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Now().Truncate(time.Hour).Add(time.Hour + 10*time.Minute)))
				s := newSeeding(t, c.version)
				defer s.db.Close()
				s.poll(t)
				s.reloads(t, 5*time.Minute, 3*time.Hour+30*time.Minute)
				lists, flows := 0, 0
				for _, r := range s.gateway.Requests() {
					switch r.Path {
					case "/api/token/":
						lists++
					case "/api/data/flow/self":
						flows++
					}
				}
				if lists != c.lists || flows > c.flows {
					t.Errorf("%d lists of keys, want %d, and %d records by key, want at most %d", lists, c.lists, flows, c.flows)
				}
			})
		})
	}
}

// What was given back before the first reading is not spent: neither today, nor in a
// budget that begins in its middle, whichever generation of gateways it is, and also
// after the log was cleaned.
func TestRefundsBeforeTheFirstReadingAreKnown(t *testing.T) {
	for _, v := range []mokatest.Version{mokatest.V2025_12, mokatest.V2026_07, mokatest.V2026_08} {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const key = "sk-refundedrefundedrefundedrefundedrefundedrefunded1"
				s := newSeeding(t, v)
				defer s.db.Close()
				s.gateway.AddKey(2, mokatest.Key{Key: key, Name: "ci", Unlimited: true})
				day := time.Now()
				time.Sleep(2 * time.Hour)
				s.gateway.Spend(key, "gpt-4o", 2_000_000, 100)
				task, err := s.gateway.Task(key, "sora", 3_000_000)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				task.Refund(1_500_000)
				time.Sleep(3*time.Hour + 20*time.Minute)
				s.poll(t)
				past := history.History{Store: s.db, Zone: time.UTC}
				seeder := &Seeder{Book: s.book, Store: s.db, Log: slog.New(slog.DiscardHandler), Times: &s.times, History: past}
				time.Sleep(time.Hour)
				s.poll(t)
				seeder.Check(t.Context()) // the rows of all accounts come before refunds
				seeder.Check(t.Context())
				for _, when := range []string{"after the start", "after the log was cleaned"} {
					books := s.gateway.Books(2, day, time.Now())
					want := moka.Amount(books.Spent() * 2)
					today := past.Today(t.Context(), "team")
					if spent, known := today.Spent.Get(); !known || spent != want || today.AtLeast {
						t.Errorf("%s: %+v spent today, the books have %s", when, today, want)
					}
					facts, err := past.Budget(t.Context(), budget.Budget{Span: budget.Day, Zone: time.UTC, Amount: 100 * moka.Dollar, Accounts: []string{"team"}}, s.book, false)
					if spent, known := facts.Spent.Spent.Get(); err != nil || !known || spent != want {
						t.Errorf("%s: %+v of the budget spent, %v; the books have %s", when, facts.Spent, err, want)
					}
					s.gateway.CleanLog(time.Now())
				}
			})
		})
	}
}

// The gateway's rows of the hour in which reading began are complete when it is over. Until
// then what was spent in it before the first reading is not known: neither the day nor a
// budget takes it for nothing.
func TestTheHourOfTheFirstReadingIsNotTakenForNothing(t *testing.T) {
	for _, earlier := range []moka.Amount{0, 3 * moka.Dollar} { // by the hours before
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(time.Date(2026, 11, 23, 9, 40, 0, 0, time.UTC)))
			s := newSeeding(t, mokatest.V2026_08)
			defer s.db.Close()
			const key = "sk-firsthourfirsthourfirsthourfirsthourfirsthour0003"
			s.gateway.AddKey(2, mokatest.Key{Key: key, Name: "ci", Unlimited: true})
			s.gateway.SpendAt(time.Now().Add(-50*time.Hour), key, "gpt-4o", 500_000, 1000)
			s.gateway.SpendAt(time.Now().Add(-3*time.Hour), key, "gpt-4o", int64(earlier/2), 1000)
			s.gateway.SpendAt(time.Now().Add(-20*time.Minute), key, "gpt-4o", 2_500_000, 1000)
			past := history.History{Store: s.db, Zone: time.UTC}
			daily := budget.Budget{Name: "daily", Span: budget.Day, Zone: time.UTC, Amount: 10 * moka.Dollar, Accounts: []string{"team"}}
			is := func(want spend.SoFar) {
				t.Helper()
				s.poll(t)
				(&Seeder{Book: s.book, Store: s.db, Log: slog.New(slog.DiscardHandler), Times: &s.times, History: past}).Check(t.Context())
				facts, err := past.Budget(t.Context(), daily, s.book, false)
				if today := past.Today(t.Context(), "team"); err != nil || today != want || facts.Spent != want {
					t.Errorf("%s: today %+v, the budget %+v, %v; want %+v", time.Now().Format(time.TimeOnly), today, facts.Spent, err, want)
				}
			}
			s.poll(t)
			is(spend.SoFar{Spent: moka.Known(earlier), AtLeast: true})
			for time.Now().Before(time.Date(2026, 11, 23, 10, 20, 0, 0, time.UTC)) {
				time.Sleep(5 * time.Minute)
				s.poll(t)
			}
			is(spend.SoFar{Spent: moka.Known(earlier + 5*moka.Dollar)})
			if n := s.records(); n != 2 {
				t.Errorf("the records were asked for %d times, want 2", n)
			}
		})
	}
}
