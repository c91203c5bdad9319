package discord

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
	"golang.org/x/net/proxy"
)

// wsDialer connects to the gateway. It speaks to the proxy itself, because the
// websocket library knows no https proxies, repeats a proxy's words, and panics
// at a status without any.
type wsDialer struct {
	proxy   func(*http.Request) (*url.URL, error)
	tls     *tls.Config
	network func(ctx context.Context, network, addr string) (net.Conn, error) // nil: the real one
}

// dialer goes over the network and with the TLS settings of REST.
func (g *Gateway) dialer() *wsDialer {
	d := &wsDialer{proxy: g.Proxy}
	if t, ok := g.REST.client.Transport.(*http.Transport); ok {
		t = t.Clone() // the first request of the transport changes its TLS settings
		d.tls, d.network = t.TLSClientConfig, t.DialContext
	}
	return d
}

// websocket opens a websocket at address, with the version and the encoding that
// we speak. ctx is for opening it only.
func (d *wsDialer) websocket(ctx context.Context, address, agent string) (*websocket.Conn, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "wss" && u.Scheme != "ws" || u.Host == "" {
		return nil, errors.New("its address is not one of a websocket")
	}
	q := u.Query()
	q.Set("v", discordgo.APIVersion)
	q.Set("encoding", "json")
	u.RawQuery, u.Path = q.Encode(), cmp.Or(u.Path, "/")
	var head *headConn
	stop := func() bool { return true }
	connect := func(secure bool) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, _, addr string) (net.Conn, error) {
			conn, err := d.dial(ctx, addr, secure)
			if err != nil {
				return nil, err
			}
			head = &headConn{Conn: conn, left: maxHead}
			stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
			return head, nil
		}
	}
	lib := websocket.Dialer{NetDialContext: connect(false), NetDialTLSContext: connect(true)}
	ws, resp, err := lib.DialContext(ctx, u.String(), http.Header{"User-Agent": {agent}})
	switch {
	case err != nil && resp != nil:
		return nil, fmt.Errorf("it answered %d instead of a websocket", resp.StatusCode)
	case err != nil:
		return nil, because(err, ctx.Err())
	case !stop(): // ctx ended at the last moment
		return nil, errors.Join(ctx.Err(), ws.Close())
	}
	head.left = math.MaxInt
	return ws, nil
}

// maxHead bounds the HTTP answer to the upgrade, which the library does not.
const maxHead = 64 << 10

// headConn is a connection that brings so much and no more.
type headConn struct {
	net.Conn
	left int // bytes
}

// Read has an error when there was too much.
func (h *headConn) Read(p []byte) (int, error) {
	if h.left <= 0 {
		return 0, errors.New("its HTTP answer is too long")
	}
	n, err := h.Conn.Read(p[:min(len(p), h.left)])
	h.left -= n
	return n, err
}

// dial connects to addr ("host:port"), through the proxy if there is one,
// with TLS on top when secure.
func (d *wsDialer) dial(ctx context.Context, addr string, secure bool) (net.Conn, error) {
	via, err := d.proxyFor(ctx, addr, secure)
	if err != nil {
		return nil, err
	}
	conn, err := d.dialVia(ctx, via, addr)
	if err != nil {
		return nil, err
	}
	if !secure {
		return conn, nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return handshake(ctx, conn, d.tls, host)
}

func (d *wsDialer) proxyFor(ctx context.Context, addr string, secure bool) (*url.URL, error) {
	if d.proxy == nil {
		return nil, nil
	}
	target := url.URL{Scheme: "http", Host: addr, Path: "/"}
	if secure {
		target.Scheme = "https"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, errors.New("the gateway's address is not valid")
	}
	via, err := d.proxy(req)
	if err != nil {
		return nil, errors.New("the proxy's address is not valid") // the cause would print its password
	}
	return via, nil
}

func handshake(ctx context.Context, conn net.Conn, config *tls.Config, host string) (net.Conn, error) {
	if config == nil {
		config = &tls.Config{}
	}
	config = config.Clone()
	config.NextProtos = []string{"http/1.1"} // a websocket does not begin on HTTP/2
	if config.ServerName == "" {
		config.ServerName = host
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

func (d *wsDialer) dialVia(ctx context.Context, via *url.URL, addr string) (net.Conn, error) {
	if via == nil {
		return d.direct(ctx, addr)
	}
	switch via.Scheme {
	case "http", "https":
		return d.dialConnect(ctx, via, addr)
	case "socks5", "socks5h":
		return dialSOCKS(ctx, via, addr)
	}
	return nil, fmt.Errorf("proxy scheme %q is not supported", via.Scheme)
}

func (d *wsDialer) direct(ctx context.Context, addr string) (net.Conn, error) {
	if d.network != nil {
		return d.network(ctx, "tcp", addr)
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", addr)
}

func dialSOCKS(ctx context.Context, via *url.URL, addr string) (net.Conn, error) {
	var auth *proxy.Auth
	if via.User != nil {
		password, _ := via.User.Password()
		auth = &proxy.Auth{User: via.User.Username(), Password: password}
	}
	d, err := proxy.SOCKS5("tcp", withPort(via, "1080"), auth, &net.Dialer{})
	if err != nil {
		return nil, fmt.Errorf("socks proxy: %w", err)
	}
	conn, err := d.(proxy.ContextDialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("socks proxy: %w", err)
	}
	return conn, nil
}

// dialConnect opens a tunnel with the CONNECT method.
func (d *wsDialer) dialConnect(ctx context.Context, via *url.URL, addr string) (net.Conn, error) {
	port := "80"
	if via.Scheme == "https" {
		port = "443"
	}
	conn, err := d.direct(ctx, withPort(via, port))
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if via.Scheme == "https" {
		if conn, err = handshake(ctx, conn, nil, via.Hostname()); err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	err = tunnel(conn, via.User, addr)
	if !stop() || err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("proxy: %w", errors.Join(err, ctx.Err()))
	}
	return conn, nil
}

func tunnel(conn net.Conn, user *url.Userinfo, addr string) error {
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{}}
	if user != nil {
		password, _ := user.Password()
		pair := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		req.Header.Set("Proxy-Authorization", "Basic "+pair)
	}
	if err := req.Write(conn); err != nil {
		return err
	}
	buffered := bufio.NewReader(conn)
	resp, err := http.ReadResponse(buffered, req)
	if err != nil {
		return errors.New("it did not answer like a proxy") // the cause repeats its words, which may hold the password
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %d to CONNECT", resp.StatusCode)
	}
	if buffered.Buffered() > 0 {
		return errors.New("it sent more than its answer to CONNECT")
	}
	return nil
}

func withPort(u *url.URL, port string) string {
	if u.Port() != "" {
		port = u.Port()
	}
	return net.JoinHostPort(u.Hostname(), port)
}
