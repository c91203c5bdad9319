// Package discordsim is a Discord to test a bot against: the REST API of
// versions 9 and 10 and the gateway, in memory, behind one [http.Handler]. It
// is stricter than the real one. Whatever a bot does that Discord would
// refuse, or that Discord only advises against, is answered as Discord
// answers it and noted in [Server.Violations].
//
// People are played by [Server.Slash], [Server.Click], [Server.Autocomplete]
// and [Server.Say], outages by [Server.Inject], [Server.InjectGateway] and
// [Server.Down]. A bot in the same process comes through [Server.Client], an
// unmodified program through [Server.Proxy].
//
// Lengths are counted in UTF-16 units, the strictest reading of Discord's
// word "characters".
package discordsim

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Server is a simulated Discord. It is safe for use by many goroutines. Make
// one with [New] and end it with [Server.Close].
type Server struct {
	settings settings
	mux      *http.ServeMux
	done     chan struct{} // closed by Close
	running  sync.WaitGroup

	vmu        sync.Mutex
	violations []string
	requests   []Request
	forgotten  int // requests before these

	mu         sync.Mutex
	closed     bool
	down       bool
	change     chan struct{} // closed and replaced whenever something happens
	lastID     uint64
	guild      guild
	channels   []*channel
	users      map[string]User
	messages   map[string][]*Message   // by channel, in the order of their ids
	sends      map[string]sent         // channel and nonce -> message
	owners     map[string]string       // id of an answer -> interaction token
	commands   map[string][]Command    // guild, or "" -> commands
	creates    map[string]int          // guild, or "" -> commands created
	writes     int                     // of commands
	tokens     map[string]*interaction // by token
	byID       map[string]*interaction
	sessions   []*session
	conns      map[*gatewayConn]bool
	identifies []time.Time
	resumes    int
	excused    bool // the address for resumptions may have failed since the last session began or went on
	faults     []*Fault
	gwFaults   []*GatewayFault
	muted      bool
	windows    map[string]*rateWindow
	invalid    int
	subs       map[*subscription]bool
	ledger     []Entry

	lmu     sync.Mutex
	local   net.Listener
	lines   []*line // open connections
	dark    bool    // they swallow, and new ones too
	closers []func()
}

type settings struct {
	token        string
	heartbeat    time.Duration
	ackTime      time.Duration
	tokenLife    time.Duration
	nonceWindow  time.Duration
	resumeWindow time.Duration
	spacing      time.Duration
	rateLimit    int
	requests     int // that are kept; 0: all
	rateWindow   time.Duration
	onRequest    func(m Moment, method, path string)
}

// New makes a simulated Discord with one guild, its channels #alerts and
// #reports, the bot, an operator who manages the guild, a plain member, and
// the operator's direct messages with the bot.
func New(opts ...Option) *Server {
	s := &Server{
		settings: settings{
			token: Token, heartbeat: usualHeartbeat, ackTime: 3 * time.Second, tokenLife: 15 * time.Minute,
			nonceWindow: 5 * time.Minute, resumeWindow: time.Minute, spacing: usualSpacing,
			onRequest: func(Moment, string, string) {},
		},
		done: make(chan struct{}), change: make(chan struct{}),
		messages: map[string][]*Message{}, sends: map[string]sent{}, owners: map[string]string{},
		commands: map[string][]Command{}, creates: map[string]int{},
		tokens: map[string]*interaction{}, byID: map[string]*interaction{},
		conns: map[*gatewayConn]bool{}, windows: map[string]*rateWindow{}, subs: map[*subscription]bool{},
	}
	for _, o := range opts {
		o(&s.settings)
	}
	s.populate()
	s.mux = s.routes()
	return s
}

// Close ends everything: connections, listeners and goroutines. It returns
// when they have ended.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
		for c := range s.conns {
			c.cut()
		}
		s.changed()
	}
	s.mu.Unlock()
	s.lmu.Lock()
	closers := s.closers
	s.closers = nil
	s.lmu.Unlock()
	for _, f := range closers {
		f()
	}
	s.running.Wait()
}

// atClose has f called by Close.
func (s *Server) atClose(f func()) {
	s.lmu.Lock()
	defer s.lmu.Unlock()
	s.closers = append(s.closers, f)
}

// enter counts a goroutine that Close waits for; false when it is too late.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

// spawn runs f in a goroutine that Close waits for.
func (s *Server) spawn(f func()) bool {
	if !s.enter() {
		return false
	}
	go func() { defer s.running.Done(); f() }()
	return true
}

// changed wakes everybody who waits. The caller holds mu.
func (s *Server) changed() {
	close(s.change)
	s.change = make(chan struct{})
}

// await waits until ok, which runs with mu held.
func (s *Server) await(ctx context.Context, ok func() bool) error {
	for {
		s.mu.Lock()
		met, closed, change := ok(), s.closed, s.change
		s.mu.Unlock()
		switch {
		case met:
			return nil
		case closed:
			return ErrClosed
		}
		select {
		case <-change:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// nextID makes a snowflake of the present moment. The caller holds mu.
func (s *Server) nextID() string {
	id := uint64(time.Now().UnixMilli()-snowflakeEpoch) << 22
	if id <= s.lastID {
		id = s.lastID + 1
	}
	s.lastID = id
	return formatID(id)
}

// Violations lists what the bot did wrong, in order. Each begins with the
// request or "gateway:".
func (s *Server) Violations() []string {
	s.vmu.Lock()
	defer s.vmu.Unlock()
	return slices.Clone(s.violations)
}

// Requests lists the REST requests that came, in order, as far as [WithRequests] keeps them.
func (s *Server) Requests() []Request {
	s.vmu.Lock()
	defer s.vmu.Unlock()
	return slices.Clone(s.requests)
}

// Request is one REST request and its answer.
type Request struct {
	At     time.Time
	Method string
	Path   string // without the API's prefix and the query
	Query  string
	Body   []byte
	Status int // 0: no answer was given
}
