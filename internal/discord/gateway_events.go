package discord

import (
	"context"
	"time"

	"github.com/bwmarrin/discordgo"
)

func (g *Gateway) sawReady(r *discordgo.Ready) {
	ready := Ready{}
	if r.User != nil {
		ready.UserID, ready.Name = r.User.ID, r.User.Username
	}
	if r.Application != nil {
		ready.ApplicationID = r.Application.ID
	}
	known := map[string]bool{}
	for _, guild := range r.Guilds {
		if guild == nil {
			continue
		}
		known[guild.ID] = true
		ready.GuildIDs = append(ready.GuildIDs, guild.ID)
	}
	g.mu.Lock()
	g.guilds = known
	g.state.Sessions++
	g.mu.Unlock()
	g.Log.Info("discord session ready", "user", ready.Name, "guilds", len(ready.GuildIDs))
	if g.OnReady != nil {
		g.spawn("ready", func(ctx context.Context) { g.OnReady(ctx, ready) })
	}
}

func (g *Gateway) sawResumed() {
	g.mu.Lock()
	g.state.Resumes++
	g.mu.Unlock()
	g.Log.Info("discord session resumed")
}

// sawGuild is called for every guild after READY as well; only one that READY
// did not name has been joined.
func (g *Gateway) sawGuild(guild *discordgo.Guild) {
	if guild == nil {
		return
	}
	g.sawAccess()
	g.mu.Lock()
	joined := g.guilds != nil && !g.guilds[guild.ID]
	if joined {
		g.guilds[guild.ID] = true
	}
	g.mu.Unlock()
	if joined && g.OnGuild != nil {
		id := guild.ID
		g.spawn("guild", func(ctx context.Context) { g.OnGuild(ctx, id) })
	}
}

// sawAccess hands on that permissions may have changed.
func (g *Gateway) sawAccess() {
	if g.OnAccess != nil {
		g.spawn("access", g.OnAccess)
	}
}

// lostGuild forgets a guild the bot was removed from, but not one that is only
// unavailable.
func (g *Gateway) lostGuild(guild *discordgo.Guild) {
	if guild == nil || guild.Unavailable {
		return
	}
	g.mu.Lock()
	delete(g.guilds, guild.ID)
	g.mu.Unlock()
}

// sawInteraction hands each interaction on once. One that comes late, after a
// resume, is handed on too: its token lives for 15 minutes.
func (g *Gateway) sawInteraction(i *discordgo.Interaction) {
	if i == nil || i.ID == "" || g.OnInteraction == nil || !g.handled.first(i.ID) {
		return
	}
	g.spawn("interaction", func(ctx context.Context) { g.OnInteraction(ctx, i) })
}

func (g *Gateway) notePulse(ackAt time.Time, latency time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state.LastAck, g.state.Latency = ackAt, latency
}
