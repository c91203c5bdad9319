package discord

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Operations of https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-opcodes.
const (
	opDispatch       = 0
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

// Parts of a websocket frame's head, RFC 6455 section 5.2.
const (
	frameFinal   = 0x80
	frameText    = 1
	frameClose   = 8
	frameMasked  = 0x80
	frameLength  = 0x7f
	largestFrame = 32 << 20
	longestHead  = 64 << 10 // of the HTTP answer to the upgrade
)

// Read hands on the stream frame by frame.
func (l *link) Read(p []byte) (int, error) {
	for len(l.pending) == 0 {
		if err := l.fill(); err != nil {
			l.fail(because(errDropped, withoutEOF(err)))
			return 0, err
		}
	}
	n := copy(p, l.pending)
	l.pending = l.pending[n:]
	return n, nil
}

func withoutEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (l *link) fill() error {
	switch {
	case l.plain:
		b, err := l.in.ReadByte()
		l.pending = append(l.pending[:0], b)
		return err
	case !l.upgraded:
		return l.fillHTTP()
	}
	return l.fillFrame()
}

// fillHTTP passes the answer to the upgrade request on, up to its empty line.
func (l *link) fillHTTP() error {
	var head []byte
	for {
		line, err := l.in.ReadSlice('\n') // a line longer than the buffer is an error
		head = append(head, line...)
		if err != nil {
			return err
		}
		if len(head) > longestHead {
			return errors.New("the gateway's HTTP answer is too long")
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}
	l.upgraded = true
	l.plain = !bytes.Contains(head[:bytes.IndexByte(head, '\n')], []byte(" 101"))
	l.pending = head
	return nil
}

// fillFrame reads one frame and decides what becomes of it.
func (l *link) fillFrame() error {
	head := make([]byte, 2, 14)
	if _, err := io.ReadFull(l.in, head); err != nil {
		return err
	}
	size := uint64(head[1] & frameLength)
	if more := map[uint64]int{126: 2, 127: 8}[size]; more > 0 {
		ext := make([]byte, 8)
		if _, err := io.ReadFull(l.in, ext[8-more:]); err != nil {
			return err
		}
		size = binary.BigEndian.Uint64(ext)
		head = append(head, ext[8-more:]...)
	}
	if head[1]&frameMasked != 0 || size > largestFrame {
		return errors.New("the gateway sent a frame that is not valid")
	}
	frame := append(head, make([]byte, size)...)
	if _, err := io.ReadFull(l.in, frame[len(head):]); err != nil {
		return err
	}
	keep, err := l.inspect(frame[0], frame[len(head):])
	if keep {
		l.pending = frame
	}
	return err
}

func (l *link) inspect(first byte, payload []byte) (keep bool, err error) {
	switch {
	case first&0x0f == frameClose && len(payload) >= 2:
		closed := &closedError{Code: int(binary.BigEndian.Uint16(payload)), Text: clip(oneLine(string(payload[2:])), longestErrorText)}
		l.mu.Lock()
		if l.why == nil {
			l.why = closed
		}
		l.mu.Unlock()
	case first == frameFinal|frameText:
		return l.inspectEvent(payload)
	}
	return true, nil
}

func (l *link) inspectEvent(payload []byte) (keep bool, err error) {
	var e *struct {
		Op   int             `json:"op"`
		Type string          `json:"t"`
		Data json.RawMessage `json:"d"`
	}
	if json.Unmarshal(payload, &e) != nil {
		return true, nil // discordgo reports it
	}
	if e == nil || e.Op == opDispatch && !whole(e.Type, e.Data) {
		return false, nil
	}
	switch e.Op {
	case opDispatch:
		if e.Type == "READY" || e.Type == "RESUMED" {
			l.sawReady()
		}
	case opHello:
		return false, l.sawHello(e.Data)
	case opHeartbeatAck:
		return l.sawAck(time.Now()), nil
	case opReconnect:
		return l.refuse(errReconnect)
	case opInvalidSession:
		return l.refuse(errInvalidSession)
	}
	return true, nil
}

func (l *link) refuse(why error) (bool, error) {
	l.fail(why)
	return false, why
}

// Discord asks for a heartbeat every 41 s. By those alone, a line that died
// without a word would be noticed after a minute; so discordgo is told to send
// them at least every 15 s. It would panic at an interval of 0.
const (
	longestBeat  = 15 * time.Second
	shortestBeat = 100 * time.Millisecond
)

// sawHello hands a greeting on with the interval that suits us.
func (l *link) sawHello(data json.RawMessage) error {
	var h struct {
		Interval float64 `json:"heartbeat_interval"` // milliseconds
	}
	if err := json.Unmarshal(data, &h); err != nil || !(h.Interval > 0) {
		l.fail(errBadHello)
		return errBadHello
	}
	ms := min(max(h.Interval, float64(shortestBeat.Milliseconds())), float64(longestBeat.Milliseconds()))
	l.mu.Lock()
	l.interval = time.Duration(ms) * time.Millisecond
	l.mu.Unlock()
	l.pending = textFrame(fmt.Sprintf(`{"op":%d,"d":{"heartbeat_interval":%d}}`, opHello, int64(ms)))
	closeOnce(l.hello)
	return nil
}

// textFrame is a frame of a server's with a text of less than 126 bytes.
func textFrame(text string) []byte {
	return append([]byte{frameFinal | frameText, byte(len(text))}, text...)
}

func (l *link) sawReady() {
	l.mu.Lock()
	l.ackAt = time.Now() // the first heartbeat follows
	l.mu.Unlock()
	closeOnce(l.ready)
}

// closeOnce is called by the one reader only.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// sawAck reports whether discordgo may see the ACK.
func (l *link) sawAck(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ackAt = now
	if !l.beatAt.IsZero() {
		l.latency = now.Sub(l.beatAt)
	}
	return l.opened
}
