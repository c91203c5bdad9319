package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"mokabot/internal/discord"
	"mokabot/internal/store"
)

// redirect sends every request for Discord to a local server.
type redirect struct{ to *url.URL }

func (t redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = t.to.Scheme, t.to.Host
	return http.DefaultTransport.RoundTrip(req)
}

// seen is a request that the local server got.
type seen struct {
	method, path string
	body         map[string]any
}

type fakeREST struct {
	mu     sync.Mutex
	seen   []seen
	answer func(n int, w http.ResponseWriter, r *http.Request) // n counts from 1
}

func (f *fakeREST) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(raw))
	var body map[string]any
	_ = json.Unmarshal(raw, &body)
	f.mu.Lock()
	f.seen = append(f.seen, seen{r.Method, r.URL.Path, body})
	n := len(f.seen)
	f.mu.Unlock()
	f.answer(n, w, r)
}

func (f *fakeREST) requests() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.seen...)
}

func newREST(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) (*discord.REST, *fakeREST) {
	t.Helper()
	f := &fakeREST{answer: answer}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	return discord.NewREST("bot-token", &http.Client{Transport: redirect{u}}, slog.New(slog.DiscardHandler), discord.WithBackoff(2*time.Millisecond)), f
}

func answerJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// memory keeps values for a test.
type memory map[string][]byte

func (m memory) Value(_ context.Context, name string) ([]byte, bool, error) {
	v, ok := m[name]
	return v, ok, nil
}

func (m memory) SetValue(_ context.Context, name string, value []byte) error {
	m[name] = value
	return nil
}

func (m memory) SetValueAndEnqueue(ctx context.Context, name string, value []byte, _ ...store.Outgoing) error {
	return m.SetValue(ctx, name, value)
}
