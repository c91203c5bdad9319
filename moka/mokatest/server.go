// Package mokatest is a fake gateway of the new-api family for tests and
// demonstrations, as net/http/httptest is for servers: a programmable
// http.Handler that answers, and refuses, the way real servers do.
package mokatest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Version is a member of the family.
type Version string

// The members that are told apart, by the date of their release.
const (
	V2025_04 Version = "2025-04"
	V2025_12 Version = "2025-12"
	V2026_07 Version = "2026-07"
	V2026_08 Version = "2026-08"
)

// Versions are all of them, the oldest first.
func Versions() []Version { return []Version{V2025_04, V2025_12, V2026_07, V2026_08} }

func (v Version) before(other Version) bool { return v < other }

// Server is the fake. It is safe for concurrent use.
type Server struct {
	version Version

	mu     sync.Mutex
	state  State
	faults []Fault
	asked  []Request
	now    func() time.Time
	serial int
}

// State is all that the server knows; see [Server.Update].
type State struct {
	Accounts []*Account
	Keys     []*Key
	Models   []Model
	Options  Options
}

// Options are the operator's settings.
type Options struct {
	QuotaPerUnit int64
	Display      string  // USD, CNY, TOKENS or CUSTOM
	ExchangeRate float64 // yuan for a dollar
	TokenStat    bool    // the billing endpoints show the key's figures, not the account's
}

// Account is a user of the gateway, counted in raw quota units.
type Account struct {
	ID                         int64
	Username, AccessToken      string
	Quota, UsedQuota, Requests int64
	Banned                     bool
}

// Key is an API key. Status is 1 on, 2 disabled, 3 expired, 4 exhausted; 0 means 1.
type Key struct {
	Account      int64
	Key, Name    string // "sk-…"
	Remain, Used int64
	Unlimited    bool
	ExpiresAt    time.Time
	Status       int
}

// Model is a model with its price in dollars for a million tokens.
type Model struct {
	ID, Owner     string
	Input, Output float64
}

// Request is something that the server was asked. Credentials are not kept.
type Request struct {
	At           time.Time
	Method, Path string
	Status       int
}

// Fault is something that goes wrong. The first that fits a request applies.
type Fault struct {
	Path        string // of the requests that it hits, or its end; empty: all
	Times       int    // how often; 0: until [Server.Clear]
	Status      int    // with Body; 0: the true answer
	Body        string
	ContentType string
	Header      map[string]string
	Delay       time.Duration // before the answer
	WebPage     bool          // the gateway's own HTML page with status 200
	Cut         bool          // the answer ends in the middle
}

// New makes a server without accounts, with the operator's defaults.
func New(v Version) *Server {
	return &Server{version: v, now: time.Now, state: State{Options: Options{
		QuotaPerUnit: 500_000, Display: "USD", ExchangeRate: 7.3, TokenStat: true,
	}}}
}

// AddAccount adds a user.
func (s *Server) AddAccount(a Account) {
	s.Update(func(st *State) { st.Accounts = append(st.Accounts, &a) })
}

// AddKey adds an API key of an account.
func (s *Server) AddKey(account int64, k Key) {
	k.Account = account
	s.Update(func(st *State) { st.Keys = append(st.Keys, &k) })
}

// Update changes anything, between two requests.
func (s *Server) Update(f func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.state)
}

// Spend books one call with a key: on the key, on its account, and as a request.
func (s *Server) Spend(key string, quota int64) {
	s.Update(func(st *State) {
		for _, k := range st.Keys {
			if k.Key != key {
				continue
			}
			k.Remain, k.Used = k.Remain-quota, k.Used+quota
			if a := st.account(k.Account); a != nil {
				a.Quota, a.UsedQuota, a.Requests = a.Quota-quota, a.UsedQuota+quota, a.Requests+1
			}
		}
	})
}

// TopUp adds quota to an account and to its limited keys.
func (s *Server) TopUp(account, quota int64) {
	s.Update(func(st *State) {
		if a := st.account(account); a != nil {
			a.Quota += quota
		}
		for _, k := range st.Keys {
			if k.Account == account && !k.Unlimited {
				k.Remain += quota
			}
		}
	})
}

func (st *State) account(id int64) *Account {
	for _, a := range st.Accounts {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// Requests are all requests so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.asked...)
}

// SetNow gives the server another clock.
func (s *Server) SetNow(now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// Client reaches the server without a socket, whatever host is asked for.
func (s *Server) Client() *http.Client { return &http.Client{Transport: Transport{s}} }

// Transport carries requests to a handler in the same process.
type Transport struct{ Handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	rec := httptest.NewRecorder()
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		t.Handler.ServeHTTP(rec, r)
	}()
	select {
	case <-r.Context().Done():
		<-done
		return nil, r.Context().Err()
	case aborted := <-done:
		if aborted != nil {
			return nil, io.ErrUnexpectedEOF
		}
		return rec.Result(), nil
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	defer s.note(rec, r)
	fault, hit := s.nextFault(r.URL.Path)
	if hit && (!wait(r, fault.Delay) || fault.strike(rec)) {
		return
	}
	s.answer(rec, r)
}

func (s *Server) note(rec *recorder, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, Request{s.now(), r.Method, r.URL.Path, rec.status})
	if len(s.asked) > mostAsked {
		s.asked = s.asked[mostAsked/2:]
	}
}

// mostAsked bounds what a demonstration that runs for days remembers.
const mostAsked = 10_000

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// hits tells whether a fault applies to a path.
func (f Fault) hits(path string) bool { return f.Path == "" || strings.HasSuffix(path, f.Path) }
