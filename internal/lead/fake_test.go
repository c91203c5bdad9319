package lead

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"
)

// keeper keeps a lease by a clock of its own, as a database does.
type keeper struct {
	mu      sync.Mutex
	skew    time.Duration // of its clock
	down    bool
	hang    bool // it takes calls and never answers
	epoch   int64
	holder  string
	expires time.Time
	freed   []chan struct{}
	renewed int

	resigned []time.Time // the attempts
}

var errDown = errors.New("the keeper is down")

func (k *keeper) now() time.Time { return time.Now().Add(k.skew) }

func (k *keeper) answer(ctx context.Context) error {
	k.mu.Lock()
	down, hang := k.down, k.hang
	k.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if down {
		return errDown
	}
	return nil
}

func (k *keeper) Acquire(ctx context.Context, holder string, length time.Duration) (Grant, bool, error) {
	if err := k.answer(ctx); err != nil {
		return Grant{}, false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.holder != "" && k.holder != holder && k.now().Before(k.expires) {
		return Grant{Epoch: k.epoch, Holder: k.holder, Now: k.now(), Left: k.expires.Sub(k.now())}, false, nil
	}
	k.epoch++
	k.holder, k.expires = holder, k.now().Add(length)
	return Grant{Epoch: k.epoch, Holder: holder, Now: k.now(), Left: length}, true, nil
}

func (k *keeper) Renew(ctx context.Context, epoch int64, length time.Duration) (time.Time, bool, error) {
	if err := k.answer(ctx); err != nil {
		return time.Time{}, false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.epoch != epoch || k.holder == "" {
		return time.Time{}, false, nil
	}
	k.expires, k.renewed = k.now().Add(length), k.renewed+1
	return k.now(), true, nil
}

func (k *keeper) Resign(ctx context.Context, epoch int64) error {
	k.set(func(k *keeper) { k.resigned = append(k.resigned, time.Now()) })
	if err := k.answer(ctx); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.epoch == epoch {
		k.holder = ""
		for _, c := range k.freed {
			select {
			case c <- struct{}{}:
			default:
			}
		}
	}
	return nil
}

func (k *keeper) set(f func(*keeper)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f(k)
}

// seat is the keeper as one replica sees it.
type seat struct {
	*keeper
	freed chan struct{}
}

func (s seat) Freed() <-chan struct{} { return s.freed }

// replica is one of several electors, with a record of who worked when.
type replica struct {
	e     *Elector
	k     *keeper
	stop  context.CancelFunc
	ended chan error
	fails chan error // ends the work
	slept time.Duration
	mu    sync.Mutex
}

// journal notes what the replicas did.
type journal struct {
	mu      sync.Mutex
	working map[string]time.Time
	gap     time.Duration // the longest without a leader
	last    time.Time     // when the last one stopped
	terms   []string
	twice   []string // two that worked at the same time
}

func (j *journal) begin(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for other := range j.working {
		j.twice = append(j.twice, other+" and "+name)
	}
	j.working[name] = time.Now()
	j.terms = append(j.terms, name)
	if !j.last.IsZero() {
		j.gap = max(j.gap, time.Since(j.last))
	}
}

func (j *journal) end(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.working, name)
	j.last = time.Now()
}

func (j *journal) now() (working []string, terms int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for name := range j.working {
		working = append(working, name)
	}
	return working, len(j.terms)
}

func newJournal() *journal { return &journal{working: map[string]time.Time{}} }

// join starts a replica, whose work does nothing until it has to end.
func join(t *testing.T, k *keeper, j *journal, name string) *replica {
	t.Helper()
	freed := make(chan struct{}, 1)
	k.set(func(k *keeper) { k.freed = append(k.freed, freed) })
	r := &replica{k: k, ended: make(chan error, 1), fails: make(chan error, 1)}
	began := time.Now()
	r.e = &Elector{
		Lease: seat{k, freed}, Holder: name, Log: slog.New(slog.DiscardHandler), Passing: func(err error) bool { return errors.Is(err, errDown) },
		Ticks: func() time.Duration {
			r.mu.Lock()
			defer r.mu.Unlock()
			return time.Since(began) + r.slept
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	go func() {
		r.ended <- r.e.Run(ctx, func(ctx context.Context, _ *Tenure) error {
			j.begin(name)
			defer j.end(name)
			select {
			case err := <-r.fails:
				return err
			case <-ctx.Done():
				return nil
			}
		})
	}()
	return r
}

// sleep lets time pass that only the clock sees which runs during a sleep.
func (r *replica) sleep(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slept += d
}
