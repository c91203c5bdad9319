package discord

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"mokabot/internal/clock"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/store"
)

// Outbox is where messages wait to be delivered. Its rows survive a crash.
type Outbox interface {
	// Due gives the first unsent post of each channel and lane, and the edits of
	// posts that were sent, the most urgent first.
	Due(ctx context.Context, now time.Time, limit int) ([]store.Due, error)
	// Sending notes, before the attempt, that Discord may know the message from now on.
	Sending(ctx context.Context, id int64, now time.Time) error
	// Sent notes the delivery.
	Sent(ctx context.Context, id int64, messageID string, now time.Time) error
	// Retry leaves the message due. refused reports that this attempt certainly
	// created nothing.
	Retry(ctx context.Context, m store.Due, refused bool, cause string) error
	// Dead keeps the message until RequeueDead: somebody has to act first.
	Dead(ctx context.Context, m store.Due, now time.Time, code int, cause string) error
	// Drop gives up a message that is no longer needed.
	Drop(ctx context.Context, id int64, now time.Time, cause string) error
	// RequeueDead makes the dead messages due again, and counts them.
	RequeueDead(ctx context.Context) (int, error)
	// Move sends a message that has certainly not arrived to another channel.
	Move(ctx context.Context, id int64, channel string) error
	// Split makes several messages of one that was never sent.
	Split(ctx context.Context, m store.Due, parts []json.RawMessage) error
	// Joined are the payloads of the posts that go into one message with a due
	// one; fit says how many of the candidates do.
	Joined(ctx context.Context, lead store.Due, limit int, fit func([]json.RawMessage) int) ([]json.RawMessage, error)
	// FindByMessage is the post that became a message on Discord, false when none did.
	FindByMessage(ctx context.Context, messageID string) (store.Post, bool, error)
	// Whole are the payloads of all posts in the message that an edit replaces.
	Whole(ctx context.Context, edit store.Due) ([]json.RawMessage, error)
	// Changed is signalled when a message was added, or may go now.
	Changed() <-chan struct{}
}

// Sender is the part of [REST] that delivers.
type Sender interface {
	Send(ctx context.Context, channelID string, m message.Message, nonce string) (Receipt, error)
	Edit(ctx context.Context, channelID, messageID string, m message.Message, nonce string) error
	Find(ctx context.Context, channelID, nonce string, first, last time.Time) (string, bool, error)
	Own(ctx context.Context, channelID string, since time.Time) ([]Posted, error)
}

const (
	dueLimit      = 16 // messages under way at once, in each lane
	maxIdle       = 15 * time.Second
	firstRetry    = 2 * time.Second
	maxRetry      = 30 * time.Second
	maxEdit       = 10 * time.Minute // between two attempts at an edit
	editLife      = 24 * time.Hour   // after that an edit without an answer is given up
	refusedRetry  = time.Hour        // between two attempts at what only a person can fix
	permissionLag = 5 * time.Second  // after a change of permissions, for a second look
	accessSpacing = 20 * time.Second // between two retries because of changes of permissions, and a second for each message
	attemptTime   = time.Minute      // for one message, repetitions included
	noteTime      = 5 * time.Second  // for storing the result
	drainTime     = 7 * time.Second  // for what is under way at the end
	maxDoubling   = 10
)

