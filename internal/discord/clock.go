package discord

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"
)

// serverClock is Discord's clock, taken from the Date header of its answers and
// carried on by the monotonic clock. The ids of messages go by it.
type serverClock struct {
	seen     atomic.Pointer[reading]
	answered atomic.Bool            // it has, with a date or without
	listen   func() func(time.Time) // see [WithDates]; nil: nobody listens
}

type reading struct{ server, here time.Time }

// startRequest is called before a request. What it returns is called with an answer of
// Discord's own. That of a server in trouble, or out of a cache, dates nothing.
func (c *serverClock) startRequest() (learn func(answer)) {
	heard := func(time.Time) {}
	if c.listen != nil {
		heard = c.listen()
	}
	return func(a answer) {
		c.answered.Store(true)
		if a.status >= http.StatusInternalServerError || a.header.Get("Age") != "" {
			return
		}
		if at, err := http.ParseTime(a.header.Get("Date")); err == nil {
			c.seen.Store(&reading{at, a.began})
			heard(at)
		}
	}
}

// answer is what is known of an answer to a request.
type answer struct {
	status int
	header http.Header
	began  time.Time // when its header came
	body   []byte
}

// discords reports whether an answer is Discord's own. A page of a proxy, of a hotel's
// network or of Cloudflare has another server's date.
func (a answer) discords() bool {
	if a.status >= http.StatusMultipleChoices {
		_, own := parseRefusal(a.body)
		return own
	}
	return a.status == http.StatusNoContent || json.Valid(a.body)
}

// now is this machine's time until an answer was seen.
func (c *serverClock) now() time.Time {
	r := c.seen.Load()
	if r == nil {
		return time.Now()
	}
	return r.server.Add(time.Since(r.here))
}
