package bot

import (
	"context"
	"sync"
	"time"
)

// homeRetry is the time before a failed look-up of the home server is repeated.
const homeRetry = 10 * time.Second

// homeCache remembers which server the alerts' channel is in. A channel never
// moves to another server.
type homeCache struct {
	mu             sync.Mutex
	channel, guild string
	failed         string    // the channel that could not be read
	failedAt       time.Time // when that was
}

// homeServers are the servers whose members get answers: those of discord.guild_ids, else
// the one with the alerts' channel. Anybody may invite a public bot to a server of their
// own, so no other server counts, and none does while the home server is unknown.
func (b *Bot) homeServers(ctx context.Context) homeServers {
	channel := b.setup().AlertChannel
	switch {
	case len(b.GuildIDs) > 0:
		return homeServers{Known: true, Guilds: b.GuildIDs}
	case channel == "":
		return homeServers{}
	}
	guild, known, wait := b.home.of(channel, b.now())
	if !known && !wait {
		var err error
		if guild, err = b.REST.ChannelGuild(ctx, channel); err != nil {
			b.Log.Warn("the alerts' server could not be read", "err", err)
			b.home.fail(channel, b.now())
			return homeServers{}
		}
		b.home.set(channel, guild)
		known = true
	}
	home := homeServers{Known: known}
	if guild != "" {
		home.Guilds = []string{guild}
	}
	return home
}

// of is the channel's server, if it is known, and whether to wait before asking Discord
// again.
func (h *homeCache) of(channel string, now time.Time) (guild string, known, wait bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.channel == channel {
		return h.guild, true, false
	}
	since := now.Sub(h.failedAt)
	return "", false, h.failed == channel && since >= 0 && since < homeRetry
}

func (h *homeCache) set(channel, guild string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.channel, h.guild = channel, guild
}

func (h *homeCache) fail(channel string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed, h.failedAt = channel, now
}
