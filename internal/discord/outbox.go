package discord

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"mokabot/internal/message"
	"mokabot/internal/store"
)

// Due is a message that waits in the outbox.
type Due = store.Due

// Outbox is where messages wait to be delivered. Its rows survive a crash.
type Outbox interface {
	// Due gives the first unsent message of each channel whose time has come.
	Due(ctx context.Context, now time.Time, limit int) ([]Due, error)
	// Sending notes, before the attempt, that Discord may know the message from now on.
	Sending(ctx context.Context, id int64, now time.Time) error
	// Sent notes the delivery.
	Sent(ctx context.Context, id int64, messageID string, now time.Time) error
	// Retry puts the message off.
	Retry(ctx context.Context, id int64, next time.Time, cause string) error
	// Dead gives the message up: Discord will always refuse it.
	Dead(ctx context.Context, id int64, now time.Time, cause string) error
	// Joined are the payloads of the posts that go into one message with a due one.
	Joined(ctx context.Context, lead Due, most int) ([]json.RawMessage, error)
	// Whole are the payloads of all posts in the message that an edit replaces.
	Whole(ctx context.Context, edit Due) ([]json.RawMessage, error)
	// Changed is signalled when a message was added, or may go now.
	Changed() <-chan struct{}
}

// Sender is the part of [REST] that delivers.
type Sender interface {
	Send(ctx context.Context, channelID string, m message.Message, nonce string) (string, error)
	Edit(ctx context.Context, channelID, messageID string, m message.Message) error
	Find(ctx context.Context, channelID, nonce string, since time.Time) (string, bool, error)
}

const (
	dueLimit     = 16
	mostIdle     = 15 * time.Second
	firstRetry   = 2 * time.Second
	longestRetry = 40 * time.Second
	attemptTime  = time.Minute     // for one message, repetitions included
	noteTime     = 5 * time.Second // for writing down what became of it
	drainTime    = 7 * time.Second // for what is under way at the end
	mostDoubling = 10
)

// Delivery sends what is in the outbox: each message once, in order within a
// channel, and each channel on its own so that a stuck one holds up no other.
type Delivery struct {
	Box  Outbox
	Send Sender
	Log  *slog.Logger
	Now  func() time.Time // nil for the real clock
	Idle time.Duration    // at most between two looks at the outbox; 0 for 15 s

	// OnAttempt is told what came of each attempt at a message, for metrics; nil
	// for none. It is called by several goroutines and must return at once.
	OnAttempt func(Result)
}

// Result is what came of an attempt to deliver a message.
type Result string

// The results.
const (
	ResultSent  Result = "sent"
	ResultRetry Result = "retry" // it is tried again later
	ResultDead  Result = "dead"  // Discord will always refuse it
)

// Run delivers until ctx ends, finishes what is under way (at most
// seven seconds) and returns nil. When Discord refuses the bot token it stops
// sending and returns that error; the messages stay in the outbox.
func (d *Delivery) Run(ctx context.Context) error {
	if d.Now == nil {
		d.Now = time.Now
	}
	r := newRound(ctx, d)
	defer r.stop()
	for {
		changed := d.Box.Changed() // taken before the look, so that nothing added after it is missed
		r.start(ctx)
		idle := time.NewTimer(r.idle())
		select {
		case <-ctx.Done():
			idle.Stop()
			return nil
		case <-changed:
		case <-idle.C:
		case o := <-r.done:
			r.finished(o)
			if refusedToken(o.err) {
				idle.Stop()
				return fmt.Errorf("deliver messages: %w", o.err)
			}
		}
		idle.Stop()
	}
}

// round is the state of a running delivery. Only Run's goroutine touches it,
// the workers speak through done.
type round struct {
	d       *Delivery
	work    context.Context // outlives Run's by drainTime
	cancel  func()
	workers sync.WaitGroup
	done    chan outcome
	busy    map[string]bool      // channels with a message under way
	retries map[string]time.Time // channel -> when its head is due again
}

type outcome struct {
	channel string
	retryAt time.Time // zero unless put off
	err     error
}

func newRound(ctx context.Context, d *Delivery) *round {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		if pause(work, drainTime) == nil {
			cancel()
		}
	})
	return &round{
		d: d, work: work, cancel: func() { unhook(); cancel() },
		done: make(chan outcome, dueLimit), busy: map[string]bool{}, retries: map[string]time.Time{},
	}
}

// stop waits for the workers. Their outcomes are in the outbox already; done
// has room for all of them.
func (r *round) stop() {
	r.workers.Wait()
	r.cancel()
}

// start begins the delivery of every due message whose channel is free.
func (r *round) start(ctx context.Context) {
	limit := dueLimit + len(r.busy) + len(r.retries) // those channels must not hide the others
	due, err := r.d.Box.Due(ctx, r.d.Now(), limit)
	if err != nil {
		if ctx.Err() == nil {
			r.d.Log.Error("the outbox cannot be read", "err", err)
		}
		return
	}
	for _, m := range due {
		// The second rule matters when the outbox cannot be written: it would
		// offer the same message again and again.
		if r.busy[m.Channel] || r.retries[m.Channel].After(r.d.Now()) || len(r.busy) >= dueLimit {
			continue
		}
		r.busy[m.Channel] = true
		delete(r.retries, m.Channel)
		r.workers.Go(func() { r.done <- r.d.deliver(r.work, m) })
	}
}

func (r *round) finished(o outcome) {
	delete(r.busy, o.channel)
	if !o.retryAt.IsZero() {
		r.retries[o.channel] = o.retryAt
	}
}

// idle is the time until the next retry, within bounds.
func (r *round) idle() time.Duration {
	const least = 10 * time.Millisecond
	wait := cmp.Or(r.d.Idle, mostIdle)
	for _, at := range r.retries {
		wait = min(wait, at.Sub(r.d.Now()))
	}
	return max(wait, least)
}
