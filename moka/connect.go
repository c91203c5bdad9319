package moka

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Patience with a connection. One that no longer answers is closed
// pingAfter+pingAnswer after its last sign of life, whatever swallows it.
const (
	pingAfter   = 5 * time.Second  // of silence on an HTTP/2 connection until it is pinged
	pingAnswer  = 10 * time.Second // until an unanswered ping closes it
	dialTimeout = 10 * time.Second // for a TCP connection, to a proxy too
)

// Receive windows of HTTP/2. The defaults of net/http let a server send 4 MB a
// request that nobody has asked to read yet.
const (
	streamWindow     = 256 << 10
	connectionWindow = 1 << 20
)

// NewTransport returns a transport that abandons dead connections: HTTP/2
// connections are pinged, also through a proxy, and no dial waits longer than
// 10 s. HTTP/1.1 has no ping, so a caller whose request timed out must call
// CloseIdleConnections, or its next request may use another dead connection.
//
// With a nil proxy the environment decides (HTTPS_PROXY and so on). A request
// in plain http to this machine goes direct in any case: a proxy would see its
// credentials. The names localhost and *.localhost are never looked up
// (RFC 6761).
func NewTransport(proxy *url.URL) *http.Transport {
	return newTransport(proxy, pingAfter, pingAnswer)
}

// NewRoundTripper returns what a client sends through by default: a [NewTransport] with
// which requests that come together share a connection where they can, and which reads no
// more certificate authorities than it needs.
func NewRoundTripper(proxy *url.URL) http.RoundTripper {
	return newSharedConnection(&bundleFirst{system: NewTransport(proxy), roots: bundle})
}

func newTransport(proxy *url.URL, pingAfter, pingAnswer time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:       proxyFor(proxy),
		DialContext: dialDirect,
		HTTP2: &http.HTTP2Config{
			SendPingTimeout:               pingAfter,
			PingTimeout:                   pingAnswer,
			WriteByteTimeout:              pingAnswer,
			MaxReceiveBufferPerStream:     streamWindow,
			MaxReceiveBufferPerConnection: connectionWindow,
		},
		OnProxyConnectResponse: refusedByProxy,

		ForceAttemptHTTP2: true,
		MaxIdleConns:      64,
		// A reading's calls run side by side; net/http keeps two by default.
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        30 * time.Second, // an idle HTTP/2 connection is pinged every pingAfter: a new one costs less
		TLSHandshakeTimeout:    defaultTimeout,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// refusedByProxy fails for a refused CONNECT by its number alone. By default
// net/http repeats the proxy's own words, which may hold the password.
func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &net.OpError{Op: "proxyconnect", Net: "tcp", Err: fmt.Errorf("the proxy answered %d to CONNECT", resp.StatusCode)}
}

// proxyFor chooses the proxy of a request: the given one, or the environment's.
func proxyFor(proxy *url.URL) func(*http.Request) (*url.URL, error) {
	choose := http.ProxyFromEnvironment
	if proxy != nil {
		choose = http.ProxyURL(proxy)
	}
	return func(r *http.Request) (*url.URL, error) {
		if r.URL.Scheme == "http" && loopback(r.URL.Hostname()) {
			return nil, nil
		}
		return choose(r)
	}
}

// dialDirect connects to address. Names that mean this machine are not looked up,
// because a resolver may answer with any other machine.
func dialDirect(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	host, port, err := net.SplitHostPort(address)
	if err != nil || net.ParseIP(host) != nil || !loopback(host) {
		return dialer.DialContext(ctx, network, address)
	}
	conn, err4 := dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err4 == nil {
		return conn, nil
	}
	conn, err6 := dialer.DialContext(ctx, network, net.JoinHostPort("::1", port))
	if err6 == nil {
		return conn, nil
	}
	return nil, err4
}

// samePath follows a redirect only to the same path of the same host, such as
// one that sets a cookie. Any other path may be a call with an effect: a GET of
// /api/user/token replaces the access token. The answer is then judged as it
// is, a redirect.
func samePath(next *http.Request, via []*http.Request) error {
	const maxRedirects = 3
	first := via[0].URL
	if next.URL.Scheme != first.Scheme || !strings.EqualFold(next.URL.Host, first.Host) ||
		next.URL.EscapedPath() != first.EscapedPath() || next.URL.User != nil || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}
