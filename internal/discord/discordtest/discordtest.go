// Package discordtest scripts single answers of Discord's REST API, for tests of
// requests. What behaves like Discord as a whole is internal/discordsim. Only tests
// import it.
package discordtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

// Request is a request that a [REST] got.
type Request struct {
	Method, Path, Query, Auth, Agent string

	Body map[string]any // nil for one that is not JSON
	At   time.Time
}

// REST is a server on loopback that keeps every request.
type REST struct {
	Client *http.Client // whose requests for discord.com it gets

	mu       sync.Mutex
	requests []Request
	answer   func(n int, w http.ResponseWriter, r *http.Request)
}

// New starts a server, which ends with the test. answer writes the answer to the
// n-th request, counted from 1.
func New(t testing.TB, answer func(n int, w http.ResponseWriter, r *http.Request)) *REST {
	t.Helper()
	f := &REST{answer: answer}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	f.Client = &http.Client{Transport: Redirect{To: address}}
	return f
}

// ServeHTTP keeps the request and has it answered.
func (f *REST) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(raw))
	var body map[string]any
	_ = json.Unmarshal(raw, &body)
	f.mu.Lock()
	f.requests = append(f.requests, Request{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Authorization"), r.UserAgent(), body, time.Now()})
	n := len(f.requests)
	f.mu.Unlock()
	f.answer(n, w, r)
}

// Requests are the requests so far, in their order.
func (f *REST) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// Redirect sends every request for https://discord.com to another server, and
// refuses all others.
type Redirect struct{ To *url.URL }

// RoundTrip implements [http.RoundTripper].
func (t Redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" || req.URL.Host != "discord.com" {
		return nil, fmt.Errorf("unexpected host %s", req.URL.Host)
	}
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = t.To.Scheme, t.To.Host
	return http.DefaultTransport.RoundTrip(req)
}

// JSON writes an answer.
func JSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// Values keeps small values in memory.
type Values map[string][]byte

// Value is what was stored under a name, false when nothing was.
func (v Values) Value(_ context.Context, name string) ([]byte, bool, error) {
	value, ok := v[name]
	return value, ok, nil
}

// SetValue stores a value.
func (v Values) SetValue(_ context.Context, name string, value []byte) error {
	v[name] = value
	return nil
}
