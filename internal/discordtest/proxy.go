package discordtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// Proxy is a real CONNECT proxy on loopback that answers for Discord's hosts
// itself, with certificates of its own authority. Through it the unmodified
// program runs against the simulation: discord.proxy (or HTTPS_PROXY) names it,
// and SSL_CERT_FILE names the authority.
type Proxy struct {
	URL string

	server *http.Server // behind the TLS of Discord's hosts
	listen net.Listener
	ca     []byte
	cert   tls.Certificate

	mu    sync.Mutex
	seen  map[string]int
	conns sync.WaitGroup
}

type viaProxy struct{}

func proxied(r *http.Request) bool { return r.Context().Value(viaProxy{}) != nil }

// Proxy starts a proxy to this server. Close it at the end.
func (s *Server) Proxy() (*Proxy, error) {
	p := &Proxy{seen: map[string]int{}}
	if err := p.certify(); err != nil {
		return nil, err
	}
	var err error
	if p.listen, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	p.URL = "http://" + p.listen.Addr().String()
	p.server = &http.Server{
		Handler:           p.handler(s),
		ReadHeaderTimeout: 10 * time.Second,
	}
	go p.server.Serve(p.listen)
	return p, nil
}

// Close ends the proxy.
func (p *Proxy) Close() {
	p.server.Close()
	p.conns.Wait()
}

// Connects is how often a tunnel to a host was asked for.
func (p *Proxy) Connects(host string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[host]
}

// WriteCA writes the authority's certificate, for SSL_CERT_FILE.
func (p *Proxy) WriteCA(file string) error { return os.WriteFile(file, p.ca, 0o600) }

// Authority is the authority's certificate pool, for clients in the same process.
func (p *Proxy) Authority() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(p.ca)
	return pool
}

func (p *Proxy) handler(s *Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.Host)
		if r.Method != http.MethodConnect || host != "discord.com" && host != "gateway.discord.gg" {
			http.Error(w, "this proxy leads to Discord only", http.StatusForbidden)
			return
		}
		p.mu.Lock()
		p.seen[host]++
		p.mu.Unlock()
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		fmt.Fprint(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		p.conns.Go(func() { p.tunnel(conn, host, s) })
	})
}

// tunnel is the far end of one CONNECT: Discord's host as the client sees it.
func (p *Proxy) tunnel(conn net.Conn, host string, s *Server) {
	inner := http.Handler(s)
	if host == "gateway.discord.gg" {
		inner = http.HandlerFunc(s.gateway)
	}
	one := &oneListener{conn: tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{p.cert}}), closed: make(chan struct{})}
	server := &http.Server{
		Handler:           inner,
		ReadHeaderTimeout: time.Minute,
		ConnContext:       func(ctx context.Context, _ net.Conn) context.Context { return context.WithValue(ctx, viaProxy{}, true) },
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed || state == http.StateHijacked {
				one.Close()
			}
		},
	}
	server.Serve(one)
}

// oneListener accepts one connection that is there already.
type oneListener struct {
	conn   net.Conn
	once   sync.Once
	taken  bool
	closed chan struct{}
}

func (l *oneListener) Accept() (net.Conn, error) {
	if !l.taken {
		l.taken = true
		return l.conn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *oneListener) Addr() net.Addr { return l.conn.LocalAddr() }

// certify makes an authority and a certificate for Discord's hosts.
func (p *Proxy) certify() error {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "simulated authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return err
	}
	p.ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "discord.com"}, DNSNames: []string{"discord.com", "gateway.discord.gg"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	p.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return err
}
