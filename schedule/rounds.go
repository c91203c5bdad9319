package schedule

import (
	"sync"
	"time"

	"mokabot/internal/account"
)

// maxTriggered bounds a round, so that a gateway with many accounts does not get
// requests for all of them at once.
const maxTriggered = 20

// rounds knows which accounts have the same alert channel: when trouble begins with one,
// the others are read at once.
type rounds struct {
	mu       sync.Mutex
	readNow  func([]*account.Account)
	channels map[string][]*account.Account
	last     map[string]time.Time // of a channel's last round, and of a wallet's in it
}

func (r *rounds) begin(accounts []*account.Account, readNow func([]*account.Account)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readNow, r.channels, r.last = readNow, map[string][]*account.Account{}, map[string]time.Time{}
	for _, a := range accounts {
		if id := a.Rules.ChannelID; id != "" {
			r.channels[id] = append(r.channels[id], a)
		}
	}
}

// sameChannel is how many others warn in the account's channel.
func (r *rounds) sameChannel(a *account.Account) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.channels[a.Rules.ChannelID]) - 1
}

// trigger has the other accounts of an account's channel read, at most once in an
// interval. Where it is about money, only those of the same wallet are read.
func (r *rounds) trigger(a *account.Account, money bool, now time.Time, every time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, wallet := a.Rules.ChannelID, a.Client.PayerIdentity()
	round := id
	if money {
		round += " " + wallet
	}
	if last, ok := r.last[round]; ok && now.Sub(last) < every {
		return
	}
	r.last[round] = now
	var others []*account.Account
	for _, o := range r.channels[id] {
		if o != a && len(others) < maxTriggered && (!money || o.Client.PayerIdentity() == wallet) {
			others = append(others, o)
		}
	}
	r.readNow(others)
}
