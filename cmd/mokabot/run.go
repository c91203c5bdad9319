package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"mokabot/bot"
	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
	"mokabot/schedule"
)

func runBot(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("run").withConfig()
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	c, err := flags.load(t.lookup)
	if err != nil {
		return err
	}
	if err := c.NeedDiscord(); err != nil {
		return err
	}
	log := newLog(t.err, c.Log)
	discord, err := discordClient(c)
	if err != nil {
		return usageError{err.Error()}
	}
	return serve(ctx, c, outside{discord: discord}, log)
}

// outside is how the program reaches the world. The demo puts its own two
// servers here; everything else is the same.
type outside struct {
	discord *http.Client
	gateway http.RoundTripper // nil: the network
	clock   func() time.Time  // that reports go by; nil: the real one
}

// serve is the bot, from its parts to its end. It is one straight function on
// purpose: this is the place to see what is connected with what.
func serve(ctx context.Context, c *config.Config, world outside, log *slog.Logger) error {
	words := lang.For(c.Language)
	db, err := store.Open(c.Storage.Path)
	if err != nil {
		return err
	}
	defer db.Close()

	opts := []account.Option{account.WithObserver(func(name string, call moka.Call) {
		log.Debug("gateway call", "account", name, "op", call.Op, "status", call.Status, "took", call.Took, "err", call.Err)
	})}
	if world.gateway != nil {
		opts = append(opts, account.WithTransport(world.gateway))
	}
	book, err := account.New(c, opts...)
	if err != nil {
		return err
	}
	proxy, err := proxyOf(c.Discord.Proxy)
	if err != nil {
		return err
	}

	rest := bot.NewREST(c.Discord.Token.Reveal(), world.discord, log, bot.WithVersion(version()))
	b := &bot.Bot{
		REST: rest, Values: db, Book: book, History: history{db, c.Timezone}, GuildIDs: c.Discord.GuildIDs,
		Operators:    bot.Operators{Roles: c.Discord.Operators.Roles, Users: c.Discord.Operators.Users},
		AlertChannel: c.Alerts.ChannelID, Log: log,
	}
	gateway := &bot.Gateway{
		Token: c.Discord.Token.Reveal(), HTTP: world.discord, Proxy: proxy, Values: db, Log: log,
		OnInteraction: b.Interact, OnReady: b.Ready, OnGuild: b.Joined,
	}
	delivery := &bot.Delivery{Box: db, Send: rest, Log: log}
	watch := &schedule.Watch{Book: book, Store: db, Words: words, Zone: c.Timezone, Every: c.PollInterval, Log: log}
	reports := &schedule.Reporter{Book: book, Store: db, Words: words, Reports: c.Reports, Log: log, Now: world.clock}

	log.Info("mokabot starts", "version", version(), "accounts", len(book.All()), "reports", len(c.Reports))
	warnOfUnserved(c, log)
	if err := db.Revive(ctx); err != nil { // what was refused before may be allowed now
		return err
	}
	return together(ctx,
		func(ctx context.Context) error { return said(words, gateway.Run(ctx)) },
		func(ctx context.Context) error { return said(words, delivery.Run(ctx)) },
		func(ctx context.Context) error { warnOfChannels(ctx, words, rest, channels(c), log); return nil },
		watch.Run,
		reports.Run,
	)
}

// together runs the parts side by side. When one ends with an error, the
// others are told to end too; all are waited for.
func together(ctx context.Context, parts ...func(context.Context) error) error {
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

// said puts a refused bot token into words; other failures speak for themselves.
func said(w *lang.Words, err error) error {
	var fatal *bot.FatalError
	refused := errors.As(err, &fatal) && (fatal.Code == 4004 || fatal.Code == http.StatusUnauthorized)
	if refused || bot.KindOf(err) == bot.KindUnauthorized {
		return errors.New(w.Failure.DiscordToken)
	}
	return err
}

// warnOfUnserved names the keys that are configured and that this version does
// not act on yet.
func warnOfUnserved(c *config.Config, log *slog.Logger) {
	for _, key := range []struct {
		name string
		set  bool
	}{
		{"model_watch", c.ModelWatch.Cron != ""}, {"listen", c.Listen != ""}, {"welcome", c.Welcome},
	} {
		if key.set {
			log.Warn("this version does not act on a key of the configuration yet", "key", key.name)
		}
	}
}

// warnOfChannels says at the start which channels the bot cannot post in.
func warnOfChannels(ctx context.Context, w *lang.Words, rest *bot.REST, ids []string, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, id := range ids {
		if f := channelFinding(ctx, w, rest, id); !f.OK && ctx.Err() == nil {
			log.Error(f.Text, "channel", id)
		}
	}
}

// channels are all that the configuration names, each once.
func channels(c *config.Config) []string {
	ids := []string{c.Alerts.ChannelID, c.ModelWatch.ChannelID}
	for _, a := range c.Accounts {
		ids = append(ids, a.Alerts.ChannelID)
	}
	for _, r := range c.Reports {
		ids = append(ids, r.ChannelID)
	}
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
}

// proxyOf chooses the proxy for Discord: the configured one, else what the
// environment says.
func proxyOf(configured string) (func(*http.Request) (*url.URL, error), error) {
	if configured == "" {
		return http.ProxyFromEnvironment, nil
	}
	u, err := url.Parse(configured)
	if err != nil {
		return nil, errors.New("discord.proxy is not a URL") // without the text: it may hold a password
	}
	return http.ProxyURL(u), nil
}

func newLog(w io.Writer, c config.Log) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.Level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// quiet is for commands whose answer says everything.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func join(items []string) string { return strings.Join(items, ", ") }

// history answers from the store what the reader's day has cost so far.
type history struct {
	db   *store.DB
	zone *time.Location
}

// Today implements bot.History.
func (h history) Today(ctx context.Context, name string) moka.Maybe {
	now := time.Now()
	total, err := h.db.Spent(ctx, name, spend.Day(now, h.zone).From, now)
	if err != nil || total.First.IsZero() {
		return moka.Maybe{}
	}
	return moka.Known(total.Spent)
}
