package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

// state is where a connection stands in the life that
// https://docs.discord.com/developers/events/gateway#connection-lifecycle
// describes.
type state string

const (
	stateConnecting  state = "connecting"        // dialling, TLS, the upgrade to a websocket; until Timing.Hello
	stateHello       state = "waiting for HELLO" // until Timing.Hello
	stateIdentifying state = "identifying"       // IDENTIFY is sent, READY is to come; until Timing.Ready
	stateResuming    state = "resuming"          // RESUME is sent, missed events and RESUMED are to come; until Timing.Ready
	stateReady       state = "ready"             // until a heartbeat is not answered
	stateClosing     state = "closing"           // until closeTime
)

const (
	writeTime = 5 * time.Second // for one payload
	closeTime = time.Second     // for Discord's own close frame, when the bot leaves
)

// Close codes of ours. With 1000 the session is over, with any code but 1000
// and 1001 it can be resumed.
const (
	closeForGood   = websocket.CloseNormalClosure
	closeForAWhile = 4000
)

// connection is one websocket, from dialling to its end. All of it belongs to
// the goroutine that calls run, except for reading.
type connection struct {
	g        *Gateway
	resume   bool // continue the session instead of beginning one
	firstURL bool // although READY named another address: that one cannot be reached

	state   state
	ended   state     // the one that something ended
	began   time.Time // dialling
	spoke   bool      // IDENTIFY or RESUME was sent
	readyAt time.Time // READY or RESUMED; zero before
	ws      *websocket.Conn
	due     *time.Timer // the state's deadline
	beat    heartbeat
	done    chan struct{} // closed at the end
}

// received is a message that was read, or why nothing more can be.
type received struct {
	raw    []byte
	binary bool
	err    error
}

// run connects, stays connected for as long as all goes well, and gives the
// reason for the end.
func (c *connection) run(ctx context.Context) error {
	c.state, c.ended, c.began = stateConnecting, stateConnecting, time.Now()
	address, err := c.address(ctx)
	if err != nil {
		return err
	}
	return c.runAt(ctx, address)
}

func (c *connection) runAt(ctx context.Context, address string) (err error) {
	c.began = time.Now()
	if c.ws, err = c.dial(ctx, address); err != nil {
		return err
	}
	c.state = stateHello
	c.due = time.NewTimer(time.Until(c.began.Add(c.g.Timing.Hello)))
	defer c.due.Stop()
	c.beat = newHeartbeat()
	defer c.beat.stop()
	c.done = make(chan struct{})
	in := c.read()
	err = c.live(ctx, in)
	c.close(ctx, in)
	return err
}

// address is where to connect to. A session that begins waits for its turn.
func (c *connection) address(ctx context.Context) (string, error) {
	if !c.resume {
		return c.g.awaitIdentify(ctx)
	}
	if s := c.g.currentSession(); s.ResumeURL != "" && !c.firstURL {
		return s.ResumeURL, nil
	}
	where, err := c.g.whereTo(ctx)
	return where.URL, err
}

func (c *connection) dial(ctx context.Context, address string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.g.Timing.Hello)
	defer cancel()
	ws, err := c.g.dialer().websocket(ctx, address, c.g.REST.agent)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	ws.SetReadLimit(maxPayload)
	ws.SetCloseHandler(func(int, string) error { return nil }) // the closing state answers
	return ws, nil
}

