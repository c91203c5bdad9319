package e2e

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/app"
	"mokabot/internal/budget"
	"mokabot/internal/clock"
	"mokabot/internal/config"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/moka/mokatest"
	"mokabot/schedule"
)

// wrongMachine posts reports from a machine whose clock is stepped, and whose lines to
// Discord and to the gateway are cut now and then. Both tell the true time.
type wrongMachine struct {
	t       *testing.T
	file    string
	zone    *time.Location
	reports []config.Report
	gateway *mokatest.Server
	machine machineClock
	arrived map[string][]time.Time // at Discord: report and period to when
	cut     struct{ discord, gateway atomic.Bool }
	stop    func()
}

// cutLine is a line to the gateway that may be cut.
type cutLine struct {
	cut  *atomic.Bool
	next http.RoundTripper
}

func (l cutLine) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.cut.Load() {
		return nil, errors.New("no route to host")
	}
	return l.next.RoundTrip(r)
}

// start runs polling, reports and delivery until stop.
func (w *wrongMachine) start() {
	w.t.Helper()
	db, err := store.Open(w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	last, err := db.NewestReading(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	agreed := clock.NewAt(w.machine.now, last, log)
	c := &config.Config{
		Timezone: w.zone, RequestBudget: 100_000, Reports: w.reports,
		Accounts: []config.Account{{Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(testKey), AccessToken: config.NewSecret(testToken), UserID: 2}},
	}
	book, err := account.New(c, account.WithTransport(cutLine{&w.cut.gateway, w.gateway.Client().Transport}), account.WithClock(agreed.Now, agreed.Transport))
	if err != nil {
		w.t.Fatal(err)
	}
	var reached atomic.Bool
	past := history.History{Store: db, Zone: w.zone, Now: agreed.Now}
	watch := &schedule.Watch{Book: book, Store: db, History: past, Words: lang.English(), Every: 6 * time.Hour, Log: log, Now: agreed.Now, Sure: agreed.Sure, Reached: reached.Load}
	reports := &schedule.Reporter{
		Book: book, Store: db, Words: lang.English(), Reports: c.Reports, Log: log, Now: agreed.Now, Idle: rarely,
		Sure: agreed.Sure, Reached: reached.Load,
	}
	connection := func(ctx context.Context) error {
		for ; ctx.Err() == nil; sleepFor(ctx, rarely) {
			if !w.cut.discord.Load() {
				reached.Store(true)
				agreed.Listen(clock.Discord)(time.Now())
				w.deliver(ctx, db)
			}
		}
		return nil
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- app.RunAll(ctx, watch.Run, reports.Run, connection) }()
	w.stop = func() {
		cancel()
		if err := errors.Join(<-done, db.Close()); err != nil {
			w.t.Error(err)
		}
	}
}

// deliver takes what waits in the outbox.
func (w *wrongMachine) deliver(ctx context.Context, db *store.DB) {
	due, err := db.Due(ctx, time.Now(), 100)
	for _, m := range due {
		what := strings.Join(strings.Split(m.Key, "/")[:4], "/") // what follows tells repetitions apart
		w.arrived[what] = append(w.arrived[what], time.Now())
		err = errors.Join(err, db.Sent(ctx, m.ID, m.Key, time.Now()))
	}
	if err != nil && ctx.Err() == nil {
		w.t.Error(err)
	}
}

// trouble is one thing that goes wrong.
func (w *wrongMachine) trouble(dice *rand.Rand) {
	hours := func(most int) { time.Sleep(time.Duration(dice.Int64N(int64(most) * int64(time.Hour)))) }
	switch dice.IntN(6) {
	case 0:
		w.step(dice)
	case 1:
		w.stop()
		w.step(dice)
		w.start()
	case 2:
		w.stop()
		hours(30)
		w.start()
	case 3:
		w.stop()
		w.line(true, true)
		w.step(dice)
		w.start()
		hours(10)
		w.line(false, false)
	case 4:
		w.line(dice.IntN(2) == 0, dice.IntN(2) == 0)
		hours(10)
		w.line(false, false)
	default:
		w.machine.set(0)
	}
	hours(12)
}

func (w *wrongMachine) step(dice *rand.Rand) {
	step := time.Duration(dice.IntN(7200)-3600) * time.Second
	if dice.IntN(2) == 0 {
		step = clockSteps[dice.IntN(len(clockSteps))]
	}
	w.machine.set(step)
}

// line cuts the lines to Discord and to the gateway.
func (w *wrongMachine) line(discord, gateway bool) {
	w.cut.discord.Store(discord)
	w.cut.gateway.Store(gateway)
}

// Whatever the clock of the machine does, at the first start, at a restart or while the
// program runs: each period is reported once, none before it is over, and none that the
// true clock does not know.
func TestReportsOfAMachineWithAWrongClock(t *testing.T) {
	proof.NeedsLong(t, "MOKABOT_SEEDS")
	proof.NotRaced(t)
	t.Parallel()
	first := uint64(number(t, "MOKABOT_SEED", 1))
	for seed := first; seed < first+uint64(max(1, number(t, "MOKABOT_SEEDS", 1))); seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { reportsByAWrongClock(t, seed, 24) })
		})
	}
}

