package lead

import (
	"context"
	"sync"
	"time"
)

// Tenure is one time that this replica leads.
type Tenure struct {
	Epoch int64
	e     *Elector

	mu       sync.Mutex
	until    time.Duration // by the own clock: when the work has to end
	now      time.Time     // the keeper's time
	at       time.Duration // by the own clock, of now
	lost     bool
	resigned bool
}

// Valid returns [ErrLost] once the lease may belong to another replica. It asks
// nobody: what acts on the outside world calls it immediately before.
func (t *Tenure) Valid() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lost || t.resigned || t.e.Ticks() >= t.until {
		return ErrLost
	}
	return nil
}

// Now is the time by the lease keeper's clock, whatever the clock of this
// machine shows.
func (t *Tenure) Now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now.Add(t.e.Ticks() - t.at)
}

// Resign gives the lease back. It is for work that has nothing left to do that
// needs it, and does nothing the second time.
func (t *Tenure) Resign() {
	t.mu.Lock()
	held := !t.lost && !t.resigned
	t.resigned = true
	t.mu.Unlock()
	if held {
		t.e.resign(t)
	}
}

// extend counts the lease from before it was asked for: its keeper did so later.
func (t *Tenure) extend(sent time.Duration, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.until = sent + t.e.Length - t.e.Margin
	t.now, t.at = now, t.e.Ticks()
}

func (t *Tenure) lose() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lost = true
}

func (t *Tenure) isLost() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lost
}

// left is how long the work may go on without a renewal.
func (t *Tenure) left() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.until - t.e.Ticks()
}

// guard ends the work when the lease is lost or not renewed in time. It looks
// at the own clock again and again, because no timer runs while a machine sleeps.
func (t *Tenure) guard(done <-chan struct{}, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(guardEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		t.mu.Lock()
		over := t.lost || !t.resigned && t.e.Ticks() >= t.until
		t.lost = over
		t.mu.Unlock()
		if over {
			t.e.note(State{})
			cancel(ErrLost)
			return
		}
	}
}
