package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
)

// onReady takes over a session that begins.
func (g *Gateway) onReady(s Session, r Ready) {
	g.mu.Lock()
	g.state.Sessions++
	g.guilds = setOf(r.GuildIDs)
	g.mu.Unlock()
	g.setSession(func(k *kept) { *k = kept{Session: s, ready: r, reported: true} })
	g.Log.Info("discord session ready", "user", r.Name, "guilds", len(r.GuildIDs))
	g.callOnReady(r)
}

// onResumed continues a session, the first time maybe that of an earlier process.
func (g *Gateway) onResumed() {
	g.mu.Lock()
	g.state.Resumes++
	reported, r := g.session.reported, g.session.ready
	g.session.reported = true
	g.mu.Unlock()
	g.Log.Info("discord session resumed")
	if !reported {
		g.callOnReady(r)
	}
}

func (g *Gateway) callOnReady(r Ready) {
	if g.OnReady != nil {
		r.GuildIDs = slices.Clone(r.GuildIDs)
		g.spawn("ready", func(ctx context.Context) { g.OnReady(ctx, r) })
	}
}

// advance notes the sequence number of an event, also of one that means nothing
// to us. Discord's first is 1.
func (g *Gateway) advance(seq int64) {
	if seq <= 0 {
		return
	}
	g.setSession(func(k *kept) { k.Seq = seq })
}

// onEvent passes an event to its handler and returns at once.
func (g *Gateway) onEvent(kind string, data json.RawMessage) {
	g.recovered("event "+kind, func(context.Context) {
		switch kind {
		case "INTERACTION_CREATE":
			var i *discordgo.Interaction
			if decode(g, kind, data, &i) {
				g.onInteraction(i)
			}
		case "GUILD_CREATE":
			g.onAccess()
			var guild unavailableGuild
			if decode(g, kind, data, &guild) {
				g.onGuild(guild)
			}
		case "GUILD_DELETE":
			var guild unavailableGuild
			if decode(g, kind, data, &guild) {
				g.lostGuild(guild)
			}
		// Discord sends the bot's own GUILD_MEMBER_UPDATE without an intent, too.
		case "GUILD_UPDATE", "CHANNEL_CREATE", "CHANNEL_UPDATE", "THREAD_CREATE", "THREAD_UPDATE",
			"GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE", "GUILD_MEMBER_UPDATE":
			g.onAccess()
		}
	})
}

// unavailableGuild is as much of a guild as we need.
// https://docs.discord.com/developers/resources/guild#unavailable-guild-object
type unavailableGuild struct {
	ID          string `json:"id"`
	Unavailable bool   `json:"unavailable"`
}

// decode reads an event's data, and says so in the log when that fails.
func decode[T any](g *Gateway, kind string, data json.RawMessage, out *T) bool {
	err := json.Unmarshal(data, out)
	if err != nil {
		g.Log.Warn("a discord event cannot be read", "event", clip(oneLine(kind), maxErrorText), "err", redact(err.Error(), g.Token))
	}
	return err == nil
}

// onGuild is called for every guild after READY as well; only one that READY
// did not name has been joined.
func (g *Gateway) onGuild(guild unavailableGuild) {
	g.mu.Lock()
	joined := g.guilds != nil && !g.guilds[guild.ID] && guild.ID != ""
	if joined {
		g.guilds[guild.ID] = true
	}
	g.mu.Unlock()
	if joined && g.OnGuild != nil {
		g.spawn("guild", func(ctx context.Context) { g.OnGuild(ctx, guild.ID) })
	}
}

// lostGuild forgets a guild the bot was removed from, but not one that is only
// unavailable.
func (g *Gateway) lostGuild(guild unavailableGuild) {
	if guild.Unavailable {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.guilds, guild.ID)
}

// onAccess reports that permissions may have changed.
func (g *Gateway) onAccess() {
	if g.OnAccess != nil {
		g.spawn("access", g.OnAccess)
	}
}

// onInteraction passes each interaction on once, also one that comes late, after a
// RESUME: its token is valid for 15 minutes.
func (g *Gateway) onInteraction(i *discordgo.Interaction) {
	if i == nil || i.ID == "" || g.OnInteraction == nil || !g.handled.first(i.ID) {
		return
	}
	release := func() {}
	if g.Hold != nil {
		release = g.Hold()
	}
	g.spawn("interaction", func(ctx context.Context) {
		defer release()
		g.OnInteraction(ctx, i)
	})
}

func setOf(ids []string) map[string]bool {
	set := map[string]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// spawn runs a callback in a goroutine of its own.
func (g *Gateway) spawn(what string, f func(context.Context)) {
	g.handlers.Go(func() { g.recovered(what, f) })
}

// recovered runs f so that a panic in it ends neither the process nor the
// session.
func (g *Gateway) recovered(what string, f func(context.Context)) {
	defer func() {
		if p := recover(); p != nil {
			g.Log.Error("panic in a discord callback", "callback", what,
				"panic", redact(fmt.Sprint(p), g.Token), "stack", redact(string(debug.Stack()), g.Token))
		}
	}()
	f(g.work)
}

// drain waits for the callbacks, and cancels them when they take too long since
// the end began.
func (g *Gateway) drain(began time.Time, cancel context.CancelFunc) {
	const lastWords = 1500 * time.Millisecond // for an answer that says that it was cancelled
	done := make(chan struct{})
	go func() { g.handlers.Wait(); close(done) }()
	for _, wait := range []time.Duration{g.Timing.Drain, g.Timing.Drain + lastWords} {
		select {
		case <-done:
			return
		case <-time.After(time.Until(began.Add(wait))):
			cancel()
		}
	}
	g.Log.Error("discord callbacks did not end in time")
}

// recent remembers the last interactions, because Discord replays events
// after a RESUME that may have been handled already.
type recent struct {
	mu   sync.Mutex
	ring [512]string
	next int
	seen map[string]bool
}

// first reports whether the id is new, and remembers it.
func (r *recent) first(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	if r.seen[id] {
		return false
	}
	delete(r.seen, r.ring[r.next])
	r.ring[r.next] = id
	r.next = (r.next + 1) % len(r.ring)
	r.seen[id] = true
	return true
}
