package moka

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func BenchmarkReading(b *testing.B) {
	const slowest = 100 * time.Millisecond
	answers := healthy(nil)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(slowest)
		asJSON(w)
		io.WriteString(w, answers.replies[r.URL.Path].body)
	}))
	defer s.Close()
	transport := NewTransport(nil)
	defer transport.CloseIdleConnections()
	for b.Loop() {
		c, err := New(s.URL, bothCredentials, WithHTTPClient(&http.Client{Transport: transport}), WithLimiter(NewLimiter(1000, time.Second)))
		if err != nil {
			b.Fatal(err)
		}
		if r := c.Read(b.Context()); !r.OK() {
			b.Fatal(r.Err())
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(slowest), "x-slowest-call")
}

// The same without a wall clock: five calls of 100 ms are 100 ms.
func TestReadingTakesAsLongAsItsSlowestCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := healthy(nil)
		g.delay = 100 * time.Millisecond
		start := time.Now()
		r := dial(t, g, bothCredentials).Read(t.Context())
		if took := time.Since(start); took != g.delay || !r.OK() || len(g.seen) != 5 {
			t.Errorf("%d calls in %s: %v", len(g.seen), took, r.Err())
		}
	})
}