// Delivery sends what is in the outbox: each message once, in order within a
// channel and lane. Each channel and lane has a worker of its own, so that none
// holds up another.
//
// How long to wait for the next attempt is remembered here, on the monotonic
// clock. After a start everything is tried at once.
type Delivery struct {
	Box  Outbox
	Send Sender
	Log  *slog.Logger
	Now  func() time.Time // stamps attempts, by Discord's clock; nil for the real one
	// Clock is what the times of messages are by, and until when a post is held back; nil
	// for Now. Discord tells whole seconds, so by its clock the time would not have come
	// when the outbox says that it has.
	Clock func() time.Time
	Idle  time.Duration // at most between two looks at the outbox; 0 for 15 s

	// Drain is how long what is under way may take when ctx has ended; nil for
	// seven seconds.
	Drain func(ctx context.Context) time.Duration

	// Channel is where the configuration in force wants a message of the outbox;
	// "" leaves it where it was addressed to. Nil leaves all of them.
	Channel func(key, account string) string
	// Since is when the newest thing happened that the outbox knows of. A message that the
	// bot posted after that and before this start was lost when the database was put back
	// to an earlier time, and is not posted again. Zero: there is none.
	Since time.Time

	// Words are the words of the notes that a reduced message carries; nil for
	// English.
	Words func() *lang.Words

	// Values stores whom mentions did not reach; nil keeps that in memory only.
	Values Values
	// Access is what the bot may do in a channel; nil leaves a mention that reached
	// nobody noted until a later one does.
	Access func(ctx context.Context, channel string) (Access, error)

	// OnAttempt is called with the result of each attempt at a message, for metrics; nil
	// for none. Several goroutines call it, and it must return at once.
	OnAttempt func(Result)

	once     sync.Once
	woken    chan struct{}
	access   chan struct{}
	keeping  chan struct{}       // holds one while unpinged is stored
	mu       sync.Mutex          // never held while anything is stored
	unpinged map[string]Unpinged // by channel
	loaded   bool                // what is stored of them
	began    time.Time           // when Run was called
	posted   map[string][]Posted // by channel: since [Delivery.Since], before Run was called
}

// Result is what came of an attempt to deliver a message.
type Result string

// The results.
const (
	ResultSent    Result = "sent"
	ResultRetry   Result = "retry"   // it is tried again later
	ResultDead    Result = "dead"    // Discord refuses it until somebody acts
	ResultDropped Result = "dropped" // it is no longer needed
)

// Retry makes the delivery try again soon what Discord refused, because what
// it refused for may have changed. It is safe to call at any time.
func (d *Delivery) Retry() {
	d.init()
	signal(d.woken)
}

// AccessChanged is [Delivery.Retry] for events of Discord. A busy server sends many of them,
// and each refusal counts towards the ban of the address, so these retries are spaced.
func (d *Delivery) AccessChanged() {
	d.init()
	signal(d.access)
}

func (d *Delivery) init() {
	d.once.Do(func() {
		d.woken, d.access = make(chan struct{}, 1), make(chan struct{}, 1)
		d.keeping = make(chan struct{}, 1)
		d.unpinged, d.posted = map[string]Unpinged{}, map[string][]Posted{}
		if d.Now == nil {
			d.Now = time.Now
		}
		if d.Clock == nil {
			d.Clock = d.Now
		}
		if d.Drain == nil {
			d.Drain = func(context.Context) time.Duration { return drainTime }
		}
	})
}

// Run delivers until ctx ends, finishes what is under way (for at
// most [Delivery.Drain]) and returns nil. When Discord refuses the bot token it stops
// sending and returns that error; the messages stay in the outbox.
func (d *Delivery) Run(ctx context.Context) error {
	d.init()
	if err := d.loadUnpinged(ctx); err != nil && ctx.Err() == nil {
		d.Log.Warn("whom earlier mentions did not reach cannot be read", "err", err)
	}
	d.began = d.Now()
	r := newRound(ctx, d)
	defer r.stop()
	r.recheck()
	hourly := time.NewTicker(refusedRetry)
	defer hourly.Stop()
	second, paced := stoppedTimer(), stoppedTimer()
	defer second.Stop()
	defer paced.Stop()
	var calm time.Time // until then no event causes a retry
	for {
		changed := d.Box.Changed() // taken before the look, so that nothing added after it is missed
		r.start(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-time.After(r.idle()):
		case <-d.woken:
			// An attempt may be under way that Discord is just refusing; and one
			// change of permissions seldom comes alone.
			r.requeue(ctx)
			second.Reset(permissionLag)
		case <-d.access:
			paced.Reset(time.Until(calm))
		case <-paced.C:
			n := r.requeue(ctx)
			second.Reset(permissionLag)
			calm = time.Now().Add(accessSpacing + time.Duration(n)*time.Second)
		case <-second.C:
			r.requeue(ctx)
			r.recheck()
		case <-hourly.C:
			r.requeue(ctx)
			r.recheck()
		case o := <-r.done:
			r.finished(o)
			if refusedToken(o.err) {
				return fmt.Errorf("deliver messages: %w", o.err)
			}
		}
	}
}

// slot is what one worker at a time delivers from.
type slot struct {
	channel string
	lane    store.Lane
}

