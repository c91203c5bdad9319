package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/discordsim"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/moka"
	"mokabot/moka/mokatest"
	"mokabot/schedule"
)

// TestCrossingsAreKnownInTime simulates accounts of mixed habits on one host with
// the default request budget, and compares each post with the books of those who
// spend: how long after the true crossing it came, how many requests that took, and
// what polling everybody in turn would have made of the same spending.
func TestCrossingsAreKnownInTime(t *testing.T) {
	notRaced(t)
	sizes, begins, lasts := []int{10}, []int{8}, time.Hour
	if proof.Long() {
		sizes, begins, lasts = []int{1, 10, 50, 200}, []int{1, 8}, 4*time.Hour
	}
	t.Logf("%8s  %-8s %9s %7s %7s %7s %7s %6s %6s %9s %8s", "accounts", "polling", "crossings", "median", "95 %", "99 %", "longest", "missed", "false", "requests", "in 180 s")
	for _, n := range sizes {
		for _, uniform := range []bool{true, false} {
			var sum crossings
			for _, hour := range begins {
				sum.add(simulateCrossings(t, n, hour, lasts, uniform))
			}
			t.Log(sum.row(n, uniform))
			for _, kind := range slices.Sorted(maps.Keys(sum.byKind)) {
				t.Logf("%18s %s", "", part(kind, sum.byKind[kind]))
			}
			if uniform {
				continue
			}
			if sum.most > defaultBudget || sum.untrue > 0 || sum.missed > 0 {
				t.Errorf("%d accounts: %d requests in 180 s, %d missed, %d false", n, sum.most, sum.missed, sum.untrue)
			}
			if n == 50 && (sum.at(0.5) > 30*time.Second || sum.at(0.95) > 90*time.Second) {
				t.Errorf("50 accounts: median %s, 95 of 100 %s", sum.at(0.5), sum.at(0.95))
			}
		}
	}
}

// crossings are what came of a simulation.
type crossings struct {
	delays   []time.Duration
	byKind   map[string][]time.Duration
	missed   int // crossings without a post
	untrue   int // posts without a crossing
	requests int
	most     int // in any 180 s
	lasted   time.Duration
}

func (c *crossings) add(other crossings) {
	c.delays = append(c.delays, other.delays...)
	if c.byKind == nil {
		c.byKind = map[string][]time.Duration{}
	}
	for kind, delays := range other.byKind {
		c.byKind[kind] = append(c.byKind[kind], delays...)
	}
	c.missed, c.untrue, c.requests = c.missed+other.missed, c.untrue+other.untrue, c.requests+other.requests
	c.most, c.lasted = max(c.most, other.most), c.lasted+other.lasted
}

func (c *crossings) at(part float64) time.Duration { return quantile(c.delays, part) }

func quantile(delays []time.Duration, part float64) time.Duration {
	if len(delays) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(delays))
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))].Round(time.Second)
}

func (c *crossings) row(n int, uniform bool) string {
	polling := "planned"
	if uniform {
		polling = "in turn"
	}
	return fmt.Sprintf("%8d  %-8s %9d %7s %7s %7s %7s %6d %6d %9d %8d", n, polling, len(c.delays), c.at(0.5), c.at(0.95), c.at(0.99), c.at(1), c.missed, c.untrue,
		int(float64(c.requests)/c.lasted.Minutes()*3), c.most)
}

func part(kind string, delays []time.Duration) string {
	return fmt.Sprintf("%-22s %4d %7s %7s %7s", kind, len(delays), quantile(delays, 0.5), quantile(delays, 0.95), quantile(delays, 1))
}

// spender is somebody who spends from an account, and keeps books of it.
type spender struct {
	name, habit, kind string
	key               string
	limit             int64                // raw quota left that counts for the account's levels
	below             map[string]time.Time // since when it is below a level; zero once that was told
	early             map[string]time.Time // when a level was told that it had not crossed, but for calls under way
}

