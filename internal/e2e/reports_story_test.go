package e2e

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/app"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/store"
	"mokabot/moka/mokatest"
	"mokabot/schedule"
)

// channel is the reports' channel: what arrived there, and whether anything can.
type channel struct {
	mu    sync.Mutex
	down  bool
	posts []message.Message
	at    []time.Time
	known map[string]string // nonce -> message
}

func (c *channel) Send(_ context.Context, _ string, m message.Message, nonce string) (discord.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return discord.Receipt{}, &discord.Error{Op: "send", Kind: discord.KindTransient}
	}
	if id := c.known[nonce]; id != "" {
		return discord.Receipt{ID: id}, nil
	}
	c.posts, c.at = append(c.posts, m), append(c.at, time.Now())
	c.known[nonce] = fmt.Sprint(len(c.posts))
	return discord.Receipt{ID: c.known[nonce]}, nil
}

func (c *channel) Edit(context.Context, string, string, message.Message, string) error {
	return errors.New("reports are never edited")
}

func (c *channel) Find(_ context.Context, _, nonce string, _, _ time.Time) (string, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, ok := c.known[nonce]
	return id, ok, nil
}

func (c *channel) Own(context.Context, string, time.Time) ([]discord.Posted, error) { return nil, nil }

func (c *channel) fails(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
}

// machineClock is a machine's clock, which can be stepped.
type machineClock struct {
	mu   sync.Mutex
	step time.Duration
}

func (c *machineClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.step)
}

func (c *machineClock) set(step time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step = step
}

// rarely is how often simulated days look at the clock and at an outbox in which
// nothing changed; most of what they cost would be that.
const rarely = 10 * time.Minute

// teller is everything that a report needs but Discord itself.
type teller struct {
	t       *testing.T
	file    string
	zone    *time.Location
	gateway *mokatest.Server
	channel *channel
	clock   *machineClock
	gone    bool // the reports are not in the configuration
}

// start runs polling, reports and delivery until the returned function ends them.
func (r teller) start() (stop func()) {
	r.t.Helper()
	db, err := store.Open(r.file)
	if err != nil {
		r.t.Fatal(err)
	}
	c := &config.Config{
		Timezone: r.zone, RequestBudget: 100_000,
		Accounts: []config.Account{{Name: "team", BaseURL: "https://gateway.test", APIKey: config.NewSecret(testKey), AccessToken: config.NewSecret(testToken), UserID: 2}},
		Reports: []config.Report{
			{Name: "daily", Cron: "0 9 * * *", Timezone: r.zone, Period: budget.Day, ChannelID: "1", Accounts: []string{"team"}},
			{Name: "weekly", Cron: "0 9 * * 1", Timezone: r.zone, Period: budget.Week, ChannelID: "2", Accounts: []string{"team"}, WeekStart: time.Monday},
			{Name: "monthly", Cron: "0 9 1 * *", Timezone: r.zone, Period: budget.Month, ChannelID: "3", Accounts: []string{"team"}},
		},
	}
	if r.gone {
		c.Reports = nil
	}
	book, err := account.New(c, account.WithTransport(r.gateway.Client().Transport))
	if err != nil {
		r.t.Fatal(err)
	}
	log, words := slog.New(slog.DiscardHandler), lang.English()
	past := history.History{Store: db, Zone: r.zone}
	watch := &schedule.Watch{Book: book, Store: db, History: past, Words: words, Every: 30 * time.Minute, Log: log}
	reports := &schedule.Reporter{Book: book, Store: db, Words: words, Reports: c.Reports, Log: log, Now: r.clock.now, Idle: rarely}
	delivery := &discord.Delivery{Box: db, Send: r.channel, Log: log, Idle: rarely}
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- app.RunAll(ctx, watch.Run, reports.Run, delivery.Run) }()
	return func() {
		cancel()
		if err := errors.Join(<-done, db.Close()); err != nil {
			r.t.Error(err)
		}
	}
}

// until lets time pass up to a moment on the wall.
func (r teller) until(month time.Month, day, hour, minute int) {
	time.Sleep(time.Until(time.Date(2000, month, day, hour, minute, 0, 0, r.zone)))
	synctest.Wait()
}

