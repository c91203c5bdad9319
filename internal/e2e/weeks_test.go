package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/bot"
	"mokabot/internal/app"
	"mokabot/internal/clock"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/moka/mokatest"
)

// inProcess takes requests to the simulated Discord without a network, so that
// they work on the clock of a bubble. Answers carry Discord's time, as they do on a
// network.
type inProcess struct{ discord *discordsim.Server }

// RoundTrip answers a request, or fails where a line would have been cut.
func (p inProcess) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	w := httptest.NewRecorder()
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	defer func() {
		if v := recover(); v == http.ErrAbortHandler {
			resp, err = nil, errors.Join(io.ErrUnexpectedEOF, r.Context().Err())
		} else if v != nil {
			panic(v)
		}
	}()
	p.discord.ServeHTTP(w, r.Clone(r.Context()))
	return w.Result(), nil
}

// weeks is an arena on a bubble's clock: everything of the program but the
// websocket.
type weeks struct {
	*arena
	clients []client
	clock   *machineClock
	dice    *rand.Rand
	stop    func()

	restarts, outages, steps, strikes int
}

// TestWeeksOfTrouble simulates MOKABOT_WEEKS weeks (one without it, at most
// twelve) in which accounts change, Discord and the gateway are away now and
// then, the program is stopped and started, and the clock is stepped. In the end
// each transition and each report of each day is on Discord, once.
func TestWeeksOfTrouble(t *testing.T) {
	proof.NeedsLong(t, "MOKABOT_WEEKS")
	proof.NotRaced(t)
	t.Parallel()
	n := number(t, "MOKABOT_WEEKS", 1)
	seed := uint64(number(t, "MOKABOT_SEED", int(time.Now().UnixNano()&0xffff)))
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, time.October, 12, 3, 0, 0, 0, time.UTC))) // clocks change on the 25th
		w := newWeeks(t, seed)
		l := w.ledger()
		began := time.Now()
		w.start()
		time.Sleep(time.Minute) // for the first reading: no period that ended before it has a report
		for time.Since(began) < time.Duration(n)*7*24*time.Hour {
			w.pass()
		}
		w.calm()
		synctest.Wait()
		found := w.compare(l, w.clients...)
		t.Logf("seed %d, %d weeks: %d restarts, %d outages, %d steps of the clock, %d strikes", seed, n, w.restarts, w.outages, w.steps, w.strikes)
		w.tell(t, found)
		w.everyDay(t, began)
		w.discord.Close()
	})
}

func newWeeks(t *testing.T, seed uint64) *weeks {
	t.Helper()
	gateway := mokatest.New(mokatest.V2026_08)
	gateway.AddAccount(mokatest.Account{ID: 2, Username: "alice", AccessToken: testToken, Quota: 50_000_000, Requests: 42})
	gateway.AddKey(2, mokatest.Key{Key: testKey, Name: "normal", Remain: 45_005_000})
	world := &world{discord: discordsim.New(), gateway: gateway, server: &httptest.Server{URL: "https://gateway.test"}, dir: t.TempDir()}
	w := &weeks{arena: &arena{world: world, t: t}, clock: &machineClock{}, dice: rand.New(rand.NewPCG(seed, 0))}
	more := ""
	w.clients, more = w.arena.clients(discordsim.ReportChannel)
	w.file = w.config(t, "poll_interval: 1s", "poll_interval: 15m\ntimezone: Europe/Berlin", "* * * * *", "0 9 * * *",
		"confirm_after: 1s", "confirm_after: 30s\n  unreachable_after: 1h\n  key_expiry: 2d", "alerts:\n", more+"alerts:\n",
		"requests_per_180s", "  - {name: weekly, cron: \"0 9 * * 1\", period: week, channel_id: \""+discordsim.ReportChannel+"\"}\nrequests_per_180s")
	return w
}

