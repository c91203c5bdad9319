package discord

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const testToken = "MTAxMDEwMTAxMDEwMTAxMDEw.GsecrT.very-secret-part-of-the-bot-token-x1"

// redirect sends every request for discord.com to a local server.
type redirect struct{ to *url.URL }

func (t redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" || req.URL.Host != "discord.com" {
		return nil, fmt.Errorf("unexpected host %s", req.URL.Host)
	}
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = t.to.Scheme, t.to.Host
	return http.DefaultTransport.RoundTrip(req)
}

// seen is a request that the test server got.
type seen struct {
	method, path, query, auth, agent string
	body                             map[string]any
	at                               time.Time
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
	f.seen = append(f.seen, seen{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Authorization"), r.UserAgent(), body, time.Now()})
	n := len(f.seen)
	f.mu.Unlock()
	f.answer(n, w, r)
}

func (f *fakeREST) requests() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.seen...)
}

func newREST(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) (*REST, *fakeREST) {
	t.Helper()
	f := &fakeREST{answer: answer}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	log, _ := testLog(t)
	return NewREST(testToken, &http.Client{Transport: redirect{u}}, log, WithBackoff(2*time.Millisecond), WithVersion("1.2.3")), f
}

// testLog keeps the log, and fails the test at its end when the token is in it.
func testLog(t *testing.T) (*slog.Logger, *lockedBuffer) {
	b := &lockedBuffer{}
	t.Cleanup(func() {
		text := b.String()
		for i := 0; i+12 <= len(testToken); i++ {
			if strings.Contains(text, testToken[i:i+12]) {
				t.Errorf("the log holds a part of the token: %.400s", text)
				return
			}
		}
		if strings.Contains(text, "interaction-token") {
			t.Errorf("the log holds an interaction token: %.400s", text)
		}
	})
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug})), b
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func answerJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func cutLine(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}
