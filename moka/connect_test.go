package moka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mokabot/internal/proof"
)

// relay passes connections on to a server until told to swallow those that are
// open: they stay open, and nothing more arrives. New ones work.
type relay struct {
	net.Listener
	target string
	opened atomic.Int32

	mu    sync.Mutex
	links []*atomic.Bool // of the open connections: swallowing
}

func startRelay(t *testing.T, target string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: listener, target: target}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go r.pass(conn)
		}
	}()
	return r
}

func (r *relay) pass(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", r.target)
	if err != nil {
		return
	}
	defer far.Close()
	r.opened.Add(1)
	swallows := &atomic.Bool{}
	r.mu.Lock()
	r.links = append(r.links, swallows)
	r.mu.Unlock()
	go copyUnless(swallows, far, near)
	copyUnless(swallows, near, far)
}

func copyUnless(swallows *atomic.Bool, to io.Writer, from io.Reader) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if !swallows.Load() {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
	}
}

func (r *relay) swallow() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, swallows := range r.links {
		swallows.Store(true)
	}
}

// connectProxy is a plain CONNECT proxy.
func connectProxy(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		far, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		near, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		fmt.Fprint(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(far, near); far.Close() }()
		io.Copy(near, far)
		near.Close()
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// D1: a connection that swallows everything while new ones work.
func TestASwallowingConnectionIsAbandoned(t *testing.T) {
	proof.NeedsLong(t) // which it takes to leave a busy machine time for an answer
	const pingAfter, pingAnswer, callTime = 40 * time.Millisecond, 5 * time.Second, 10 * time.Second
	for _, protocol := range []string{"HTTP/2.0", "HTTP/1.1"} {
		for _, way := range []string{"direct", "through a proxy"} {
			t.Run(protocol+" "+way, func(t *testing.T) {
				t.Parallel()
				var seen sync.Map
				s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					seen.Store(r.Proto, true)
					asJSON(w)
					io.WriteString(w, `{"data":[]}`)
				}))
				s.EnableHTTP2 = protocol == "HTTP/2.0"
				s.StartTLS()
				t.Cleanup(s.Close)
				base, target := s.URL, s.Listener.Addr().String()
				var proxy *url.URL
				var line *relay
				if way == "direct" {
					line = startRelay(t, target)
					base = "https://" + line.Addr().String()
				} else {
					line = startRelay(t, connectProxy(t))
					proxy = &url.URL{Scheme: "http", Host: line.Addr().String()}
				}
				transport := newTransport(proxy, pingAfter, pingAnswer)
				transport.TLSClientConfig = &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
				t.Cleanup(transport.CloseIdleConnections)
				c, err := New(base, bothCredentials, WithHTTPClient(&http.Client{Transport: transport}), WithTimeout(callTime))
				if err != nil {
					t.Fatal(err)
				}
				var calls sync.WaitGroup
				for range 4 { // so that HTTP/1.1 has several idle connections
					calls.Go(func() { _, _ = c.Models(t.Context()) })
				}
				calls.Wait()
				line.swallow()
				start, failures := time.Now(), 0
				for failures < 5 {
					if _, err = c.Models(t.Context()); err == nil {
						break
					}
					failures++
				}
				if _, ok := seen.Load(protocol); !ok || err != nil || failures > 1 {
					t.Errorf("%d failures in %s, %v; %s spoken: %t", failures, time.Since(start), err, protocol, ok)
				}
			})
		}
	}
}

func TestADeadConnectionIsAbandonedWithinThirtySeconds(t *testing.T) {
	h2 := NewTransport(nil).HTTP2
	if longest := h2.SendPingTimeout + h2.PingTimeout; longest <= 0 || longest > 30*time.Second || h2.WriteByteTimeout > 30*time.Second {
		t.Errorf("%s, writing %s", longest, h2.WriteByteTimeout)
	}
}

// S8: a proxy would read the credentials of a call in plain http.
func TestPlainHTTPNeverGoesThroughAProxy(t *testing.T) {
	var spied atomic.Int32
	spy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { spied.Add(1) }))
	defer spy.Close()
	through, err := url.Parse(spy.URL)
	if err != nil {
		t.Fatal(err)
	}
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asJSON(w)
		io.WriteString(w, `{"data":[]}`)
	}))
	defer gateway.Close()
	_, port, _ := net.SplitHostPort(gateway.Listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "LOCALHOST", "x.localhost", "a.b.localhost", "[::ffff:127.0.0.1]"} {
		c, err := New("http://"+net.JoinHostPort(host, port), bothCredentials, WithHTTPClient(&http.Client{Transport: NewTransport(through)}))
		if host[0] == '[' {
			c, err = New("http://"+host+":"+port, bothCredentials, WithHTTPClient(&http.Client{Transport: NewTransport(through)}))
		}
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		if _, err := c.Models(t.Context()); err != nil || spied.Load() != 0 {
			t.Errorf("%s: %v; the proxy saw %d requests", host, err, spied.Load())
		}
	}
}

func TestNamesOfThisMachineAreNotLookedUp(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, err := dialDirect(ctx, "tcp", "no-resolver-knows-this.localhost:"+port)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// A server that does not speak TLS has the wrong address, and no bad certificate.
func TestAnHTTPSAddressOfAPlainServer(t *testing.T) {
	for what, greeting := range map[string]string{
		"HTTP":             "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
		"a page at once":   "<html>bad request</html>",
		"another protocol": "SSH-2.0-OpenSSH_9.6\r\n",
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, greeting)
				conn.Close()
			}
		}()
		client, err := New("https://"+listener.Addr().String(), Credentials{APIKey: "sk-1"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Models(t.Context())
		if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Unavailable || e.Hint != HintNoAddress {
			t.Errorf("%s: %v", what, err)
		}
		listener.Close()
	}
}
