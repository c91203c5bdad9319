// Package lead elects the replica that works: the holder of the lease. It does not depend
// on the database that keeps the lease, or on the work.
//
// The lease expires by the clock of the database. A leader measures the time since it
// asked for the lease by a clock that no step moves and that runs while the machine
// sleeps, and stops [Elector.Margin] before the lease can have expired, so that no other
// replica works before it has stopped.
package lead

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Lease is what one replica at a time holds.
type Lease interface {
	// Acquire takes the lease for a length of time. ok is false while another
	// replica holds it; the grant then says who does and for how long at least.
	Acquire(ctx context.Context, holder string, length time.Duration) (g Grant, ok bool, err error)
	// Renew prolongs the lease from now on, and returns the keeper's time. ok is
	// false once another replica has taken it over.
	Renew(ctx context.Context, epoch int64, length time.Duration) (now time.Time, ok bool, err error)
	// Resign gives the lease back, so that another replica takes it at once.
	Resign(ctx context.Context, epoch int64) error
	// Freed is signalled when the lease was given back or lost. It may be signalled
	// without a reason, and signals may be missed.
	Freed() <-chan struct{}
}

// Grant is a lease that is held.
type Grant struct {
	Epoch  int64 // grows with every change of the holder
	Holder string
	Now    time.Time     // by the keeper's clock
	Left   time.Duration // until it expires

	// PutBack reports that the keeper remembers less than it did: what was kept
	// was put back to an earlier time, or the last of it was lost.
	PutBack bool
}

// ErrLost is why the work of a replica ends that no longer leads.
var ErrLost = errors.New("this replica no longer leads")

// The default times. A leader that vanishes is replaced after Length at
// the latest, and the time that a standby takes to look.
const (
	defaultLength = 12 * time.Second
	defaultEvery  = 4 * time.Second
	defaultMargin = 3 * time.Second
	defaultCheck  = 500 * time.Millisecond

	retryEvery  = 500 * time.Millisecond // after a renewal that failed
	guardEvery  = 250 * time.Millisecond // between two looks at the own clock
	askTime     = 5 * time.Second        // for one attempt to acquire
	resignTime  = 2 * time.Second
	lastAsk     = 500 * time.Millisecond // for a renewal once the work is to end
	stepDownFor = 2 * time.Second        // after work that failed, so that another replica may try
)

// Elector makes a replica stand by until it leads, and work while it leads.
// Fill in the fields, then call [Elector.Run] once.
type Elector struct {
	Lease  Lease
	Holder string // names this process; unique
	Log    *slog.Logger

	Length time.Duration // of the lease; 0 for 12 s
	Every  time.Duration // between two renewals; 0 for 4 s
	Margin time.Duration // between the end of the work and the lease's; 0 for 3 s
	Check  time.Duration // between two looks of a standby; 0 for half a second

	// Passing reports whether other work may succeed where this failed: then the
	// replica stands by again. Nil: any failure ends Run.
	Passing func(error) bool
	// Ticks is the own clock; nil for [Ticks].
	Ticks func() time.Duration

	mu    sync.Mutex
	state State
}

// State is what an elector is doing.
type State struct {
	Leader bool
	Epoch  int64  // of the own lease; 0 while standing by
	Holder string // of the lease, when another replica has it; may be empty
	Err    error  // why the lease could not be asked for; nil when it could
}

// State returns what the elector is doing.
func (e *Elector) State() State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state
}

func (e *Elector) note(s State) (changed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	was := e.state
	e.state = s
	return was.Leader != s.Leader || was.Holder != s.Holder || (was.Err == nil) != (s.Err == nil)
}

func (e *Elector) fill() {
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{{&e.Length, defaultLength}, {&e.Every, defaultEvery}, {&e.Margin, defaultMargin}, {&e.Check, defaultCheck}} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
	if e.Ticks == nil {
		e.Ticks = Ticks
	}
	if e.Passing == nil {
		e.Passing = func(error) bool { return false }
	}
}

// Run stands by and works in turn until ctx ends; then it returns nil. work is
// called whenever this replica begins to lead. Its context ends with ctx, or,
// with the cause [ErrLost], when the replica no longer leads; then work must end
// within [Elector.Margin]. Run returns the error of work unless it is a passing one.
func (e *Elector) Run(ctx context.Context, work func(context.Context, *Tenure) error) error {
	e.fill()
	for {
		t, err := e.await(ctx)
		if err != nil {
			return nil // ctx is over
		}
		e.note(State{Leader: true, Epoch: t.Epoch})
		e.Log.Info("this replica leads", "epoch", t.Epoch, "holder", e.Holder)
		err = e.hold(ctx, t, work)
		e.note(State{})
		if ctx.Err() != nil {
			return err
		}
		switch {
		case t.isLost():
			e.Log.Warn("this replica no longer leads, it stands by", "epoch", t.Epoch)
			continue
		case err == nil || !e.Passing(err):
			return err
		}
		e.Log.Error("the work of the leader failed, this replica stands by", "err", err)
		if pause(ctx, stepDownFor, nil) != nil {
			return nil
		}
	}
}

