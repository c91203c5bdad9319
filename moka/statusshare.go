package moka

import (
	"context"
	"sync"
	"time"
)

// statusRound is for how long after its request an answer of /api/status may
// serve others: accounts of one gateway that are read together cost one call.
// Only light readings of wallets use an older one (lightStatusAge).
const statusRound = time.Second

// statusShare lets the clients of one host share the answers of /api/status.
// The zero value is ready for use.
type statusShare struct {
	mu     sync.Mutex
	serial int64
	newest map[statusFor]*statusCall
}

// statusFor is what requests of one kind are for. Readings and reserved work in the background
// share their own answers alone, so that they make as many requests as without commands.
type statusFor struct {
	base  string // address
	apart bool
}

// statusCall is one request and, once done is closed, its answer.
type statusCall struct {
	serial  int64
	purpose Purpose
	of      statusFor
	sentAt  time.Time
	done    chan struct{}
	status  Status
	err     error
	valid   bool // the caller that sent it did not go away meanwhile
}

// read returns the answer of a request for base with a serial number above
// after: one that was sent within age, or the result of call. Nobody waits for
// a request that was begun for another purpose and may have to wait for a place, and
// those that are apart use no answer to others.
func (s *statusShare) read(ctx context.Context, base string, after int64, age time.Duration, call func() (Status, error)) (Status, int64, error) {
	for {
		s.mu.Lock()
		of, purpose := statusFor{base, areApart(ctx)}, PurposeOf(ctx)
		shared := s.shared(of, after, age, purpose)
		if shared == nil {
			own := s.begin(of, purpose)
			s.mu.Unlock()
			own.status, own.err = call()
			own.valid = ctx.Err() == nil
			s.end(own)
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

// shared is a request that a caller may use, nil for none. The lock is held.
func (s *statusShare) shared(of statusFor, after int64, age time.Duration, purpose Purpose) *statusCall {
	for _, apart := range []bool{true, false} {
		call := s.newest[statusFor{of.base, apart}]
		usable := call != nil && call.serial > after && time.Since(call.sentAt) < age && call.serves(purpose)
		if usable && (apart || !of.apart) {
			return call
		}
	}
	return nil
}

// serves reports whether a caller may wait for the request.
func (k *statusCall) serves(purpose Purpose) bool {
	select {
	case <-k.done:
		return true
	default:
		return k.purpose == purpose || k.purpose == ForReading
	}
}

// begin notes a request. The lock is held.
func (s *statusShare) begin(of statusFor, purpose Purpose) *statusCall {
	if s.newest == nil {
		s.newest = map[statusFor]*statusCall{}
	}
	s.serial++
	own := &statusCall{serial: s.serial, purpose: purpose, of: of, sentAt: time.Now(), done: make(chan struct{})}
	s.newest[of] = own
	return own
}

// end publishes an answer. A failure serves those who wait for it, and nobody after them.
func (s *statusShare) end(own *statusCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if (own.err != nil || !own.valid) && s.newest[own.of] == own {
		delete(s.newest, own.of)
	}
	close(own.done)
}
