// Package discordtest is a simulated Discord, REST and gateway in one
// http.Handler. It is strict: what the real one refuses it refuses too, with
// the same error, and it keeps a list of everything that a well-behaved bot
// would not have done ([Server.Violations]). Tests and the demonstration run
// the real bot against it.
package discordtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Who and what there is in the simulated Discord.
const (
	Token         = "MTIz.simulated.bot-token-of-nobody"
	ApplicationID = "1000000000000000001"
	BotUserID     = "1000000000000000002"
	GuildID       = "2000000000000000001"
	AlertsChannel = "3000000000000000001"
	ReportChannel = "3000000000000000002"
	DirectChannel = "3000000000000000003"
	OperatorID    = "4000000000000000001"
	StrangerID    = "4000000000000000002"
	OnCallRole    = "5000000000000000001"
	managerRole   = "5000000000000000002"
)

// Channel is a channel of the guild, or the direct messages with the bot.
type Channel struct {
	ID, Name string
	Direct   bool
	Deny     uint64 // permissions that the bot lacks here
}

// Server is the simulated Discord. It is safe for concurrent use.
type Server struct {
	mux    *http.ServeMux
	listen *httptest.Server

	mu            sync.Mutex
	channels      []*Channel
	messages      []*Message
	replies       map[string]*interaction // by interaction token
	byID          map[string]*interaction
	commands      map[string][]Command
	registrations int
	violations    []string
	identifies    []time.Time
	watchers      map[chan Event]bool
	link          *link
	session       *session
	linked        chan struct{} // closed and replaced whenever a bot connects or registers
	serial        uint64
	down          bool
	cutAfterStore int
	nonceMemory   time.Duration
}

// New makes a Discord with one guild, two text channels and a channel of
// direct messages. Close it at the end.
func New() *Server {
	s := &Server{
		replies: map[string]*interaction{}, byID: map[string]*interaction{}, commands: map[string][]Command{},
		watchers: map[chan Event]bool{}, linked: make(chan struct{}), nonceMemory: 5 * time.Minute,
		channels: []*Channel{
			{ID: AlertsChannel, Name: "alerts"}, {ID: ReportChannel, Name: "reports"},
			{ID: DirectChannel, Name: "direct message", Direct: true},
		},
	}
	s.routes()
	s.listen = httptest.NewServer(s)
	return s
}

// Close ends all connections.
func (s *Server) Close() {
	s.Drop()
	s.listen.CloseClientConnections()
	s.listen.Close()
}

// Client reaches this server whatever host is asked for; a bot's REST client
// and discordgo's session take it as it is.
func (s *Server) Client() *http.Client {
	u, err := url.Parse(s.listen.URL)
	if err != nil {
		panic(err) // httptest made it
	}
	return &http.Client{Transport: rerouted{u.Host, &http.Transport{MaxIdleConnsPerHost: 64}}}
}

type rerouted struct {
	host string
	next http.RoundTripper
}

func (t rerouted) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", t.host
	return t.next.RoundTrip(r)
}

// ServeHTTP answers a request, unless Discord is down.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	down := s.down
	s.mu.Unlock()
	if down {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// Down takes Discord away, gateway connections included, or brings it back.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	s.down = down
	s.mu.Unlock()
	if down {
		s.Drop()
	}
}

// CutAfterStoring stores the next n messages and cuts the line before saying so.
func (s *Server) CutAfterStoring(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutAfterStore = n
}

// RemoveChannel deletes a channel.
func (s *Server) RemoveChannel(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels = slices.DeleteFunc(s.channels, func(c *Channel) bool { return c.ID == id })
}

// Deny takes permissions from the bot in a channel.
func (s *Server) Deny(id string, permissions uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channel(id); c != nil {
		c.Deny = permissions
	}
}

// Channels are all channels.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Channel
	for _, c := range s.channels {
		list = append(list, *c)
	}
	return list
}

// Violations are what the bot did that a well-behaved bot does not.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, i := range s.byID {
		if !i.acked && !i.blamed && now.Sub(i.at) > ackTime {
			i.blamed = true
			s.blame("/%s was not acknowledged within 3 s", i.name)
		}
	}
	return slices.Clone(s.violations)
}

// Registrations is how often commands were written.
func (s *Server) Registrations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.registrations
}

// Commands are the registered commands of a guild; "" for the global ones.
func (s *Server) Commands(guild string) []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands[guild])
}

// Identifies are the times of all IDENTIFYs.
func (s *Server) Identifies() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.identifies)
}

func (s *Server) channel(id string) *Channel {
	for _, c := range s.channels {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// blame notes a violation. The lock is held.
func (s *Server) blame(format string, args ...any) {
	s.violations = append(s.violations, fmt.Sprintf(format, args...))
}

// snowflake is a new id: its upper bits are the time.
// https://docs.discord.com/developers/reference#snowflakes
func (s *Server) snowflake() string {
	s.serial++
	const epoch = 1_420_070_400_000
	return strconv.FormatUint(uint64(time.Now().UnixMilli()-epoch)<<22|s.serial&0x3fffff, 10)
}

// fault is an answer of Discord's that refuses.
type fault struct {
	status, code int
	text         string
}

func (f *fault) write(w http.ResponseWriter) {
	reply(w, f.status, map[string]any{"code": f.code, "message": f.text})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// cut closes the connection in the middle of a request.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	conn.Close()
}
