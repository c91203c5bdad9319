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
	absent    map[string]time.Time
	explained *explanation
	limit     float64 // last figure of the billing pair, in the gateway's unit
	group     string  // the account's price group
	account   bool    // the billing pair showed the account
}

func (m *memory) isAbsent(op string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.absent[op]
	return ok && now.Sub(at) < absentAge
}

func (m *memory) setAbsent(op string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.absent == nil {
		m.absent = map[string]time.Time{}
	}
	m.absent[op] = now
}

// lastStatus returns the status last read, whether there is one, and whether it is recent.
func (m *memory) lastStatus(now time.Time) (s Status, known, fresh bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status, !m.statusAt.IsZero(), !m.statusAt.IsZero() && now.Sub(m.statusAt) < statusAge
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
