package mokatest

import (
	"slices"
	"sync"
	"time"
)

// spending is one call that cost something.
type spending struct {
	at       time.Time
	account  int64
	key      string // its name
	model    string
	quota    int64
	tokens   int64
	exported bool // recorded by model and hour
}

// maxSpent is how many spendings are remembered.
const maxSpent = 200_000

// Spend books a call: on the key, on a plan with room for it or else the
// wallet, and in the records. It does nothing for an unknown key.
func (s *Server) Spend(key, model string, quota, tokens int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spend(s.now(), key, model, quota, tokens)
}

// SpendAt is Spend at another time, to build up a history.
func (s *Server) SpendAt(at time.Time, key, model string, quota, tokens int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spend(at, key, model, quota, tokens)
}

func (s *Server) spend(at time.Time, key, model string, quota, tokens int64) {
	k := s.state.Key(key)
	if k == nil {
		return
	}
	k.Remain -= quota
	k.Used += quota
	k.accessed = at
	owner := s.state.Account(k.AccountID)
	if owner == nil {
		return
	}
	owner.UsedQuota += quota
	owner.Requests++
	if plan := s.openPlan(owner, quota); plan != nil {
		plan.Used += quota
	} else {
		owner.Quota -= quota
	}
	if len(s.spent) >= maxSpent {
		s.spent = slices.Delete(s.spent, 0, maxSpent/2)
	}
	s.spent = append(s.spent, spending{at, owner.ID, k.Name, model, quota, tokens, s.state.Options.DataExport})
}

// openPlan is the account's first active plan with room for quota. Before
// 2026-02 there were no plans.
func (s *Server) openPlan(a *Account, quota int64) *Plan {
	if !s.version.atLeast(V2026_07) {
		return nil
	}
	for i := range a.Plans {
		p := &a.Plans[i]
		if s.active(*p) && (p.Total == 0 || p.Used+quota <= p.Total) {
			return p
		}
	}
	return nil
}

func (s *Server) active(p Plan) bool {
	return (p.Status == "" || p.Status == "active") && (p.EndsAt.IsZero() || p.EndsAt.After(s.now()))
}

// Begin charges a call in advance, as the gateway does while one is under way:
// the key's and the wallet's figures dip, what the account used does not move
// yet. The returned function gives all of it back; Spend then books the real
// price.
func (s *Server) Begin(key string, quota int64) (end func()) {
	s.precharge(key, quota)
	return sync.OnceFunc(func() { s.precharge(key, -quota) })
}

func (s *Server) precharge(key string, quota int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.state.Key(key)
	if k == nil {
		return
	}
	k.Remain -= quota
	k.Used += quota
	if owner := s.state.Account(k.AccountID); owner != nil {
		owner.Quota -= quota
	}
}