// read reads until the connection ends, in a goroutine of its own.
func (c *connection) read() <-chan received {
	in := make(chan received)
	go func() {
		defer close(in)
		for {
			kind, raw, err := c.ws.ReadMessage()
			select {
			case in <- received{raw, kind == websocket.BinaryMessage, err}:
			case <-c.done:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return in
}

// live is the connection's life after dialling: whatever comes first decides
// what happens next, until something ends it.
func (c *connection) live(ctx context.Context, in <-chan received) (err error) {
	for err == nil {
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case m := <-in:
			err = c.receive(m)
		case <-c.due.C:
			err = c.late()
		case <-c.beat.next.C:
			if err = c.beat.answered(); err == nil {
				err = c.sendHeartbeat()
			}
		case <-c.beat.overdue.C:
			err = errNoAck
		}
	}
	return err
}

// late is what a state that took too long ends with. Being ready has no end.
func (c *connection) late() error {
	if c.state == stateHello {
		return errNoHello
	}
	return errNoReady
}

// receive handles one message of Discord's.
func (c *connection) receive(m received) error {
	if m.err != nil {
		return readError(m.err)
	}
	p, err := decodePayload(m.raw, m.binary)
	if err != nil {
		c.g.Log.Debug("discord gateway", "err", err)
		return nil
	}
	switch p.Op {
	case opHello:
		return c.onHello(p.Data)
	case opHeartbeat:
		return c.sendHeartbeat()
	case opHeartbeatAck:
		c.onAck()
	case opReconnect:
		return errReconnect
	case opInvalidSession:
		if string(p.Data) == "true" {
			return errSessionInterrupted
		}
		return errInvalidSession
	case opDispatch:
		c.onDispatch(p)
	}
	return nil
}

// onHello begins the heartbeats and sends IDENTIFY or RESUME.
func (c *connection) onHello(data json.RawMessage) error {
	if c.state != stateHello {
		return nil
	}
	var h helloData
	if err := json.Unmarshal(data, &h); err != nil || !(h.Interval > 0) {
		return errBadHello
	}
	c.beat.begin(h.Interval)
	c.due.Reset(time.Until(c.began.Add(c.g.Timing.Ready)))
	if s := c.g.currentSession(); c.resume {
		if err := c.g.REST.allowed(); err != nil {
			return err
		}
		c.state, c.spoke = stateResuming, true
		return c.send(opResume, resumeData{Token: c.g.Token, SessionID: s.ID, Seq: s.Seq})
	}
	if err := c.g.identifying(); err != nil {
		return err
	}
	c.state, c.spoke = stateIdentifying, true
	return c.send(opIdentify, identifyData{
		Token: c.g.Token, Intents: int(discordgo.IntentsGuilds), LargeThreshold: 50,
		Properties: map[string]string{"os": runtime.GOOS, "browser": "mokabot", "device": "mokabot"},
	})
}

// onDispatch takes an event. Discord sends none before IDENTIFY or RESUME.
func (c *connection) onDispatch(p payload) {
	switch {
	case c.state == stateHello:
	case p.Type == "READY":
		c.onReady(p)
	case p.Type == "RESUMED":
		c.onResumed(p)
	default:
		c.g.onEvent(p.Type, p.Data) // holds the event before its number can be stored
		c.g.advance(p.Seq)
	}
}

func (c *connection) onReady(p payload) {
	if c.state != stateIdentifying {
		return
	}
	c.begin()
	c.g.onReady(sessionOf(p))
}

func (c *connection) onResumed(p payload) {
	if c.state != stateResuming {
		return
	}
	c.g.advance(p.Seq)
	c.begin()
	c.g.onResumed()
}

// begin is the moment from which the connection is good.
func (c *connection) begin() {
	c.state, c.readyAt = stateReady, time.Now()
	c.due.Stop()
	c.g.note(true, nil)
}

// send writes one payload.
func (c *connection) send(op int, data any) error {
	raw, err := json.Marshal(data)
	if err == nil {
		raw, err = json.Marshal(payload{Op: op, Data: raw})
	}
	if err != nil {
		return err
	}
	_ = c.ws.SetWriteDeadline(time.Now().Add(writeTime))
	if err := c.ws.WriteMessage(websocket.TextMessage, raw); err != nil {
		return because(errDropped, withoutEOF(err))
	}
	_ = c.ws.NetConn().SetWriteDeadline(time.Time{}) // one that passes wakes the process for nothing
	return nil
}

// close ends the connection. Only when the bot leaves it waits for Discord's
// own close frame, so that the last word does arrive; a connection that went
// wrong is cut.
func (c *connection) close(ctx context.Context, in <-chan received) {
	c.ended, c.state = c.state, stateClosing
	code, wait := closeForAWhile, time.Duration(0)
	if ctx.Err() != nil {
		wait = closeTime
		if !c.g.KeepSession {
			code = closeForGood
		}
	}
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(closeTime))
	limit := time.After(wait)
	for waiting := wait > 0; waiting; {
		select {
		case m := <-in:
			waiting = m.err == nil
		case <-limit:
			waiting = false
		}
	}
	close(c.done)
	_ = c.ws.Close()
	for range in { // the reader ends
	}
}

// readError says why nothing more can be read.
func readError(err error) error {
	closed, ok := errors.AsType[*websocket.CloseError](err)
	if !ok {
		return because(errDropped, withoutEOF(err))
	}
	if closed.Code == websocket.CloseAbnormalClosure || closed.Code == websocket.CloseNoStatusReceived {
		return errDropped // the library's words for no close frame, and for one without a code
	}
	return &closedError{Code: closed.Code, Text: clip(oneLine(closed.Text), maxErrorText)}
}
