package store

import (
	"context"
	"net"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// lines are a process's network connections to a server, so that they can be closed
// at once. The driver first tries to tell the server, for up to 15 s.
type lines struct {
	mu   sync.Mutex
	open map[*lineConn]struct{}
}

type lineConn struct {
	net.Conn
	of *lines
}

// dial notes the connections that another function makes.
func (l *lines) dial(next pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := next(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := &lineConn{conn, l}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.open == nil {
			l.open = map[*lineConn]struct{}{}
		}
		l.open[c] = struct{}{}
		return c, nil
	}
}

func (c *lineConn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// cut closes all connections. The server rolls back what was under way on them.
func (l *lines) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		_ = c.Conn.Close() // it is of no use anyhow
	}
	clear(l.open)
}
