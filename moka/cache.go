package moka

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// How long a client relies on what it learned.
const (
	absentAge  = time.Hour        // a read that the gateway does not offer; an upgrade may bring it
	explainAge = 10 * time.Minute // why a key is refused
	explainMax = 2 * time.Hour    // the same, while it cannot be asked again
)

// isRecent reports whether a moment is less than age ago. One in the future was taken from a
// clock that has been set right since, and the zero time is none.
func isRecent(at, now time.Time, age time.Duration) bool {
	return !at.IsZero() && !at.After(now) && now.Sub(at) < age
}

// cache is what a client keeps between calls.
type cache struct {
	status atomic.Pointer[Status]     // the newest of all
	own    atomic.Pointer[APIKeyInfo] // the key as the account's list showed it last
	user   atomic.Int64               // the account's id as the gateway told it, 0 before

	mu   sync.Mutex
	seen [2]seen // by readings, and for others
}

// seen is what readings go on from. That a command saw something, too, changes nothing
// for the readings that nobody asked for: what these need is the same without it.
type seen struct {
	status *Status // the last one; nil before
	serial int64   // the newest answer of /api/status that was used
	pair   RawKey  // the last billing pair, in the gateway's unit
	stands bool    // its limit stayed when the use last moved

	account   bool // the billing pair showed the account
	explained *explanation
	offers    map[string]*offered
}

// seenFor is what the readings for a purpose saw. The lock is held.
func (c *cache) seenFor(p Purpose) *seen {
	if p == ForReading {
		return &c.seen[0]
	}
	return &c.seen[1]
}

// offered is what is known of an optional read.
type offered struct {
	served  bool      // it was answered once
	missing time.Time // since then the gateway says that it lacks it; zero: it does not
	absent  time.Time // when that was last believed
}

// offer is what is known of a read. The lock is held.
func (c *cache) offer(p Purpose, op string) *offered {
	s := c.seenFor(p)
	if s.offers == nil {
		s.offers = map[string]*offered{}
	}
	if s.offers[op] == nil {
		s.offers[op] = &offered{}
	}
	return s.offers[op]
}

func (c *cache) isAbsent(p Purpose, op string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return isRecent(c.offer(p, op).absent, now, absentAge)
}

// served notes that the gateway offers a read.
func (c *cache) served(p Purpose, op string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*c.offer(p, op) = offered{served: true}
}

// lacks notes that the gateway says it lacks a read, and reports whether to
// believe it: a read that was answered before is not gone for good at once.
func (c *cache) lacks(p Purpose, op string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.offer(p, op)
	if o.missing.IsZero() || o.missing.After(now) {
		o.missing = now
	}
	return !o.served || now.Sub(o.missing) >= absentAge
}

// setAbsent has a read not asked for again for a while.
func (c *cache) setAbsent(p Purpose, op string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offer(p, op).absent = now
}

// last returns a copy of what was seen last for a purpose.
func (c *cache) last(p Purpose) seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	return *c.seenFor(p)
}

// note changes what was seen last for a purpose.
func (c *cache) note(p Purpose, change func(*seen)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c.seenFor(p))
}

// lastStatus returns the status that was seen last for a purpose, nil before the first.
func (c *cache) lastStatus(p Purpose) *Status { return c.last(p).status }

// lastPair is the billing pair of the last full reading for a purpose, and whether its
// limit stays when the use moves.
func (c *cache) lastPair(p Purpose) (pair RawKey, stands bool) {
	last := c.last(p)
	return last.pair, last.stands
}

// rescaled reports whether the billing pair differs from the last one for the purpose
// in a way that a change of unit explains better than money does: both figures by one
// factor, or the limit at least fivefold.
func (c *cache) rescaled(p Purpose, pair RawKey) bool {
	before := c.last(p).pair
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

// explanation is why the key was refused, if that was found out less than age ago.
func (s seen) explanation(now time.Time, age time.Duration) *explanation {
	if e := s.explained; e != nil && isRecent(e.at, now, age) {
		return e
	}
	return nil
}

// addPair notes the billing pair of a full reading.
func (s *seen) addPair(pair RawKey) {
	if s.pair.Limit != pair.Limit || s.pair.Used != pair.Used {
		s.stands = s.pair.Limit == pair.Limit
	}
	s.pair = pair
}
