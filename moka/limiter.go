package moka

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
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

// Limiter keeps the requests to every gateway host within a budget, and the memory for
// large answers of all hosts within another. Gateways count per client address, so all
// accounts of a process should share one.
type Limiter struct {
	requests int
	window   time.Duration
	intake   *intake

	mu    sync.Mutex
	hosts map[string]*hostLimit
}

// hostLimit is a host's two budgets: a 429 of the small one says nothing about the other.
type hostLimit struct {
	calls   *slidingWindow // all of them
	explain *slidingWindow
	status  statusShare
	topUp   topUpShare
	owners  keyOwners
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
	return &Limiter{requests: requests, window: window, intake: newIntake(), hosts: map[string]*hostLimit{}}
}

// Budget returns what the limiter allows each host.
func (l *Limiter) Budget() (requests int, window time.Duration) { return l.requests, l.window }

// Reserved is the part of each host's budget that is kept for readings (see
// [Purpose]).
func (l *Limiter) Reserved() (requests int) { return l.requests - notReserved(l.requests) }

func (l *Limiter) host(name string) *hostLimit {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.hosts[name]
	if h == nil {
		h = &hostLimit{
			calls: newSlidingWindow(l.requests, travels(l.window)), explain: newSlidingWindow(explainRequests, travels(explainWindow)),
		}
		l.hosts[name] = h
	}
	return h
}

// travels is a window with a hundredth more: gateways count when a request arrives,
// and a later one may travel faster.
func travels(window time.Duration) time.Duration { return window + window/100 }

// slidingWindow grants so many places in any stretch of time, in three parts: most are for
// readings, the others for commands and work in the background (see [Purpose]). Whoever
// holds turn waits for the next free place; the others queue behind in the order they came.
type slidingWindow struct {
	turn    chan struct{}
	window  time.Duration
	divided bool         // reserved readings keep to their part
	waiting atomic.Int32 // calls in the background without a place
	planned atomic.Int32 // calls of readings in a window, as far as they are planned

	mu       sync.Mutex
	sent     int64     // requests of readings so far
	sentThen time.Time // when the last of them got their places, and how many had one before
	before   int64
	readings places
	common   places
	records  places            // for reserved work in the background
	pause    pause             // of everything
	others   pause             // of everything but readings
	paths    map[string]*pause // of what a reading can do without, by operation
}

// pause is what a gateway asked for with a 429.
type pause struct {
	until   time.Time // nothing is sent before
	strikes int       // 429s in a row without Retry-After
}

// places are a part of a budget: when each place was last taken, in the order of the
// ring that begins at next.
type places struct {
	at   []time.Time
	next int
}

// rest is how long it is until a place is free, 0 when one is.
func (p *places) rest(now time.Time, window time.Duration) time.Duration {
	if len(p.at) == 0 {
		return window
	}
	return left(p.at[p.next], now, window)
}

// take takes the place that is free.
func (p *places) take(now time.Time) {
	p.at[p.next] = now
	p.next = (p.next + 1) % len(p.at)
}

// taken is how many places are taken, and how long it is until the first of them is free.
func (p *places) taken(now time.Time, window time.Duration) (n int, more time.Duration) {
	for n < len(p.at) {
		rest := left(p.at[(p.next+len(p.at)-1-n)%len(p.at)], now, window)
		if rest == 0 {
			break
		}
		n, more = n+1, rest
	}
	return n, more
}

// left is what is left of a window that began at a moment, nothing for the zero time.
func left(began, now time.Time, window time.Duration) time.Duration {
	if began.IsZero() {
		return 0
	}
	return max(0, window-now.Sub(began))
}

// minDivided is the smallest budget that reserved readings have a part of: a full
// reading takes up to seven requests, which have to fit into it.
const minDivided = 10

func newSlidingWindow(requests int, window time.Duration) *slidingWindow {
	others := notReserved(requests)
	records := others / recordsPart
	return &slidingWindow{
		turn: make(chan struct{}, 1), window: window, divided: requests >= minDivided,
		readings: places{at: make([]time.Time, requests-others)}, common: places{at: make([]time.Time, others-records)},
		records: places{at: make([]time.Time, records)},
	}
}

// heldBack says that a request was not sent, and how long it would have to wait.
type heldBack struct {
	rest     time.Duration
	paused   bool // the gateway asked for it, rather than our own budget
	commands bool // no place is free that a command may take
}

func (h *heldBack) Error() string {
	why := "this program's own request budget is used up"
	if h.paused {
		why = "the gateway asked for a pause"
	}
	return fmt.Sprintf("not sent: %s for another %s", why, h.rest.Round(time.Second))
}

// wait returns when a request of a reading may be sent. It gives up at once when ctx
// cannot last that long, and during a pause: a late answer serves nobody.
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
		held := l.take(isReserved(ctx))
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

