package discord

import (
	"bufio"
	"net"
	"sync"
	"time"
)

// link is the connection below discordgo's websocket. It reads along, so that
// health is judged by what was really on the line, and it keeps from
// discordgo what would make it deadlock or flood: RECONNECT and INVALID
// SESSION end the connection here instead, ACKs that come while Open holds its
// lock are dropped, and no connection carries two IDENTIFYs.
//
// A write after the end is swallowed: discordgo's heartbeat answers a write
// error by closing the session, which might then be the next connection.
type link struct {
	net.Conn
	in         *bufio.Reader
	pending    []byte // read, inspected, not yet handed on
	upgraded   bool   // the HTTP part is over
	plain      bool   // no websocket came of it: hand everything on
	resuming   bool
	onIdentify func()

	hello, ready chan struct{} // closed when seen

	mu         sync.Mutex
	why        error // first reason for the end
	dead       bool
	ended      time.Time // of dead
	opened     bool      // discordgo's Open has returned
	identified bool
	interval   time.Duration
	beatAt     time.Time
	ackAt      time.Time
	latency    time.Duration
}

// longestLine is of the HTTP answer to the upgrade; Cloudflare's are shorter.
const longestLine = 16 << 10

func newLink(conn net.Conn, resuming bool, onIdentify func()) *link {
	return &link{
		Conn: conn, in: bufio.NewReaderSize(conn, longestLine), resuming: resuming, onIdentify: onIdentify,
		hello: make(chan struct{}), ready: make(chan struct{}),
	}
}

// fail ends the connection and remembers the first reason.
func (l *link) fail(why error) {
	l.mu.Lock()
	if l.why == nil {
		l.why = why
	}
	if !l.dead {
		l.dead, l.ended = true, time.Now()
	}
	l.mu.Unlock()
	_ = l.Conn.Close()
}

func (l *link) reason() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.why
}

// endedAt is when the connection ended, zero while it has not.
func (l *link) endedAt() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// Close ends the connection.
func (l *link) Close() error {
	l.fail(errDropped)
	return nil
}

// Write sends what discordgo wrote, one frame a call.
func (l *link) Write(p []byte) (int, error) {
	op := writtenOp(p)
	l.mu.Lock()
	dead := l.dead
	second := op == '2' && (l.resuming || l.identified)
	first := op == '2' && !second
	l.identified = l.identified || first
	if op == '1' {
		l.beatAt = time.Now()
	}
	l.mu.Unlock()
	switch {
	case dead:
		return len(p), nil
	case second:
		l.fail(errSecondIdentify)
		return len(p), nil
	case first:
		l.onIdentify()
	}
	if _, err := l.Conn.Write(p); err != nil {
		l.fail(because(errDropped, withoutEOF(err)))
	}
	return len(p), nil
}

// writtenOp gives the digit of a client frame that begins {"op":1 or {"op":2,
// which is how discordgo spells a heartbeat and an IDENTIFY, else 0.
func writtenOp(p []byte) byte {
	const opening = `{"op":`
	if len(p) < 2 || p[0]&0x0f != frameText || p[1]&frameMasked == 0 {
		return 0
	}
	at := 2 + map[byte]int{126: 2, 127: 8}[p[1]&frameLength]
	if len(p) < at+4+len(opening)+2 {
		return 0
	}
	mask, body := p[at:at+4], p[at+4:]
	var text [len(opening) + 2]byte
	for i := range text {
		text[i] = body[i] ^ mask[i%4]
	}
	if string(text[:len(opening)]) != opening || text[len(opening)+1] != ',' {
		return 0
	}
	return text[len(opening)]
}

// pulse gives what the watchdog needs to know.
func (l *link) pulse() (interval time.Duration, ackAt time.Time, latency time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.interval, l.ackAt, l.latency
}

func (l *link) setOpened() {
	l.mu.Lock()
	l.opened = true
	l.mu.Unlock()
}

// farewell tells Discord that the bot goes offline on purpose: a close frame
// with code 1000 and an all-zero mask.
func (l *link) farewell() {
	_ = l.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = l.Write([]byte{frameFinal | frameClose, frameMasked | 2, 0, 0, 0, 0, 0x03, 0xe8})
}
