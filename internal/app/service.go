package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mokabot/bot"
	"mokabot/internal/account"
	"mokabot/internal/clock"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/lead"
	"mokabot/internal/metrics"
	"mokabot/internal/store"
	"mokabot/moka"
	"mokabot/schedule"
)

// service is the running bot: what lasts for its whole life, its duty while it leads, and
// the generation made of the configuration in force.
type service struct {
	env      Environment
	log      *slog.Logger
	db       *store.DB
	proxy    func(*http.Request) (*url.URL, error)
	recorder *metrics.Recorder // nil: there is no listener
	elector  *lead.Elector     // nil: there are no other replicas
	began    time.Time
	changed  chan struct{}           // another generation is in force
	called   chan struct{}           // a gateway answered
	awaited  atomic.Pointer[absence] // at the start, why the work has not begun; nil: it has. db and elector are settled by then

	loading sync.Mutex // one reload at a time
	mu      sync.Mutex
	current generation
	on      *duty // nil: another replica leads
}

// duty is what only a leader has.
type duty struct {
	tenure   *lead.Tenure // nil: there are no other replicas
	clock    *clock.Clock // nil: the clock of this machine is taken as right
	times    schedule.Timetable
	bot      *bot.Bot
	rest     *discord.REST
	gateway  *discord.Gateway
	delivery *discord.Delivery
	handover *discord.Handover // nil: the session is not kept
}

// generation is everything that a configuration decides and a reload can replace.
type generation struct {
	file    *config.Config // as it was read
	config  *config.Config // with the levels that were set from Discord
	book    *account.Book
	watch   *schedule.Watch
	reports *schedule.Reporter
	seeder  *schedule.Seeder
	models  *schedule.ModelWatch // nil: they are not watched
	budgets *schedule.Budgets
}

// Unconnected is the part of the bot that needs no connection to Discord: polls,
// reports, the model watch and housekeeping. [Serve] adds the connection, the
// outbox, signals and the listener. Proofs of weeks run it on the virtual clock of a
// bubble, where no websocket can be.
type Unconnected struct {
	Config *config.Config
	Env    Environment
	Store  *store.DB
	Bot    *bot.Bot
	Log    *slog.Logger

	// Clock corrects the clock of the machine; nil: the real one, taken as right.
	Clock *clock.Clock
}

// Run works until ctx ends.
func (u Unconnected) Run(ctx context.Context) error {
	s := &service{env: u.Env, log: u.Log, db: u.Store, on: &duty{bot: u.Bot, rest: u.Bot.REST, clock: u.Clock}, changed: make(chan struct{}, 1)}
	first, err := s.prepare(u.Config)
	if err != nil {
		return err
	}
	s.use(first)
	return RunAll(ctx, s.runGenerations, s.tidy)
}

// prepare makes a generation of a configuration, without running it.
func (s *service) prepare(file *config.Config) (generation, error) {
	c, err := s.withLevels(file)
	if err != nil {
		return generation{}, err
	}
	book, err := s.openBook(c)
	if err != nil {
		return generation{}, err
	}
	now, times := time.Now, &schedule.Timetable{}
	var sure, reached func() bool
	if on := s.duty(); on != nil {
		times, reached = &on.times, on.rest.Reached
		if on.clock != nil {
			now, sure = on.clock.Now, on.clock.Sure
		}
	}
	reports := now
	if s.env.Clock != nil {
		reports = s.env.Clock
	}
	words := lang.For(c.Language)
	past := history.History{Store: s.db, Zone: c.Timezone, Now: now}
	next := generation{
		file: file, config: c, book: book,
		watch:   &schedule.Watch{Book: book, Store: s.db, History: past, Words: words, Every: c.PollInterval, Log: s.log, Now: now, Sure: sure, Reached: reached, Times: times, Zones: c.Zones()},
		seeder:  &schedule.Seeder{Book: book, Store: s.db, Log: s.log, Now: now, Times: times, History: past},
		reports: &schedule.Reporter{Book: book, Store: s.db, Words: words, Reports: c.Reports, Log: s.log, Now: reports, Sure: sure, Reached: reached, Observe: s.recorder.Report},
	}
	next.budgets = &schedule.Budgets{Budgets: c.Budgets, Book: book, Store: s.db, History: past, Words: words, Log: s.log, Observe: s.recorder.Budget, Times: times, Sure: sure, Reached: reached}
	next.reports.Budgets = next.budgets
	if s.recorder != nil { // what was spent today takes questions that nothing else asks
		next.watch.Observe = s.recorder.Reading
	}
	next.watch.Planned = func(name string, n schedule.Next) { s.recorder.Planned(name, n.At, string(n.Why)) }
	next.watch.Spent, next.watch.Budgets = next.budgets.Spent, next.budgets.Left
	if c.ModelWatch.Cron != "" {
		next.models = &schedule.ModelWatch{
			Book: book, Store: s.db, Words: words, Config: c.ModelWatch, Zone: c.Timezone, Write: WriteFile, Log: s.log, Now: now, Times: times,
		}
	}
	return next, nil
}

// openBook makes the clients of a configuration. They continue the request budgets of the
// book in force.
func (s *service) openBook(c *config.Config) (*account.Book, error) {
	opts := []account.Option{account.WithObserver(func(name string, call moka.Call) {
		s.log.Debug("gateway call", "account", name, "op", call.Op, "status", call.Status, "took", call.Took, "err", call.Err)
		s.recorder.Call(name, call)
		select {
		case s.called <- struct{}{}:
		default: // it is known already
		}
	})}
	if on := s.duty(); on != nil && on.clock != nil {
		opts = append(opts, account.WithClock(on.clock.Now, on.clock.Transport))
	}
	if s.env.Gateway != nil {
		opts = append(opts, account.WithTransport(s.env.Gateway))
	}
	if before := s.now().book; before != nil {
		opts = append(opts, account.After(before))
	}
	return account.New(c, opts...)
}

