package mokatest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Refusal is how the gateway refuses to charge a call.
type Refusal struct {
	Status int
	Code   string // "" for a key that is not accepted
}

func (r *Refusal) Error() string { return fmt.Sprintf("refused with %d %s", r.Status, r.Code) }

// The codes of refusals for want of money.
const (
	CodeWallet = "insufficient_user_quota"
	CodeKey    = "pre_consume_token_quota_failed"
)

// Call charges a call by the server's rules: it is refused when the key may not
// be used or does not have enough left, and when neither wallet nor plans may pay. A
// call is charged to one source as a whole.
func (s *Server) Call(key, model string, quota, tokens int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.call(key, model, quota, tokens)
	return err
}

func (s *Server) call(key, model string, quota, tokens int64) (*Task, error) {
	k, a, refusal := s.usable(key)
	if refusal != nil {
		return nil, refusal
	}
	if !k.Unlimited && k.Remain < quota {
		return nil, &Refusal{http.StatusForbidden, CodeKey}
	}
	plan, pays := s.payer(a, quota)
	if !pays {
		return nil, &Refusal{http.StatusForbidden, CodeWallet}
	}
	s.book(s.now(), k, a, plan, model, quota, tokens)
	return &Task{server: s, key: key, account: a.ID, plan: planID(plan), model: model}, nil
}

// usable finds the key of a call and its account, by the checks of every call.
func (s *Server) usable(key string) (*Key, *Account, *Refusal) {
	k := s.state.Key(key)
	r := &http.Request{Header: http.Header{"Authorization": {"Bearer " + key}}}
	if s.keyReason(r, k) != "" {
		return nil, nil, &Refusal{Status: http.StatusUnauthorized}
	}
	a := s.state.Account(k.AccountID)
	if a == nil {
		return nil, nil, &Refusal{Status: http.StatusInternalServerError}
	}
	if a.Banned {
		return nil, nil, &Refusal{Status: http.StatusForbidden}
	}
	return k, a, nil
}

// preference is the account's billing preference as the server normalizes it.
func (a *Account) preference() string {
	switch a.Preference {
	case "subscription_only", "wallet_only", "wallet_first":
		return a.Preference
	}
	return "subscription_first"
}

// payer picks what a call is charged to; a nil plan is the wallet. Before 2026-02
// there were no plans.
func (s *Server) payer(a *Account, quota int64) (plan *Plan, pays bool) {
	wallet := func() (*Plan, bool) { return nil, a.Quota > 0 && a.Quota >= quota }
	if !s.version.atLeast(V2026_07) {
		return wallet()
	}
	plans := func() (*Plan, bool) {
		p := s.openPlan(a, quota)
		return p, p != nil
	}
	switch a.preference() {
	case "subscription_only":
		return plans()
	case "wallet_only":
		return wallet()
	case "wallet_first":
		if _, ok := wallet(); ok {
			return nil, true
		}
		return plans()
	}
	if p, ok := plans(); ok {
		return p, true
	}
	for _, p := range a.Plans {
		if s.active(p) && p.NoOverflow {
			return nil, false
		}
	}
	return wallet()
}

// openPlan is the active plan that ends first of those with room for the call. A
// plan whose reset is due is reset first.
func (s *Server) openPlan(a *Account, quota int64) *Plan {
	order := []*Plan{}
	for i := range a.Plans {
		if s.active(a.Plans[i]) {
			order = append(order, &a.Plans[i])
		}
	}
	slices.SortStableFunc(order, func(p, q *Plan) int { return cmp.Or(p.EndsAt.Compare(q.EndsAt), cmp.Compare(p.ID, q.ID)) })
	for _, p := range order {
		s.resetPlan(a, p, 0)
		if p.Total == 0 || p.Total-p.Used >= quota {
			return p
		}
	}
	return nil
}

func (s *Server) active(p Plan) bool {
	return (p.Status == "" || p.Status == "active") && (p.EndsAt.IsZero() || p.EndsAt.After(s.now()))
}

// resetPlan resets a plan whose reset has been due for longer than late.
func (s *Server) resetPlan(a *Account, p *Plan, late time.Duration) {
	now := s.now()
	if p.ResetsAt.IsZero() || p.ResetsAt.After(now.Add(-late)) {
		return
	}
	s.enter(Entry{At: p.ResetsAt, Account: a.ID, Kind: PlanReset, Quota: p.Used, Plan: p.ID})
	p.Used, p.LastReset = 0, p.ResetsAt
	for next := p.ResetsAt; ; p.LastReset = next {
		if next = next.Add(p.ResetEvery); p.ResetEvery <= 0 || !p.EndsAt.IsZero() && next.After(p.EndsAt) {
			p.ResetsAt = time.Time{}
			return
		}
		if next.After(now) {
			p.ResetsAt = next
			return
		}
	}
}

// resetPlans is the server's own task, which looks every minute.
func (s *Server) resetPlans() {
	for _, a := range s.state.Accounts {
		for i := range a.Plans {
			if s.active(a.Plans[i]) {
				s.resetPlan(a, &a.Plans[i], time.Minute)
			}
		}
	}
}