var spenderLevels = []alert.Level{
	{Name: "low", Below: moka.Known(20 * moka.Dollar)}, {Name: "critical", Below: moka.Known(5 * moka.Dollar)},
}

const perDollar = 500_000

// What a host may be asked for without a configuration that says otherwise.
const (
	defaultBudget = 120
	budgetWindow  = 180 * time.Second
)

type crossingWorld struct {
	t        *testing.T
	gateway  *mokatest.Server
	discord  *discordsim.Server
	mu       sync.Mutex
	requests []time.Time
	result   crossings
	spenders []*spender
}

// RoundTrip counts what reaches the gateway.
func (w *crossingWorld) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.requests = append(w.requests, time.Now())
	w.mu.Unlock()
	time.Sleep(150 * time.Millisecond)
	return w.gateway.Client().Transport.RoundTrip(r)
}

func simulateCrossings(t *testing.T, n, hour int, lasts time.Duration, uniform bool) (result crossings) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, time.November, 16, hour, 25, 0, 0, time.UTC)))
		w := &crossingWorld{t: t, gateway: mokatest.New(mokatest.V2026_08), discord: discordsim.New()}
		w.gateway.SetNow(time.Now)
		db, err := store.Open(filepath.Join(t.TempDir(), "crossings.db"))
		if err != nil {
			t.Fatal(err)
		}
		c := &config.Config{Timezone: time.UTC}
		dice := rand.New(rand.NewPCG(uint64(n), uint64(hour)))
		for i := range n {
			c.Accounts = append(c.Accounts, w.account(db, i, dice))
		}
		ctx, cancel := context.WithCancel(t.Context())
		w.listen(ctx)
		stop := w.run(ctx, c, db, uniform)
		began := time.Now()
		time.Sleep(10 * time.Minute) // until all were read once
		var spending sync.WaitGroup
		for i, s := range w.spenders {
			own := rand.New(rand.NewPCG(uint64(i), uint64(hour)))
			spending.Go(func() { w.spend(s, own, began.Add(lasts)) })
		}
		spending.Wait()
		time.Sleep(6 * time.Minute)
		cancel()
		if err := errors.Join(stop(), db.Close()); err != nil {
			t.Error(err)
		}
		w.discord.Close()
		w.finish(time.Since(began))
		result = w.result
	})
	return result
}

// habits are what accounts are like, in dollars an hour by the hour of the day.
var habits = []struct {
	name string
	rate func(hour float64) float64
}{
	{"idle", func(float64) float64 { return 0.05 }},
	{"office hours", func(h float64) float64 {
		if h >= 9 && h < 18 {
			return 4
		}
		return 0
	}},
	{"nightly", func(h float64) float64 {
		if h >= 2 && h < 3 {
			return 9
		}
		return 0.1
	}},
	{"growing", func(h float64) float64 { return 1 + h/8 }},
	{"runaway", func(float64) float64 { return 0.6 }},
}

