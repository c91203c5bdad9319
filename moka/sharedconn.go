package moka

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// firstPatience is how long requests wait for the connection of another one: what takes
// longer may never answer.
const firstPatience = time.Second

// sharedConnection is a transport whose requests to one host over TLS wait while the first
// of them is connecting, for at most [firstPatience]. By itself net/http makes a connection
// for each of them, and drops all but one where the gateway speaks HTTP/2: twenty requests
// of a command made twenty handshakes. A host that was found to speak HTTP/1.1 is not
// waited for, and readings wait for readings alone.
type sharedConnection struct {
	http.RoundTripper

	mu       sync.Mutex
	first    map[connecting]chan struct{} // closed once the first request has a connection or has failed
	separate map[string]bool              // hosts that need a connection for each request
}

// connecting is what a request that is connecting is for.
type connecting struct {
	host    string
	reading bool
}

func newSharedConnection(next http.RoundTripper) *sharedConnection {
	return &sharedConnection{RoundTripper: next, first: map[connecting]chan struct{}{}, separate: map[string]bool{}}
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (s *sharedConnection) CloseIdleConnections() {
	if c, ok := s.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (s *sharedConnection) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return s.RoundTripper.RoundTrip(r)
	}
	connected, wait := s.enter(connecting{r.URL.Host, PurposeOf(r.Context()) == ForReading})
	if wait != nil {
		await(r.Context(), wait)
		return s.RoundTripper.RoundTrip(r)
	}
	defer connected()
	// By the time that headers are written, net/http offers the connection to others.
	trace := &httptrace.ClientTrace{WroteHeaders: connected}
	resp, err := s.RoundTripper.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
	if err == nil && resp.ProtoMajor < 2 {
		s.mu.Lock()
		s.separate[r.URL.Host] = true
		s.mu.Unlock()
	}
	return resp, err
}

// enter returns what to call once the request has a connection, or what to wait for.
func (s *sharedConnection) enter(c connecting) (connected func(), wait <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.separate[c.host] {
		return func() {}, nil
	}
	if first := s.first[c]; first != nil {
		return nil, first
	}
	first := make(chan struct{})
	s.first[c] = first
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.first, c)
		close(first)
	}), nil
}

func await(ctx context.Context, first <-chan struct{}) {
	patience := time.NewTimer(firstPatience)
	defer patience.Stop()
	select {
	case <-first:
	case <-patience.C:
	case <-ctx.Done():
	}
}
