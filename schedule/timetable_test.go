package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// slow is a gateway's line on which every answer takes a while.
type slow struct {
	http.RoundTripper
	takes time.Duration
}

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(s.takes)
	return s.RoundTripper.RoundTrip(r)
}

// simulation is the polling part of the bot, on a bubble's clock, with a
// gateway and a database of its own.
type simulation struct {
	t        *testing.T
	gateway  *mokatest.Server
	line     http.RoundTripper
	accounts []config.Account
	every    time.Duration
	zones    []*time.Location
	db       *store.DB
	path     string
	times    *Timetable
	now      func() time.Time
	sure     func() bool // of the time, and of having reached Discord; nil: it is
	stop     func()
	watch    *Watch
}

func simulate(t *testing.T, accounts int, rules alert.Rules) *simulation {
	t.Helper()
	s := &simulation{
		t: t, gateway: mokatest.New(mokatest.V2026_08), every: 5 * time.Minute,
		path: storetest.File(t, store.Open), times: &Timetable{}, now: time.Now,
	}
	s.line = s.gateway.Client().Transport
	s.gateway.AddAccount(mokatest.Account{ID: 2, Quota: 500_000_000})
	for n := range accounts {
		key := fmt.Sprintf("sk-simulationsimulationsimulationsimulationsimulatio%d", n)
		s.gateway.AddKey(2, mokatest.Key{Key: key, Remain: 50_000_000})
		s.accounts = append(s.accounts, config.Account{
			Name: fmt.Sprint("account", n), BaseURL: "https://gateway.test", APIKey: config.NewSecret(key), Alerts: rules,
		})
	}
	s.open()
	t.Cleanup(func() { s.db.Close() })
	return s
}

func (s *simulation) open() {
	s.t.Helper()
	db, err := store.Open(s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	s.db = db
}

// start runs a configuration, as the start of the program or a reload does.
func (s *simulation) start() {
	s.t.Helper()
	book, err := account.New(&config.Config{RequestBudget: 10_000, Accounts: s.accounts}, account.WithTransport(s.line), account.WithClock(s.now, func(t http.RoundTripper) http.RoundTripper { return t }))
	if err != nil {
		s.t.Fatal(err)
	}
	s.watch = &Watch{
		Book: book, Store: s.db, History: history.History{Store: s.db, Zone: time.UTC, Now: s.now}, Words: lang.English(),
		Every: s.every, Log: slog.New(slog.DiscardHandler), Times: s.times, Now: s.now, Sure: s.sure, Reached: s.sure, Zones: s.zones,
	}
	if _, err := s.watch.Follow(s.t.Context()); err != nil {
		s.t.Error(err)
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- s.watch.Run(ctx) }()
	s.stop = func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	}
}

func (s *simulation) reload() {
	s.stop()
	s.start()
}

// restart ends the program and starts it again.
func (s *simulation) restart() {
	s.stop()
	if err := s.db.Close(); err != nil {
		s.t.Error(err)
	}
	s.times = &Timetable{}
	s.open()
	s.start()
}

// readings counts those of an account that were stored.
func (s *simulation) readings(name string) (n int) {
	for _, err := range s.db.Samples(s.t.Context(), name, time.Unix(1, 0), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)) {
		if err != nil {
			s.t.Error(err)
		}
		n++
	}
	return n
}

// D11: every account is read however often the configuration is.
func TestReloadsStarveNoAccount(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	for _, c := range []struct {
		what                 string
		takes, reloads, poll time.Duration
		least, most          int // readings of each account in two minutes
	}{
		{"reloads far more often than polls", 10 * time.Millisecond, 3 * time.Second, 10 * time.Second, 11, 13},
		{"answers that take longer than the time between reloads", 4 * time.Second, 3 * time.Second, 10 * time.Second, 8, 13},
		{"reloads many times a second", 10 * time.Millisecond, proof.Size[time.Duration](400, 400, 100) * time.Millisecond, 10 * time.Second, 11, 13},
		{"no reload", 10 * time.Millisecond, time.Hour, 10 * time.Second, 11, 13},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulate(t, 3, alert.Rules{})
				s.line, s.every = slow{s.line, c.takes}, c.poll
				s.start()
				for began := time.Now(); time.Since(began) < 2*time.Minute; {
					time.Sleep(min(c.reloads, 2*time.Minute))
					s.reload()
				}
				s.stop()
				for _, a := range s.accounts {
					if n := s.readings(a.Name); n < c.least || n > c.most {
						t.Errorf("%s was read %d times, want %d to %d", a.Name, n, c.least, c.most)
					}
				}
				time.Sleep(time.Minute) // a reading under way comes to its end
			})
		})
	}
}

func TestAReloadKeepsAPlannedReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules := alert.Rules{ChannelID: "1", ConfirmAfter: 30 * time.Second, Levels: []alert.Level{{Name: "low", Below: moka.Known(200 * moka.Dollar)}}}
		s := simulate(t, 1, rules)
		s.every = time.Hour
		s.start()
		for range 20 { // the low balance is confirmed half a minute after the first reading
			time.Sleep(2 * time.Second)
			s.reload()
		}
		s.stop()
		if n := s.readings("account0"); n != 2 {
			t.Errorf("%d readings, want the first and the one that confirms it", n)
		}
		posts, _, err := s.db.Depth(t.Context())
		if err != nil || posts != 1 {
			t.Errorf("%d posts, %v; want one alert", posts, err)
		}
	})
}

// While money goes, what is spent before and after midnight is told apart, also where
// readings are far apart; an account that spends nothing costs no reading more.
func TestADayBeginsWithAReadingWhileMoneyGoes(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, 2, alert.Rules{ChannelID: "1"})
		s.every, s.zones = time.Hour, []*time.Location{time.UTC, kolkata}
		time.Sleep(10 * time.Minute)
		s.start()
		for range 26 * 60 {
			time.Sleep(time.Minute)
			s.gateway.Spend(s.accounts[0].APIKey.Reveal(), "gpt-4o", 5_000, 100)
		}
		s.stop()
		for _, midnight := range []time.Time{
			time.Date(2000, 1, 1, 18, 30, 0, 0, time.UTC), time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC),
		} {
			for n, want := range []int{1, 0} {
				near := 0
				for _, err := range s.db.Samples(t.Context(), fmt.Sprint("account", n), midnight, midnight.Add(2*time.Second)) {
					if err != nil {
						t.Fatal(err)
					}
					near++
				}
				if near != want {
					t.Errorf("account%d has %d readings at %s, want %d", n, near, midnight, want)
				}
			}
		}
		if n := s.readings("account1"); n > 28 {
			t.Errorf("an account that spends nothing was read %d times in 26 hours", n)
		}
		if n := s.readings("account0"); n > 32 {
			t.Errorf("an account that spends was read %d times in 26 hours", n)
		}
	})
}
