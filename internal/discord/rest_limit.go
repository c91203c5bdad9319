package discord

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Facts of https://docs.discord.com/developers/topics/rate-limits.
const (
	invalidWindow  = 10 * time.Minute // in which 10,000 invalid requests end in a ban
	maxInvalid     = 5000             // half of it, for what else runs at this address
	blindPause     = 30 * time.Second // a 429 that names no time
	maxMemory      = time.Hour        // no header makes us wait longer than this
	maxRouteLimits = 512              // windows kept; they are dropped when they end
)

// route is what Discord counts requests by. An empty shape is counted by
// nothing but the pauses: interaction tokens must not fill the table.
type route struct {
	shape  string // method and path without ids
	major  string // the channel or guild id
	exempt bool   // not under the bot's global limit (interaction endpoints)
}

type window struct {
	left  int
	until time.Time
}

// limiter holds requests back until Discord wants them. It keeps one window
// per bucket and major id while that window is open, and two pauses: one for
// the bot, and one for this address, which holds interactions as well.
type limiter struct {
	mu       sync.Mutex
	windows  map[string]window
	buckets  map[string]string // route shape -> X-RateLimit-Bucket
	bot      time.Time
	address  time.Time
	invalid  int
	invalid0 time.Time
	paused   func(time.Duration) // told of a new pause of the bot
}

func newLimiter() *limiter {
	return &limiter{windows: map[string]window{}, buckets: map[string]string{}, paused: func(time.Duration) {}}
}

// pause holds back what counts for the bot.
func (l *limiter) pause(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bot = later(l.bot, until)
}

// reserve takes a place for a request, or tells how long to wait first.
func (l *limiter) reserve(rt route, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := l.address.Sub(now); d > 0 {
		return d
	}
	if d := l.bot.Sub(now); d > 0 && !rt.exempt {
		return d
	}
	if rt.shape == "" {
		return 0
	}
	key := l.key(rt)
	w, ok := l.windows[key]
	if !ok || !now.Before(w.until) {
		return 0
	}
	if w.left <= 0 {
		return w.until.Sub(now)
	}
	w.left--
	l.windows[key] = w
	return 0
}

// key names the window of a route. The method is part of it even where Discord
// counts two methods together, so that the pause of an edit never holds a post.
func (l *limiter) key(rt route) string {
	shape := rt.shape
	if b := l.buckets[shape]; b != "" {
		method, _, _ := strings.Cut(shape, " ")
		shape = method + " " + b
	}
	return shape + " " + rt.major
}

// learn reads the headers of an answer.
func (l *limiter) learn(rt route, h http.Header, now time.Time) {
	if rt.shape == "" {
		return
	}
	left, err1 := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	after, ok := seconds(h.Get("X-RateLimit-Reset-After"))
	if err1 != nil || !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := h.Get("X-RateLimit-Bucket"); b != "" {
		l.buckets[rt.shape] = b
	}
	l.set(rt, window{left: left, until: now.Add(after)}, now)
}

// set keeps the stricter of two views of one window: answers may overtake
// each other.
func (l *limiter) set(rt route, w window, now time.Time) {
	if len(l.windows) >= maxRouteLimits {
		l.sweep(now)
	}
	key := l.key(rt)
	if old, ok := l.windows[key]; ok && now.Before(old.until) {
		w.left = min(w.left, old.left)
		if old.until.After(w.until) {
			w.until = old.until
		}
	}
	l.windows[key] = w
}

func (l *limiter) sweep(now time.Time) {
	for k, w := range l.windows {
		if !now.Before(w.until) {
			delete(l.windows, k)
		}
	}
	if len(l.windows) >= maxRouteLimits {
		clear(l.windows)
	}
}

// refused notes a 429 and gives the time to wait. It knows the three shapes:
// JSON for a route, JSON for the whole bot, and Cloudflare's page for this
// address.
func (l *limiter) refused(rt route, h http.Header, raw []byte, now time.Time) time.Duration {
	var body struct {
		RetryAfter float64 `json:"retry_after"`
		Global     bool    `json:"global"`
	}
	isJSON := json.Unmarshal(raw, &body) == nil && !isHTML(h)
	wait, named := retryAfterOf(h, now)
	if isJSON && body.RetryAfter > 0 { // in seconds, and possibly more than a Duration can hold
		wait, named = time.Duration(min(body.RetryAfter, maxMemory.Seconds())*float64(time.Second)), true
	}
	if !named {
		wait = blindPause
	}
	wait = min(wait, maxMemory)
	l.mu.Lock()
	defer l.mu.Unlock()
	until := now.Add(wait)
	switch {
	case !isJSON:
		l.address = later(l.address, until)
	case body.Global || h.Get("X-RateLimit-Global") == "true" || h.Get("X-RateLimit-Scope") == "global":
		l.bot = later(l.bot, until)
		l.paused(wait)
	case rt.shape != "":
		l.set(rt, window{until: until}, now)
	}
	return wait
}

func isHTML(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind != "application/json"
}

// countInvalid notes an answer of the kind that ends in a ban when there are
// too many. Near the limit it stops everything until the window is over.
func (l *limiter) countInvalid(status int, scope string, now time.Time) {
	shared := status == http.StatusTooManyRequests && scope == "shared"
	if status != http.StatusUnauthorized && status != http.StatusForbidden && status != http.StatusTooManyRequests || shared {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.invalid0) > invalidWindow {
		l.invalid, l.invalid0 = 0, now
	}
	l.invalid++
	if l.invalid >= maxInvalid {
		l.address = later(l.address, l.invalid0.Add(invalidWindow))
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// retryAfterOf reads Retry-After: seconds, or the date that RFC 9110 allows. That is by the
// clock that dated the answer, or by now in an answer without a date.
func retryAfterOf(h http.Header, now time.Time) (time.Duration, bool) {
	at, err := http.ParseTime(h.Get("Retry-After"))
	if err != nil {
		return seconds(h.Get("Retry-After"))
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now)), true
}

// seconds reads "1.5".
func seconds(s string) (time.Duration, bool) {
	if f, err := strconv.ParseFloat(s, 64); err == nil && f >= 0 && f < maxMemory.Seconds() {
		return time.Duration(f * float64(time.Second)), true
	} else if err == nil && f > 0 {
		return maxMemory, true
	}
	return 0, false
}

// pause waits, or gives up with the context.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
