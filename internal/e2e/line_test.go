package e2e

import (
	"net"
	"sync/atomic"
	"testing"
)

// line is a TCP line to a server that can go dead: it stays up, takes everything
// and passes nothing on.
type line struct {
	listener net.Listener
	server   string
	dead     atomic.Bool
}

// newLine makes a line to a server's host and port.
func newLine(t testing.TB, server string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	l := &line{listener: listener, server: server}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go l.connect(conn)
		}
	}()
	return l
}

func (l *line) address() string { return l.listener.Addr().String() }

func (l *line) connect(near net.Conn) {
	far, err := net.Dial("tcp", l.server)
	if err != nil {
		near.Close()
		return
	}
	go l.pass(far, near)
	l.pass(near, far)
}

// pass hands on what it reads, and the end.
func (l *line) pass(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if err != nil {
			return
		}
		if l.dead.Load() {
			continue
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}
