package discordsim

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Gateway operations.
const (
	opDispatch  = 0
	opHeartbeat = 1
	opIdentify  = 2
	opPresence  = 3
	opVoice     = 4
	opResume    = 6
	opReconnect = 7
	opMembers   = 8
	opInvalid   = 9
	opHello     = 10
	opAck       = 11
)

// Intents.
const (
	intentGuilds         = 1 << 0
	intentGuildMessages  = 1 << 9
	intentDirectMessages = 1 << 12

	privilegedIntents = 1<<1 | 1<<8 | 1<<15 // members, presences, message content
	knownIntents      = 1<<17 - 1 | 1<<20 | 1<<21 | 1<<24 | 1<<25
)

// resumePath is where sessions are to be resumed, on the gateway's own host.
const resumePath = "/resume"

// frame is one message on the gateway.
type frame struct {
	Type *string         `json:"t"`
	Seq  *int            `json:"s"`
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
}

// session is what a bot began with IDENTIFY. It outlives its connection for a
// while. All of it is under Server.mu.
type session struct {
	id      string
	intents int
	seq     int
	events  []event // kept for a resumption
	conn    *gatewayConn
	left    time.Time // when the connection was lost
	gone    bool      // it cannot be resumed
}

type event struct {
	seq   int
	raw   []byte
	about *interaction // nil: about none
}

// send sends an event on the session's connection. The caller holds Server.mu.
func (o *session) send(e event) {
	if e.about != nil {
		e.about.sent++
	}
	o.conn.push(e.raw)
}

// resumable reports whether the session is connected or may be again.
func (o *session) resumable(window time.Duration) bool {
	return !o.gone && (o.conn != nil || time.Since(o.left) < window)
}

// reachable reports whether an event would reach a bot, now or after a
// resumption.
func (s *Server) reachable() bool {
	return slices.ContainsFunc(s.sessions, func(o *session) bool { return o.resumable(s.settings.resumeWindow) })
}

// dispatch sends an event to every session that wants it, and keeps it for
// those that are cut. The caller holds mu.
func (s *Server) dispatch(kind string, intent int, data any) {
	s.sessions = slices.DeleteFunc(s.sessions, func(o *session) bool { return !o.resumable(s.settings.resumeWindow) })
	for _, o := range s.sessions {
		if intent == 0 || o.intents&intent != 0 {
			s.sendTo(o, kind, data)
		}
	}
}

func (s *Server) sendTo(o *session, kind string, data any) {
	const maxEvents = 2000 // events kept
	o.seq++
	seq := o.seq
	e := event{seq: seq, raw: encode(frame{Type: &kind, Seq: &seq, Op: opDispatch, Data: encode(data)})}
	if about, ok := data.(interactionEvent); ok {
		id, _ := about["id"].(string)
		e.about = s.byID[id]
	}
	o.events = append(o.events, e)
	o.events = o.events[max(0, len(o.events)-maxEvents):]
	if o.conn != nil && !s.muted {
		o.send(e)
	}
}

func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own objects always encode
	}
	return raw
}

// ready begins a session's events.
func (s *Server) ready(o *session, where string) {
	s.sendTo(o, "READY", map[string]any{
		"v": 10, "user": s.users[BotUserID], "session_id": o.id, "resume_gateway_url": where, "session_type": "normal",
		"guilds": []map[string]any{{"id": s.guild.id, "unavailable": true}}, "private_channels": []any{}, "shard": []int{0, 1},
		"application": map[string]any{"id": ApplicationID, "flags": 0}, "relationships": []any{}, "_trace": []string{"discordsim"},
	})
	if o.intents&intentGuilds == 0 {
		return
	}
	g := s.guildObject()
	g["joined_at"], g["large"], g["unavailable"], g["member_count"] = s.guild.joined, false, false, len(s.guild.members)
	g["channels"], g["threads"], g["presences"], g["voice_states"] = s.guildChannels(), []any{}, []any{}, []any{}
	g["stage_instances"], g["guild_scheduled_events"], g["soundboard_sounds"], g["stickers"] = []any{}, []any{}, []any{}, []any{}
	g["members"] = []member{*s.guild.member(BotUserID)}
	s.sendTo(o, "GUILD_CREATE", g)
}

// Connected waits until a bot is connected and ready.
func (s *Server) Connected(ctx context.Context) error {
	return s.await(ctx, s.online)
}

// Disconnected waits until no bot is connected.
func (s *Server) Disconnected(ctx context.Context) error {
	return s.await(ctx, func() bool { return !s.online() })
}

func (s *Server) online() bool {
	return slices.ContainsFunc(s.sessions, func(o *session) bool { return o.conn != nil && !o.gone })
}

// Identifies are the times of all IDENTIFYs.
func (s *Server) Identifies() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.identifies)
}

// Resumes counts the sessions that were resumed.
func (s *Server) Resumes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resumes
}

// proxied marks the context of requests that came through a [Proxy], whose
// bots get Discord's own address of the gateway.
type proxied struct{}

const proxiedGateway = "wss://gateway.discord.gg"

// gatewayAddress is where the bot is to connect.
func (s *Server) gatewayAddress(r *http.Request) string {
	if r.Context().Value(proxied{}) != nil {
		return proxiedGateway
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err == nil && (net.ParseIP(host) != nil || strings.EqualFold(host, "localhost")) {
		return "ws://" + r.Host
	}
	return "ws://" + s.loopback()
}

func (c *call) gatewayURL() (any, *problem) {
	return map[string]any{"url": c.s.gatewayAddress(c.r)}, nil
}

func (c *call) gatewayBot() (any, *problem) {
	return map[string]any{"url": c.s.gatewayAddress(c.r), "shards": 1, "session_start_limit": map[string]any{
		"total": maxIdentifies, "remaining": max(0, maxIdentifies-c.s.identifiedToday()),
		"reset_after": (24 * time.Hour).Milliseconds(), "max_concurrency": 1}}, nil
}

// maxIdentifies a day Discord allows before it resets the bot's token.
const maxIdentifies = 1000

func (s *Server) identifiedToday() int {
	n := 0
	for _, at := range s.identifies {
		if time.Since(at) < 24*time.Hour {
			n++
		}
	}
	return n
}
