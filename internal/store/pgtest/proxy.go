package pgtest

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Proxy stands between a client and a server, and breaks what is between them.
type Proxy struct {
	listener net.Listener
	server   string

	mu      sync.Mutex
	pairs   map[*pair]bool
	swallow bool
	lose    Lost // of the next commit
}

// Lost is what is lost of a commit when its connection breaks.
type Lost int

// What is lost.
const (
	Nothing Lost = iota
	Request      // the server never sees it
	Answer       // the server commits, and the client does not learn of it
)

// pair is a connection through the proxy.
type pair struct {
	client, server net.Conn
	lost           Lost
}

func (p *pair) close() {
	p.client.Close()
	p.server.Close()
}

// NewProxy forwards to the server of an address, and returns the address through
// the proxy.
func NewProxy(t testing.TB, address string) (*Proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, server: u.Host, pairs: map[*pair]bool{}}
	t.Cleanup(func() {
		l.Close()
		p.Cut()
	})
	go p.accept()
	u.Host = l.Addr().String()
	return p, u.String()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		c := &pair{client: client, server: server}
		p.mu.Lock()
		p.pairs[c] = true
		p.mu.Unlock()
		go p.forward(c, client, server)
		go p.forward(c, server, client)
	}
}

// forward passes on what comes from one side until either ends.
func (p *Proxy) forward(c *pair, from, to net.Conn) {
	defer c.close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		pass, end := p.decide(c, from == c.client, buffer[:n])
		if end {
			return
		}
		if !pass {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *Proxy) decide(c *pair, fromClient bool, data []byte) (pass, end bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if fromClient && p.lose != Nothing && bytes.Contains(data, []byte("commit\x00")) {
		c.lost, p.lose = p.lose, Nothing
	}
	return !p.swallow, c.lost == Request && fromClient || c.lost == Answer && !fromClient
}

// Lose breaks the connection of the next commit.
func (p *Proxy) Lose(what Lost) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = what
}

// Swallow passes nothing on, without closing a connection.
func (p *Proxy) Swallow(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.swallow = yes
}

// Cut closes every connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.pairs {
		c.close()
	}
	clear(p.pairs)
}
