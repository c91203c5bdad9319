package discordsim

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pairBuffer is how many bytes wait to be read before a write blocks.
const pairBuffer = 64 << 10

// newPair gives the two ends of a connection in memory. Unlike those of
// [net.Pipe], and like those of a network, they have buffers: an end that
// closes can write its last record although nobody reads it.
func newPair() (near, far net.Conn) {
	there, back := newStream(), newStream()
	return pairEnd{in: back, out: there}, pairEnd{in: there, out: back}
}

// stream is one direction of a connection in memory.
type stream struct {
	mu       sync.Mutex
	data     []byte
	unread   bool // its reader closed
	complete bool // its writer closed
	readBy   time.Time
	writeBy  time.Time
	changed  chan struct{} // closed and replaced whenever something happens
}

func newStream() *stream { return &stream{changed: make(chan struct{})} }

// change runs f and wakes everybody who waits.
func (s *stream) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.wake()
}

// wake wakes everybody who waits. The caller holds mu.
func (s *stream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// await tries until done, which runs with mu held, gives true. It fails when
// the time that by gives has passed.
func (s *stream) await(by *time.Time, done func() bool) error {
	for {
		s.mu.Lock()
		if late(*by) {
			s.mu.Unlock()
			return os.ErrDeadlineExceeded
		}
		if done() {
			s.mu.Unlock()
			return nil
		}
		changed, timeout := s.changed, after(*by)
		s.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
		}
	}
}

func late(by time.Time) bool { return !by.IsZero() && !time.Now().Before(by) }

// after gives a channel that tells when by has come; never without a by.
func after(by time.Time) <-chan time.Time {
	if by.IsZero() {
		return nil
	}
	return time.After(time.Until(by))
}

// pairEnd is an end of a connection in memory.
type pairEnd struct{ in, out *stream }

// Read waits until something has arrived. What arrived before the other end
// closed is read first.
func (e pairEnd) Read(p []byte) (n int, err error) {
	s := e.in
	late := s.await(&s.readBy, func() bool {
		if s.unread {
			err = net.ErrClosed
			return true
		}
		if n = copy(p, s.data); n > 0 {
			s.data = s.data[n:]
			s.wake()
		} else if s.complete {
			err = io.EOF
		}
		return n > 0 || err != nil || len(p) == 0
	})
	if late != nil {
		return 0, late
	}
	return n, err
}

// Write waits while the other end's buffer is full.
func (e pairEnd) Write(p []byte) (n int, err error) {
	s := e.out
	late := s.await(&s.writeBy, func() bool {
		if s.complete {
			err = net.ErrClosed
			return true
		}
		if s.unread {
			err = io.ErrClosedPipe
			return true
		}
		if part := p[n:][:min(len(p)-n, pairBuffer-len(s.data))]; len(part) > 0 {
			s.data = append(s.data, part...)
			n += len(part)
			s.wake()
		}
		return n == len(p)
	})
	if late != nil {
		return n, late
	}
	return n, err
}

// Close ends both directions. The other end can still read what was written.
func (e pairEnd) Close() error {
	e.out.change(func() { e.out.complete = true })
	e.in.change(func() { e.in.unread = true })
	return nil
}

// The connection is in memory and has no addresses.
func (pairEnd) LocalAddr() net.Addr  { return &net.TCPAddr{} }
func (pairEnd) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// SetDeadline also ends a Read or a Write that waits.
func (e pairEnd) SetDeadline(t time.Time) error {
	_ = e.SetReadDeadline(t)
	return e.SetWriteDeadline(t)
}

// SetReadDeadline also ends a Read that waits.
func (e pairEnd) SetReadDeadline(t time.Time) error {
	e.in.change(func() { e.in.readBy = t })
	return nil
}

// SetWriteDeadline also ends a Write that waits.
func (e pairEnd) SetWriteDeadline(t time.Time) error {
	e.out.change(func() { e.out.writeBy = t })
	return nil
}
