package mokatest

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Fault is something that goes wrong. What is not set is answered as ever: a
// Fault with nothing but a Delay is only slow, one with nothing but Cut breaks
// off the regular answer.
type Fault struct {
	Path        string // exact; "": every path
	Times       int    // how often; 0: until cleared
	Status      int    // with Body, in place of the regular answer
	Body        []byte
	ContentType string      // of Body; JSON when there is a Body and this is ""
	Header      http.Header // added to the answer
	Delay       time.Duration
	Hang        bool // no answer until the caller gives up
	Cut         bool // the connection breaks in the middle of the body
	BrokenGzip  bool // the body claims to be packed and does not unpack
	WebPage     bool // an HTML page, 200 unless Status is set
}

// Fault makes something go wrong from now on. Of several that fit a call the
// oldest goes first.
func (s *Server) Fault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Clear ends all faults.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault picks the fault for a path and uses it up once. The lock is held.
func (s *Server) takeFault(path string) Fault {
	for i, f := range s.faults {
		if f.Path != "" && f.Path != path {
			continue
		}
		picked := *f
		if f.Times == 1 {
			s.faults = slices.Delete(s.faults, i, i+1)
		} else if f.Times > 1 {
			f.Times--
		}
		return picked
	}
	return Fault{}
}

// wait holds the answer back. It fails when the caller goes away first.
func (f Fault) wait(ctx context.Context) error {
	if f.Hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if f.Delay <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// apply puts the fault's answer in the place of the regular one.
func (f Fault) apply(s *Server, regular reply) reply {
	switch {
	case f.WebPage:
		regular = s.webPage()
		regular.status = max(f.Status, regular.status)
	case f.Status != 0 || f.Body != nil:
		regular = reply{status: f.Status, body: f.Body, header: http.Header{}}
		if f.Status == 0 {
			regular.status = http.StatusOK
		}
		if f.ContentType == "" && f.Body != nil {
			f.ContentType = jsonType
		}
	}
	if f.ContentType == "" && f.Header == nil {
		return regular
	}
	regular.header = regular.header.Clone()
	if f.ContentType != "" {
		regular.header.Set("Content-Type", f.ContentType)
	}
	maps.Copy(regular.header, canonical(f.Header))
	return regular
}

func canonical(h http.Header) http.Header {
	out := http.Header{}
	for name, values := range h {
		out[http.CanonicalHeaderKey(name)] = values
	}
	return out
}
