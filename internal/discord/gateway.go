// Package discord is the program's connection to Discord: it keeps the gateway
// session alive, sends REST requests within Discord's limits, turns messages
// into payloads, works out channel permissions and delivers the outbox.
package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Ready is what Discord tells when a session begins.
type Ready struct {
	ApplicationID string
	UserID        string
	Name          string
	GuildIDs      []string
}

// Timing holds the watchdog's times. Zero values mean the defaults.
type Timing struct {
	Hello   time.Duration // from dialling to HELLO; 10 s
	Ready   time.Duration // from dialling to READY or RESUMED; 15 s
	Spacing time.Duration // between two IDENTIFYs; 5 s, Discord's least
	Retry   time.Duration // before the second connection attempt; doubles; 1 s
	MostAge float64       // heartbeat intervals without an ACK; 1.5
	Drain   time.Duration // for handlers at the end; 6 s, so that all of the end takes less than 10
}

func (t *Timing) fill() {
	orDefault(&t.Hello, 10*time.Second)
	orDefault(&t.Ready, 15*time.Second)
	orDefault(&t.Spacing, 5*time.Second)
	orDefault(&t.Retry, time.Second)
	orDefault(&t.MostAge, 1.5)
	orDefault(&t.Drain, 6*time.Second)
}

func orDefault[T time.Duration | float64](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// Gateway keeps one websocket session with Discord alive. discordgo's own
// reconnecting can deadlock, flood IDENTIFY (which makes Discord reset the
// token) and never gives up on a refused token; so the supervisor here owns
// the connection, judges it by READY, RESUMED and heartbeat ACKs, resumes it
// once when it drops and otherwise throws the whole session away.
//
// Fill in the fields, then call [Gateway.Run] once.
type Gateway struct {
	Token string       // without the word "Bot"
	HTTP  *http.Client // asks where the gateway is; nil for the default
	// Proxy chooses the proxy of the websocket as in [http.Transport]; nil for
	// none. http, https and socks5 proxies work, with a password in the URL.
	Proxy  func(*http.Request) (*url.URL, error)
	Values Values // keeps the IDENTIFY budget; nil for memory only
	Log    *slog.Logger
	Timing Timing

	// The callbacks run in goroutines of their own, are recovered from panics
	// and waited for at the end. Any of them may be nil.
	OnInteraction func(context.Context, *discordgo.Interaction)
	OnReady       func(context.Context, Ready)
	OnGuild       func(ctx context.Context, guildID string) // the bot was added to a guild
	OnAccess      func(context.Context)                     // what the bot may do somewhere may have changed

	// OnIdentify is called before an IDENTIFY is sent, for metrics, and must
	// return at once; nil for none.
	OnIdentify func()

	budget   budget
	handled  recent
	handlers sync.WaitGroup
	work     context.Context // of the handlers; outlives Run's by Timing.Drain

	mu     sync.Mutex
	state  State
	guilds map[string]bool
}

// State is the gateway's health.
type State struct {
	Connected  bool          // READY or RESUMED, and heartbeats are answered
	Since      time.Time     // of Connected's last change
	LastAck    time.Time     // last heartbeat answer
	Latency    time.Duration // between that heartbeat and its answer
	Identifies int           // within the last 24 hours
	Resumes    int           // since the start
	Sessions   int           // begun since the start
	LastError  string        // why the last connection ended; empty at first
}

// State gives the present health.
func (g *Gateway) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.state
	s.Identifies = g.budget.used(g.budget.now())
	return s
}

// FatalError ends [Gateway.Run]: trying again cannot help.
type FatalError struct {
	Code   int    // the close code, or 401
	Reason string // one sentence that says what to do
}

// Error is the sentence.
func (e *FatalError) Error() string {
	return fmt.Sprintf("discord closed the connection for good (%d): %s", e.Code, e.Reason)
}

// Run connects and stays connected until ctx ends (then it returns nil) or
// Discord refuses for good (then a [*FatalError]). It returns after the
// callbacks under way have finished, or after Timing.Drain.
func (g *Gateway) Run(ctx context.Context) error {
	g.Timing.fill()
	routeLibraryLog(g.Log, g.Token)
	g.budget.load(ctx, g.Values, g.Log, time.Now())
	var cancel context.CancelFunc
	g.work, cancel = context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	told := make(chan time.Time, 1) // to end
	defer context.AfterFunc(ctx, func() { told <- time.Now() })()
	err := g.supervise(ctx)
	began := time.Now()
	select {
	case began = <-told: // letting go of the connection took some of the time already
	default:
	}
	g.drain(began, cancel)
	return err
}

func (g *Gateway) supervise(ctx context.Context) error {
	var fails failures
	for {
		if err := pause(ctx, time.Until(fails.next(g.Timing))); err != nil {
			return nil
		}
		if err := g.budget.await(ctx, g.Timing.Spacing, g.Log); err != nil {
			return nil
		}
		s := newSession(g)
		begun, err := g.live(ctx, s)
		s.end(ctx.Err() != nil)
		g.note(false, err)
		if ctx.Err() != nil {
			return nil
		}
		if fatal := fatalError(err); fatal != nil {
			return fatal
		}
		fails.add(s.tried, begun, unspoken(err))
		g.Log.Warn("discord session ended", "err", redact(err.Error(), g.Token), "failures", fails.count)
	}
}

// live runs one session from IDENTIFY through all its resumptions. begun is
// when it became ready, zero if never.
func (g *Gateway) live(ctx context.Context, s *session) (begun time.Time, err error) {
	if err := s.open(ctx, false); err != nil {
		return begun, err
	}
	begun = time.Now()
	for {
		g.note(true, nil)
		err := s.watch(ctx)
		g.note(false, err)
		if ctx.Err() != nil || !resumable(err) {
			return begun, err
		}
		g.Log.Info("discord connection lost, resuming", "err", redact(err.Error(), g.Token))
		if err := g.resume(ctx, s); err != nil {
			return begun, err
		}
	}
}

// resume continues the session, so that Discord replays what was missed. Only
// a server that cannot be reached is asked again: a session it does not
// continue at once is lost.
func (g *Gateway) resume(ctx context.Context, s *session) error {
	const most = time.Minute // Discord forgets a session soon after
	begun := time.Now()
	wait := rand.N(g.Timing.Retry/4 + 1)
	for {
		if err := pause(ctx, wait); err != nil {
			return err
		}
		err := s.open(ctx, true)
		if err == nil || !errors.Is(err, errUnreachable) || time.Since(begun) > most {
			return err
		}
		wait = min(max(2*wait, g.Timing.Retry), 8*g.Timing.Retry)
	}
}

// note records a change of health.
func (g *Gateway) note(up bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if up != g.state.Connected || g.state.Since.IsZero() {
		g.state.Since = time.Now()
	}
	g.state.Connected = up
	if err != nil && !errors.Is(err, context.Canceled) {
		g.state.LastError = redact(err.Error(), g.Token)
	}
}

// identifying counts an IDENTIFY before it is sent.
func (g *Gateway) identifying() {
	g.budget.spend(g.budget.now())
	if g.OnIdentify != nil {
		g.OnIdentify()
	}
}