// round is the state of a running delivery. Only Run's goroutine touches it,
// the workers speak through done.
type round struct {
	d       *Delivery
	work    context.Context // outlives Run's by drainTime
	cancel  func()
	workers sync.WaitGroup
	done    chan outcome
	busy    map[slot]bool       // with a message under way
	running map[store.Lane]int  // how many are
	sending map[int64]bool      // which
	waits   map[int64]time.Time // message -> when it is tried again
	trials  map[int64]*trial    // what was learnt about a message
	checks  chan struct{}       // holds one while the noted mentions are checked
}

type outcome struct {
	id   int64
	slot slot
	wait time.Duration // before the next attempt; 0: there is none
	err  error
}

// trial is what the attempts at one message have shown so far. Only the worker
// that has the message uses it.
type trial struct {
	since   time.Time // of the first failure
	fails   int       // since the start of the process
	answers int       // fails that Discord itself answered
	uploads int       // attempts that failed while the attachment was sent
	extent  extent    // how much of the message is sent
}

func newRound(ctx context.Context, d *Delivery) *round {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		if pause(work, d.Drain(ctx)) == nil {
			cancel()
		}
	})
	return &round{
		d: d, work: work, cancel: func() { unhook(); cancel() },
		done: make(chan outcome, 3*dueLimit), busy: map[slot]bool{}, running: map[store.Lane]int{},
		sending: map[int64]bool{}, waits: map[int64]time.Time{}, trials: map[int64]*trial{}, checks: make(chan struct{}, 1),
	}
}

// stop waits for the workers. Their outcomes are in the outbox already; done
// has room for all of them.
func (r *round) stop() {
	r.workers.Wait()
	r.cancel()
}

// start begins the delivery of every due message whose slot is free.
func (r *round) start(ctx context.Context) {
	limit := 3*dueLimit + len(r.busy) + len(r.waits) // those must not hide the others
	due, err := r.d.Box.Due(ctx, r.d.Clock(), limit)
	if err != nil {
		if ctx.Err() == nil {
			r.d.Log.Error("the outbox cannot be read", "err", err)
		}
		return
	}
	now := time.Now()
	for _, m := range due {
		s := slot{m.Channel, m.Lane}
		if r.busy[s] || r.sending[m.ID] || r.waits[m.ID].After(now) || r.running[m.Lane] >= dueLimit {
			continue
		}
		r.busy[s], r.sending[m.ID] = true, true
		r.running[m.Lane]++
		delete(r.waits, m.ID)
		t := r.trials[m.ID]
		if t == nil {
			t = &trial{}
			r.trials[m.ID] = t
		}
		r.workers.Go(func() { r.done <- r.d.deliver(r.work, m, t) })
	}
	for id, at := range r.waits { // of messages that were dropped meanwhile
		if now.Sub(at) > refusedRetry {
			delete(r.waits, id)
			delete(r.trials, id)
		}
	}
}

func (r *round) finished(o outcome) {
	delete(r.busy, o.slot)
	delete(r.sending, o.id)
	r.running[o.slot.lane]--
	if o.wait > 0 {
		r.waits[o.id] = time.Now().Add(o.wait)
	} else {
		delete(r.trials, o.id)
	}
}

// requeue takes up what Discord refused, and counts it.
func (r *round) requeue(ctx context.Context) int {
	n, err := r.d.Box.RequeueDead(ctx)
	if err != nil && ctx.Err() == nil {
		r.d.Log.Error("refused messages could not be taken up again", "err", err)
	}
	if n > 0 {
		r.d.Log.Info("refused messages are tried again", "count", n)
	}
	return n
}

// recheck looks whether mentions that reached nobody would by now.
func (r *round) recheck() {
	select {
	case r.checks <- struct{}{}:
		r.workers.Go(func() {
			defer func() { <-r.checks }()
			r.d.recheckUnpinged(r.work)
		})
	default: // it is being done
	}
}

// idle is the time until the next retry, within bounds.
func (r *round) idle() time.Duration {
	const minWait = 10 * time.Millisecond
	wait := clock.Together(cmp.Or(r.d.Idle, maxIdle))
	for _, at := range r.waits {
		if left := time.Until(at); left > 0 {
			wait = min(wait, left)
		}
	}
	return max(wait, minWait)
}
