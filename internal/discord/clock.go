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
	answered atomic.Bool            // anything, with a date or without
	listen   func() func(time.Time) // see [WithDates]; nil: nobody listens
}

type reading struct{ server, here time.Time }

// startRequest is called before a request. What it returns is called with the header of
// the answer.
func (c *serverClock) startRequest() (learn func(http.Header)) {
	heard := func(time.Time) {}
	if c.listen != nil {
		heard = c.listen()
	}
	return func(h http.Header) {
		c.answered.Store(true)
		if at, err := http.ParseTime(h.Get("Date")); err == nil {
			c.seen.Store(&reading{at, time.Now()})
			heard(at)
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
