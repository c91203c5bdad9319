package discord

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

// teardownWait is how long discordgo may take to let go of a connection that
// is cut already. Its Close sleeps for a second.
const teardownWait = 5 * time.Second

// Error gives the code and Discord's word for it.
func (e *closedError) Error() string {
	return fmt.Sprintf("discord closed the connection: %d %s", e.Code, e.Text)
}

// session is one discordgo session with the connection it has at the moment.
type session struct {
	g    *Gateway
	dg   *discordgo.Session
	down chan struct{} // discordgo has closed a connection it had opened

	// Of the supervisor alone.
	held  bool      // discordgo has a connection open
	tried time.Time // when the attempt to connect began; zero once it is ready

	mu       sync.Mutex
	ctx      context.Context // of the attempt under way
	resuming bool
	link     *link      // nil while the attempt has no connection
	linked   chan *link // the attempt's connection
}

func newSession(g *Gateway) *session {
	dg, _ := discordgo.New("Bot " + g.Token) // fails never
	s := &session{g: g, dg: dg, down: make(chan struct{}, 1)}
	dg.LogLevel = discordgo.LogWarning
	dg.ShouldReconnectOnError = false
	dg.ShouldRetryOnRateLimit = false
	dg.MaxRestRetries = 0
	dg.StateEnabled = false
	dg.SyncEvents = true // our handlers only start goroutines, and so are counted in time
	dg.Compress = false  // frames are read along
	dg.Identify.Compress = false
	dg.Identify.Intents = discordgo.IntentsGuilds
	dg.Identify.LargeThreshold = 50
	dg.Identify.Properties.Browser = "mokabot"
	dg.Identify.Properties.Device = "mokabot"
	dg.Client = withoutRedirects(&http.Client{Transport: &attemptTransport{s: s, base: baseTransport(g.HTTP)}})
	dg.Dialer = s.dialer()
	s.handle()
	return s
}

func baseTransport(hc *http.Client) http.RoundTripper {
	if hc == nil || hc.Transport == nil {
		return http.DefaultTransport
	}
	return hc.Transport
}

// attemptTransport binds discordgo's one request to the attempt, because
// discordgo has no context for it.
type attemptTransport struct {
	s    *session
	base http.RoundTripper
}

// RoundTrip sends the request under the attempt's context and bounds the
// answer, which discordgo reads to its end.
func (t *attemptTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req.WithContext(t.s.attemptContext()))
	if err != nil {
		return nil, err
	}
	resp.Body = boundedBody{Reader: io.LimitReader(resp.Body, largestAnswer), Closer: resp.Body}
	return resp, nil
}

type boundedBody struct {
	io.Reader
	io.Closer
}

func (s *session) attemptContext() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx
}

func (s *session) dialer() *websocket.Dialer {
	d := &wsDialer{proxy: s.g.Proxy}
	if t, ok := baseTransport(s.g.HTTP).(*http.Transport); ok {
		d.tls = t.TLSClientConfig
	}
	connect := func(addr string, secure bool) (net.Conn, error) {
		ctx := s.attemptContext()
		conn, err := d.dial(ctx, addr, secure)
		if err != nil {
			return nil, err
		}
		return s.attach(ctx, conn)
	}
	return &websocket.Dialer{
		HandshakeTimeout:  s.g.Timing.Ready,
		NetDialContext:    func(_ context.Context, _, addr string) (net.Conn, error) { return connect(addr, false) },
		NetDialTLSContext: func(_ context.Context, _, addr string) (net.Conn, error) { return connect(addr, true) },
	}
}

// attach makes conn the attempt's connection, unless the attempt is over.
func (s *session) attach(ctx context.Context, conn net.Conn) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	s.link = newLink(conn, s.resuming, s.g.identifying)
	s.linked <- s.link
	return s.link, nil
}

func (s *session) current() *link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link
}

// handle registers what discordgo calls. The callbacks run in its reading
// goroutine, some of them while it holds its lock: they only pass things on.
func (s *session) handle() {
	s.dg.AddHandler(func(_ *discordgo.Session, _ *discordgo.Disconnect) {
		select {
		case s.down <- struct{}{}:
		default:
		}
	})
	s.dg.AddHandler(func(_ *discordgo.Session, r *discordgo.Ready) { s.g.sawReady(r) })
	s.dg.AddHandler(func(_ *discordgo.Session, _ *discordgo.Resumed) { s.g.sawResumed() })
	s.dg.AddHandler(func(_ *discordgo.Session, c *discordgo.GuildCreate) { s.g.sawGuild(c.Guild) })
	s.dg.AddHandler(func(_ *discordgo.Session, d *discordgo.GuildDelete) { s.g.lostGuild(d.Guild) })
	s.dg.AddHandler(func(_ *discordgo.Session, _ *discordgo.GuildUpdate) { s.g.sawAccess() })
	s.dg.AddHandler(func(_ *discordgo.Session, _ *discordgo.ChannelCreate) { s.g.sawAccess() })
	s.dg.AddHandler(func(_ *discordgo.Session, _ *discordgo.ChannelUpdate) { s.g.sawAccess() })
	s.dg.AddHandler(func(_ *discordgo.Session, _ *discordgo.ThreadCreate) { s.g.sawAccess() })
	s.dg.AddHandler(func(_ *discordgo.Session, _ *discordgo.ThreadUpdate) { s.g.sawAccess() })
	s.dg.AddHandler(func(_ *discordgo.Session, _ *discordgo.GuildRoleCreate) { s.g.sawAccess() })
	s.dg.AddHandler(func(_ *discordgo.Session, _ *discordgo.GuildRoleUpdate) { s.g.sawAccess() })
	s.dg.AddHandler(func(_ *discordgo.Session, _ *discordgo.GuildRoleDelete) { s.g.sawAccess() })
	// Of its own member Discord tells a bot without the intent, too.
	s.dg.AddHandler(func(_ *discordgo.Session, _ *discordgo.GuildMemberUpdate) { s.g.sawAccess() })
	s.dg.AddHandler(func(_ *discordgo.Session, i *discordgo.InteractionCreate) { s.g.sawInteraction(i.Interaction) })
}
