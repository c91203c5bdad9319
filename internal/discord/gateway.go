// Package discord is the program's connection to Discord: it keeps the gateway
// session alive, sends REST requests within Discord's limits, turns messages
// into payloads, works out channel permissions and delivers the outbox.
package discord

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Ready is what we need of Discord's READY, which begins a session.
type Ready struct {
	ApplicationID string
	UserID        string
	Name          string
	GuildIDs      []string
}

// Timing holds the times of the connection. Zero values mean the defaults.
type Timing struct {
	Hello   time.Duration // from dialling to HELLO; 10 s
	Ready   time.Duration // from dialling to READY or RESUMED; 15 s
	Spacing time.Duration // between two IDENTIFYs; 5 s, Discord's least
	Retry   time.Duration // before the second connection attempt; doubles; 1 s
	Drain   time.Duration // for handlers at the end; 6 s, so that all of the end takes less than 10
}

func (t *Timing) fill() {
	t.Hello = cmp.Or(t.Hello, 10*time.Second)
	t.Ready = cmp.Or(t.Ready, 15*time.Second)
	t.Spacing = cmp.Or(t.Spacing, 5*time.Second)
	t.Retry = cmp.Or(t.Retry, time.Second)
	t.Drain = cmp.Or(t.Drain, 6*time.Second)
}

// Gateway keeps one session with Discord's gateway alive, as
// https://docs.discord.com/developers/events/gateway describes: it connects,
// identifies, heartbeats, resumes the session when the connection ends and begins
// another one when Discord no longer knows it.
//
// Fill in the fields, then call [Gateway.Run]. It may be run again after it has
// returned.
type Gateway struct {
	Token string // without the word "Bot"
	REST  *REST  // asks where the gateway is; its transport's TLS settings are the websocket's too
	// Proxy chooses the proxy of the websocket as in [http.Transport]; nil for
	// none. http, https and socks5 proxies work, with a password in the URL.
	Proxy  func(*http.Request) (*url.URL, error)
	Values Values // keeps the IDENTIFY budget; nil for memory only
	// Shared is set where replicas take turns. An IDENTIFY is not sent then while Values
	// does not say which were sent, or cannot count it: another leader's would be too close.
	Shared bool
	Log    *slog.Logger
	Timing Timing

	// Resume is a session of an earlier or another process, which is continued before a
	// new one is begun, and ResumeReady what OnReady got of it. The zero value is no
	// session.
	Resume      Session
	ResumeReady Ready
	// KeepSession leaves the session resumable when Run ends. Without it Discord
	// learns that it is over, and shows the bot as offline at once.
	KeepSession bool

	// The callbacks run in goroutines of their own, are recovered from panics
	// and waited for at the end. Any of them may be nil.
	OnInteraction func(context.Context, *discordgo.Interaction)
	OnReady       func(context.Context, Ready)              // a session began, or that of Resume goes on
	OnGuild       func(ctx context.Context, guildID string) // the bot was added to a guild
	OnAccess      func(context.Context)                     // what the bot may do somewhere may have changed

	// OnSession is called whenever the session changes, with the zero value when it
	// is over, and must return at once; nil for none.
	OnSession func(Session)
	// Hold is called when an interaction comes, and what it returns once that is
	// handled. Both must return at once; nil for none.
	Hold func() (release func())
	// OnClosed is called when Run has let go of the connection, before it waits for
	// the callbacks under way; nil for none.
	OnClosed func()
	// OnIdentify is called before an IDENTIFY is sent, for metrics, and must
	// return at once; nil for none.
	OnIdentify func()

	budget   budget
	handled  recent
	handlers sync.WaitGroup
	work     context.Context // of the handlers; outlives Run's by Timing.Drain
	known    location        // of the gateway, by Discord's last answer

	mu      sync.Mutex
	state   State
	session kept
	guilds  map[string]bool // nil before READY
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
	used := g.budget.used()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.state
	s.Identifies = used
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
	g.budget.begin(g.Values, g.Log)
	_ = g.budget.load(ctx) // logged; it is tried again before an IDENTIFY
	var cancel context.CancelFunc
	g.work, cancel = context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	g.begin()
	endAt := make(chan time.Time, 1) // to end
	defer context.AfterFunc(ctx, func() { endAt <- time.Now() })()
	err := g.supervise(ctx)
	if g.OnClosed != nil {
		g.OnClosed()
	}
	began := time.Now()
	select {
	case began = <-endAt: // letting go of the connection took some of the time already
	default:
	}
	g.drain(began, cancel)
	return err
}

// begin takes over the session to resume.
func (g *Gateway) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.session, g.guilds = kept{Session: g.Resume, ready: g.ResumeReady, alive: time.Now()}, nil
	if g.Resume.ID != "" {
		g.guilds = setOf(g.ResumeReady.GuildIDs)
	}
}

// supervise makes one connection after another.
func (g *Gateway) supervise(ctx context.Context) error {
	p := pace{timing: g.Timing}
	firstURL := false
	for pause(ctx, time.Until(p.next)) == nil {
		if s := g.currentSession(); s.ID != "" && !s.resumable() {
			g.endSession()
		}
		c := &connection{g: g, resume: g.currentSession().ID != "", firstURL: firstURL}
		err := c.run(ctx)
		g.note(false, err)
		if ctx.Err() != nil {
			break
		}
		over := sessionOver(c, err) || g.currentSession().ID == ""
		if fatal := fatalError(err); fatal != nil && (!over || !c.resume) {
			g.endSession()
			return fatal
		}
		over = p.add(c, over)
		if over {
			g.endSession()
		}
		firstURL = c.resume && !c.spoke && !c.firstURL
		g.logEnd(c, err, over)
	}
	if !g.KeepSession {
		g.endSession()
	}
	return nil
}

func (g *Gateway) logEnd(c *connection, err error, over bool) {
	level, then := slog.LevelInfo, "resume"
	if over {
		level, then = slog.LevelWarn, "identify"
	}
	g.Log.Log(context.Background(), level, "discord connection ended", "err", redact(err.Error(), g.Token), "state", c.ended, "next", then)
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

// noteAck records that a heartbeat was answered.
func (g *Gateway) noteAck(latency time.Duration) {
	g.setSession(func(*kept) {})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state.LastAck, g.state.Latency = time.Now(), latency
}

// identifying counts an IDENTIFY before it is sent.
func (g *Gateway) identifying() error {
	if err := g.budget.spend(); err != nil && g.Shared {
		return fmt.Errorf("count an IDENTIFY: %w", err)
	}
	if err := g.REST.allowed(); err != nil {
		return err
	}
	if g.OnIdentify != nil {
		g.OnIdentify()
	}
	return nil
}
