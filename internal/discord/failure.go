package discord

import (
	"errors"
	"strconv"

	"mokabot/internal/lang"
)

// needed are the permissions that the invite link asks for: see the channel,
// post, embed, attach, and read the history to keep a post from being repeated.
const needed = PermissionView | PermissionSend | PermissionEmbed | PermissionAttach | PermissionHistory

// InviteLink is where the owner of a server lets the bot in, with exactly the
// permissions that it needs.
// https://docs.discord.com/developers/topics/oauth2#bot-authorization-flow
func InviteLink(applicationID string) string {
	return "https://discord.com/oauth2/authorize?client_id=" + applicationID +
		"&scope=bot+applications.commands&permissions=" + strconv.FormatUint(uint64(needed), 10)
}

// Failure is a failed request to Discord as a sentence for people.
func Failure(w *lang.Words, err error) string {
	if KindOf(err) == KindUnauthorized {
		return w.Failure.DiscordToken
	}
	return w.Failure.DiscordDown
}

// ChannelFailure says what is wrong with a channel.
func ChannelFailure(w *lang.Words, id string, err error) string {
	switch {
	case errors.Is(err, ErrUnknownChannel):
		return w.Failure.NoChannel(id)
	case errors.Is(err, ErrNotText):
		return w.Failure.NotText(id)
	case errors.Is(err, ErrNoAccess):
		return w.Failure.NoAccess(id)
	}
	return Failure(w, err)
}
