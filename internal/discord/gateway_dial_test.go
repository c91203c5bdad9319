package discord

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// connectProxy is a real CONNECT proxy that wants a password.
func connectProxy(t *testing.T) (*url.URL, *int) {
	t.Helper()
	used := new(int)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != "Basic bWU6cHJveHktcGFzc3dvcmQ=" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		*used++
		far, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		near, _, _ := w.(http.Hijacker).Hijack()
		_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
		_, _ = io.Copy(near, far)
		_ = near.Close()
	}))
	t.Cleanup(srv.Close)
	u, _ := url.Parse(srv.URL)
	u.User = url.UserPassword("me", "proxy-password")
	return u, used
}

func TestWebsocketGoesThroughAConnectProxyWithTLS(t *testing.T) {
	far := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer far.Close()
	roots := x509.NewCertPool()
	roots.AddCert(far.Certificate())
	via, used := connectProxy(t)
	var asked string
	d := &wsDialer{tls: &tls.Config{RootCAs: roots}, proxy: func(r *http.Request) (*url.URL, error) {
		asked = r.URL.Scheme
		return via, nil
	}}
	conn, err := d.dial(contextFor(t, 5*time.Second), far.Listener.Addr().String(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || resp.StatusCode != 200 || *used != 1 || asked != "https" {
		t.Errorf("%v %v, proxy used %d times, asked for %s", resp, err, *used, asked)
	}
	_ = resp.Body.Close()
}

func TestGatewayRunsThroughAProxy(t *testing.T) {
	nothingLeft(t)
	f := newFakeGateway(t, before(0, script{}))
	via, used := connectProxy(t)
	g := startGateway(t, f, func(g *Gateway) { g.Proxy = http.ProxyURL(via) })
	until(t, "READY", func() bool { return g.State().Connected })
	if *used != 1 {
		t.Errorf("the proxy was used %d times", *used)
	}
}

func TestProxyErrorsHoldNoPassword(t *testing.T) {
	refusing, _ := connectProxy(t)
	refusing.User = url.UserPassword("me", "wrong-password")
	for _, via := range []string{refusing.String(), "http://me:wrong-password@127.0.0.1:1", "socks5://me:wrong-password@127.0.0.1:1", "ftp://me:wrong-password@127.0.0.1:1"} {
		u, _ := url.Parse(via)
		_, err := (&wsDialer{proxy: http.ProxyURL(u)}).dial(contextFor(t, 5*time.Second), "127.0.0.1:2", false)
		if err == nil || strings.Contains(err.Error(), "wrong-password") {
			t.Errorf("%s: %v", u.Scheme, err)
		}
	}
}

func TestASilentProxyDoesNotHoldTheDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	u := &url.URL{Scheme: "http", Host: l.Addr().String()}
	if _, err := (&wsDialer{proxy: http.ProxyURL(u)}).dial(ctx, "127.0.0.1:2", false); err == nil {
		t.Error("no error")
	}
}

// The race detector looks on: the first request of a transport changes the TLS
// settings that the gateway's connection begins with.
func TestTheGatewayAndRESTShareATransport(t *testing.T) {
	g := &Gateway{REST: &REST{client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{}, ForceAttemptHTTP2: true}}}}
	var both sync.WaitGroup
	both.Go(func() {
		if _, err := g.REST.client.Get("https://127.0.0.1:1"); err == nil {
			t.Error("somebody answers")
		}
	})
	both.Go(func() {
		if g.dialer().tls.Clone() == nil {
			t.Error("the settings are lost")
		}
	})
	both.Wait()
}
