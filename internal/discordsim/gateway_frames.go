package discordsim

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"
)

// handle answers one frame of the bot's.
func (c *gatewayConn) handle(f frame) {
	switch f.Op {
	case opHeartbeat:
		c.heartbeat(f.Data)
	case opIdentify:
		c.identify(f.Data)
	case opResume:
		c.resume(f.Data)
	case opPresence, opMembers, opVoice:
		if !c.authenticated() {
			c.wrong(4003, "op %d before IDENTIFY", f.Op)
		}
	default:
		c.wrong(4001, "the unknown op %d", f.Op)
	}
}

func (c *gatewayConn) authenticated() bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.session != nil
}

func (c *gatewayConn) heartbeat(data json.RawMessage) {
	if text := string(data); text != "null" && strings.Trim(text, "0123456789") != "" {
		c.wrong(4002, "a heartbeat with %s instead of a sequence number", text)
		return
	}
	if c.fault.Kind != GatewayNoAck && c.fault.Kind != GatewaySilent && !c.s.isMuted() {
		c.sendOp(opAck, nil)
	}
}

type identification struct {
	Token      string            `json:"token"`
	Intents    *int              `json:"intents"`
	Properties map[string]string `json:"properties"`
	Compress   bool              `json:"compress"`
	Shard      *[2]int           `json:"shard"`
}

func (c *gatewayConn) identify(data json.RawMessage) {
	var in identification
	if json.Unmarshal(data, &in) != nil {
		c.wrong(4002, "an IDENTIFY that cannot be read")
		return
	}
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	last := time.Time{}
	if n := len(s.identifies); n > 0 {
		last = s.identifies[n-1]
	}
	s.identifies = append(s.identifies, time.Now())
	s.changed()
	if s.identifiedToday() > mostIdentifies {
		s.violate("gateway: more than %d IDENTIFYs a day; Discord would reset the token", mostIdentifies)
	}
	switch {
	case c.session != nil:
		c.wrong(4005, "a second IDENTIFY on one connection")
	case strings.TrimPrefix(in.Token, "Bot ") != s.settings.token:
		c.wrong(4004, "a wrong token")
	case in.Intents == nil:
		c.wrong(4013, "an IDENTIFY without intents")
	case in.Properties["os"] == "" && in.Properties["$os"] == "":
		c.wrong(4002, "an IDENTIFY without properties")
	case in.Shard != nil && in.Shard[0] >= in.Shard[1]:
		c.wrong(4010, "shard %d of %d", in.Shard[0], in.Shard[1])
	case s.settings.spacing > 0 && time.Since(last) < s.settings.spacing:
		s.violate("gateway: IDENTIFY only %s after the last one", time.Since(last))
		c.sendOp(opInvalid, false)
	default:
		c.begin(*in.Intents)
	}
}

// begin makes the connection's session, unless it is to go wrong. The caller
// holds Server.mu.
func (c *gatewayConn) begin(intents int) {
	switch c.fault.Kind {
	case GatewayNoReady, GatewaySilent:
		return
	case GatewayReconnect:
		c.sendOp(opReconnect, nil)
		return
	case GatewayInvalid:
		c.sendOp(opInvalid, false)
		return
	case GatewayClose:
		c.add(outgoing{code: orNumber(c.fault.Code, 4000), text: c.fault.Text})
		return
	}
	c.session = &session{id: strings.ToLower(rand.Text()), intents: intents, conn: c}
	c.s.sessions = append(c.s.sessions, c.session)
	c.s.ready(c.session, c.where)
	c.s.changed()
	c.cutSoon()
}

// cutSoon is for the fault that drops the connection after READY.
func (c *gatewayConn) cutSoon() {
	if c.fault.Kind == GatewayDrop {
		c.add(outgoing{code: dropCode})
	}
}

func (c *gatewayConn) resume(data json.RawMessage) {
	var in struct {
		Token     string `json:"token"`
		SessionID string `json:"session_id"`
		Seq       int    `json:"seq"`
	}
	if json.Unmarshal(data, &in) != nil {
		c.wrong(4002, "a RESUME that cannot be read")
		return
	}
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.session != nil {
		c.wrong(4005, "a RESUME on a connection in use")
		return
	}
	if strings.TrimPrefix(in.Token, "Bot ") != s.settings.token {
		c.wrong(4004, "a wrong token")
		return
	}
	if c.refuseResume() {
		return
	}
	o := s.session(in.SessionID)
	switch {
	case o == nil || !o.resumable(s.settings.resumeWindow):
		c.sendOp(opInvalid, false)
	case in.Seq > o.seq || in.Seq < 0:
		c.wrong(4007, "a RESUME at %d of %d", in.Seq, o.seq)
	default:
		c.replay(o, in.Seq)
	}
}

// refuseResume answers a RESUME as a fault wants it.
func (c *gatewayConn) refuseResume() bool {
	switch c.fault.Kind {
	case GatewayNoReady, GatewaySilent:
	case GatewayReconnect, GatewayReconnectOnResume:
		c.sendOp(opReconnect, nil)
	case GatewayInvalid, GatewayInvalidOnResume:
		c.sendOp(opInvalid, false)
	case GatewayClose:
		c.add(outgoing{code: orNumber(c.fault.Code, 4000), text: c.fault.Text})
	default:
		return false
	}
	return true
}

func (s *Server) session(id string) *session {
	for _, o := range s.sessions {
		if o.id == id {
			return o
		}
	}
	return nil
}

// replay continues a session after seq. The caller holds Server.mu.
func (c *gatewayConn) replay(o *session, seq int) {
	if o.conn != nil {
		o.conn.cut()
	}
	o.conn, c.session = c, o
	for _, e := range o.events {
		if e.seq > seq {
			c.push(e.raw)
		}
	}
	c.s.resumes++
	c.s.tell(o, "RESUMED", map[string]any{"_trace": []string{"discordsim"}})
	c.s.changed()
	c.cutSoon()
}
