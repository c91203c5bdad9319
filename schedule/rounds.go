package schedule

import (
	"sync"
	"time"

	"mokabot/internal/account"
)

// maxTriggered bounds a round: a gateway with many accounts is not asked for
// all of them at once.
const maxTriggered = 20

// rounds knows which accounts warn in the same channel:
// when trouble begins with one, the others are read at once.
type rounds struct {
	mu       sync.Mutex
	wake     map[*account.Account]chan struct{}
	channels map[string][]*account.Account
	last     map[string]time.Time // of a channel's last round
}

func (r *rounds) begin(accounts []*account.Account) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wake, r.channels, r.last = map[*account.Account]chan struct{}{}, map[string][]*account.Account{}, map[string]time.Time{}
	for _, a := range accounts {
		r.wake[a] = make(chan struct{}, 1)
		if id := a.Rules.ChannelID; id != "" {
			r.channels[id] = append(r.channels[id], a)
		}
	}
}

// triggered is signalled when the account is to be read at once.
func (r *rounds) triggered(a *account.Account) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wake[a]
}

// sameChannel is how many others warn in the account's channel.
func (r *rounds) sameChannel(a *account.Account) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.channels[a.Rules.ChannelID]) - 1
}

// trigger has the others of an account's channel read, at most once in an interval.
func (r *rounds) trigger(a *account.Account, now time.Time, every time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := a.Rules.ChannelID
	if last, ok := r.last[id]; ok && now.Sub(last) < every {
		return
	}
	r.last[id] = now
	count := 0
	for _, n := range r.channels[id] {
		if n == a || count == maxTriggered {
			continue
		}
		count++
		select {
		case r.wake[n] <- struct{}{}:
		default:
		}
	}
}
