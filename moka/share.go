package moka

import (
	"context"
	"sync"
	"time"
)

// Purpose is what calls are made for, which decides what they may take of a host's
// request budget. Four fifths of it are for readings, a fifth is for commands and work in
// the background:
//
//   - readings may use all of it, or keep to their part ([Reserved]), in which nothing
//     that others do makes them wait;
//   - a quarter of the fifth is for reserved work in the background, which sees nothing of
//     commands either, and takes nothing else;
//   - commands never hold more than the rest of the fifth at any time, and no more than half
//     of that while other work in the background waits for a place;
//   - work in the background has what commands leave, and where readings need little also
//     their part: as long as more than half of it is free, and they are planned to take no
//     more than the other half ([Client.PlanReadings]).
type Purpose int

// The purposes.
const (
	ForReading Purpose = iota // whatever is not marked otherwise
	Command                   // a person waits for the answer
	Background                // nobody does: reports, lists of models, records of the past

	purposes = iota
)

type purposeKey struct{}

// ForCommand marks what is done with ctx as asked for by a person. A call without
// a place fails with [RateLimited], [HintCommands] and the time to wait. Catalogues
// are remembered for commands.
func ForCommand(ctx context.Context) context.Context {
	return context.WithValue(ctx, purposeKey{}, Command)
}

// InBackground marks what is done with ctx as able to wait for a place until ctx
// ends. What a person asked for stays a command.
func InBackground(ctx context.Context) context.Context {
	if PurposeOf(ctx) == Command {
		return ctx
	}
	return context.WithValue(ctx, purposeKey{}, Background)
}

// PurposeOf is what ctx was marked with.
func PurposeOf(ctx context.Context) Purpose {
	p, _ := ctx.Value(purposeKey{}).(Purpose)
	return p
}

type reservedKey struct{}

// Reserved has the readings that are done with ctx keep to the readings' part of each
// host's budget ([Limiter.Reserved]), so that they find it as it would be without any
// commands, and work in the background likewise to a part of its own. A budget of fewer than
// ten requests is too small to be divided for readings, and one of fewer than twenty for such
// work, which is then done as other work is.
func Reserved(ctx context.Context) context.Context {
	return context.WithValue(ctx, reservedKey{}, true)
}

func isReserved(ctx context.Context) bool { return ctx.Value(reservedKey{}) != nil }

// areApart reports whether calls are readings, or reserved work in the background: they make as
// many requests as they would without any commands.
func areApart(ctx context.Context) bool {
	p := PurposeOf(ctx)
	return p == ForReading || p == Background && isReserved(ctx)
}

// takeAs takes a place for what ctx was marked with, if one is free now.
func (l *slidingWindow) takeAs(ctx context.Context) *heldBack {
	switch p := PurposeOf(ctx); {
	case p == ForReading:
		return l.take(isReserved(ctx))
	case areApart(ctx) && len(l.records.at) > 0:
		return l.takeReserved()
	default:
		return l.takeFor(p)
	}
}

// recordsPart is into how many parts the places that are not for readings are divided;
// reserved work in the background has one of them.
const recordsPart = 4

// notReserved is how many places of a budget are not for readings.
func notReserved(requests int) int { return max(1, requests/5) }

const (
	commandWait  = 5 * time.Second // how long a command waits for a place
	askAgainSoon = 5 * time.Second // how often work in the background looks for one, at the least
)

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
		held := l.takeFor(Command)
		if held == nil {
			return nil
		}
		if held.paused || time.Until(end) <= held.rest {
			return held
		}
		sleep(ctx, held.rest)
	}
}

// placeInBackground takes a place for work that can wait.
func (l *slidingWindow) placeInBackground(ctx context.Context) error {
	if !isReserved(ctx) || len(l.records.at) == 0 {
		l.waiting.Add(1)
		defer l.waiting.Add(-1)
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		held := l.takeAs(ctx)
		if held == nil {
			return nil
		}
		if held.paused {
			return held
		}
		sleep(ctx, min(held.rest, askAgainSoon))
	}
}

// sleep waits, at most until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
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
	age := catalogueAge
	if k.err != nil {
		age = catalogueFailureAge
	}
	return k.list, k.err, isRecent(k.at, now, age)
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