// await stands by until the lease is this replica's.
func (e *Elector) await(ctx context.Context) (*Tenure, error) {
	for {
		wait := e.Check
		sent := e.Ticks()
		g, ok, err := e.acquire(ctx)
		switch {
		case ctx.Err() != nil:
			if ok {
				e.resign(&Tenure{Epoch: g.Epoch})
			}
			return nil, ctx.Err()
		case ok:
			if g.PutBack {
				e.Log.Warn("the database was put back to an earlier time: what it no longer knows to be posted is looked for in the channels", "epoch", g.Epoch)
			}
			t := &Tenure{Epoch: g.Epoch, e: e}
			t.extend(sent, g.Now)
			return t, nil
		case err != nil:
			if e.note(State{Err: err}) {
				e.Log.Error("the lease cannot be asked for, this replica stands by", "err", err)
			}
			wait = jitter(wait)
		default:
			if e.note(State{Holder: g.Holder}) {
				e.Log.Info("this replica stands by", "leader", g.Holder)
			}
			wait = min(wait, max(g.Left, 0)+rand.N(50*time.Millisecond))
		}
		if err := pause(ctx, wait, e.Lease.Freed()); err != nil {
			return nil, err
		}
	}
}

func (e *Elector) acquire(ctx context.Context) (Grant, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return e.Lease.Acquire(ctx, e.Holder, e.Length)
}

// hold works for as long as the lease is held.
func (e *Elector) hold(ctx context.Context, t *Tenure, work func(context.Context, *Tenure) error) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx)) // also while the work ends
	var keepers sync.WaitGroup
	keepers.Go(func() { e.renew(keeping, ctx, t) })
	keepers.Go(func() { t.guard(done, cancel) })
	err := work(inner, t)
	stop()
	close(done)
	keepers.Wait()
	t.Resign()
	return err
}

// renew prolongs the lease until ctx ends or it is lost. Once the work is to end, a keeper
// that does not answer cannot store what is under way either: the lease is given back at
// once, so that the keeper sees this replica go and the next one does not wait.
func (e *Elector) renew(ctx, work context.Context, t *Tenure) {
	wait, ending := e.spread(), work.Done()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.Lease.Freed():
		case <-ending:
			ending = nil
		case <-time.After(wait):
		}
		if t.Valid() != nil {
			return
		}
		ok, err := e.prolong(ctx, work, t)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && work.Err() != nil:
			e.Log.Warn("the lease's keeper does not answer, the lease is given up", "epoch", t.Epoch, "err", err)
			t.Resign()
			return
		case err != nil:
			e.Log.Warn("the lease could not be renewed", "epoch", t.Epoch, "left", t.left(), "err", err)
			wait = retryEvery
		case !ok:
			t.lose()
			return
		default:
			wait = e.spread()
		}
	}
}

// prolong renews the lease. The keeper has until the lease expires for its answer, and
// lastAsk once the work is to end.
func (e *Elector) prolong(ctx, work context.Context, t *Tenure) (ok bool, err error) {
	sent := e.Ticks()
	short, cancel := context.WithTimeout(ctx, t.left())
	defer cancel()
	defer context.AfterFunc(work, func() {
		select {
		case <-short.Done():
		case <-time.After(lastAsk):
			cancel()
		}
	})()
	now, ok, err := e.Lease.Renew(short, t.Epoch, e.Length)
	if ok {
		t.extend(sent, now)
	}
	return ok, err
}

// spread is the time to the next renewal, which differs by up to a tenth.
func (e *Elector) spread() time.Duration { return e.Every - rand.N(e.Every/10+1) }

func (e *Elector) resign(t *Tenure) {
	ctx, cancel := context.WithTimeout(context.Background(), resignTime)
	defer cancel()
	if err := e.Lease.Resign(ctx, t.Epoch); err != nil {
		e.Log.Warn("the lease could not be given back; another replica takes over when it expires", "epoch", t.Epoch, "err", err)
	}
}

// jitter spreads d over [d/2, d].
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// pause waits, until early is signalled or ctx ends.
func pause(ctx context.Context, d time.Duration, early <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-early:
	case <-time.After(d):
	}
	return nil
}
