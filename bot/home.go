package bot

import (
	"context"
	"sync"
)

// home remembers which server the alerts' channel is in.
type home struct {
	mu             sync.Mutex
	channel, guild string
}

// homes are the servers whose managers may change things: those that the
// configuration names, else the one with the alerts' channel. Anybody may
// invite a public bot to a server of their own, and manages that. It is empty
// when there is no telling, and then every server counts: who has to act while
// Discord is in trouble must not be held up by a question about them.
func (b *Bot) homes(ctx context.Context) []string {
	channel := b.setup().AlertChannel
	if len(b.GuildIDs) > 0 || channel == "" {
		return b.GuildIDs
	}
	guild, known := b.home.of(channel)
	if !known {
		var err error
		if guild, err = b.REST.ChannelGuild(ctx, channel); err != nil {
			b.Log.Warn("the alerts' server could not be read", "err", err)
			return nil
		}
		b.home.set(channel, guild)
	}
	if guild == "" { // alarms go to a direct message
		return nil
	}
	return []string{guild}
}

func (h *home) of(channel string) (guild string, known bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.guild, h.channel == channel
}

func (h *home) set(channel, guild string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.channel, h.guild = channel, guild
}