// take takes a place for a reading if one is free now: of the readings' part, and where
// the reading is not reserved also of the others.
func (l *slidingWindow) take(reserved bool) *heldBack {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if rest := l.pause.until.Sub(now); rest > 0 {
		return &heldBack{rest: rest, paused: true}
	}
	rest := l.readings.rest(now, l.window)
	if rest == 0 {
		l.readings.take(now)
		l.count(now)
		return nil
	}
	if reserved && l.divided {
		return &heldBack{rest: rest}
	}
	for _, other := range []*places{&l.common, &l.records} {
		if otherRest := other.rest(now, l.window); otherRest > 0 {
			rest = min(rest, otherRest)
			continue
		}
		other.take(now)
		l.count(now)
		return nil
	}
	return &heldBack{rest: rest}
}

// takeFor takes a place for a command or for work in the background, if one is free now
// that the purpose may take (see [Purpose]).
func (l *slidingWindow) takeFor(p Purpose) *heldBack {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if rest := max(l.others.until.Sub(now), l.pause.until.Sub(now)); rest > 0 {
		return &heldBack{rest: rest, paused: true}
	}
	if p == Background && l.unneeded(now) {
		l.readings.take(now)
		return nil
	}
	limit := len(l.common.at)
	if p == Command && l.waiting.Load() > 0 {
		limit = max(1, limit/2)
	}
	if taken, more := l.common.taken(now, l.window); taken >= limit {
		return &heldBack{rest: more, commands: p == Command}
	}
	l.common.take(now)
	return nil
}

// takeReserved takes one of the places of reserved work in the background, if one is free now.
func (l *slidingWindow) takeReserved() *heldBack {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if rest := max(l.others.until.Sub(now), l.pause.until.Sub(now)); rest > 0 {
		return &heldBack{rest: rest, paused: true}
	}
	if rest := l.records.rest(now, l.window); rest > 0 {
		return &heldBack{rest: rest}
	}
	l.records.take(now)
	return nil
}

// unneeded reports whether readings use less than half of their part, and are planned to
// use no more than half. The lock is held.
func (l *slidingWindow) unneeded(now time.Time) bool {
	half := len(l.readings.at) / 2
	taken, _ := l.readings.taken(now, l.window)
	return taken < half && int(l.planned.Load()) <= half
}

// room is how many places are free for readings, and how long it is until there is one
// more: of their part alone where they are reserved, otherwise of all.
func (l *slidingWindow) room(reserved bool) (free int, more time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	taken, more := l.readings.taken(now, l.window)
	free = len(l.readings.at) - taken
	if reserved && l.divided {
		return free, more
	}
	for _, other := range []*places{&l.common, &l.records} {
		taken, first := other.taken(now, l.window)
		if first > 0 && (more == 0 || first < more) {
			more = first
		}
		free += len(other.at) - taken
	}
	return free, more
}

// count notes a request of a reading. The lock is held.
func (l *slidingWindow) count(now time.Time) {
	if !now.Equal(l.sentThen) {
		l.sentThen, l.before = now, l.sent
	}
	l.sent++
}

// sentForReadings is how many requests of readings got a place before this moment.
func (l *slidingWindow) sentForReadings() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Equal(l.sentThen) {
		return l.before
	}
	return l.sent
}

// plan notes how many requests a second the readings are going to take.
func (l *slidingWindow) plan(perSecond float64) {
	l.planned.Store(int32(math.Ceil(min(perSecond*l.window.Seconds(), float64(len(l.readings.at))))))
}

// paused is how long the gateway still wants readings to leave it alone.
func (l *slidingWindow) paused() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, time.Until(l.pause.until))
}

// refused notes a 429; wanted is what Retry-After says, 0 without one. Gateways and what
// is in front of them limit single paths too, and a limit of everything is met by the
// next reading as well. So what a command or work in the background met stops no
// reading, and what a reading can do without, an optional operation, stops alone.
func (l *slidingWindow) refused(p Purpose, optional string, wanted time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pauseOf(p, optional).begin(time.Now(), wanted, l.window)
}

// pauseOf is the pause that a 429 begins. The lock is held.
func (l *slidingWindow) pauseOf(p Purpose, optional string) *pause {
	switch {
	case p != ForReading:
		return &l.others
	case optional == "":
		return &l.pause
	}
	if l.paths[optional] == nil {
		if l.paths == nil {
			l.paths = map[string]*pause{}
		}
		l.paths[optional] = &pause{}
	}
	return l.paths[optional]
}

// pathPaused is how long the gateway still wants no requests of an optional operation.
func (l *slidingWindow) pathPaused(optional string) *heldBack {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.paths[optional]; p != nil && time.Now().Before(p.until) {
		return &heldBack{rest: time.Until(p.until), paused: true}
	}
	return nil
}

// begin begins a pause, unless one lasts: the calls side by side with the one that
// told us are refused too.
func (p *pause) begin(now time.Time, wanted, window time.Duration) {
	if now.Before(p.until) {
		return
	}
	rest := max(wanted, minPause)
	if wanted <= 0 {
		// Gateways count within a window: after so much silence it is empty.
		rest = min(usualPause<<min(p.strikes, 8), max(window, usualPause))
		rest += rand.N(rest / 10)
		p.strikes++
	}
	p.until = now.Add(min(rest, maxPause))
}

// answered notes that the gateway serves us again.
func (l *slidingWindow) answered(p Purpose, optional string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if served := l.pauseOf(p, optional); time.Now().After(served.until) {
		served.strikes = 0
	}
}