func reportsByAWrongClock(t *testing.T, seed uint64, days int) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(time.Date(2026, time.October, 12, 3, 0, 0, 0, time.UTC))) // clocks change on the 25th
	w := &wrongMachine{t: t, file: t.TempDir() + "/wrong.db", zone: zone, gateway: mokatest.New(mokatest.V2026_08), arrived: map[string][]time.Time{}}
	w.gateway.AddAccount(mokatest.Account{ID: 2, AccessToken: testToken, Quota: 50_000_000})
	w.gateway.AddKey(2, mokatest.Key{Key: testKey, Remain: 40_000_000})
	for _, r := range []config.Report{
		{Name: "daily", Cron: "0 9 * * *", Period: budget.Day},
		{Name: "night", Cron: "0 0 * * *", Period: budget.Day},
		{Name: "weekly", Cron: "0 9 * * 1", Period: budget.Week, WeekStart: time.Monday},
		{Name: "monthly", Cron: "5 0 1 * *", Period: budget.Month},
	} {
		r.Timezone, r.ChannelID, r.Accounts = zone, r.Name, []string{"team"}
		w.reports = append(w.reports, r)
	}
	dice := rand.New(rand.NewPCG(seed, 0))
	began := time.Now()
	w.step(dice)
	w.start()
	time.Sleep(time.Minute) // for the first reading
	for time.Since(began) < time.Duration(days)*24*time.Hour {
		w.trouble(dice)
	}
	w.machine.set(0)
	w.line(false, false)
	time.Sleep(3 * time.Hour)
	w.stop()
	w.compare(began)
}

// compare holds what arrived against the calendar.
func (w *wrongMachine) compare(began time.Time) {
	w.t.Helper()
	const tolerance = 2 * time.Minute // by which two clocks differ that are both right
	for _, r := range w.reports {
		runs, err := schedule.Upcoming([]config.Report{r}, began, 100)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, run := range runs {
			if run.At.After(time.Now()) {
				break
			}
			what := fmt.Sprintf("report/%s/%s/%s", r.Name, r.Period, run.Period.From.Format(time.DateOnly))
			at := w.arrived[what]
			delete(w.arrived, what)
			required := run.Period.To.After(began) && time.Since(run.At) > time.Hour
			if len(at) > 1 || len(at) == 0 && required || len(at) == 1 && at[0].Before(run.Period.To.Add(-tolerance)) {
				w.t.Errorf("%s was due at %s and arrived at %v", what, run.At, at)
			}
		}
	}
	for what, at := range w.arrived {
		w.t.Errorf("%s arrived at %v and was never due", what, at)
	}
}
