package discordsim

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"
)

// lineKey is where a request's context holds its connection.
type lineKey struct{}

// cutLine ends the connection of a request without an answer.
func cutLine(r *http.Request) {
	if conn, ok := r.Context().Value(lineKey{}).(net.Conn); ok {
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

func rememberLine(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, lineKey{}, conn)
}

// lineOf is the line that a request came on, nil where this package did not make it.
func lineOf(r *http.Request) *line {
	conn, _ := r.Context().Value(lineKey{}).(net.Conn)
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	l, _ := conn.(*line)
	return l
}

// nowhere is for the complaints of HTTP servers whose lines are cut on purpose.
func nowhere() *log.Logger { return log.New(io.Discard, "", 0) }

// loopback gives the address of a listener on loopback, which begins when it
// is first asked for.
func (s *Server) loopback() string {
	s.lmu.Lock()
	defer s.lmu.Unlock()
	if s.local != nil {
		return s.local.Addr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("discordsim: %v", err))
	}
	s.local = l
	h := &http.Server{Handler: s, ConnContext: rememberLine, ReadHeaderTimeout: time.Minute, ErrorLog: nowhere()}
	s.closers = append(s.closers, func() { _ = h.Close(); _ = l.Close() })
	s.running.Go(func() { _ = h.Serve(lines{l, s}) })
	return l.Addr().String()
}

// URL is the server's address on loopback, for clients that can use another
// address than Discord's.
func (s *Server) URL() string { return "http://" + s.loopback() }

// Client gives a client whose requests to Discord's hosts come here, over
// loopback. Other hosts cannot be reached with it. GET /gateway answers with
// an address on loopback, so the websocket needs no special dialer.
func (s *Server) Client() *http.Client {
	t := &redirector{s, s.loopback(), &http.Transport{DisableCompression: true}}
	s.atClose(t.CloseIdleConnections)
	return &http.Client{Transport: t}
}

type redirector struct {
	s    *Server
	to   string
	base *http.Transport
}

func (t *redirector) RoundTrip(r *http.Request) (*http.Response, error) {
	if !isDiscord(r.URL.Hostname()) && r.URL.Host != t.to {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, fmt.Errorf("discordsim: %s is not Discord", r.URL.Host)
	}
	out := r.Clone(r.Context())
	out.Host = r.URL.Host
	out.URL.Scheme, out.URL.Host = "http", t.to
	return t.base.RoundTrip(out)
}

func (t *redirector) CloseIdleConnections() { t.base.CloseIdleConnections() }

// isDiscord reports whether a host is one of Discord's.
func isDiscord(host string) bool {
	host = strings.ToLower(host)
	for _, name := range []string{"discord.com", "discord.gg", "discordapp.com", "discordapp.net"} {
		if host == name || strings.HasSuffix(host, "."+name) {
			return true
		}
	}
	return false
}
