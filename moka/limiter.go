package moka

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// The default budget of a host. The smallest limit a gateway ships with is 180
// requests per 180 s and address (new-api common/constants.go, 2025), and other
// programs behind the same address count against it too.
const (
	defaultRequests = 120
	defaultWindow   = 180 * time.Second
)

// The budget of /api/usage/token/, which gateways limit to 20 requests per 20
// minutes and address, together with logins.
const (
	explainRequests = 15
	explainWindow   = 20 * time.Minute
)

// How long a host is left alone after a 429.
const (
	minPause   = time.Second      // however little Retry-After asks for
	usualPause = time.Minute      // without Retry-After; doubled each time it was not enough, up to the window
	maxPause   = 30 * time.Minute // however much is asked for
)

// Limiter keeps the requests to every gateway host within a budget. Gateways
// count per client address, so all accounts of a process should share one.
type Limiter struct {
	requests int
	window   time.Duration

	mu    sync.Mutex
	hosts map[string]*hostLimit
}

// hostLimit is a host's two budgets: a 429 of the small one says nothing about the other.
type hostLimit struct {
	calls   *slidingWindow // all of them
	explain *slidingWindow
	share   commandsShare // of calls
	status  statusShare
	topUp   topUpShare
	bulky   chan struct{} // held while a large answer is read and decoded
}

// NewLimiter allows each host that many requests in any stretch of window.
// Values that are not positive mean the default: 120 requests per 180 s.
func NewLimiter(requests int, window time.Duration) *Limiter {
	if requests <= 0 {
		requests = defaultRequests
	}
	if window <= 0 {
		window = defaultWindow
	}
	return &Limiter{requests: requests, window: window, hosts: map[string]*hostLimit{}}
}

// Budget returns what the limiter allows each host.
func (l *Limiter) Budget() (requests int, window time.Duration) { return l.requests, l.window }

func (l *Limiter) host(name string) *hostLimit {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.hosts[name]
	if h == nil {
		h = &hostLimit{
			calls: newSlidingWindow(l.requests, l.window), explain: newSlidingWindow(explainRequests, explainWindow),
			share: newCommandsShare(l.requests, l.window), bulky: make(chan struct{}, 1),
		}
		l.hosts[name] = h
	}
	return h
}

// slidingWindow grants so many places in any stretch of time. Whoever holds turn waits for the next free place;
// the others queue behind in the order they came.
type slidingWindow struct {
	turn   chan struct{}
	window time.Duration

	mu      sync.Mutex
	granted []time.Time // ring of the last grants
	next    int         // the oldest of them
	paused  time.Time   // nothing is sent before
	strikes int         // 429s in a row without Retry-After
}

func newSlidingWindow(requests int, window time.Duration) *slidingWindow {
	return &slidingWindow{turn: make(chan struct{}, 1), window: window, granted: make([]time.Time, requests)}
}

// heldBack says that a request was not sent, and how long it would have to wait.
type heldBack struct {
	rest     time.Duration
	paused   bool // the gateway asked for it, rather than our own budget
	commands bool // only the commands' share of the budget is used up
}

func (h *heldBack) Error() string {
	why := "this program's own request budget is used up"
	if h.paused {
		why = "the gateway asked for a pause"
	}
	return fmt.Sprintf("not sent: %s for another %s", why, h.rest.Round(time.Second))
}

// wait returns when a request may be sent. It gives up at once when ctx cannot
// last that long, and during a pause: a late answer serves nobody.
func (l *slidingWindow) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-l.turn }()
	for {
		held := l.take()
		if held == nil {
			return nil
		}
		if deadline, ok := ctx.Deadline(); held.paused || ok && time.Until(deadline) < held.rest {
			return held
		}
		timer := time.NewTimer(held.rest)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// take takes a place if one is free now.
func (l *slidingWindow) take() *heldBack {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if rest := l.paused.Sub(now); rest > 0 {
		return &heldBack{rest: rest, paused: true}
	}
	if oldest := l.granted[l.next]; !oldest.IsZero() {
		if rest := l.window - now.Sub(oldest); rest > 0 {
			return &heldBack{rest: rest}
		}
	}
	l.granted[l.next] = now
	l.next = (l.next + 1) % len(l.granted)
	return nil
}

// room is how many places are free, and how long it is until the next becomes free.
func (l *slidingWindow) room() (free int, more time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for _, at := range l.granted {
		rest := l.window - now.Sub(at)
		if at.IsZero() || rest <= 0 {
			free++
		} else if more == 0 || rest < more {
			more = rest
		}
	}
	return free, more
}

// spare is how many places others may take now, so that a plan that takes rate
// places a second finds its places whenever they are due.
func (l *slidingWindow) spare(rate float64) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	free, least := 0, math.Inf(1)
	for i := range l.granted { // from the oldest on
		at := l.granted[(l.next+i)%len(l.granted)]
		if rest := l.window - now.Sub(at); !at.IsZero() && rest > 0 {
			least = min(least, float64(free)-rate*rest.Seconds()) // just before that place is free again
		}
		free++
	}
	return int(max(0, min(least, float64(free)-rate*l.window.Seconds())))
}

// pause is how long the gateway still wants to be left alone.
func (l *slidingWindow) pause() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, time.Until(l.paused))
}

// refused notes a 429; asked is what Retry-After says, 0 without one.
func (l *slidingWindow) refused(asked time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Before(l.paused) {
		return // the calls side by side with the one that told us
	}
	pause := max(asked, minPause)
	if asked <= 0 {
		// Gateways count within a window: after so much silence it is empty.
		pause = min(usualPause<<min(l.strikes, 8), max(l.window, usualPause))
		pause += rand.N(pause / 10)
		l.strikes++
	}
	l.paused = now.Add(min(pause, maxPause))
}

// answered notes that the gateway serves us again.
func (l *slidingWindow) answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().After(l.paused) {
		l.strikes = 0
	}
}
