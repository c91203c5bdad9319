package discord

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strconv"

	"mokabot/internal/lang"
	"mokabot/moka"
)

// needed are the permissions that the invite link asks for: see the channel,
// post, embed, attach, and read the history to keep a post from being repeated.
const needed = PermissionView | PermissionSend | PermissionEmbed | PermissionAttach | PermissionHistory

// InviteLink is where the owner of a server lets the bot in, with exactly the
// permissions that it needs; some kinds of channel need more, see
// [Access].
// https://docs.discord.com/developers/topics/oauth2#bot-authorization-flow
func InviteLink(applicationID string, extra ...Permission) string {
	wanted := needed
	for _, p := range extra {
		wanted |= p
	}
	return "https://discord.com/oauth2/authorize?client_id=" + applicationID +
		"&scope=bot+applications.commands&permissions=" + strconv.FormatUint(uint64(wanted), 10)
}

// Failure is a failed request to Discord as a sentence for people.
func Failure(w *lang.Words, err error) string {
	if KindOf(err) == KindUnauthorized {
		return w.Failure.DiscordToken
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return w.Failure.DiscordTLS
	}
	if e, ok := errors.AsType[*Error](err); ok && (e.Status == http.StatusProxyAuthRequired || e.Err != nil && moka.AtProxy(e.Err)) {
		return w.Failure.DiscordProxy
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

// Refusal says why Discord refuses messages, by its error code, and what helps.
func Refusal(w *lang.Words, code int) string {
	switch code {
	case codeMissingAccess, 10004, 40007:
		return w.Delivery.NoAccess
	case codeMissingPermissions:
		return w.Delivery.NoSend
	case codeUnknownChannel:
		return w.Delivery.NoChannel
	case 50083, 160005:
		return w.Delivery.Closed
	case 50008, 50024, 40058, 40067:
		return w.Delivery.WrongKind
	case 200000, 200001, 240000:
		return w.Delivery.Blocked
	}
	if r := remedies[code]; code != 0 && (r == remedyPayload || r == remedyFile) {
		return w.Delivery.Form
	}
	return w.Delivery.Other
}