// Spend books a call without asking whether it can be paid for: batch updates
// and trusted calls overdraw keys and wallets too. It does nothing for an
// unknown key.
func (s *Server) Spend(key, model string, quota, tokens int64) {
	s.SpendAt(s.clock(), key, model, quota, tokens)
}

// SpendAt is Spend at another time, to build up a history.
func (s *Server) SpendAt(at time.Time, key, model string, quota, tokens int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.state.Key(key)
	if k == nil {
		return
	}
	a := s.state.Account(k.AccountID)
	if a == nil {
		k.Remain, k.Used, k.accessed = k.Remain-quota, k.Used+quota, at
		return
	}
	plan, _ := s.payer(a, quota)
	s.book(at, k, a, plan, model, quota, tokens)
}

func (s *Server) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// book charges a plan, or the wallet without one.
func (s *Server) book(at time.Time, k *Key, a *Account, plan *Plan, model string, quota, tokens int64) {
	k.Remain, k.Used, k.accessed = k.Remain-quota, k.Used+quota, at
	a.UsedQuota += quota
	a.Requests++
	s.move(a, plan, quota)
	s.enter(Entry{
		At: at, Account: a.ID, Kind: Charge, Key: k.Name, KeyID: k.ID, Model: model, Quota: quota, Tokens: tokens, Plan: planID(plan),
		exported: s.state.Options.DataExport,
	})
}

// move takes quota out of a plan or the wallet and returns how much of it moved.
// What a plan used does not fall below 0, so a refund of what it paid before its
// reset is lost (new-api model/subscription.go, PostConsumeUserSubscriptionDelta).
func (s *Server) move(a *Account, plan *Plan, quota int64) (moved int64) {
	if plan == nil {
		a.Quota -= quota
		return quota
	}
	before := plan.Used
	plan.Used = max(0, before+quota)
	return plan.Used - before
}

func planID(p *Plan) int64 {
	if p == nil {
		return 0
	}
	return p.ID
}

func (a *Account) plan(id int64) *Plan {
	for i := range a.Plans {
		if id != 0 && a.Plans[i].ID == id {
			return &a.Plans[i]
		}
	}
	return nil
}

// Task is an asynchronous task: charged in advance, and refunded when it fails or
// turns out cheaper.
type Task struct {
	server        *Server
	key, model    string
	account, plan int64
}

// Task begins a task, and charges it. [Server.Call] says when that is refused.
func (s *Server) Task(key, model string, quota int64) (*Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.call(key, model, quota, 0)
}

// Refund gives back some of what the task was charged. Until 2026-08-13 what the
// account used stays; since then it falls too. What the key used always falls.
func (t *Task) Refund(quota int64) {
	s := t.server
	s.mu.Lock()
	defer s.mu.Unlock()
	k, a := s.state.Key(t.key), s.state.Account(t.account)
	if a == nil {
		return
	}
	s.resetPlans()
	e := Entry{At: s.now(), Account: a.ID, Kind: Refund, Model: t.model, Quota: quota, Plan: t.plan}
	if k != nil {
		k.Remain, k.Used, e.Key, e.KeyID = k.Remain+quota, k.Used-quota, k.Name, k.ID
	}
	plan := a.plan(t.plan)
	given := -s.move(a, plan, -quota)
	if t.plan != 0 && (plan == nil || !s.active(*plan)) {
		given = 0 // nothing that can still be spent
	}
	if s.version.atLeast(V2026_08) {
		a.UsedQuota -= quota
	} else {
		e.lost = quota - given
	}
	s.enter(e)
}

// TopUp adds to an account's wallet by a code that its owner redeems.
func (s *Server) TopUp(accountID, quota int64) { s.add(accountID, quota, false) }

// Give adds to an account's wallet by an operator's hand.
func (s *Server) Give(accountID, quota int64) { s.add(accountID, quota, true) }

func (s *Server) add(accountID, quota int64, byOperator bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.state.Account(accountID); a != nil {
		a.Quota += quota
		s.enter(Entry{At: s.now(), Account: a.ID, Kind: TopUp, Quota: quota, byOperator: byOperator})
	}
}

// Begin charges a call in advance, as the gateway does while one is under way:
// the figures of the key and of what pays dip, what the account used does not
// move yet. The returned function gives all of it back; Spend then books the real
// price.
func (s *Server) Begin(key string, quota int64) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.state.Key(key)
	if k == nil {
		return func() {}
	}
	paid := int64(0)
	if a := s.state.Account(k.AccountID); a != nil {
		plan, _ := s.payer(a, quota)
		paid = planID(plan)
	}
	s.precharge(key, paid, quota)
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.precharge(key, paid, -quota)
	})
}

func (s *Server) precharge(key string, plan, quota int64) {
	k := s.state.Key(key)
	if k == nil {
		return
	}
	k.Remain -= quota
	k.Used += quota
	if a := s.state.Account(k.AccountID); a != nil {
		s.move(a, a.plan(plan), quota)
	}
}
