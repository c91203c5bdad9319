package discordtest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// heartbeat is the interval that the gateway asks for.
const heartbeat = 20 * time.Second

// Opcodes. https://docs.discord.com/developers/topics/opcodes-and-status-codes
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opResume         = 6
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

// link is one websocket connection.
type link struct {
	conn *websocket.Conn
	mu   sync.Mutex // one writer at a time
}

// session outlives connections until another one is begun.
type session struct {
	id     string
	seq    int
	missed []frame // everything that was dispatched, to be replayed
}

type frame struct {
	Op   int    `json:"op"`
	Data any    `json:"d"`
	Seq  int    `json:"s,omitempty"`
	Type string `json:"t,omitempty"`
}

func (l *link) send(f frame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn.WriteJSON(f) // a lost connection shows in the reader
}

func (l *link) close(code int, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(time.Second))
	l.conn.Close()
}

// Drop cuts the bot's gateway connection without a word.
func (s *Server) Drop() {
	s.mu.Lock()
	l := s.link
	s.mu.Unlock()
	if l != nil {
		l.conn.NetConn().Close()
	}
}

// Connected waits until a bot is ready and has registered its commands.
func (s *Server) Connected(ctx context.Context) error {
	for {
		s.mu.Lock()
		ready, changed := s.link != nil && s.commands[""] != nil, s.linked
		s.mu.Unlock()
		if ready {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

func (s *Server) gateway(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	l := &link{conn: conn}
	defer s.unlink(l)
	l.send(frame{Op: opHello, Data: map[string]any{"heartbeat_interval": heartbeat.Milliseconds()}})
	for {
		var f struct {
			Op   int             `json:"op"`
			Data json.RawMessage `json:"d"`
		}
		if conn.ReadJSON(&f) != nil {
			return
		}
		switch f.Op {
		case opHeartbeat:
			l.send(frame{Op: opHeartbeatAck})
		case opIdentify:
			if !s.identify(l, f.Data) {
				return
			}
		case opResume:
			s.resume(l, f.Data)
		}
	}
}

func (s *Server) unlink(l *link) {
	l.conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link == l {
		s.link = nil
	}
}

func (s *Server) ready(l *link) {
	s.link = l
	s.announce()
}

// announce wakes whoever waits for the bot. The lock is held.
func (s *Server) announce() {
	close(s.linked)
	s.linked = make(chan struct{})
}

func (s *Server) identify(l *link, raw json.RawMessage) bool {
	var d struct {
		Token string `json:"token"`
	}
	bad := json.Unmarshal(raw, &d) != nil || strings.TrimPrefix(d.Token, "Bot ") != Token
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identifies = append(s.identifies, time.Now())
	if bad {
		l.close(4004, "Authentication failed.")
		return false
	}
	s.session = &session{id: s.snowflake()}
	s.ready(l)
	s.dispatch("READY", map[string]any{
		"v": 9, "session_id": s.session.id, "resume_gateway_url": "wss://gateway.discord.gg",
		"user": User{BotUserID, "mokabot", true}, "application": map[string]any{"id": ApplicationID, "flags": 0},
		"guilds": []any{map[string]any{"id": GuildID, "unavailable": true}},
	})
	s.dispatch("GUILD_CREATE", map[string]any{"id": GuildID, "name": "Moka"})
	return true
}

func (s *Server) resume(l *link, raw json.RawMessage) {
	var d struct {
		Token     string `json:"token"`
		SessionID string `json:"session_id"`
		Seq       int    `json:"seq"`
	}
	bad := json.Unmarshal(raw, &d) != nil || strings.TrimPrefix(d.Token, "Bot ") != Token
	s.mu.Lock()
	defer s.mu.Unlock()
	if bad || s.session == nil || s.session.id != d.SessionID {
		l.send(frame{Op: opInvalidSession, Data: false})
		return
	}
	for _, f := range s.session.missed {
		if f.Seq > d.Seq {
			l.send(f)
		}
	}
	s.ready(l)
	s.dispatch("RESUMED", map[string]any{})
}

// dispatch sends an event to the bot, now or when it resumes. The lock is held.
func (s *Server) dispatch(kind string, data any) {
	s.session.seq++
	f := frame{Op: opDispatch, Data: data, Seq: s.session.seq, Type: kind}
	s.session.missed = append(s.session.missed, f)
	if s.link != nil {
		s.link.send(f)
	}
}
