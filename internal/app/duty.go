package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"mokabot/bot"
	"mokabot/internal/clock"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/lang"
	"mokabot/internal/lead"
)

const (
	// replicaDrain is for deliveries under way when a leader ends while another replica
	// waits to take over.
	replicaDrain = 1500 * time.Millisecond
	lastNoteTime = 2 * time.Second // for what the next leader needs
)

// errTakeOver is a failure to begin with the work of a leader, which may pass.
var errTakeOver = errors.New("take over")

// leader prepares the work and returns the function that does it whenever this process
// leads: always with a file, whose lock this process has, else while it holds the lease.
// It returns nil when ctx ended meanwhile.
func (s *service) leader(ctx context.Context, c *config.Config) (func(context.Context) error, error) {
	lease := s.db.Lease()
	if lease == nil {
		work, err := s.takeOver(ctx, c, nil)
		if ctx.Err() != nil {
			return nil, nil // stopped during the start
		}
		return work, err
	}
	first, err := s.prepare(c)
	if err != nil {
		return nil, err
	}
	s.use(first)
	s.elector = &lead.Elector{
		Lease: lease, Holder: replicaName(), Log: s.log, Passing: func(err error) bool { return errors.Is(err, errTakeOver) },
	}
	return func(ctx context.Context) error {
		return s.elector.Run(ctx, func(ctx context.Context, t *lead.Tenure) error {
			work, err := s.takeOver(ctx, s.now().file, t)
			if err != nil {
				return fmt.Errorf("%w: %w", errTakeOver, err)
			}
			defer s.standBy()
			return work(ctx)
		})
	}, nil
}

// replicaName names this process among the replicas, in the lease and the log.
func replicaName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), strings.ToLower(rand.Text()[:8]))
}

// takeOver makes what only a leader has and returns its work. t is nil without other
// replicas.
func (s *service) takeOver(ctx context.Context, c *config.Config, t *lead.Tenure) (func(context.Context) error, error) {
	s.loading.Lock()
	defer s.loading.Unlock()
	last, err := s.db.NewestReading(ctx)
	if err != nil {
		return nil, err
	}
	since, err := s.db.NewestWrite(ctx)
	if err != nil {
		return nil, err
	}
	on := &duty{tenure: t, clock: clock.New(last, s.log), handover: &discord.Handover{Values: s.db, Now: time.Now, Log: s.log}}
	if t != nil { // the clocks of the replicas may differ
		on.clock = clock.NewAt(t.Now, last, s.log)
		on.handover.Now = t.Now
	}
	s.connect(ctx, on, c)
	on.delivery.Since = since
	s.set(on)
	first, err := s.prepare(c)
	if err == nil {
		s.use(first)
		_, err = s.db.RequeueDead(ctx) // what was refused before may be allowed now
	}
	if err != nil {
		s.set(nil)
		return nil, err
	}
	return func(ctx context.Context) error { return s.work(ctx, on, lang.For(c.Language)) }, nil
}

// connect makes the sender, the bot, the gateway session and the delivery.
func (s *service) connect(ctx context.Context, on *duty, c *config.Config) {
	token := c.Discord.Token.Reveal()
	options := []discord.RESTOption{
		discord.WithVersion(Version()), discord.WithObserver(s.recorder.Request),
		discord.WithDates(func() func(time.Time) { return on.clock.Listen(clock.Discord) }), discord.WithPauses(on.handover.Pause),
	}
	if on.tenure != nil {
		options = append(options, discord.WithPermission(on.tenure.Valid))
	}
	on.rest = discord.NewREST(token, s.env.Discord, s.log, options...)
	on.bot = &bot.Bot{
		REST: on.rest, Values: s.db, GuildIDs: c.Discord.GuildIDs, Log: s.log, Health: s.health, Reload: s.reload, Test: s.test,
		Observe: s.recorder.Command, Now: on.clock.Now, Levels: s, TakesOver: true,
	}
	on.delivery = &discord.Delivery{
		Box: s.db, Send: on.rest, Log: s.log, Now: on.rest.Now, Clock: on.clock.Now, Channel: s.channelOf,
		Words:  func() *lang.Words { return lang.For(s.now().config.Language) },
		Values: s.db, Access: on.rest.Access,
		OnAttempt: func(r discord.Result) { s.recorder.Delivery(string(r)) },
	}
	on.gateway = &discord.Gateway{
		Token: token, REST: on.rest, Proxy: s.proxy, Values: s.db, Shared: on.tenure != nil, Log: s.log, OnIdentify: s.recorder.Identify,
		OnInteraction: on.bot.Interact, OnGuild: on.bot.Joined,
		OnAccess: func(context.Context) { on.delivery.AccessChanged() },
	}
	on.resume(ctx)
	if on.tenure == nil {
		return
	}
	on.bot.Leads = on.tenure.Valid
	on.delivery.Drain = func(ctx context.Context) time.Duration {
		if errors.Is(context.Cause(ctx), lead.ErrLost) {
			return 0
		}
		return replicaDrain
	}
}

// resume makes the gateway continue the session of the previous leader or process, and
// keep its own for the next one.
func (d *duty) resume(ctx context.Context) {
	session, ready, pause := d.handover.Load(ctx)
	d.rest.Pause(pause)
	g := d.gateway
	g.Resume, g.ResumeReady, g.KeepSession = session, ready, true
	g.OnSession, g.Hold = d.handover.Session, d.handover.Hold
	g.OnReady = func(ctx context.Context, r discord.Ready) {
		d.handover.Ready(r)
		d.bot.Ready(ctx, r)
	}
}

// work does all that a leader does until ctx ends or a part fails. It gives the lease back
// as soon as nothing needs it; commands under way are answered after that.
func (s *service) work(ctx context.Context, on *duty, words *lang.Words) error {
	parts := []func(context.Context) error{
		func(ctx context.Context) error { return tokenError(words, on.gateway.Run(ctx)) },
		func(ctx context.Context) error { return tokenError(words, on.delivery.Run(ctx)) },
		s.runGenerations, s.tidy, on.handover.Run,
	}
	note := func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastNoteTime)
		defer cancel()
		on.handover.Note(last)
	}
	if on.tenure == nil {
		defer note()
		return RunAll(ctx, parts...)
	}
	var needing sync.WaitGroup // parts that still need the lease
	needing.Add(len(parts))
	on.gateway.OnClosed = needing.Done // what Run does after that needs it no longer
	for i, part := range parts[1:] {
		parts[1+i] = func(ctx context.Context) error {
			defer needing.Done()
			return part(ctx)
		}
	}
	return RunAll(ctx, append(parts, func(ctx context.Context) error {
		<-ctx.Done()
		needing.Wait()
		if on.tenure.Valid() != nil {
			return nil
		}
		note()
		on.tenure.Resign()
		return nil
	})...)
}

// set begins or ends the duty. An earlier reload is in force already.
func (s *service) set(on *duty) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on = on
	select {
	case <-s.changed:
	default:
	}
}

// standBy ends the duty.
func (s *service) standBy() {
	s.duty().rest.Close()
	s.set(nil)
	s.recorder.StandBy()
}