// account makes one whose money will be low at some time of the simulation.
func (w *crossingWorld) account(db *store.DB, i int, dice *rand.Rand) config.Account {
	habit := habits[i%len(habits)]
	s := &spender{name: fmt.Sprintf("acc-%03d", i), habit: habit.name, key: keyOf(i), below: map[string]time.Time{}, early: map[string]time.Time{}}
	s.limit = int64((20 + 6*dice.Float64()*dice.Float64()) * perDollar)
	if habit.name == "runaway" {
		s.limit = int64((25 + 50*dice.Float64()) * perDollar)
	}
	const plenty = int64(1e9)
	user := mokatest.Account{ID: idOf(i), Username: s.name, AccessToken: tokenOf(i), Quota: plenty}
	key := mokatest.Key{Key: s.key, Name: "k", Remain: plenty}
	a := config.Account{Name: s.name, BaseURL: "https://gateway.test", UserID: user.ID, APIKey: config.NewSecret(s.key), AccessToken: config.NewSecret(user.AccessToken)}
	switch i / len(habits) % 5 {
	case 0, 3:
		s.kind, user.Quota = "key and wallet", s.limit
	case 1:
		s.kind, user.Quota, a.APIKey = "wallet", s.limit, config.Secret{}
	case 2:
		s.kind, key.Remain, a.AccessToken = "key", s.limit, config.Secret{}
	case 4:
		s.kind, user.Quota, key.Unlimited = "unlimited key", s.limit, true
	}
	a.Alerts = alert.Rules{ChannelID: discordsim.AlertsChannel, ConfirmAfter: 30 * time.Second, Margin: 0.05, UnreachableAfter: 15 * time.Minute, SpikeFactor: 5, SpikeAtLeast: moka.Dollar, Levels: spenderLevels}
	w.gateway.AddAccount(user)
	w.gateway.AddKey(user.ID, key)
	w.spenders = append(w.spenders, s)
	var past []store.Recorded
	for at := time.Now().Truncate(time.Hour).AddDate(0, 0, -28); at.Before(time.Now().Add(-time.Hour)); at = at.Add(time.Hour) {
		past = append(past, store.Recorded{Start: at, Quota: int64(habit.rate(float64(at.Hour())+0.5) * perDollar * (0.7 + 0.6*dice.Float64())), Requests: 10})
	}
	if err := db.AddRecorded(w.t.Context(), s.name, past); err != nil {
		w.t.Fatal(err)
	}
	return a
}

// spend makes calls as the account's habit is. Each is booked in advance for twice
// its price while it lasts.
func (w *crossingWorld) spend(s *spender, dice *rand.Rand, until time.Time) {
	rate := habits[slices.IndexFunc(habits, func(h struct {
		name string
		rate func(float64) float64
	}) bool {
		return h.name == s.habit
	})].rate
	away := time.Now().Add(time.Duration(dice.Int64N(int64(time.Until(until))))) // when a runaway begins
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		now := time.Now()
		perHour := rate(float64(now.Hour()) + float64(now.Minute())/60)
		if s.habit == "runaway" && now.After(away) && now.Before(away.Add(40*time.Minute)) {
			perHour *= 10 + float64(s.limit%30)
		}
		if perHour == 0 {
			time.Sleep(time.Minute)
		} else {
			price := (0.005 + 0.04*dice.Float64()*dice.Float64()) * max(1, perHour/6)
			time.Sleep(time.Duration(dice.ExpFloat64() * price / perHour * float64(time.Hour)))
			if time.Now().After(until) {
				return
			}
			quota := int64(price * perDollar)
			lasts := time.Duration(1+dice.IntN(15)) * time.Second
			calls.Go(func() {
				end := w.gateway.Begin(s.key, 2*quota)
				time.Sleep(lasts)
				end()
				w.book(s, quota)
			})
		}
		if time.Now().After(until) {
			return
		}
	}
}

// book charges a call and notes a level that is crossed by it. An account whose
// money is gone is topped up.
func (w *crossingWorld) book(s *spender, quota int64) {
	w.gateway.Spend(s.key, "gpt-4o", quota, 1000)
	w.mu.Lock()
	defer w.mu.Unlock()
	s.limit -= quota
	for _, l := range spenderLevels {
		below, _ := l.Below.Get()
		if _, was := s.below[l.Name]; !was && float64(s.limit)/perDollar < below.USD() {
			s.below[l.Name] = time.Now()
			if told, early := s.early[l.Name]; early && time.Since(told) < time.Minute {
				delete(s.early, l.Name)
				w.note(s, l.Name, 0)
			}
		}
	}
}

