package discord

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Discord allows 1000 IDENTIFYs in 24 hours; with the next one it ends all
// sessions and resets the bot token.
// https://docs.discord.com/developers/events/gateway#identifying
const (
	budgetWindow  = 24 * time.Hour
	budgetMost    = 950 // the rest is for whatever else uses the token
	budgetCareful = 500 // from here the rest is spread over the rest of the window
	budgetName    = "discord/identifies"
	budgetTimeout = 2 * time.Second // for writing it down
)

// budget counts IDENTIFYs, across restarts: a crash loop must not reset the
// token.
//
// Between its start and its end a process counts by the monotonic clock. What an
// earlier one counted is dated by the wall clock, and none of it later than now.
type budget struct {
	mu     sync.Mutex
	began  time.Time // of the process, with its monotonic reading
	at     []int64   // unix milliseconds, ascending
	values Values
	log    *slog.Logger
}

func (b *budget) load(ctx context.Context, values Values, log *slog.Logger, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.values, b.log, b.began = values, log, now
	if values == nil {
		return
	}
	raw, ok, err := values.Value(ctx, budgetName)
	if err == nil && ok {
		err = json.Unmarshal(raw, &b.at)
	}
	if err != nil {
		log.Warn("the count of earlier IDENTIFYs cannot be read", "err", err)
	}
	for i, at := range b.at { // of a clock that was ahead
		b.at[i] = min(at, now.UnixMilli())
	}
	slices.Sort(b.at)
}

// now is the time for the budget, which no step of the wall clock moves.
func (b *budget) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.began.IsZero() {
		b.began = time.Now()
	}
	return b.began.Add(time.Since(b.began))
}

// spend counts one IDENTIFY, before it is sent.
func (b *budget) spend(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
	b.at = append(b.at, now.UnixMilli())
	if b.values == nil {
		return
	}
	raw, err := json.Marshal(b.at)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), budgetTimeout)
		defer cancel()
		err = b.values.SetValue(ctx, budgetName, raw)
	}
	if err != nil {
		b.log.Warn("the count of IDENTIFYs cannot be stored", "err", err)
	}
}

func (b *budget) used(now time.Time) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
	return len(b.at)
}

func (b *budget) forget(now time.Time) {
	old := now.Add(-budgetWindow).UnixMilli()
	i := 0
	for i < len(b.at) && b.at[i] < old {
		i++
	}
	b.at = b.at[i:]
}

// wait is how long the next IDENTIFY must wait.
func (b *budget) wait(now time.Time, spacing time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
	n := len(b.at)
	if n == 0 {
		return 0
	}
	if n >= budgetMost {
		return min(time.UnixMilli(b.at[n-budgetMost]).Add(budgetWindow).Sub(now), budgetWindow)
	}
	if n >= budgetCareful {
		rest := time.UnixMilli(b.at[0]).Add(budgetWindow).Sub(now)
		spacing = max(spacing, rest/time.Duration(budgetMost-n))
	}
	last := time.UnixMilli(b.at[n-1])
	return min(last.Add(spacing).Sub(now), spacing) // a clock set back must not block forever
}

// await waits for the next IDENTIFY's turn, and a tenth longer: an IDENTIFY is
// counted before it is sent, and the later one may travel faster.
func (b *budget) await(ctx context.Context, spacing time.Duration, log *slog.Logger) error {
	wait := b.wait(b.now(), spacing+spacing/10)
	if wait > time.Minute/2 {
		log.Warn("holding back from connecting: too many sessions were begun within 24 hours", "used", b.used(b.now()), "wait", wait)
	}
	return pause(ctx, wait)
}

// recent remembers the last interactions, because Discord replays events
// after a RESUME that may have been handled already.
type recent struct {
	mu   sync.Mutex
	ring [512]string
	next int
	seen map[string]bool
}

// first reports whether the id is new, and remembers it.
func (r *recent) first(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	if r.seen[id] {
		return false
	}
	delete(r.seen, r.ring[r.next])
	r.ring[r.next] = id
	r.next = (r.next + 1) % len(r.ring)
	r.seen[id] = true
	return true
}
