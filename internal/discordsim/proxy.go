package discordsim

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Proxy is a real CONNECT proxy on loopback that is Discord for whoever goes
// through it: it ends the TLS of Discord's hosts with certificates of its own
// authority. So the unmodified program runs against the simulation, with the
// proxy's URL as its proxy and the authority's file in SSL_CERT_FILE. Through
// it GET /gateway answers wss://gateway.discord.gg.
type Proxy struct {
	URL string // http://127.0.0.1:port

	s       *Server
	hosts   map[string]http.Handler // beside Discord's
	auth    string                  // wanted in Proxy-Authorization; empty: nothing
	ca      *authority
	tunnels *tunnels
	front   *http.Server // takes CONNECT
	back    *http.Server // behind the TLS

	mu       sync.Mutex
	connects map[string]int
}

// ProxyOption changes a [Proxy].
type ProxyOption func(*Proxy)

// WithProxyAuth makes the proxy demand a user and a password.
func WithProxyAuth(user, password string) ProxyOption {
	return func(p *Proxy) {
		p.auth = "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
}

// WithHost makes the proxy answer for another host with h. Hosts that it does
// not know are refused with 403.
func WithHost(host string, h http.Handler) ProxyOption {
	return func(p *Proxy) { p.hosts[strings.ToLower(host)] = h }
}

// Proxy starts a proxy. It ends with its own Close or with the server's.
func (s *Server) Proxy(opts ...ProxyOption) (*Proxy, error) {
	p := &Proxy{s: s, hosts: map[string]http.Handler{}, connects: map[string]int{}}
	for _, o := range opts {
		o(p)
	}
	var err error
	if p.ca, err = newAuthority(slices.Collect(maps.Keys(p.hosts))); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.URL = "http://" + l.Addr().String()
	p.tunnels = &tunnels{addr: l.Addr(), queue: make(chan net.Conn), done: make(chan struct{})}
	p.front = &http.Server{Handler: http.HandlerFunc(p.connect), ReadHeaderTimeout: time.Minute, ErrorLog: nowhere()}
	p.back = &http.Server{
		Handler: http.HandlerFunc(p.serve), ConnContext: rememberLine, ReadHeaderTimeout: time.Minute, ErrorLog: nowhere(),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{p.ca.leaf}},
	}
	p.s.atClose(p.Close)
	if !s.spawn(func() { _ = p.front.Serve(l) }) || !s.spawn(func() { _ = p.back.ServeTLS(p.tunnels, "", "") }) {
		_ = l.Close()
		p.Close()
		return nil, ErrClosed
	}
	return p, nil
}

// Close ends the proxy and the connections through it.
func (p *Proxy) Close() {
	_ = p.front.Close()
	_ = p.tunnels.Close()
	_ = p.back.Close()
	p.s.mu.Lock()
	p.s.excused = true
	p.s.mu.Unlock()
	p.s.each(func(c *gatewayConn) {
		if c.proxy == p {
			c.cut()
		}
	})
}

// Connects is how often a tunnel to a host was asked for.
func (p *Proxy) Connects(host string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.connects[host]
}

// WriteCA writes the authority's certificate, for SSL_CERT_FILE.
func (p *Proxy) WriteCA(file string) error { return os.WriteFile(file, p.ca.pem, 0o600) }

// Authority holds the authority's certificate, for clients in this process.
func (p *Proxy) Authority() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(p.ca.pem)
	return pool
}

// connect answers a CONNECT, and the tunnel goes on behind the TLS.
func (p *Proxy) connect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "this proxy takes CONNECT only", http.StatusMethodNotAllowed)
		return
	}
	if p.auth != "" && subtle.ConstantTimeCompare([]byte(p.auth), []byte(r.Header.Get("Proxy-Authorization"))) == 0 {
		w.Header().Set("Proxy-Authenticate", `Basic realm="discordsim"`)
		http.Error(w, "authentication is required", http.StatusProxyAuthRequired)
		return
	}
	host, port, err := net.SplitHostPort(r.Host)
	p.mu.Lock()
	p.connects[host]++
	p.mu.Unlock()
	_, known := p.hosts[strings.ToLower(host)]
	switch {
	case err != nil || port != "443" || !known && !isDiscord(host):
		http.Error(w, "there is no way to "+r.Host, http.StatusForbidden)
		return
	case !known && p.s.isDown():
		http.Error(w, "cannot reach "+r.Host, http.StatusBadGateway)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if _, err := io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil || buffered.Reader.Buffered() > 0 {
		_ = conn.Close() // nobody speaks before the tunnel is there
		return
	}
	p.tunnels.add(p.s.newLine(conn))
}

// serve is a request inside a tunnel.
func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if h, ok := p.hosts[strings.ToLower(host)]; ok {
		h.ServeHTTP(w, r)
		return
	}
	p.s.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), proxied{}, p)))
}

// tunnels is a listener whose connections are those of the proxy's tunnels.
type tunnels struct {
	addr  net.Addr
	queue chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (t *tunnels) add(conn net.Conn) {
	select {
	case t.queue <- conn:
	case <-t.done:
		_ = conn.Close()
	}
}

func (t *tunnels) Accept() (net.Conn, error) {
	select {
	case conn := <-t.queue:
		return conn, nil
	case <-t.done:
		return nil, net.ErrClosed
	}
}

func (t *tunnels) Close() error {
	t.once.Do(func() { close(t.done) })
	return nil
}

func (t *tunnels) Addr() net.Addr { return t.addr }
