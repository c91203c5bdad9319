package moka

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// roundTrip is a transport of a test.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// sendTogether sends n requests side by side and returns how many of them failed.
func sendTogether(ctx context.Context, t http.RoundTripper, n int, url string) (failed int) {
	var failures atomic.Int32
	var calls sync.WaitGroup
	for range n {
		calls.Go(func() {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				panic(err)
			}
			resp, err := t.RoundTrip(r)
			if err != nil {
				failures.Add(1)
				return
			}
			resp.Body.Close()
		})
	}
	calls.Wait()
	return int(failures.Load())
}

func TestRequestsThatComeTogetherWaitForTheFirstConnection(t *testing.T) {
	const connecting, answering = 200 * time.Millisecond, 100 * time.Millisecond
	for name, c := range map[string]struct {
		url   string
		proto int           // of the answers
		hangs bool          // the first connection never comes to be
		fails bool          // it fails
		dials int32         // the connections that were begun
		takes time.Duration // until all have an answer
	}{
		"HTTP/2":              {url: "https://x.test/", proto: 2, dials: 1, takes: connecting + answering},
		"HTTP/1.1":            {url: "https://x.test/", proto: 1, dials: 20, takes: 2*connecting + answering},
		"without TLS":         {url: "http://x.test/", proto: 1, dials: 20, takes: connecting + answering},
		"the first one fails": {url: "https://x.test/", proto: 2, fails: true, dials: 20, takes: 2*connecting + answering},
		"the first one hangs": {url: "https://x.test/", proto: 2, hangs: true, dials: 20, takes: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dials atomic.Int32
				var shared atomic.Bool
				transport := newSharedConnection(roundTrip(func(r *http.Request) (*http.Response, error) {
					if !shared.Load() {
						first := dials.Add(1) == 1
						if first && c.hangs {
							<-r.Context().Done()
							return nil, r.Context().Err()
						}
						time.Sleep(connecting)
						if first && c.fails {
							return nil, errors.New("reset")
						}
						shared.Store(c.proto == 2)
					}
					if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
						trace.WroteHeaders()
					}
					time.Sleep(answering)
					return &http.Response{ProtoMajor: c.proto, Body: http.NoBody}, nil
				}))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				want := 0
				if c.fails || c.hangs {
					want = 1
				}
				began := time.Now()
				failed := sendTogether(ctx, transport, 20, c.url)
				if took := time.Since(began); failed != want || dials.Load() != c.dials || took != c.takes {
					t.Errorf("%d failed after %s and %d connections, want %d after %s and %d", failed, took, dials.Load(), want, c.takes, c.dials)
				}
				if c.proto != 1 {
					return
				}
				if began = time.Now(); sendTogether(ctx, transport, 20, c.url) != 0 || time.Since(began) != connecting+answering {
					t.Errorf("later requests took %s", time.Since(began))
				}
			})
		})
	}
}

// One that hangs holds the others up for a second, not until it times out.
func TestAHangingConnectionHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		transport := newSharedConnection(roundTrip(func(r *http.Request) (*http.Response, error) {
			if calls.Add(1) == 1 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return &http.Response{ProtoMajor: 2, Body: http.NoBody}, nil
		}))
		ctx, cancel := context.WithCancel(t.Context())
		var first sync.WaitGroup
		first.Go(func() { sendTogether(ctx, transport, 1, "https://x.test/") })
		synctest.Wait()
		began := time.Now()
		if failed := sendTogether(t.Context(), transport, 5, "https://x.test/"); failed != 0 || time.Since(began) != firstPatience {
			t.Errorf("%d failed after %s", failed, time.Since(began))
		}
		cancel()
		first.Wait()
	})
}

func TestHandshakesOfRequestsThatComeTogether(t *testing.T) {
	for _, h2 := range []bool{true, false} {
		few := false
		for range 5 { // net/http may hand out the connection a moment too late
			var made atomic.Int32
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			s.EnableHTTP2 = h2
			s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					made.Add(1)
				}
			}
			s.StartTLS()
			failed := sendTogether(t.Context(), newSharedConnection(s.Client().Transport), 20, s.URL)
			s.Close()
			if failed > 0 {
				t.Fatalf("HTTP/2 %t: %d failed", h2, failed)
			}
			few = few || made.Load() == 1
		}
		if h2 && !few {
			t.Error("each of five times, requests that came together made a connection more than they need")
		}
	}
}