// use makes a generation the current one. It keeps the last readings of accounts
// that are in both.
func (s *service) use(next generation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.book != nil {
		next.book.CarryOver(s.current.book)
		s.forget(s.current, next)
	}
	s.current = next
	for _, r := range next.config.Reports {
		s.recorder.ExpectReport(r.Name)
	}
	if s.on == nil {
		return
	}
	c := next.config
	s.recorder.PollInterval(c.PollInterval)
	s.on.bot.Use(bot.Setup{
		Book: next.book, History: next.watch.History, Incidents: next.watch, Reports: next.reports, Budgets: next.budgets,
		Operators: c.Discord.Operators, Viewers: c.Discord.Viewers,
		AlertChannel: c.Alerts.ChannelID, Language: c.Language, Welcome: c.Welcome,
	})
}

// forget removes from the metrics the accounts and budgets that left the configuration, and
// the names that other accounts have now.
func (s *service) forget(old, now generation) {
	for _, was := range old.book.All() {
		if is, err := now.book.Get(was.Name); err != nil || is.Client.Identity() != was.Client.Identity() {
			s.recorder.Forget(was.Name)
		}
	}
	for _, name := range old.budgets.Names() {
		if !slices.Contains(now.budgets.Names(), name) {
			s.recorder.ForgetBudget(name)
		}
	}
}

// channelOf is the configured channel of a message of the outbox, by its key and account;
// empty for a message whose channel is not configured.
func (s *service) channelOf(key, account string) string {
	c := s.now()
	kind, rest, _ := strings.Cut(key, "/")
	switch kind {
	case "alert":
		if a, err := c.book.Get(account); err == nil {
			return a.Rules.ChannelID
		}
	case "report":
		name, _, _ := strings.Cut(rest, "/")
		for _, r := range c.config.Reports {
			if r.Name == name {
				return r.ChannelID
			}
		}
	case "models":
		return c.config.ModelWatch.ChannelID
	case "welcome":
		return c.config.Alerts.ChannelID
	case "budget":
		name, _, _ := strings.Cut(rest, "/")
		for _, b := range c.config.Budgets {
			if b.Name == name {
				return b.ChannelID
			}
		}
	}
	return ""
}

// time is the time by the duty's clock, else by the machine's.
func (s *service) time() time.Time {
	if on := s.duty(); on != nil && on.clock != nil {
		return on.clock.Now()
	}
	return time.Now()
}

// duty is what this replica has as the leader, nil while another one leads.
func (s *service) duty() *duty {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.on
}

func (s *service) now() generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// runGenerations runs the generation in force, until ctx ends or one fails.
func (s *service) runGenerations(ctx context.Context) error {
	for {
		inner, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func(c generation) { ended <- s.run(inner, c) }(s.followAccounts(ctx, s.now()))
		select {
		case <-s.changed:
			stop()
			if err := <-ended; err != nil {
				return err
			}
		case err := <-ended:
			stop()
			return err
		}
	}
}

// followAgain is between two attempts to follow the accounts.
const followAgain = time.Second

// followAccounts adapts what is stored to a generation's accounts before it runs. Levels
// that were set in Discord move with renamed accounts, so the result may be another
// generation.
func (s *service) followAccounts(ctx context.Context, c generation) generation {
	renamed, err := c.watch.Follow(ctx)
	for err != nil && ctx.Err() == nil {
		s.log.Error("accounts that were renamed or removed could not be followed", "err", err)
		if !store.Passing(err) {
			return c
		}
		select { // readings could not be stored meanwhile
		case <-ctx.Done():
		case <-time.After(followAgain):
		}
		var more bool
		more, err = c.watch.Follow(ctx)
		renamed = renamed || more
	}
	if err != nil {
		return c
	}
	if !renamed {
		return c
	}
	next, err := s.prepare(c.file)
	if err != nil {
		s.log.Error("the levels of renamed accounts could not be put in force", "err", err)
		return c
	}
	s.use(next)
	return next
}

// replace puts a generation into force in place of the running one.
func (s *service) replace(next generation) {
	s.use(next)
	select {
	case s.changed <- struct{}{}:
	default: // what runs has not looked since the last one
	}
}

func (s *service) run(ctx context.Context, c generation) error {
	on := s.duty()
	parts := []func(context.Context) error{
		c.watch.Run, c.reports.Run, c.seeder.Run, c.budgets.Run,
		func(ctx context.Context) error {
			warnOfChannels(ctx, lang.For(c.config.Language), on.rest, c.config, s.log)
			return nil
		},
		on.bot.Warm,
		on.bot.KeepRegistered, // who sees which command may have changed
	}
	if c.models != nil {
		parts = append(parts, c.models.Run)
	}
	return RunAll(ctx, parts...)
}

const (
	tidyFirst = time.Minute // after the start, when everything else has begun
	tidyEvery = 6 * time.Hour
)

// tidy removes what is older than its retention, and releases the memory of busy hours.
func (s *service) tidy(ctx context.Context) error {
	for wait := tidyFirst; ; wait = tidyEvery {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		keep := s.now().config.Storage.Retention
		open, err := s.now().watch.OpenIncidents(ctx)
		if err == nil {
			err = s.db.Prune(ctx, s.time(), store.Retention{Readings: keep.Readings, Hours: keep.Hours, Open: open})
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("old readings could not be removed", "err", err)
		}
		s.releaseMemory()
	}
}
