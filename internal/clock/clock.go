// Package clock corrects the clock of the machine. Containers boot with a clock that is
// years off, virtual machines sleep, and operators correct a zone by moving the time.
// Whatever such a clock dates stays wrong: a reading of next year, a key that "has
// expired", a report that is never due.
//
//	c := clock.New(lastReading, log)
//	client := &http.Client{Transport: c.Transport(transport)} // sees Date headers
//	at := c.Now()
//
// The rules are in consensus. Timers and [time.Since] use the monotonic clock and need no
// correction.
package clock

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Clock is a corrected clock. It is safe for concurrent use.
type Clock struct {
	read func() (wall time.Time, ticks time.Duration)
	log  *slog.Logger

	mu     sync.Mutex
	agreed *consensus
}

// New begins with the time that the machine shows. last is when the last stored
// reading was taken, zero when there is none.
func New(last time.Time, log *slog.Logger) *Clock {
	return NewAt(time.Now, last, log)
}

// NewAt begins with the time that another clock shows, in place of the machine's.
func NewAt(clock func() time.Time, last time.Time, log *slog.Logger) *Clock {
	began := time.Now()
	return newClock(func() (time.Time, time.Duration) {
		return clock().Round(0), time.Since(began) // Round drops the monotonic reading
	}, last, log)
}

func newClock(read func() (time.Time, time.Duration), last time.Time, log *slog.Logger) *Clock {
	wall, ticks := read()
	return &Clock{read: read, log: log, agreed: newConsensus(wall, ticks, last)}
}

// Now is the agreed time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall, ticks := c.read()
	c.say(c.agreed.tick(wall, ticks), wall, "")
	return c.agreed.now
}

// Sure reports whether a server has confirmed the time since the machine's
// clock was last stepped.
func (c *Clock) Sure() bool {
	c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.agreed.sure
}

// Listen is called before a request to a server, and what it returns with the time that
// the server's answer names. If this machine's clock was stepped in between, the answer may
// be from before the step, as after a sleep, and does not count.
func (c *Clock) Listen(server string) func(date time.Time) {
	began := c.steps()
	return func(date time.Time) {
		if c.steps() == began {
			c.hear(server, date)
		}
	}
}

// steps is how often the machine's clock was stepped.
func (c *Clock) steps() int {
	c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.agreed.steps
}

// hear counts the time that a server sent as a vote.
func (c *Clock) hear(server string, date time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall, ticks := c.read()
	c.say(c.agreed.hear(server, date, wall, ticks), wall, server)
}

func (c *Clock) say(v Verdict, wall time.Time, server string) {
	switch v {
	case Unchanged:
	case Confirmed, Agrees:
		c.log.Debug(string(v), "time", c.agreed.now, "server", server)
	default:
		c.log.Warn(string(v), "time", c.agreed.now, "machine", wall, "server", server)
	}
}

// Transport listens to the Date header of every answer that comes through next.
func (c *Clock) Transport(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return listener{c, next}
}

type listener struct {
	clock *Clock
	next  http.RoundTripper
}

// RoundTrip passes the request on. An answer with an Age comes from a cache, and its Date
// is that old. A failure or a page may be a proxy's, which has a clock of its own.
func (l listener) RoundTrip(r *http.Request) (*http.Response, error) {
	heard := l.clock.Listen(r.URL.Host)
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	page := strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), "text/html")
	if resp.StatusCode >= http.StatusInternalServerError || page || resp.Header.Get("Age") != "" {
		return resp, nil
	}
	if date, bad := http.ParseTime(resp.Header.Get("Date")); bad == nil {
		heard(date)
	}
	return resp, nil
}

// CloseIdleConnections passes the call of [http.Client.CloseIdleConnections] on.
func (l listener) CloseIdleConnections() {
	if closer, ok := l.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
