package discordsim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// line is a connection that can be made to swallow everything: it stays open,
// takes what is written to it, and nothing comes back.
type line struct {
	net.Conn
	once      sync.Once
	swallowed chan struct{} // closed when it begins
	closed    atomic.Bool
	leave     func(*line)
}

func (s *Server) newLine(conn net.Conn) *line {
	l := &line{Conn: conn, swallowed: make(chan struct{})}
	s.lmu.Lock()
	defer s.lmu.Unlock()
	if s.dark {
		close(l.swallowed)
	}
	s.lines = append(s.lines, l)
	l.leave = func(l *line) {
		s.lmu.Lock()
		defer s.lmu.Unlock()
		s.lines = slices.DeleteFunc(s.lines, func(o *line) bool { return o == l })
	}
	return l
}

// Swallow lets every connection that is open now swallow what comes, HTTP/2
// pings included. New connections work. It gives their number.
func (s *Server) Swallow() int {
	s.mu.Lock()
	s.excused = true
	s.mu.Unlock()
	s.lmu.Lock()
	defer s.lmu.Unlock()
	for _, l := range s.lines {
		select {
		case <-l.swallowed:
		default:
			close(l.swallowed)
		}
	}
	return len(s.lines)
}

// Dark lets everything that is sent to the server vanish: open connections
// swallow, and new ones come about, if at all, without an answer.
func (s *Server) Dark(dark bool) {
	s.lmu.Lock()
	s.dark = dark
	s.lmu.Unlock()
	if dark {
		s.Swallow()
	}
}

func (s *Server) isDark() bool {
	s.lmu.Lock()
	defer s.lmu.Unlock()
	return s.dark
}

func (l *line) swallows() bool {
	select {
	case <-l.swallowed:
		return true
	default:
		return false
	}
}

// Read reads until the line swallows; then it takes everything and gives nothing.
func (l *line) Read(p []byte) (int, error) {
	for {
		n, err := l.Conn.Read(p)
		if err != nil || !l.swallows() {
			return n, err
		}
	}
}

func (l *line) Write(p []byte) (int, error) {
	if l.swallows() {
		return len(p), nil
	}
	return l.Conn.Write(p)
}

func (l *line) Close() error {
	l.closed.Store(true)
	l.once.Do(func() { l.leave(l) })
	return l.Conn.Close()
}

// lines is a listener whose connections can swallow.
type lines struct {
	net.Listener
	s *Server
}

func (l lines) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.s.newLine(conn), nil
}

// inMemory has bots told Discord's own address of the gateway, as through a [Proxy].
func inMemory(s *Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), proxied{}, (*Proxy)(nil))))
	})
}

// quickest is the key exchange that takes the least processor time: nobody listens on
// connections in memory.
var quickest = []tls.CurveID{tls.CurveP256}

// Memory gives a transport to the server without a network: TLS over
// connections in memory, with HTTP/2 or HTTP/1.1. All of it lives on the clock
// of the testing bubble that it is made in (see [testing/synctest]). Dials are
// counted by dialled, unless that is nil.
func (s *Server) Memory(http2 bool, dialled func()) (*http.Transport, error) {
	ca, err := newAuthority(nil)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca.pem)
	queue := &tunnels{addr: &net.TCPAddr{}, queue: make(chan net.Conn), done: make(chan struct{})}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(http2)
	server := &http.Server{
		Handler: inMemory(s), ConnContext: rememberLine, ReadHeaderTimeout: time.Minute, ErrorLog: nowhere(), Protocols: protocols,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{ca.leaf}, MinVersion: tls.VersionTLS13, CurvePreferences: quickest},
	}
	s.atClose(func() { _ = server.Close(); _ = queue.Close() })
	if !s.spawn(func() { _ = server.ServeTLS(queue, "", "") }) {
		return nil, ErrClosed
	}
	t := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, CurvePreferences: quickest},
		IdleConnTimeout: 90 * time.Second,
		Protocols:       protocols,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			if dialled != nil {
				dialled()
			}
			if s.isDown() {
				return nil, &net.OpError{Op: "dial", Err: io.ErrClosedPipe}
			}
			if s.isDark() {
				<-ctx.Done()
				return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
			}
			near, far := newPair()
			queue.add(s.newLine(far))
			return near, nil
		},
	}
	s.atClose(t.CloseIdleConnections)
	return t, nil
}
