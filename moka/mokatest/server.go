package mokatest

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Version is a member of the family.
type Version int

// The members, by the month of their release. OneAPI is the ancestor.
const (
	V2025_04 Version = iota
	V2025_12
	V2026_07
	V2026_08
	OneAPI
	Veloera // of 2025-06, a fork of new-api's release of 2025-04
	OneHub  // of 2026-02, a fork of one-api
	DoneHub // a fork of one-hub that answers like it
)

// Versions returns all members, oldest first, the ancestor last.
func Versions() []Version { return []Version{V2025_04, V2025_12, V2026_07, V2026_08, OneAPI} }

// Forks returns the members that others made of them.
func Forks() []Version { return []Version{Veloera, OneHub, DoneHub} }

// base is the release that a member answers like, apart from its peculiarities.
func (v Version) base() Version {
	switch v {
	case Veloera:
		return V2025_04
	case OneHub, DoneHub:
		return OneAPI
	}
	return v
}

func (v Version) isHub() bool { return v == OneHub || v == DoneHub }

// String is the month of the release, or the fork's name.
func (v Version) String() string {
	names := []string{"2025-04", "2025-12", "2026-07", "2026-08", "one-api", "veloera", "one-hub", "done-hub"}
	if v < 0 || int(v) >= len(names) {
		return "unknown"
	}
	return names[v]
}

// atLeast reports whether v is a new-api of that release or a later one.
func (v Version) atLeast(w Version) bool { return v != OneAPI && v >= w }

// release is what the gateway calls itself.
func (v Version) release() string {
	return []string{"v0.6.5", "v0.10.0", "v0.99.0", "v1.0.0", "v0.6.11"}[v]
}

// Request is a call the server saw. It carries no credential.
type Request struct {
	At     time.Time
	Method string
	Path   string
	Query  string // sorted; a key in it is left out
	Status int    // 0 when it was left without an answer
}

// maxRequests is how many calls are remembered.
const maxRequests = 10_000

// Server is a fake gateway. It is safe for concurrent use.
type Server struct {
	member  Version // as asked for
	version Version // the release it answers like
	started time.Time

	mu       sync.Mutex
	now      func() time.Time
	state    State
	faults   []*Fault
	limits   Limits
	knocks   map[string][]time.Time
	entries  []Entry
	requests []Request
	nextKey  int64
	serial   uint64

	statusOf   Options // that statusBody describes
	statusBody []byte
}

// New makes an empty gateway: no account, no key, three priced models and one
// without a price, default options, no rate limits.
func New(v Version) *Server {
	s := &Server{member: v, version: v.base(), now: time.Now, started: time.Now(), knocks: map[string][]time.Time{}}
	s.state = State{Models: plainModels(), Groups: plainGroups(), Options: Options{
		QuotaPerUnit: 500_000, Display: "USD", USDExchangeRate: 7.3, TokenStat: true, DataExport: true,
	}}
	return s
}

// Version returns which member the server plays.
func (s *Server) Version() Version { return s.member }

// SetNow replaces the clock, which decides on expiry, dates spending and runs
// the rate limits. It must not call the server back.
func (s *Server) SetNow(now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// Requests returns the calls seen, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// remember notes a call. The lock is held.
func (s *Server) remember(r *http.Request, status int) {
	if len(s.requests) >= maxRequests {
		s.requests = slices.Delete(s.requests, 0, maxRequests/2)
	}
	query := r.URL.Query()
	query.Del("key")
	s.requests = append(s.requests, Request{s.now(), r.Method, r.URL.Path, query.Encode(), status})
}

// handle answers a call, after whatever a fault has in mind for it. It fails
// when the caller went away first.
func (s *Server) handle(r *http.Request) (reply, error) {
	s.mu.Lock()
	fault := s.takeFault(r.URL.Path)
	s.mu.Unlock()
	err := fault.wait(r.Context())
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.remember(r, 0)
		return reply{}, err
	}
	s.resetPlans()
	answer := s.limited(r)
	answer = s.stamp(fault.apply(s, answer))
	answer = zipped(r, answer)
	if fault.BrokenGzip {
		answer = answer.brokenGzip()
	}
	answer.cut = fault.Cut
	s.remember(r, answer.status)
	return answer, nil
}

// ServeHTTP answers over a socket.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := s.handle(r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	answer.write(w, r)
}