// start runs the program's parts as [serve] does.
func (w *weeks) start() {
	w.t.Helper()
	c, err := config.LoadWith(w.file, func(string) (string, bool) { return "", false })
	if err != nil {
		w.t.Fatal(err)
	}
	db, err := store.Open(w.database())
	if err != nil {
		w.t.Fatal(err)
	}
	last, err := db.NewestReading(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	agreed := clock.NewAt(w.clock.now, last, log)
	rest := discord.NewREST(discordsim.Token, &http.Client{Transport: inProcess{w.discord}}, log, discord.WithDates(func() func(time.Time) { return agreed.Listen(clock.Discord) }))
	unconnected := app.Unconnected{
		Config: c, Store: db, Log: log, Bot: &bot.Bot{REST: rest, Values: db, Log: log},
		Env:   app.Environment{Gateway: w.gateway.Client().Transport},
		Clock: agreed,
	}
	delivery := &discord.Delivery{Box: db, Send: rest, Log: log, Idle: rarely}
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() {
		if _, err := db.RequeueDead(ctx); err != nil && ctx.Err() == nil {
			done <- err
			return
		}
		done <- app.RunAll(ctx, delivery.Run, unconnected.Run)
	}()
	w.stop = func() {
		cancel()
		if err := errors.Join(<-done, db.Close()); err != nil {
			w.t.Error(err)
		}
	}
}

// pass lets up to a few hours pass, and something happen.
func (w *weeks) pass() {
	fortune(w.clients[w.dice.IntN(len(w.clients))], w.dice)
	switch w.dice.IntN(12) {
	case 0:
		w.restarts++
		w.stop()
		w.hours(30)
		w.start()
	case 1:
		w.restarts++
		w.stop()
		w.start()
	case 2:
		w.outages++
		w.discord.Down(true)
		w.hours(14)
		w.discord.Down(false)
	case 3:
		w.outages++
		w.gateway.Fault(soakAnswers[w.dice.IntN(len(soakAnswers))])
		w.hours(10)
		w.gateway.Clear()
	case 4:
		w.steps++
		step := time.Duration(w.dice.IntN(7200)-3600) * time.Second
		if w.dice.IntN(2) == 0 {
			step = clockSteps[w.dice.IntN(len(clockSteps))]
		}
		w.clock.set(step)
	case 5, 6, 7:
		w.strikes++
		w.discord.Inject(soakRequests[w.dice.IntN(len(soakRequests))])
	case 8:
		w.strikes++
		w.gateway.Fault(soakAnswers[w.dice.IntN(len(soakAnswers))])
	default:
		w.discord.Heal()
		w.gateway.Clear()
	}
	w.hours(4)
}

// hours lets a part of that many pass.
func (w *weeks) hours(most int) {
	time.Sleep(time.Duration(w.dice.Int64N(int64(most) * int64(time.Hour))))
}

// calm ends all trouble, has what was refused go out, and waits for a day.
func (w *weeks) calm() {
	w.discord.Heal()
	w.gateway.Clear()
	w.clock.set(0)
	for _, c := range w.clients {
		c.holds(90)
	}
	w.stop()
	w.start()
	time.Sleep(24 * time.Hour)
	w.stop()
}

// tell says how it went.
func (w *weeks) tell(t *testing.T, found verdict) {
	t.Helper()
	var counts []int
	for _, query := range []string{`SELECT COUNT(*) FROM events`, `SELECT COUNT(*) FROM outbox WHERE edit_of <> '' AND state = 'sent'`,
		`SELECT COUNT(*) FROM outbox WHERE state NOT IN ('sent', 'dropped')`} {
		n, err := column[int](w.database(), query)
		if err != nil {
			t.Fatal(err)
		}
		counts = append(counts, n...)
	}
	t.Logf("%d events, %d alerts, %d reports, %d edits; each once: %t", counts[0], found.Transitions, found.Reports, counts[1], found.clean())
	t.Log(found)
	if !found.clean() || counts[2] > 0 {
		t.Errorf("%d messages wait; not everything was told once:\n%s", counts[2], strings.Join(found.wrong, "\n"))
	}
	for _, c := range w.clients {
		if n := w.open(c.name); n != 0 {
			t.Errorf("%d incidents of %s are open in the end", n, c.name)
		}
	}
	for _, v := range w.discord.Violations() {
		t.Error(v)
	}
}

// everyDay checks that no day went without its report.
func (w *weeks) everyDay(t *testing.T, began time.Time) {
	t.Helper()
	for day := began; time.Since(day) > 48*time.Hour; day = day.AddDate(0, 0, 1) {
		key := fmt.Sprint("report/daily/day/", day.Format(time.DateOnly))
		err := w.read(func(db *store.DB) error {
			if _, ok, err := db.FindPost(context.Background(), key); err != nil || !ok {
				return fmt.Errorf("%s is missing: %w", key, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
