package discord

import (
	"errors"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Why a connection ended.
var (
	errUnreachable    = errors.New("the gateway cannot be reached")
	errNoHello        = errors.New("the gateway did not greet")
	errBadHello       = errors.New("the gateway's greeting cannot be used")
	errNoReady        = errors.New("the gateway greeted and then did not answer")
	errReconnect      = errors.New("discord asked to reconnect")
	errInvalidSession = errors.New("discord does not know the session any more")
	errSecondIdentify = errors.New("a second IDENTIFY on one connection was held back")
	errNoAck          = errors.New("heartbeats are not answered")
	errDropped        = errors.New("the connection was cut")
	errStuck          = errors.New("the discord library does not let go of the connection")
)

// closedError is a close frame from Discord.
type closedError struct {
	Code int
	Text string
}

// Close codes that matter here. https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
const (
	closeAuthenticationFailed = 4004
	closeInvalidSequence      = 4007
	closeSessionTimedOut      = 4009
	closeInvalidShard         = 4010
	closeShardingRequired     = 4011
	closeInvalidVersion       = 4012
	closeInvalidIntents       = 4013
	closeDisallowedIntents    = 4014
)

// fatalError turns an end that no new attempt can cure into a sentence.
func fatalError(err error) *FatalError {
	if rest, ok := errors.AsType[*discordgo.RESTError](err); ok && rest.Response != nil && rest.Response.StatusCode == 401 && rest.Message != nil {
		return &FatalError{Code: 401, Reason: "the bot token is not valid; copy it again from the Bot page of the Discord developer portal"}
	}
	closed, ok := errors.AsType[*closedError](err)
	if !ok {
		return nil
	}
	reasons := map[int]string{
		closeAuthenticationFailed: "the bot token is not valid; copy it again from the Bot page of the Discord developer portal",
		closeInvalidShard:         "the shard number is not valid; this bot uses none, so something stands between it and Discord",
		closeShardingRequired:     "the bot is in so many servers that Discord demands sharding, which it does not do",
		closeInvalidVersion:       "Discord no longer speaks this version of its gateway; install a newer mokabot",
		closeInvalidIntents:       "Discord does not know the intents asked for; install a newer mokabot",
		closeDisallowedIntents:    "Discord does not allow the intents asked for; check the Bot page of the developer portal",
	}
	if reason, ok := reasons[closed.Code]; ok {
		return &FatalError{Code: closed.Code, Reason: reason}
	}
	return nil
}

// resumable reports whether Discord may still know the session.
func resumable(err error) bool {
	if errors.Is(err, errInvalidSession) || errors.Is(err, errSecondIdentify) || errors.Is(err, errStuck) {
		return false
	}
	if closed, ok := errors.AsType[*closedError](err); ok {
		return closed.Code != closeInvalidSequence && closed.Code != closeSessionTimedOut && fatalError(err) == nil
	}
	return true
}

// unspoken reports whether an attempt ended before anything could be said.
func unspoken(err error) bool {
	return errors.Is(err, errUnreachable) || errors.Is(err, errNoHello) || errors.Is(err, errBadHello)
}

// failures spaces new sessions out.
type failures struct {
	count    int
	unspoken bool      // the last attempt sent no IDENTIFY
	from     time.Time // when the pause began
}

// add notes the end of a session. One that lived for a while begins the count
// anew. When the last attempt at a connection failed (tried, else zero), what
// it took is a part of the pause after it.
func (f *failures) add(tried, begun time.Time, unspoken bool) {
	const good = time.Minute
	if !begun.IsZero() && time.Since(begun) >= good {
		f.count = 0
	}
	f.count++
	f.unspoken, f.from = unspoken, tried
	if tried.IsZero() {
		f.from = time.Now()
	}
}

// next is when the next session may be tried.
func (f *failures) next(t Timing) time.Time { return f.from.Add(f.wait(t)) }

// wait is the pause before the next session. While the server cannot be
// reached it is short, because that costs no IDENTIFY; else it stays within
// the spacing for a few times, as Discord advises after INVALID SESSION, and
// then grows to forty seconds, so that commands are answered again within
// three quarters of a minute of the end of any trouble. What that costs in the
// long run is for the budget to bound.
func (f *failures) wait(t Timing) time.Duration {
	const mostShift = 10
	if f.count == 0 {
		return 0
	}
	if f.unspoken {
		const quick, slow, patience = 6, 30, 30
		most := quick * t.Retry
		if f.count > patience {
			most = slow * t.Retry
		}
		return jitter(min(t.Retry<<min(f.count, mostShift), most))
	}
	const calm, longest = 4, 8
	return jitter(min(t.Spacing<<min(max(f.count-calm, 0), mostShift), longest*t.Spacing))
}
