package moka

import (
	"context"
	"errors"
	"sync"
	"time"
)

type commandKey struct{}

// ForCommand marks what is done with ctx as asked for by a person. Such calls
// may use a third of a host's request budget, so that however many people ask,
// two thirds stay for polls; without a place in their share they fail with
// [RateLimited], [HintCommands] and the time to wait. Catalogues are remembered
// for them.
func ForCommand(ctx context.Context) context.Context {
	return context.WithValue(ctx, commandKey{}, true)
}

// IsCommand reports whether ctx was marked by [ForCommand].
func IsCommand(ctx context.Context) bool { return ctx.Value(commandKey{}) != nil }

// commandShare is the part of a host's budget that commands may use: one in so many.
const commandShare = 3

// commandWait is how long a command waits for a place in its share.
const commandWait = 5 * time.Second

// placeForCommand takes a place in the commands' share.
func (h *hostLimit) placeForCommand(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, commandWait)
	defer cancel()
	err := h.commands.wait(ctx)
	if errors.Is(err, context.DeadlineExceeded) { // others were first in line
		_, more := h.commands.room()
		return &heldBack{rest: max(more, time.Second), commands: true}
	}
	if held, ok := errors.AsType[*heldBack](err); ok {
		held.commands = true
	}
	return err
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
