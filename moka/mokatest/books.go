package mokatest

import (
	"slices"
	"time"
)

// Kind is what an entry of the books is.
type Kind string

// The kinds of entries.
const (
	Charge    Kind = "charge"
	Refund    Kind = "refund"
	TopUp     Kind = "top-up"
	PlanReset Kind = "plan reset"
)

// Entry is a movement of money. Nothing that an operator does to logs, names or
// counters changes the entries.
type Entry struct {
	At      time.Time
	Account int64
	Kind    Kind
	Key     string  // its name at the time; "" for top-ups and resets
	KeyID   int64   // 0 likewise
	Model   string  // "" likewise
	Quota   int64   // raw, above zero; of a reset what the plan had used
	Tokens  int64   // of a charge
	Plan    int64   // what paid, or was reset; 0 is the wallet
	PerUnit float64 // raw quota in a dollar at the time

	byOperator bool // a top-up that an operator gave

	lost     int64  // of a refund, what moved none of the account's figures
	user     string // the account's name at the time
	words    string // the amount as the log put it then
	exported bool   // recorded by model and hour
	cleaned  bool   // out of the log
}

// USD is the amount in dollars by the unit of the time.
func (e Entry) USD() float64 { return float64(e.Quota) / e.PerUnit }

// maxEntries is how many entries are kept.
const maxEntries = 400_000

// enter adds an entry. The lock is held.
func (s *Server) enter(e Entry) {
	if a := s.state.Account(e.Account); a != nil {
		e.user = a.Username
	}
	e.PerUnit, e.words = s.state.Options.QuotaPerUnit, s.inWords(e.Quota)
	if len(s.entries) >= maxEntries {
		s.entries = slices.Delete(s.entries, 0, maxEntries/2)
	}
	s.entries = append(s.entries, e)
}

// Books are an account's true figures over a span, in raw quota. A refund counts
// with what it moved: since 2026-08-13 what the account used, before what is left.
type Books struct {
	Charged, Refunded, ToppedUp int64
	Calls                       int64
	ByModel, ByKey              map[string]int64 // charged less refunded
	ByKeyID                     map[int64]int64  // the same by the keys' ids, which names come and go with
}

// Spent is what was charged and not refunded.
func (b Books) Spent() int64 { return b.Charged - b.Refunded }

// Books adds up the entries of [from, to).
func (s *Server) Books(accountID int64, from, to time.Time) Books {
	b := Books{ByModel: map[string]int64{}, ByKey: map[string]int64{}, ByKeyID: map[int64]int64{}}
	for _, e := range s.Entries(accountID, from, to) {
		net := e.Quota
		switch e.Kind {
		case TopUp:
			b.ToppedUp += e.Quota
			continue
		case PlanReset:
			continue
		case Refund:
			net = e.lost - e.Quota
			b.Refunded -= net
		case Charge:
			b.Charged += e.Quota
			b.Calls++
		}
		b.ByModel[e.Model] += net
		b.ByKey[e.Key] += net
		b.ByKeyID[e.KeyID] += net
	}
	return b
}

// Entries returns an account's entries of [from, to), in the order they were made.
func (s *Server) Entries(accountID int64, from, to time.Time) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Entry
	for _, e := range s.entries {
		if e.Account == accountID && !e.At.Before(from) && e.At.Before(to) {
			found = append(found, e)
		}
	}
	return found
}

// beyond is more quota than any limit in a test.
const beyond = int64(1) << 56

// Payable is what the next calls with a key can cost together, found by charging
// calls on a copy until one of a single unit is refused. unlimited: there is no
// end to it.
func (s *Server) Payable(key string) (quota int64, unlimited bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.copied().drain(key)
}

// PayableByAccount is [Server.Payable] for a key without any limit.
func (s *Server) PayableByAccount(accountID int64) (quota int64, unlimited bool) {
	const key = "sk-trial"
	s.mu.Lock()
	defer s.mu.Unlock()
	trial := s.copied()
	trial.state.Keys = []*Key{{Key: key, AccountID: accountID, Unlimited: true, Status: StatusEnabled}}
	return trial.drain(key)
}

// drain charges the largest calls that the gateway accepts, until it accepts no more.
func (s *Server) drain(key string) (quota int64, unlimited bool) {
	for {
		largest := int64(0)
		for step := beyond; step > 0; step /= 2 {
			if s.copied().accepts(key, largest+step) {
				largest += step
			}
		}
		if largest == 0 || !s.accepts(key, largest) {
			return quota, false
		}
		if largest >= beyond {
			return 0, true
		}
		quota += largest
	}
}

// accepts charges a call if it is accepted.
func (s *Server) accepts(key string, quota int64) bool {
	_, err := s.call(key, "", quota, 0)
	return err == nil
}

// copied is a server with the same accounts, keys and options, and no books.
func (s *Server) copied() *Server {
	c := &Server{member: s.member, version: s.version, started: s.started, now: s.now}
	c.state.Options = s.state.Options
	for _, a := range s.state.Accounts {
		account := *a
		account.Plans = slices.Clone(a.Plans)
		c.state.Accounts = append(c.state.Accounts, &account)
	}
	for _, k := range s.state.Keys {
		own := *k
		c.state.Keys = append(c.state.Keys, &own)
	}
	return c
}

// AddPlan gives an account a plan, numbered when it has no id.
func (s *Server) AddPlan(accountID int64, p Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.state.Account(accountID)
	if a == nil {
		return
	}
	if p.ID == 0 {
		for _, other := range a.Plans {
			p.ID = max(p.ID, other.ID)
		}
		p.ID++
	}
	a.Plans = append(a.Plans, p)
}

// CleanLog removes what the log holds from before a time. Hourly rows stay.
func (s *Server) CleanLog(before time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.entries {
		if s.entries[i].At.Before(before) {
			s.entries[i].cleaned = true
		}
	}
}

// Rename gives an account another name. The log is kept by name: what it holds
// under the old one is no longer summed up.
func (s *Server) Rename(accountID int64, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.state.Account(accountID); a != nil {
		a.Username = name
	}
}

// ResetCounters sets what an account and its keys used back to 0, and its count of
// requests, as an administrator can in the database. What is left does not change.
func (s *Server) ResetCounters(accountID int64) { s.resetCounters(accountID, true) }

// ResetUsed is ResetCounters without the count of requests.
func (s *Server) ResetUsed(accountID int64) { s.resetCounters(accountID, false) }

func (s *Server) resetCounters(accountID int64, requests bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.state.Account(accountID); a != nil {
		if a.UsedQuota = 0; requests {
			a.Requests = 0
		}
	}
	for _, k := range s.state.Keys {
		if k.AccountID == accountID {
			k.Used = 0
		}
	}
}
