package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/config"
	"mokabot/internal/discordsim"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// spender is somebody who spends from an account, and keeps books of it.
type spender struct {
	name, kind, key string
	habit           int                  // of habits
	limit           int64                // raw quota left that counts for the account's levels
	ahead           time.Duration        // of the other spenders' clock, in another time zone
	below           map[string]time.Time // since when it is below a level; zero once that was told
	early           map[string]time.Time // when a level was told that it had not crossed, but for calls under way
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
	shift    time.Duration // of the spenders' clock
	offices  time.Duration // by which the clock of those with office hours is ahead of that, or a quarter of an hour less
	served   time.Time     // when the budget could have served everybody's first reading
}

func (s *spender) runsAway() bool { return habits[s.habit].name == "runaway" }

// usual is what an hour of the past cost, in raw quota.
func (s *spender) usual(hour float64, dice *rand.Rand) int64 {
	return int64(habits[s.habit].rate(hour) * perDollar * (0.7 + 0.6*dice.Float64()))
}

// hour is the hour of the day that a spender lives by.
func (w *crossingWorld) hour(s *spender, t time.Time) float64 {
	t = t.UTC().Add(w.shift + s.ahead)
	return float64(t.Hour()) + float64(t.Minute())/60
}

// nearLevels gives each account, which spends from a moment on, so much that its habit
// reaches the first level between two others, or with a chance of one in five later. Where
// the habit spends next to nothing then, or runs away, the account keeps what it has.
func (w *crossingWorld) nearLevels(dice *rand.Rand, spends, from, until time.Time) {
	first, _ := spenderLevels[0].Below.Get()
	for _, s := range w.spenders {
		spent := func(from, until time.Time) (dollars float64) {
			for at := from; at.Before(until); at = at.Add(time.Minute) {
				dollars += habits[s.habit].rate(w.hour(s, at)) / 60
			}
			return dollars
		}
		reach := spent(from, until)
		if s.runsAway() || reach < 0.2 {
			continue
		}
		left := first.USD() + spent(spends, from) + 1.25*dice.Float64()*reach
		w.refill(s, int64(left*perDollar)-s.limit)
		s.limit = int64(left * perDollar)
	}
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

// account makes the i-th, which has limit dollars. Key alone, wallet alone, both
// and a key without a limit take turns.
func (w *crossingWorld) account(i int, limit float64) config.Account {
	s := &spender{name: fmt.Sprintf("acc-%03d", i), habit: i % len(habits), key: keyOf(i), below: map[string]time.Time{}, early: map[string]time.Time{}}
	s.limit = int64(limit * perDollar)
	if habits[s.habit].name == "office hours" && w.offices > 0 {
		s.ahead = w.offices - time.Duration(i/len(habits)%2)*15*time.Minute
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
		s.kind, key.Remain, a.AccessToken, a.UserID = "key", s.limit, config.Secret{}, 0
	case 4:
		s.kind, user.Quota, key.Unlimited = "unlimited key", s.limit, true
	}
	a.Alerts = alert.Rules{
		ChannelID: discordsim.AlertsChannel, ConfirmAfter: 30 * time.Second, Margin: 0.05, UnreachableAfter: 15 * time.Minute,
		SpikeFactor: 5, SpikeAtLeast: moka.Dollar, Levels: spenderLevels,
	}
	w.gateway.AddAccount(user)
	w.gateway.AddKey(user.ID, key)
	w.spenders = append(w.spenders, s)
	return a
}

// spend makes calls as the account's habit is. Each is booked in advance for twice
// its price while it lasts.
func (w *crossingWorld) spend(s *spender, dice *rand.Rand, until time.Time) {
	away := time.Now().Add(time.Duration(dice.Int64N(int64(time.Until(until))))) // when a runaway begins
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		now := time.Now()
		perHour := habits[s.habit].rate(w.hour(s, now))
		if s.runsAway() && now.After(away) && now.Before(away.Add(40*time.Minute)) {
			perHour *= 10 + float64(s.limit%30)
		}
		if perHour == 0 {
			time.Sleep(time.Minute)
		} else {
			price := (0.005 + 0.04*dice.Float64()*dice.Float64()) * max(1, perHour/6)
			time.Sleep(min(time.Duration(dice.ExpFloat64()*price/perHour*float64(time.Hour)), time.Until(until)+time.Second))
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
	crossed := s.below[level]
	s.below[level] = time.Time{}
	if level == "critical" {
		s.below["low"] = time.Time{} // told by the same post, if not before
	}
	if crossed.Before(w.served) {
		w.result.first = append(w.result.first, delay)
		return
	}
	w.result.know(s.name, level, crossed, delay)
	if w.result.byKind == nil {
		w.result.byKind = map[string][]time.Duration{}
	}
	for _, kind := range []string{s.kind, habits[s.habit].name} {
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

// refill gives an account and its key back what they spent.
func (w *crossingWorld) refill(s *spender, quota int64) {
	w.gateway.Update(func(st *mokatest.State) {
		k := st.Key(s.key)
		k.Remain += quota
		st.Account(k.AccountID).Quota += quota
	})
}
