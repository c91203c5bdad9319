package moka

import (
	"context"
	"sync"
	"time"
)

type commandKey struct{}

// ForCommand marks what is done with ctx as asked for by a person. Such calls
// together hold at most a fifth of a host's request budget at any time, however
// many people ask. So a reading never waits for them while readings keep within the
// other four fifths, planned or not ([Limiter.Reserved]); they may use all that
// is free. A call without a place fails with [RateLimited], [HintCommands] and the
// time to wait. Catalogues are remembered for them.
func ForCommand(ctx context.Context) context.Context {
	return context.WithValue(ctx, commandKey{}, true)
}

// IsCommand reports whether ctx was marked by [ForCommand].
func IsCommand(ctx context.Context) bool { return ctx.Value(commandKey{}) != nil }

// forCommands is how many places of a budget commands may hold.
func forCommands(requests int) int { return max(1, requests/5) }

// commandWait is how long a command waits for a place.
const commandWait = 5 * time.Second

// placeForCommand takes a place for a command, and waits for it a little.
func (l *slidingWindow) placeForCommand(ctx context.Context) error {
	end := time.Now().Add(commandWait)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		held := l.takeForCommand()
		if held == nil {
			return nil
		}
		if held.paused || time.Until(end) <= held.rest {
			return held
		}
		timer := time.NewTimer(held.rest)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// How long a catalogue, and a failure to read one, serves commands.
const (
	catalogueAge        = 5 * time.Minute
	catalogueFailureAge = 30 * time.Second
)

// catalogueCache keeps the newest catalogue. Whoever holds reading reads it anew;
// the others wait for the result.
type catalogueCache struct {
	reading chan struct{}

	mu   sync.Mutex
	at   time.Time
	list Catalogue
	err  error
}

func newCatalogueCache() *catalogueCache { return &catalogueCache{reading: make(chan struct{}, 1)} }

// fresh returns what is remembered, if it is recent.
func (k *catalogueCache) fresh(now time.Time) (list Catalogue, err error, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	age := now.Sub(k.at)
	ok = !k.at.IsZero() && age >= 0 && (age < catalogueFailureAge || k.err == nil && age < catalogueAge)
	return k.list, k.err, ok
}

// read returns the remembered catalogue, or what load reads.
func (k *catalogueCache) read(ctx context.Context, now func() time.Time, load func() (Catalogue, error)) (Catalogue, error) {
	select {
	case k.reading <- struct{}{}:
		defer func() { <-k.reading }()
	case <-ctx.Done():
		return Catalogue{}, &Error{Op: "models", Kind: Unavailable, Hint: HintTimeout, Err: context.Cause(ctx)}
	}
	if list, err, ok := k.fresh(now()); ok {
		return list, err
	}
	list, err := load()
	if ctx.Err() == nil {
		k.keep(now(), list, err)
	}
	return list, err
}

func (k *catalogueCache) keep(now time.Time, list Catalogue, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at, k.list, k.err = now, list, err
}
