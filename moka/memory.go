package moka

import (
	"cmp"
	"math"
	"sync"
	"time"
)

// How long a client relies on what it learned.
const (
	absentAge  = time.Hour        // a read that the gateway does not offer; an upgrade may bring it
	explainAge = 10 * time.Minute // why a key is refused
	explainMax = 2 * time.Hour    // the same, while it cannot be asked again
)

// memory is what a client keeps between calls.
type memory struct {
	mu        sync.Mutex
	status    Status // of the last reading that had one
	statusOK  bool   // there was one
	serial    int64  // the newest answer of /api/status that a reading used
	offers    map[string]*offered
	explained *explanation
	pair      RawKey      // the last billing pair, in the gateway's unit
	stands    bool        // its limit stayed when the use last moved
	user      int64       // the account's id as the gateway told it, 0 before
	account   bool        // the billing pair showed the account
	own       *APIKeyInfo // the key as the account\'s list showed it last; nil before
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

// lacks notes that the gateway says it lacks a read, and reports whether to
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

// lastStatus returns the status of the last reading, and whether there was one.
func (m *memory) lastStatus() (s Status, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status, m.statusOK
}

func (m *memory) setStatus(s Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status, m.statusOK = s, true
}

// statusSerial is the newest answer of /api/status that a reading used.
func (m *memory) statusSerial() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.serial
}

func (m *memory) setStatusSerial(serial int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.serial = max(m.serial, serial)
}

// rescaled reports whether the billing pair differs from that of the last
// reading in a way that a change of unit explains better than money does: both
// figures by one factor, or the limit at least fivefold.
func (m *memory) rescaled(pair RawKey) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.pair
	if before.Limit <= 0 || pair.Limit <= 0 || before.Limit == pair.Limit {
		return false
	}
	factor := pair.Limit / before.Limit
	if before.Limit == unlimitedLimit || pair.Limit == unlimitedLimit {
		return false
	}
	used := before.Used * factor
	return factor >= 5 || factor <= 0.2 || before.Used > 0 && math.Abs(pair.Used-used) <= 1e-9*math.Abs(used)
}

func (m *memory) setPair(pair RawKey) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pair.Limit != pair.Limit || m.pair.Used != pair.Used {
		m.stands = m.pair.Limit == pair.Limit
	}
	m.pair = pair
}

// lastPair is the billing pair of the last full reading, and whether its limit
// stays when the use moves.
func (m *memory) lastPair() (pair RawKey, stands bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pair, m.stands
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

func (m *memory) setUser(id int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.user = id
}

// userID is the account's id as the gateway told it, or else the configured one.
func (m *memory) userID(configured int64) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return cmp.Or(m.user, configured)
}

func (m *memory) setOwn(own APIKeyInfo) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.own = &own
}

// ownKey is the key as the account's list showed it last, and whether it did.
func (m *memory) ownKey() (own APIKeyInfo, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.own == nil {
		return own, false
	}
	return *m.own, true
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
