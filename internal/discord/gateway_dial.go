package discord

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"golang.org/x/net/proxy"
)

// wsDialer makes the connection below the websocket. It speaks to the proxy
// itself: gorilla's dialer would do TLS with the proxy instead of with Discord
// when it is given its own TLS dial function, and that function is what lets
// us read the frames.
type wsDialer struct {
	proxy func(*http.Request) (*url.URL, error)
	tls   *tls.Config
}

// dial connects to addr ("host:port"), through the proxy if there is one,
// with TLS on top when secure.
func (d *wsDialer) dial(ctx context.Context, addr string, secure bool) (net.Conn, error) {
	via, err := d.proxyFor(ctx, addr, secure)
	if err != nil {
		return nil, err
	}
	conn, err := dialVia(ctx, via, addr)
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

func dialVia(ctx context.Context, via *url.URL, addr string) (net.Conn, error) {
	var direct net.Dialer
	if via == nil {
		return direct.DialContext(ctx, "tcp", addr)
	}
	switch via.Scheme {
	case "http", "https":
		return dialConnect(ctx, via, addr)
	case "socks5", "socks5h":
		return dialSOCKS(ctx, via, addr)
	}
	return nil, fmt.Errorf("proxy scheme %q is not supported", via.Scheme)
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
func dialConnect(ctx context.Context, via *url.URL, addr string) (net.Conn, error) {
	port := "80"
	if via.Scheme == "https" {
		port = "443"
	}
	var direct net.Dialer
	conn, err := direct.DialContext(ctx, "tcp", withPort(via, port))
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
