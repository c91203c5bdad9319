// Package app wires the running bot: the configuration in force, reload, status
// and the HTTP listener.
package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/clock"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/lang"
	"mokabot/internal/metrics"
	"mokabot/internal/store"
)

// Environment is everything outside the program that the running bot needs. The demo
// differs from the real bot only by its two servers here.
type Environment struct {
	Discord *http.Client
	Gateway http.RoundTripper              // nil: the network
	Clock   func() time.Time               // used by reports; nil: the real one
	Reload  func() (*config.Config, error) // reads the configuration again; nil: it cannot change
	Hangups <-chan os.Signal               // each asks for a reload; nil for none
}

// Serve runs the bot until ctx ends. It makes what lasts for the program's whole life;
// what the bot does while it leads is in [service.takeOver], and what a configuration
// decides in [service.prepare].
func Serve(ctx context.Context, c *config.Config, env Environment, log *slog.Logger) error {
	proxy, err := proxyOf(c.Discord.Proxy)
	if err != nil {
		return err
	}
	s := &service{env: env, log: log, proxy: proxy, began: time.Now(), changed: make(chan struct{}, 1), called: make(chan struct{}, 1)}
	if c.Listen.Address != "" {
		s.recorder = metrics.New(Version())
	}
	log.Info("mokabot starts", "version", Version(), "accounts", len(c.Accounts), "reports", len(c.Reports))
	if alertsWithoutChannel(c) {
		log.Warn(lang.For(c.Language).CLI.NoAlerts)
	}
	if s.db, err = store.OpenContext(ctx, c.Storage.Address()); err != nil {
		if ctx.Err() != nil {
			return nil // stopped during the start
		}
		if !store.Absent(err) {
			return DatabaseError(lang.For(c.Language), err)
		}
	}
	s.awaited.Store(newAbsence(err))
	ended := make(chan error, 1)
	go func() {
		ended <- RunAll(ctx, func(ctx context.Context) error { return s.begin(ctx, c) }, s.listen(c.Listen),
			func(ctx context.Context) error { return newNotifier(os.Getenv).run(ctx, s.alive, log) },
		)
	}()
	select {
	case err := <-ended:
		return DatabaseError(lang.For(c.Language), err)
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(endTime):
		log.Error("not everything ended in time; what is stored is whole")
		return nil
	}
}

// begin does the bot's work once the database is open.
func (s *service) begin(ctx context.Context, c *config.Config) error {
	if s.db == nil {
		if err := s.awaitDatabase(ctx, c.Storage.Address()); err != nil || s.db == nil {
			return err
		}
	}
	defer s.db.Close()
	if err := s.db.Exposed(); err != nil {
		s.log.Warn("other users of this machine may read the database: its mode cannot be changed", "file", c.Storage.Path, "err", err)
	}
	lead, err := s.leader(ctx, c)
	if err != nil || lead == nil {
		return err
	}
	s.awaited.Store(nil)
	return RunAll(ctx, lead, s.handleSIGHUP, s.releaseRepeatedly, s.watchFile)
}

// watchFile logs once that the database file is gone from its place.
func (s *service) watchFile(ctx context.Context) error {
	const every = time.Minute
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(clock.Together(every)):
		}
		if err := s.db.Trouble(); errors.Is(err, store.ErrMoved) {
			s.log.Error(DatabaseError(lang.For(s.now().config.Language), err).Error())
			return nil
		}
	}
}

// endTime is for the end of all parts. Only a database that never answers takes as long.
const endTime = 9 * time.Second

// alive has an error when the database file cannot be read. The absence of a server is no
// error: a restart would not end it, and the program continues when the server answers.
func (s *service) alive(ctx context.Context) error {
	if s.awaited.Load() != nil || s.elector != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, _, err := s.db.Depth(ctx)
	return err
}

// RunAll runs the parts concurrently and waits for all. An error of one cancels the
// others.
func RunAll(ctx context.Context, parts ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make([]error, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		wg.Go(func() {
			if failed[i] = part(ctx); failed[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	for _, err := range failed {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err // one cause is enough to read
		}
	}
	return nil
}

// tokenError puts a refused bot token into words and returns other errors unchanged.
func tokenError(w *lang.Words, err error) error {
	fatal, ok := errors.AsType[*discord.FatalError](err)
	refused := ok && (fatal.Code == 4004 || fatal.Code == http.StatusUnauthorized)
	if refused || discord.KindOf(err) == discord.KindUnauthorized {
		return errors.New(w.Failure.DiscordToken)
	}
	return err
}

// warnOfChannels logs which channels the bot cannot post in, or whom it cannot ping
// there.
func warnOfChannels(ctx context.Context, w *lang.Words, rest *discord.REST, c *config.Config, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, ch := range channels(c) {
		_, found := channelFindings(ctx, w, rest, ch)
		for _, f := range found {
			if !f.OK && ctx.Err() == nil {
				log.Error(f.Text, "channel", ch.id)
			}
		}
	}
}

// channelUse is a channel of the configuration, with the roles and users pinged there.
type channelUse struct {
	id    string
	roles []string
	users []string
}

// channels are all that the configuration names, each once.
func channels(c *config.Config) []channelUse {
	var all []channelUse
	add := func(id string, levels []alert.Level) {
		if id == "" {
			return
		}
		at := slices.IndexFunc(all, func(u channelUse) bool { return u.id == id })
		if at < 0 {
			at, all = len(all), append(all, channelUse{id: id})
		}
		for _, l := range levels {
			all[at].roles = append(all[at].roles, l.MentionRoles...)
			all[at].users = append(all[at].users, l.MentionUsers...)
		}
	}
	add(c.Alerts.ChannelID, nil)
	add(c.ModelWatch.ChannelID, nil)
	for _, a := range c.Accounts {
		add(a.Alerts.ChannelID, a.Alerts.Levels)
	}
	for _, r := range c.Reports {
		add(r.ChannelID, nil)
	}
	for _, b := range c.Budgets {
		add(b.ChannelID, []alert.Level{{MentionRoles: b.MentionRoles, MentionUsers: b.MentionUsers}})
	}
	for i := range all {
		slices.Sort(all[i].roles)
		all[i].roles = slices.Compact(all[i].roles)
		slices.Sort(all[i].users)
		all[i].users = slices.Compact(all[i].users)
	}
	return all
}

// proxyOf chooses the proxy for Discord: the configured one, else the environment's.
func proxyOf(configured string) (func(*http.Request) (*url.URL, error), error) {
	proxy, err := proxyURL(configured)
	if proxy == nil {
		return http.ProxyFromEnvironment, err
	}
	return http.ProxyURL(proxy), err
}

// proxyURL is the configured proxy, nil without one.
func proxyURL(configured string) (*url.URL, error) {
	if configured == "" {
		return nil, nil
	}
	proxy, err := url.Parse(configured)
	if err != nil {
		return nil, errors.New("discord.proxy is not a URL") // without the text: it may hold a password
	}
	return proxy, nil
}

// NewLog returns a logger with the configured level and format.
func NewLog(w io.Writer, c config.Log) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.Level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

func join(w *lang.Words, items []string) string { return strings.Join(items, w.And) }
