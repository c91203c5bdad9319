package account

import (
	"context"
	"sync"

	"mokabot/moka"
)

// reading is one that is under way.
type reading struct {
	done   chan struct{}
	result moka.Reading
	whole  bool // the one who asked first did not go away meanwhile
}

// Read polls the account and remembers the reading. Whoever asks while a poll
// is under way gets its result: many who ask at once cost the gateway's budget
// no more than one.
func (a *Account) Read(ctx context.Context) moka.Reading {
	for {
		a.mu.Lock()
		under := a.under
		if under == nil {
			under = &reading{done: make(chan struct{})}
			a.under = under
			a.mu.Unlock()
			return a.lead(ctx, under)
		}
		a.mu.Unlock()
		select {
		case <-ctx.Done():
			return a.Client.Read(ctx) // which says so in every part
		case <-under.done:
			if under.whole {
				return under.result
			}
		}
	}
}

// lead polls for all who wait.
func (a *Account) lead(ctx context.Context, under *reading) moka.Reading {
	defer func() {
		a.mu.Lock()
		a.under = nil
		a.mu.Unlock()
		close(under.done)
	}()
	under.result = a.Client.Read(ctx)
	if under.whole = ctx.Err() == nil; under.whole {
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
	return readings
}
