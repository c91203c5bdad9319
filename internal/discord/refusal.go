package discord

import "errors"

// remedy is what helps when Discord refuses a message.
type remedy int

const (
	remedyUnknown remedy = iota // nobody knows: not a documented code
	remedyTime                  // the same request later
	remedyHuman                 // somebody has to change permissions, the channel or the configuration
	remedyPayload               // another form of the message
	remedyFile                  // the message without its attachment
)

// archivedThread is the code that refuses edits; a post opens the thread again.
// https://docs.discord.com/developers/topics/threads#active--archived-threads
const archivedThread = 50083

// remedies are the documented codes that a message of ours can meet, as a JSON
// error code of Discord's. Those about invites, webhooks, stickers, polls and the
// like are left out: they are not about messages, and count as undocumented.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes
var remedies = map[int]remedy{
	// It passes.
	0:      remedyTime, // "General error", such as "404: Not Found" from an edge that is being deployed
	20016:  remedyTime, // slow mode
	20022:  remedyTime, // an edit rate limit of announcements
	20028:  remedyTime, // the channel's write rate limit
	20029:  remedyTime, // the server's write rate limit
	30046:  remedyTime, // too many edits of messages older than an hour
	40003:  remedyTime, // direct messages are opened too fast
	40004:  remedyTime, // sending is switched off for the moment
	40006:  remedyTime, // this feature is switched off for the moment
	40062:  remedyTime, // the service is being rate limited
	40333:  remedyTime, // Cloudflare blocks the request
	110000: remedyTime, // an index is not available yet
	110001: remedyTime, // the application is not available yet
	130000: remedyTime, // the API is overloaded

	// Somebody has to see to it.
	10001:  remedyHuman, // unknown account
	10002:  remedyHuman, // unknown application
	10003:  remedyHuman, // unknown channel
	10004:  remedyHuman, // unknown guild
	10007:  remedyHuman, // unknown member
	10013:  remedyHuman, // unknown user
	20001:  remedyHuman, // not for bots
	20012:  remedyHuman, // not authorized for this application
	20018:  remedyHuman, // only the owner may do this
	20024:  remedyHuman, // under minimum age
	40001:  remedyHuman, // unauthorized
	40002:  remedyHuman, // the account has to be verified
	40007:  remedyHuman, // banned from the guild
	40012:  remedyHuman, // the connection was revoked
	40058:  remedyHuman, // a forum takes no messages
	40067:  remedyHuman, // a forum post needs a tag
	50001:  remedyHuman, // missing access
	50002:  remedyHuman, // invalid account type
	50003:  remedyHuman, // not in a direct message
	50007:  remedyHuman, // this user takes no messages
	50008:  remedyHuman, // not a text channel
	50009:  remedyHuman, // the channel's verification level is too high
	50010:  remedyHuman, // the application has no bot
	50013:  remedyHuman, // missing permissions
	50014:  remedyHuman, // invalid token
	50024:  remedyHuman, // not in this type of channel
	50026:  remedyHuman, // a missing scope
	50033:  remedyHuman, // invalid recipient
	50055:  remedyHuman, // invalid guild
	50083:  remedyHuman, // the thread is archived
	50095:  remedyHuman, // the server is not available at this location
	50178:  remedyHuman, // the account has to be verified first
	50278:  remedyHuman, // no server in common with this user
	60003:  remedyHuman, // two-factor authentication is required
	160005: remedyHuman, // the thread is locked
	160006: remedyHuman, // too many active threads
	160007: remedyHuman, // too many active announcement threads

	// This message, in this form, never.
	10011:  remedyPayload, // unknown role
	10014:  remedyPayload, // unknown emoji
	20009:  remedyPayload, // explicit content
	50006:  remedyPayload, // an empty message
	50028:  remedyPayload, // invalid role
	50035:  remedyPayload, // an invalid form body
	50068:  remedyPayload, // an invalid type of message
	50109:  remedyPayload, // invalid JSON
	50151:  remedyPayload, // invalid emoji
	200000: remedyPayload, // blocked by AutoMod
	200001: remedyPayload, // its title blocked by AutoMod
	240000: remedyPayload, // blocked by the filter for harmful links
	30015:  remedyFile,    // too many attachments
	40005:  remedyFile,    // the request is too large
	50045:  remedyFile,    // the file is too large
	50046:  remedyFile,    // the file is invalid
	50110:  remedyFile,    // the file is invalid
	50123:  remedyFile,    // its type is invalid
	50138:  remedyFile,    // it cannot be made smaller
	50146:  remedyFile,    // it was not found
	400001: remedyFile,    // uploads are limited for this server
}

// remedyOf decides what helps against a failed attempt at a message.
func remedyOf(err error) remedy {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return remedyTime // the outbox itself, a cancelled context
	}
	switch {
	case e.Status == 0 && e.Kind == KindPermanent: // the message cannot be composed
		if e.Err != nil {
			return remedyHuman
		}
		return remedyPayload
	case e.Kind == KindTransient, e.Kind == KindRateLimited, e.Kind == KindUnauthorized, e.Status >= 500:
		return remedyTime
	}
	return remedies[e.Code]
}

// codeOf is Discord's error code, 0 for none.
func codeOf(err error) int {
	e, _ := errors.AsType[*Error](err)
	if e == nil {
		return 0
	}
	return e.Code
}

// certainlyRefused reports whether the attempt created no message for certain:
// Discord itself said so, or was never reached.
func certainlyRefused(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !e.Reached
}
