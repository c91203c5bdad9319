package account

import (
	"context"
	"sync"
	"time"

	"mokabot/moka"
)

// reading is a read under way.
type reading struct {
	done     chan struct{}
	purpose  moka.Purpose
	result   moka.Reading
	complete bool // the first caller did not go away meanwhile
}

// Read polls the account and keeps the reading. Concurrent callers share one poll, so
// that they cost the request budget no more than one. A poll for another purpose, which
// may have to wait for the budget, is not shared.
func (a *Account) Read(ctx context.Context) moka.Reading {
	for {
		a.mu.Lock()
		under := a.under
		purpose := moka.PurposeOf(ctx)
		if under == nil || under.purpose != purpose && under.purpose != moka.ForReading {
			under = &reading{done: make(chan struct{}), purpose: purpose}
			a.under = under
			a.mu.Unlock()
			return a.lead(ctx, under)
		}
		a.mu.Unlock()
		select {
		case <-ctx.Done():
			return a.Client.Read(ctx) // with the error of ctx in every part
		case <-under.done:
			if under.complete {
				return under.result
			}
		}
	}
}

// ReadLight updates [Account.Watched] with [moka.Client.ReadLight]. It does not keep the
// result, which may be a reason to read in full.
func (a *Account) ReadLight(ctx context.Context) (moka.Reading, bool) {
	before, known := a.Watched()
	if !known {
		return moka.Reading{}, false
	}
	return a.Client.ReadLight(ctx, before)
}

// lead polls for all callers that share the read.
func (a *Account) lead(ctx context.Context, under *reading) moka.Reading {
	defer func() {
		a.mu.Lock()
		if a.under == under {
			a.under = nil
		}
		a.mu.Unlock()
		close(under.done)
	}()
	under.result = a.Client.Read(ctx)
	under.complete = ctx.Err() == nil
	switch {
	case !under.complete:
	case under.purpose == moka.ForReading:
		a.Remember(under.result)
	case under.result.Err() == nil: // it may have failed for a limit of its own
		a.mu.Lock()
		a.show(under.result)
		a.mu.Unlock()
	default:
		under.result = a.orRecent(under.result)
	}
	return under.result
}

// recentEnough is how old a reading may be to stand in for one that found no room.
const recentEnough = 10 * time.Minute

// orRecent is the newest reading where r found no room in the commands' part of the
// budget: the account was polled not long ago, and the answer says when. A poll that
// failed since then is not passed over.
func (a *Account) orRecent(r moka.Reading) moka.Reading {
	latest, _ := a.Latest()
	if r.Err().Hint == moka.HintCommands && latest.OK() && r.At.Sub(latest.At) <= recentEnough {
		return latest
	}
	return r
}

// Read polls the accounts concurrently; the readings are in the accounts' order.
func Read(ctx context.Context, accounts []*Account) []moka.Reading {
	readings := make([]moka.Reading, len(accounts))
	var wg sync.WaitGroup
	for i, a := range accounts {
		wg.Go(func() { readings[i] = a.Read(ctx) })
	}
	wg.Wait()
	for i, a := range accounts {
		readings[i].Payer = a.Client.PayerIdentity() // which the read of another account may have found out
	}
	return readings
}
