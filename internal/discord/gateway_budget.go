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
	budgetMost    = 950 // the others are for whatever else uses the token
	budgetCareful = 500 // beyond it, the IDENTIFYs that are left are spread over the rest of the window
	budgetName    = "discord/identifies"
	budgetTimeout = 2 * time.Second // for storing the count, before an IDENTIFY is sent
)

// budget counts IDENTIFYs, across restarts: a crash loop must not reset the
// token.
//
// They are dated by Discord's clock, because this machine's may have been stepped
// since an earlier process counted, and within a process by the monotonic clock.
type budget struct {
	mu     sync.Mutex // never held while anything is stored
	at     []int64    // unix milliseconds, ascending once dated
	began  time.Time  // by Discord's clock, when this process first knew it; zero before
	mono   time.Time  // the same moment, with its monotonic reading
	values Values
	loaded bool // what is stored
	log    *slog.Logger
}

// begin forgets what was counted before.
func (b *budget) begin(values Values, log *slog.Logger) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at, b.began, b.values, b.log, b.loaded = nil, time.Time{}, values, log, false
}

// load reads what earlier processes counted, unless it has done so. All of it counts until
// the time is known.
func (b *budget) load(ctx context.Context) error {
	if b.isLoaded() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, budgetTimeout)
	defer cancel()
	raw, ok, err := b.values.Value(ctx, budgetName)
	if err != nil {
		b.log.Warn("the count of earlier IDENTIFYs cannot be read", "err", err)
		return err
	}
	var earlier []int64
	if ok {
		if err := json.Unmarshal(raw, &earlier); err != nil {
			b.log.Warn("the count of earlier IDENTIFYs is not readable; it starts anew", "err", err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at, b.loaded = append(earlier, b.at...), true
	b.order()
	return nil
}

func (b *budget) isLoaded() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.loaded || b.values == nil
}

// date sets the time. Only the first call counts: from then on the monotonic clock
// adds to it.
func (b *budget) date(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.began.IsZero() {
		return
	}
	b.began, b.mono = now, time.Now()
	b.order()
}

// order sorts what was counted, once the time is known: a clock that was ahead may have
// dated some of it. The caller holds mu.
func (b *budget) order() {
	if b.began.IsZero() {
		return
	}
	now := b.now().UnixMilli()
	for i, at := range b.at {
		b.at[i] = min(at, now)
	}
	slices.Sort(b.at)
}

// doubt is how much closer to now the last IDENTIFY may be than its date says: an
// earlier process dated it by a header with whole seconds, as this one dates now,
// and sent it when that was written down.
func (b *budget) doubt() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.at); n == 0 || b.began.IsZero() || b.at[n-1] > b.began.UnixMilli() {
		return 0
	}
	return time.Second + budgetTimeout
}

// now is the time for the budget, zero while it is not known. The caller holds mu.
func (b *budget) now() time.Time {
	if b.began.IsZero() {
		return b.began
	}
	return b.began.Add(time.Since(b.mono))
}

// spend counts one IDENTIFY, before it is sent. With an error it counts in this
// process only. One goroutine calls it.
func (b *budget) spend() error {
	ctx, cancel := context.WithTimeout(context.Background(), budgetTimeout)
	defer cancel()
	unread := b.load(ctx) // else it would be overwritten
	all := b.add()
	if unread != nil || b.values == nil {
		return unread
	}
	raw, err := json.Marshal(all)
	if err == nil {
		err = b.values.SetValue(ctx, budgetName, raw)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.at); n > 0 {
		b.at[n-1] = b.now().UnixMilli() // writing takes time
	}
	if err != nil {
		b.log.Warn("the count of IDENTIFYs cannot be stored", "err", err)
	}
	return err
}

// add notes an IDENTIFY, and returns all that count.
func (b *budget) add() []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	b.at = append(b.at, b.now().UnixMilli())
	return slices.Clone(b.at)
}

// used is how many IDENTIFYs count at present.
func (b *budget) used() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	return len(b.at)
}

func (b *budget) forget() {
	old := b.now().Add(-budgetWindow).UnixMilli()
	i := 0
	for i < len(b.at) && b.at[i] < old {
		i++
	}
	b.at = b.at[i:]
}

// wait is how long the next IDENTIFY must wait.
func (b *budget) wait(spacing time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	n, now := len(b.at), b.now()
	if n == 0 {
		return 0
	}
	if n >= budgetMost {
		return time.UnixMilli(b.at[n-budgetMost]).Add(budgetWindow).Sub(now)
	}
	if n >= budgetCareful {
		rest := time.UnixMilli(b.at[0]).Add(budgetWindow).Sub(now)
		spacing = max(spacing, rest/time.Duration(budgetMost-n))
	}
	return time.UnixMilli(b.at[n-1]).Add(spacing).Sub(now)
}
