package moka

import (
	"context"
	"sync"
	"time"
)

type commandKey struct{}

// ForCommand marks what is done with ctx as asked for by a person. Such calls
// may use a third of a host's request budget at most, and of that only what
// planned readings leave (see [Client.Plan]): however many people ask, no reading
// waits for them. Without a place they fail with [RateLimited], [HintCommands] and
// the time to wait. Catalogues are remembered for them.
func ForCommand(ctx context.Context) context.Context {
	return context.WithValue(ctx, commandKey{}, true)
}

// IsCommand reports whether ctx was marked by [ForCommand].
func IsCommand(ctx context.Context) bool { return ctx.Value(commandKey{}) != nil }

// commandShare is the part of a host's budget that commands may use: one in so many.
const commandShare = 3

// commandWait is how long a command waits for a place in its share.
const commandWait = 5 * time.Second

// surpriseShare is the part of a host's budget that commands leave to readings
// which nobody planned: one in so many.
const surpriseShare = 20

// commandsShare is what commands may take of a host's calls.
type commandsShare struct {
	taken *slidingWindow

	mu      sync.Mutex
	planned float64 // calls a second that readings take
}

func newCommandsShare(requests int, window time.Duration) commandsShare {
	return commandsShare{taken: newSlidingWindow(max(1, requests/commandShare), window)}
}

// placeForCommand takes a place for a command, among all calls and in the
// commands' share, and waits for it a little.
func (h *hostLimit) placeForCommand(ctx context.Context) error {
	end := time.Now().Add(commandWait)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		held := h.takeForCommand()
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

// takeForCommand takes a place for a command if one is free now that no reading
// will need.
func (h *hostLimit) takeForCommand() *heldBack {
	s := &h.share
	s.mu.Lock()
	defer s.mu.Unlock()
	if free, more := s.taken.room(); free == 0 {
		return &heldBack{rest: more, commands: true}
	}
	if h.calls.pause() == 0 && s.planned > 0 && h.calls.spare(s.planned) <= len(h.calls.granted)/surpriseShare {
		_, more := h.calls.room()
		return &heldBack{rest: max(more, time.Second), commands: true}
	}
	if held := h.calls.take(); held != nil {
		return held
	}
	return s.taken.take()
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
