package discordsim

import (
	"cmp"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultKind is what goes wrong with a request.
type FaultKind int

// The faults of requests.
const (
	FaultRateLimit       FaultKind = iota + 1 // 429 for the route, as JSON
	FaultGlobalRateLimit                      // 429 for the bot, told by headers alone
	FaultCloudflare                           // 429 for the address, as a page
	FaultStatus                               // Status, 502 by default, with a page
	FaultHang                                 // no answer until the bot gives up
	FaultCutBefore                            // the line is cut and nothing done
	FaultCutAfter                             // it is done, and then the line is cut
	FaultDelay                                // it is done, after Wait
	FaultCode                                 // refused with the documented error Code
	FaultGarble                               // it is done, and answered with Status, 200 by default, and Body
	FaultCutUpload                            // the line is cut in the middle of the body
	FaultSlowUpload                           // the body is not read
	FaultCutAnswer                            // it is done, and the line is cut in the middle of the answer
	FaultReset                                // nothing is done; the stream is reset, the line as well over HTTP/1.1
	FaultResetAfter                           // it is done, and then the stream is reset
	FaultGoAway                               // it is done, and the line is to take no more requests
)

// Fault makes requests fail.
type Fault struct {
	Kind   FaultKind
	Method string        // empty: any
	Path   string        // a part of the path after /api/v9; empty: any
	Count  int           // of requests; 0 means 1, a negative one all
	Status int           // for FaultStatus
	Code   int           // for FaultCode
	Upload bool          // only requests that carry files
	Body   string        // for FaultStatus, as JSON when it begins so; empty: a page
	Wait   time.Duration // for the 429s, 1 s by default, and FaultDelay
}

// Inject makes the next requests that match fail. Faults apply in the order
// of their injection.
func (s *Server) Inject(f Fault) {
	if f.Count == 0 {
		f.Count = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// CutAfterStoring lets the next n new messages be stored, and cuts the line
// before the answer.
func (s *Server) CutAfterStoring(n int) {
	if n > 0 {
		s.Inject(Fault{Kind: FaultCutAfter, Method: http.MethodPost, Path: "/messages", Count: n})
	}
}

// Heal takes away all faults, those of the gateway as well, and ends Down, Dark
// and Mute.
func (s *Server) Heal() {
	s.Down(false)
	s.Dark(false)
	s.Mute(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.gwFaults = nil, nil
}

// fault takes the fault for a request, zero if there is none.
func (s *Server) fault(method, path string, upload bool) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Method != "" && f.Method != method || !strings.Contains(path, f.Path) || f.Upload && !upload {
			continue
		}
		if f.Count--; f.Count == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return *f
	}
	return Fault{}
}

// faulty answers a request, or lets it fail.
func (s *Server) faulty(f Fault, w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter)) {
	switch f.Kind {
	case FaultCode:
		f.refuse(w)
	case FaultGarble:
		serve(unseen{http.Header{}})
		f.Status = orNumber(f.Status, http.StatusOK)
		f.answer(w)
	case FaultRateLimit, FaultGlobalRateLimit, FaultCloudflare:
		f.limit(w)
	case FaultStatus:
		f.answer(w)
	case FaultHang:
		s.sleep(r, 24*time.Hour)
		cutLine(r)
	case FaultCutBefore:
		cutLine(r)
	case FaultCutAfter:
		serve(unseen{http.Header{}})
		cutLine(r)
	case FaultDelay:
		s.sleep(r, f.Wait)
		serve(w)
	case FaultCutAnswer:
		half(w, serve)
		cutLine(r)
	case FaultReset:
		panic(http.ErrAbortHandler)
	case FaultResetAfter:
		serve(unseen{http.Header{}})
		panic(http.ErrAbortHandler)
	case FaultGoAway:
		w.Header().Set("Connection", "close") // GOAWAY over HTTP/2
		serve(w)
	default:
		serve(w)
	}
}

// answer writes what a FaultStatus is answered with.
func (f Fault) answer(w http.ResponseWriter) {
	kind, body := "text/html", cmp.Or(f.Body, "<html><head><title>Bad Gateway</title></head></html>")
	if strings.HasPrefix(body, "{") {
		kind = "application/json"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(orNumber(f.Status, http.StatusBadGateway))
	_, _ = io.WriteString(w, body)
}

// half writes an answer up to its middle.
func half(w http.ResponseWriter, serve func(http.ResponseWriter)) {
	recorded := httptest.NewRecorder()
	serve(recorded)
	maps.Copy(w.Header(), recorded.Header())
	w.Header().Set("Content-Length", strconv.Itoa(recorded.Body.Len()))
	w.WriteHeader(recorded.Code)
	_, _ = w.Write(recorded.Body.Bytes()[:recorded.Body.Len()/2])
	_ = http.NewResponseController(w).Flush()
}

// unseen is an answer that nobody gets.
type unseen struct{ header http.Header }

func (u unseen) Header() http.Header         { return u.header }
func (u unseen) Write(p []byte) (int, error) { return len(p), nil }
func (u unseen) WriteHeader(int)             {}

func (s *Server) sleep(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	case <-s.done:
	}
}

// body reads a request's body, as far as the fault lets it.
func (s *Server) body(f Fault, r *http.Request) []byte {
	switch f.Kind {
	case FaultCutUpload:
		_, _ = io.CopyN(io.Discard, r.Body, max(1, r.ContentLength/2))
		cutLine(r)
	case FaultSlowUpload:
		s.sleep(r, 24*time.Hour)
		cutLine(r)
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, largestBody+1))
	if err != nil {
		cutLine(r)
	}
	return raw
}

// limit writes a 429 in one of its three shapes.
func (f Fault) limit(w http.ResponseWriter) {
	wait := f.Wait
	if wait == 0 {
		wait = time.Second
	}
	seconds := strconv.FormatFloat(wait.Seconds(), 'f', -1, 64)
	h := w.Header()
	h.Set("Retry-After", seconds)
	switch f.Kind {
	case FaultCloudflare:
		h.Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, "<!doctype html><html><head><title>Access denied | discord.com used Cloudflare to restrict access</title></head><body>Error 1015</body></html>")
	case FaultGlobalRateLimit:
		h.Set("X-RateLimit-Global", "true")
		h.Set("X-RateLimit-Scope", "global")
		h.Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{}`)
	default:
		h.Set("X-RateLimit-Scope", "user")
		h.Set("X-RateLimit-Remaining", "0")
		h.Set("X-RateLimit-Reset-After", seconds)
		writeJSON(w, http.StatusTooManyRequests, map[string]any{"message": "You are being rate limited.", "retry_after": wait.Seconds(), "global": false})
	}
}

// Down takes Discord off the net: connections are cut, new ones too.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down, s.excused = down, true
	if down {
		for c := range s.conns {
			c.cut()
		}
	}
	s.changed()
}

func (s *Server) isDown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down
}
