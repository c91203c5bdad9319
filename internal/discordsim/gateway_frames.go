package discordsim

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
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
	text := string(data)
	seq, err := strconv.Atoi(text)
	if text != "null" && (err != nil || seq < 0) {
		c.wrong(4002, "a heartbeat with %s instead of a sequence number", text)
		return
	}
	if last := c.lastSeq(); seq > last {
		c.s.violate("gateway: a heartbeat with the sequence number %d, and the last one sent is %d", seq, last)
	}
	c.beat = time.Now()
	if c.fault.Kind != GatewayNoAck && c.fault.Kind != GatewaySilent && !c.s.isMuted() {
		c.sendOp(opAck, nil)
	}
}

// lastSeq is the sequence number of the last event that was sent.
func (c *gatewayConn) lastSeq() int {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.session == nil {
		return math.MaxInt // a RESUME that is not answered yet, so its session is unknown
	}
	return c.session.seq
}

type identification struct {
	Token      string            `json:"token"`
	Intents    *int              `json:"intents"`
	Properties map[string]string `json:"properties"`
	Compress   bool              `json:"compress"`
	Threshold  *int              `json:"large_threshold"`
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
	if s.identifiedToday() > maxIdentifies {
		s.violate("gateway: more than %d IDENTIFYs a day; Discord resets the token", maxIdentifies)
		s.settings.token = rand.Text()
	}
	code, why := c.classify(in)
	switch {
	case code != 0:
		c.wrong(code, "%s", why)
	case s.settings.spacing > 0 && time.Since(last) < s.settings.spacing:
		s.violate("gateway: IDENTIFY only %s after the last one", time.Since(last))
		c.sendOp(opInvalid, false)
	default:
		c.begin(*in.Intents)
	}
}

// classify returns why Discord would close the connection; code is 0 when all is
// well. The caller holds Server.mu.
func (c *gatewayConn) classify(in identification) (code int, why string) {
	switch {
	case c.session != nil:
		return 4005, "a second IDENTIFY on one connection"
	case strings.TrimPrefix(in.Token, "Bot ") != c.s.settings.token:
		return 4004, "a wrong token"
	case in.Intents == nil || *in.Intents&^knownIntents != 0:
		return 4013, "an IDENTIFY without intents, or with unknown ones"
	case *in.Intents&privilegedIntents != 0:
		return 4014, "an IDENTIFY with intents that the application has not been granted"
	case in.Properties["os"] == "" && in.Properties["$os"] == "":
		return 4002, "an IDENTIFY without properties"
	case in.Threshold != nil && (*in.Threshold < 50 || *in.Threshold > 250):
		return 4002, "a large_threshold that is not between 50 and 250"
	case in.Shard != nil && in.Shard[0] >= in.Shard[1]:
		return 4010, fmt.Sprintf("shard %d of %d", in.Shard[0], in.Shard[1])
	}
	return 0, ""
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
	c.s.excused = false
	c.s.ready(c.session, c.where+resumePath)
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
	if o != nil && c.path != resumePath && !s.excused {
		s.violate("gateway: a RESUME at the first address, and not where READY told")
	}
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
			o.send(e)
		}
	}
	c.s.resumes++
	c.s.excused = false
	c.s.sendTo(o, "RESUMED", map[string]any{"_trace": []string{"discordsim"}})
	c.s.changed()
	c.cutSoon()
}
