package discord

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"
)

// Why a connection ended.
var (
	errUnreachable        = errors.New("the gateway cannot be reached")
	errNoHello            = errors.New("the gateway did not send HELLO")
	errBadHello           = errors.New("the gateway's HELLO cannot be used")
	errNoReady            = errors.New("the gateway sent HELLO and then did not answer")
	errReconnect          = errors.New("discord asked to reconnect")
	errInvalidSession     = errors.New("discord no longer knows the session")
	errSessionInterrupted = errors.New("discord interrupted the session")
	errNoAck              = errors.New("heartbeats are not answered")
	errDropped            = errors.New("the connection was cut")
)

// closedError is a close frame from Discord.
type closedError struct {
	Code int
	Text string
}

// Error gives the code and Discord's word for it.
func (e *closedError) Error() string {
	return fmt.Sprintf("discord closed the connection: %d %s", e.Code, e.Text)
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
	const badToken = "the bot token is not valid; copy it again from the Bot page of the Discord developer portal"
	if KindOf(err) == KindUnauthorized {
		return &FatalError{Code: 401, Reason: badToken}
	}
	closed, ok := errors.AsType[*closedError](err)
	if !ok {
		return nil
	}
	reasons := map[int]string{
		closeAuthenticationFailed: badToken,
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

// sessionOver reports whether the session ended with the connection: Discord
// says so, or did not answer a RESUME. A token that a RESUME was refused with may
// be another than the session's, so a new session decides about it.
func sessionOver(c *connection, err error) bool {
	if errors.Is(err, errInvalidSession) || c.resume && errors.Is(err, errNoReady) {
		return true
	}
	closed, ok := errors.AsType[*closedError](err)
	if !ok {
		return false
	}
	return closed.Code == closeInvalidSequence || closed.Code == closeSessionTimedOut ||
		closed.Code == closeAuthenticationFailed && c.resume && c.readyAt.IsZero()
}

// withoutEOF leaves out what says no more than that the connection was cut.
func withoutEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// pace spaces connections out.
type pace struct {
	timing   Timing
	next     time.Time // when the next connection may be tried
	resumes  int       // tried in a row, without lasting success
	refused  int       // of them answered, but not with RESUMED
	sessions failures
}

// lasting is for how long a connection must have been good for the counts to
// begin anew.
const lasting = time.Minute

// maxRefused RESUMEs in a row that are answered otherwise end a session.
const maxRefused = 3

// add notes how a connection ended, and reports whether the session is over,
// as it is when there was none.
func (p *pace) add(c *connection, over bool) bool {
	if !c.readyAt.IsZero() {
		p.refused = 0
		if time.Since(c.readyAt) >= lasting {
			p.resumes, p.sessions.count = 0, 0
		}
	} else if c.resume && c.spoke {
		p.refused++
	}
	if over = over || !c.resume && c.readyAt.IsZero() || p.refused >= maxRefused; over {
		p.resumes, p.refused = 0, 0
		p.sessions.add(c)
		p.next = p.sessions.from.Add(p.sessions.wait(p.timing))
		return true
	}
	p.next = time.Now().Add(resumeWait(p.resumes, p.timing))
	p.resumes++
	return false
}

// resumeWait is the pause before a RESUME after n others. It is short, because a
// RESUME costs nothing and Discord keeps a session for a few minutes only.
func resumeWait(n int, t Timing) time.Duration {
	const maxShift = 2
	if n == 0 {
		return rand.N(t.Retry/4 + 1)
	}
	return jitter(t.Retry << min(n-1, maxShift))
}

// failures spaces new sessions out.
type failures struct {
	count    int
	unspoken bool      // the last attempt sent no IDENTIFY
	from     time.Time // when the pause began
}

// add notes a session that ended or did not begin. What an attempt took that
// failed is a part of the pause after it.
func (f *failures) add(c *connection) {
	f.unspoken, f.from = !c.spoke, c.began
	if !c.readyAt.IsZero() {
		f.from = time.Now()
	}
	f.count++
}

// wait is the pause before the next session. While the server cannot be
// reached it is short, because that costs no IDENTIFY; else it stays within
// the spacing for a few times, as Discord advises after INVALID SESSION, and
// then grows to forty seconds, so that commands are answered again within
// three quarters of a minute of the end of any trouble. What that costs in the
// long run is for the budget to bound.
func (f *failures) wait(t Timing) time.Duration {
	const maxShift = 10
	if f.count == 0 {
		return 0
	}
	if f.unspoken {
		const quick, slow, patience = 6, 30, 30
		limit := quick * t.Retry
		if f.count > patience {
			limit = slow * t.Retry
		}
		return jitter(min(t.Retry<<min(f.count, maxShift), limit))
	}
	const calm, maxStep = 4, 8
	return jitter(min(t.Spacing<<min(max(f.count-calm, 0), maxShift), maxStep*t.Spacing))
}
