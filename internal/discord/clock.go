package discord

import (
	"net/http"
	"sync/atomic"
	"time"
)

// serverClock is Discord's clock, taken from the Date header of its answers and
// carried on by the monotonic clock. The ids of messages go by it.
type serverClock struct {
	seen     atomic.Pointer[reading]
	answered atomic.Bool     // anything, with a date or without
	told     func(time.Time) // of every time that Discord names; nil: nobody is
}

type reading struct{ server, here time.Time }

func (c *serverClock) learn(h http.Header) {
	c.answered.Store(true)
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		c.seen.Store(&reading{at, time.Now()})
		if c.told != nil {
			c.told(at)
		}
	}
}

// now is this machine's time until an answer was seen.
func (c *serverClock) now() time.Time {
	r := c.seen.Load()
	if r == nil {
		return time.Now()
	}
	return r.server.Add(time.Since(r.here))
}