// A bot that is down over a report, over a change of clocks and over two
// midnights, that loses Discord, its gateway and its clock: each period is told
// once, and those that came late say so.
func TestTheStoryOfTheReports(t *testing.T) {
	proof.NotShort(t)
	proof.NotRaced(t)
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := teller{t, t.TempDir() + "/story.db", zone, mokatest.New(mokatest.V2026_08), &channel{known: map[string]string{}}, &machineClock{}, false}
		r.gateway.AddAccount(mokatest.Account{ID: 2, AccessToken: testToken, Quota: 50_000_000})
		r.gateway.AddKey(2, mokatest.Key{Key: testKey, Remain: 40_000_000})

		r.until(time.October, 25, 12, 0) // a Wednesday
		stop := r.start()
		r.until(time.October, 27, 12, 0) // two reports on time; the first covers half a day
		stop()
		r.until(time.October, 29, 15, 0) // away over two reports and two midnights, one of them in a day of 25 hours
		stop = r.start()

		r.until(time.October, 30, 8, 0)
		r.channel.fails(true) // Discord is away over the daily and the weekly report
		r.until(time.October, 30, 13, 0)
		r.channel.fails(false)

		r.until(time.October, 31, 8, 0)
		r.gateway.Fault(mokatest.Fault{Status: 503, Times: 1 << 30}) // the gateway is
		r.until(time.October, 31, 12, 0)
		r.gateway.Clear()

		r.until(time.November, 1, 8, 59)
		stop()
		stop = r.start() // restarts around the daily and the monthly report
		r.until(time.November, 1, 9, 0)
		stop()
		stop = r.start()

		r.until(time.November, 2, 9, 5)
		r.clock.set(-time.Hour) // the clock is stepped back over a report, and forth over the next
		r.until(time.November, 2, 11, 0)
		r.clock.set(0)
		r.until(time.November, 3, 8, 30)
		r.clock.set(time.Hour)
		r.until(time.November, 3, 10, 0)
		r.clock.set(0)
		r.until(time.November, 3, 18, 0)
		stop()

		r.tell(t, []string{
			"team · Summary of 2000-10-25", "team · Summary of 2000-10-26",
			"team · Summary of 2000-10-27 (delayed)", "team · Summary of 2000-10-28 (delayed)",
			"team · Summary of 2000-10-29", "team · Week 2000-10-23 – 2000-10-29",
			"team · Summary of 2000-10-30",
			"team · Summary of 2000-10-31", "team · Month 2000-10",
			"team · Summary of 2000-11-01",
			"team · Summary of 2000-11-02 (delayed)", // by that clock, half an hour
		})
	})
}

// What a report would have told while it was not in the configuration was not missed.
func TestAReportThatComesBackBeginsAnew(t *testing.T) {
	proof.NotShort(t)
	proof.NotRaced(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := teller{t, t.TempDir() + "/back.db", time.UTC, mokatest.New(mokatest.V2026_08), &channel{known: map[string]string{}}, &machineClock{}, false}
		r.gateway.AddAccount(mokatest.Account{ID: 2, AccessToken: testToken, Quota: 50_000_000})
		r.gateway.AddKey(2, mokatest.Key{Key: testKey, Remain: 40_000_000})
		r.until(time.January, 4, 12, 0) // a Tuesday
		for _, part := range []struct {
			gone  bool
			until int // a day of January
		}{{false, 5}, {true, 8}, {false, 9}} {
			r.gone = part.gone
			stop := r.start()
			r.until(time.January, part.until, 12, 0)
			stop()
		}
		r.tell(t, []string{"team · Summary of 2000-01-04", "team · Summary of 2000-01-08"})
	})
}

// tell compares what arrived, in any order, with what should have.
func (r teller) tell(t *testing.T, want []string) {
	t.Helper()
	var got []string
	for i, m := range r.channel.posts {
		title := m.Cards[0].Title
		if strings.Contains(m.Cards[0].Text, "Delayed: ") {
			title += " (delayed)"
		}
		t.Logf("%s  %s", r.channel.at[i].In(r.zone).Format("2006-01-02 15:04:05 MST"), title)
		got = append(got, title)
	}
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
