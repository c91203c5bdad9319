package account

import (
	"context"
	"sync"

	"mokabot/moka"
)

// reading is one that is under way.
type reading struct {
	done     chan struct{}
	purpose  moka.Purpose
	result   moka.Reading
	complete bool // the first caller did not go away meanwhile
}

// Read polls the account and remembers the reading. Whoever asks while a poll
// is under way gets its result: many who ask at once cost the gateway's budget
// no more than one. Nobody joins a read that was begun for another purpose and may
// have to wait for a place in the budget.
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
			return a.Client.Read(ctx) // which says so in every part
		case <-under.done:
			if under.complete {
				return under.result
			}
		}
	}
}

// ReadLight follows the newest reading with [moka.Client.ReadLight]. It does not
// remember the result, which may be a reason to read in full.
func (a *Account) ReadLight(ctx context.Context) (moka.Reading, bool) {
	before, known := a.Latest()
	if !known {
		return moka.Reading{}, false
	}
	return a.Client.ReadLight(ctx, before)
}

// lead polls for all who wait.
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
	if under.complete && (under.purpose == moka.ForReading || under.result.Err() == nil) { // that may be its own limit
		a.Remember(under.result)
	}
	return under.result
}

// Read polls the accounts side by side; the readings are in the accounts' order.
func Read(ctx context.Context, accounts []*Account) []moka.Reading {
	readings := make([]moka.Reading, len(accounts))
	var wg sync.WaitGroup
	for i, a := range accounts {
		wg.Go(func() { readings[i] = a.Read(ctx) })
	}
	wg.Wait()
	for i, a := range accounts {
		readings[i].Payer = a.Client.PayerIdentity() // which one of the others may have told
	}
	return readings
}
