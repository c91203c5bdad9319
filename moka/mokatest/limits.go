package mokatest

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Limits are how many calls an address may make in a sliding window. A zero
// number is no limit, a zero window the default.
type Limits struct {
	API            int // /api/* and billing, one counter
	Web            int // pages and unknown paths
	Critical       int // /api/usage/token/, besides API
	Window         time.Duration
	CriticalWindow time.Duration
}

// DefaultLimits are those a member ships with.
func DefaultLimits(v Version) Limits {
	l := Limits{API: 180, Web: 60, Critical: 20, Window: 3 * time.Minute, CriticalWindow: 20 * time.Minute}
	switch {
	case v == OneAPI:
		l.API, l.Web = 480, 240
	case v.atLeast(V2026_07):
		l.API, l.Web = 360, 120
	}
	return l
}

// SetLimits switches the rate limits on, and forgets what they counted.
func (s *Server) SetLimits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defaults := DefaultLimits(s.version)
	if l.Window <= 0 {
		l.Window = defaults.Window
	}
	if l.CriticalWindow <= 0 {
		l.CriticalWindow = defaults.CriticalWindow
	}
	s.limits = l
	s.knocks = map[string][]time.Time{}
}

// limited answers a call within the limits. The lock is held.
func (s *Server) limited(r *http.Request) reply {
	found := s.find(r)
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	l := s.limits
	admitted := true
	switch found.limits {
	case apiLimit:
		admitted = s.admit("api "+host, l.API, l.Window)
	case webLimit:
		admitted = s.admit("web "+host, l.Web, l.Window)
	case criticalLimit:
		if !s.admit("api "+host, l.API, l.Window) {
			return s.tooMany(l.Window)
		}
		if !s.admit("critical "+host, l.Critical, l.CriticalWindow) {
			return s.tooMany(l.CriticalWindow)
		}
	}
	if !admitted {
		return s.tooMany(l.Window)
	}
	return found.serve(s, r)
}

// admit counts a call. One that is refused does not prolong the wait.
func (s *Server) admit(bucket string, limit int, window time.Duration) bool {
	if limit <= 0 {
		return true
	}
	now := s.now()
	recent := slices.DeleteFunc(s.knocks[bucket], func(at time.Time) bool { return now.Sub(at) >= window })
	admitted := len(recent) < limit
	if admitted {
		recent = append(recent, now)
	}
	s.knocks[bucket] = recent
	return admitted
}

// tooMany has an empty body, and only lately a Retry-After.
func (s *Server) tooMany(window time.Duration) reply {
	answer := reply{status: http.StatusTooManyRequests, header: http.Header{}}
	if s.version.atLeast(V2026_08) {
		answer.header.Set("Retry-After", strconv.Itoa(int(window.Seconds())))
	}
	return answer
}
