package discordsim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// gatewayConn is one websocket. Everything is sent by one goroutine, in the
// order of the pushes.
type gatewayConn struct {
	s     *Server
	ws    *websocket.Conn
	where string // the gateway's address as the bot knows it
	path  string // that it came to
	fault GatewayFault
	proxy *Proxy // that it came through, or nil

	mu    sync.Mutex
	queue []outgoing
	ended bool
	wake  chan struct{}

	received []time.Time // of the reading goroutine alone
	beat     time.Time   // the last heartbeat, or HELLO; of the reading goroutine
	session  *session    // under Server.mu
}

type outgoing struct {
	raw  []byte
	code int    // a close frame instead, or dropCode
	text string // of the close frame; empty: Discord's
}

const dropCode = -1 // cut instead of a close frame

func (c *gatewayConn) push(raw []byte) { c.add(outgoing{raw: raw}) }

// close ends the connection with a code, after what was pushed before.
func (c *gatewayConn) close(code int) { c.add(outgoing{code: code}) }

func (c *gatewayConn) add(o outgoing) {
	c.mu.Lock()
	c.queue = append(c.queue, o)
	c.mu.Unlock()
	c.rouse()
}

func (c *gatewayConn) rouse() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// cut ends the connection without a word.
func (c *gatewayConn) cut() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	_ = c.ws.NetConn().Close()
	c.rouse()
}

func (c *gatewayConn) sendOp(op int, data any) {
	c.push(encode(frame{Op: op, Data: encode(data)}))
}

// write sends what is pushed, until the connection ends.
func (c *gatewayConn) write() {
	for range c.wake {
		c.mu.Lock()
		batch, ended := c.queue, c.ended
		c.queue = nil
		c.mu.Unlock()
		if ended {
			return
		}
		for _, o := range batch {
			if !c.put(o) {
				c.cut()
				return
			}
		}
	}
}

func (c *gatewayConn) put(o outgoing) bool {
	const patience = 5 * time.Second
	_ = c.ws.SetWriteDeadline(time.Now().Add(patience))
	switch {
	case o.code == dropCode:
		return false
	case o.code != 0:
		_ = c.ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(o.code, cmp.Or(o.text, closeText[o.code])))
		return false
	}
	return c.ws.WriteMessage(websocket.TextMessage, o.raw) == nil
}

var closeText = map[int]string{
	4000: "Unknown error.", 4001: "Unknown opcode.", 4002: "Decode error.", 4003: "Not authenticated.",
	4004: "Authentication failed.", 4005: "Already authenticated.", 4007: "Invalid seq.", 4008: "Rate limited.",
	4009: "Session timed out.", 4010: "Invalid shard.", 4011: "Sharding required.", 4012: "Invalid API version.",
	4013: "Invalid intent(s).", 4014: "Disallowed intent(s).",
}

// serveGateway is one websocket from beginning to end.
func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	fault := s.gatewayFault()
	if fault.Kind == GatewayRefuse {
		w.WriteHeader(orNumber(fault.Code, http.StatusServiceUnavailable))
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &gatewayConn{s: s, ws: ws, where: s.gatewayAddress(r), path: r.URL.Path, fault: fault, beat: time.Now(), wake: make(chan struct{}, 1)}
	c.proxy, _ = r.Context().Value(proxied{}).(*Proxy)
	if !s.join(c) {
		_ = ws.Close()
		return
	}
	var writing sync.WaitGroup
	writing.Go(c.write)
	c.greet(r)
	code := c.read()
	s.leave(c, code)
	c.cut()
	writing.Wait()
}

func orNumber(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}

func (s *Server) join(c *gatewayConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.down {
		return false
	}
	s.conns[c] = true
	return true
}

// leave lets go of a connection. A session that is closed properly is over.
func (s *Server) leave(c *gatewayConn, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if o := c.session; o != nil && o.conn == c {
		o.conn, o.left = nil, time.Now()
		o.gone = o.gone || code == websocket.CloseNormalClosure || code == websocket.CloseGoingAway
	}
	s.changed()
}

func (c *gatewayConn) greet(r *http.Request) {
	q := r.URL.Query()
	if !slices.Contains([]string{"9", "10"}, q.Get("v")) {
		c.wrong(4012, "the version %q is not 9 or 10", q.Get("v"))
		return
	}
	if q.Get("encoding") != "json" || q.Get("compress") != "" {
		c.s.violate("gateway: discordsim speaks JSON without compression, not %q", r.URL.RawQuery)
	}
	if c.fault.Kind != GatewaySilent {
		c.sendOp(opHello, map[string]any{"heartbeat_interval": c.s.settings.heartbeat.Milliseconds(), "_trace": []string{"discordsim"}})
	}
}

// read handles what the bot sends and gives the code of its close frame.
func (c *gatewayConn) read() int {
	c.ws.SetReadLimit(1 << 20)
	c.ws.SetCloseHandler(func(int, string) error { return nil })
	for {
		_ = c.ws.SetReadDeadline(c.beat.Add(c.patience()))
		kind, raw, err := c.ws.ReadMessage()
		if err != nil {
			return c.over(err)
		}
		var f frame
		switch {
		case len(raw) > maxSent:
			c.wrong(4002, "a payload of %d bytes; %d are allowed", len(raw), maxSent)
		case kind != websocket.TextMessage || json.Unmarshal(raw, &f) != nil:
			c.wrong(4002, "a frame that is no JSON")
		case c.flooded():
			c.wrong(4008, "more than 120 frames within 60 s")
		default:
			c.handle(f)
		}
	}
}

// maxSent is the size of the largest payload that a bot may send.
const maxSent = 4096

// patience is how long after the last heartbeat the next one must be there. It
// is due after the interval, from HELLO on; the rest is for a slow machine.
func (c *gatewayConn) patience() time.Duration { return c.s.settings.heartbeat*3/2 + time.Second }

// over decides why nothing more can be read.
func (c *gatewayConn) over(err error) int {
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
		return closed.Code
	}
	late, ok := errors.AsType[net.Error](err)
	if ok && late.Timeout() && c.fault.Kind != GatewaySilent {
		c.s.violate("gateway: no heartbeat within %s; the interval is %s", c.patience(), c.s.settings.heartbeat)
	}
	return 0
}

func (c *gatewayConn) flooded() bool {
	const maxFrames, window = 120, time.Minute
	c.received = slices.DeleteFunc(c.received, func(t time.Time) bool { return time.Since(t) > window })
	c.received = append(c.received, time.Now())
	return len(c.received) > maxFrames
}

// wrong ends the connection for something that the bot must not do.
func (c *gatewayConn) wrong(code int, format string, args ...any) {
	c.s.violate("gateway: %s (close %d)", fmt.Sprintf(format, args...), code)
	c.close(code)
}