// listen takes what is posted, and compares it with the books.
func (w *crossingWorld) listen(ctx context.Context) {
	events := w.discord.Subscribe(ctx)
	words := map[string]string{"balance is low": "low", "critical": "critical"}
	go func() {
		for e := range events {
			if e.Type != "create" || e.Message.Author.ID != discordsim.BotUserID {
				continue
			}
			now := time.Now()
			w.mu.Lock()
			for _, embed := range e.Message.Embeds {
				for sign, level := range words {
					i := slices.IndexFunc(w.spenders, func(s *spender) bool { return strings.Contains(embed.Title, s.name) })
					if i < 0 || !strings.Contains(embed.Title, sign) {
						continue
					}
					s := w.spenders[i]
					if at := s.below[level]; !at.IsZero() {
						w.note(s, level, now.Sub(at))
					} else {
						s.early[level] = now
					}
				}
			}
			w.mu.Unlock()
		}
	}()
}

// note keeps a delay. The lock is held.
func (w *crossingWorld) note(s *spender, level string, delay time.Duration) {
	s.below[level] = time.Time{}
	if level == "critical" {
		s.below["low"] = time.Time{} // told by the same post, if not before
	}
	w.result.delays = append(w.result.delays, delay)
	if w.result.byKind == nil {
		w.result.byKind = map[string][]time.Duration{}
	}
	for _, kind := range []string{s.kind, s.habit} {
		w.result.byKind[kind] = append(w.result.byKind[kind], delay)
	}
}

func (w *crossingWorld) finish(lasted time.Duration) {
	for _, s := range w.spenders {
		w.result.untrue += len(s.early)
		for _, at := range s.below {
			if !at.IsZero() {
				w.result.missed++
			}
		}
	}
	w.result.requests, w.result.lasted = len(w.requests), lasted
	for i, j := 0, 0; i < len(w.requests); i++ {
		for w.requests[i].Sub(w.requests[j]) >= budgetWindow {
			j++
		}
		w.result.most = max(w.result.most, i-j+1)
	}
}

// run watches the accounts, with the planner or in turn.
func (w *crossingWorld) run(ctx context.Context, c *config.Config, db *store.DB, uniform bool) (stop func() error) {
	book, err := account.New(c, account.WithTransport(w))
	if err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	watch := &schedule.Watch{
		Book: book, Store: db, History: history.History{Store: db, Zone: time.UTC}, Words: lang.English(), Every: 5 * time.Minute, Log: log,
	}
	rest := discord.NewREST(discordsim.Token, &http.Client{Transport: inProcess{w.discord}}, log)
	delivery := &discord.Delivery{Box: db, Send: rest, Log: log, Idle: rarely}
	var parts sync.WaitGroup
	var failed [2]error
	parts.Go(func() { failed[0] = delivery.Run(ctx) })
	parts.Go(func() {
		if !uniform {
			failed[1] = watch.Run(ctx)
			return
		}
		failed[1] = inTurn(ctx, watch)
	})
	return func() error { parts.Wait(); return errors.Join(failed[:]...) }
}

// inTurn reads all accounts in full, one after the other: every five minutes, or as
// often as the request budget allows. What is low is read again after 30 s.
func inTurn(ctx context.Context, watch *schedule.Watch) error {
	accounts := watch.Book.All()
	calls := 0
	for _, a := range accounts {
		calls += a.Client.CallsPerReading()
	}
	every := max(watch.Every, time.Duration(calls)*budgetWindow/defaultBudget)
	var readers sync.WaitGroup
	for i, a := range accounts {
		readers.Go(func() {
			wait := every * time.Duration(i) / time.Duration(len(accounts))
			for {
				select {
				case <-ctx.Done():
					return
				case <-time.After(wait):
				}
				began := time.Now()
				after, err := watch.Poll(ctx, a)
				if err != nil {
					continue
				}
				wait = every - time.Since(began)
				if after.Recheck > 0 {
					wait = cmp.Or(max(after.Recheck, 30*time.Second), wait)
				}
			}
		})
	}
	readers.Wait()
	return nil
}
