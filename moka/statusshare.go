package moka

import (
	"context"
	"sync"
	"time"
)

// statusRound is for how long after its request an answer of /api/status may
// serve others: accounts of one gateway that are read together cost one call.
// Figures are never converted with an older unit.
const statusRound = time.Second

// statusShare lets the clients of one host share the answers of /api/status.
// The zero value is ready for use.
type statusShare struct {
	mu     sync.Mutex
	serial int64
	newest map[string]*statusCall // by base address
}

// statusCall is one request and, once done is closed, its answer.
type statusCall struct {
	serial int64
	asked  time.Time
	done   chan struct{}
	status Status
	err    error
	valid  bool // the caller that sent it did not go away meanwhile
}

// read returns the answer of a request for base with a serial number above
// after: one under way, one of this round, or the result of call.
func (s *statusShare) read(ctx context.Context, base string, after int64, call func() (Status, error)) (Status, int64, error) {
	for {
		s.mu.Lock()
		shared := s.newest[base]
		if shared == nil || shared.serial <= after || time.Since(shared.asked) >= statusRound {
			own := s.begin(base)
			s.mu.Unlock()
			own.status, own.err = call()
			own.valid = ctx.Err() == nil
			s.end(base, own)
			return own.status, own.serial, own.err
		}
		s.mu.Unlock()
		select {
		case <-shared.done:
			if shared.valid {
				return shared.status, shared.serial, shared.err
			}
			after = shared.serial
		case <-ctx.Done():
			return Status{}, after, &Error{Op: "status", Kind: Unavailable, Hint: HintTimeout, Err: context.Cause(ctx)}
		}
	}
}

// begin notes a request. The lock is held.
func (s *statusShare) begin(base string) *statusCall {
	if s.newest == nil {
		s.newest = map[string]*statusCall{}
	}
	s.serial++
	own := &statusCall{serial: s.serial, asked: time.Now(), done: make(chan struct{})}
	s.newest[base] = own
	return own
}

// end publishes an answer. A failure serves those who wait for it, and nobody after them.
func (s *statusShare) end(base string, own *statusCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if (own.err != nil || !own.valid) && s.newest[base] == own {
		delete(s.newest, base)
	}
	close(own.done)
}
