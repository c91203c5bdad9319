package moka

import (
	"sync"
	"time"
)

// How long a client relies on what it learned.
const (
	statusAge  = 10 * time.Minute // units and options; an operator can change them at any time
	absentAge  = time.Hour        // a read that the gateway does not offer; an upgrade may bring it
	explainAge = 10 * time.Minute // why a key is refused
	explainMax = 2 * time.Hour    // the same, while it cannot be asked again
)

// memory is what a client keeps between calls.
type memory struct {
	mu        sync.Mutex
	status    Status
	statusAt  time.Time // zero: never read
	offers    map[string]*offered
	explained *explanation
	limit     float64 // last figure of the billing pair, in the gateway's unit
	group     string  // the account's price group
	account   bool    // the billing pair showed the account
}

// offered is what is known of a further read.
type offered struct {
	served  bool      // it was answered once
	missing time.Time // since then the gateway says that it lacks it; zero: it does not
	absent  time.Time // when that was last believed
}

// offer is what is known of a read. The lock is held.
func (m *memory) offer(op string) *offered {
	if m.offers == nil {
		m.offers = map[string]*offered{}
	}
	if m.offers[op] == nil {
		m.offers[op] = &offered{}
	}
	return m.offers[op]
}

func (m *memory) isAbsent(op string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.offer(op).absent
	return !at.IsZero() && now.Sub(at) < absentAge
}

// served notes that the gateway offers a read.
func (m *memory) served(op string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	*m.offer(op) = offered{served: true}
}

// lacks notes that the gateway says it lacks a read, and tells whether to
// believe it: a read that was answered before is not gone for good at once.
func (m *memory) lacks(op string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.offer(op)
	if o.missing.IsZero() {
		o.missing = now
	}
	return !o.served || now.Sub(o.missing) >= absentAge
}

// setAbsent has a read not asked for again for a while.
func (m *memory) setAbsent(op string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offer(op).absent = now
}

// lastStatus returns the status last read, whether there is one to go by, and whether it is recent.
func (m *memory) lastStatus(now time.Time) (s Status, known, fresh bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status, !m.statusAt.IsZero(), !m.statusAt.IsZero() && now.Sub(m.statusAt) < m.status.age()
}

// doubtStatus has the status read anew before anything is converted with it.
func (m *memory) doubtStatus() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.statusAt = time.Time{}
}

func (m *memory) setStatus(s Status, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status, m.statusAt = s, now
}

// jumped notes the limit a billing answer showed, and tells whether it differs
// so much from the one before that the unit rather than the money may have changed.
func (m *memory) jumped(limit float64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.limit
	m.limit = limit
	if before <= 0 || limit <= 0 || before == unlimitedLimit || limit == unlimitedLimit {
		return false
	}
	return limit/before >= 5 || before/limit >= 5
}

func (m *memory) explanation(now time.Time, age time.Duration) *explanation {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.explained == nil || now.Sub(m.explained.at) >= age {
		return nil
	}
	return m.explained
}

func (m *memory) setExplanation(e *explanation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.explained = e
}

func (m *memory) setGroup(group string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.group = group
}

func (m *memory) accountGroup() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.group
}

func (m *memory) setAccountView(yes bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.account = yes
}

func (m *memory) accountView() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.account
}
