package discord

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"mokabot/internal/discord/discordtest"
	"mokabot/internal/message"
)

func TestEachShapeOf429(t *testing.T) {
	for _, c := range []struct {
		name    string
		headers map[string]string
		body    string
		holds   string // what else is held: "route", "bot" or "all"
	}{
		{"route, JSON", map[string]string{"Retry-After": "1", "X-RateLimit-Scope": "user"}, `{"retry_after":0.15,"global":false}`, "route"},
		{"shared", map[string]string{"Retry-After": "1", "X-RateLimit-Scope": "shared"}, `{"retry_after":0.15,"global":false}`, "route"},
		{"global by body", map[string]string{"Retry-After": "1"}, `{"retry_after":0.15,"global":true}`, "bot"},
		{"global by header", map[string]string{"Retry-After": "0.15", "X-RateLimit-Global": "true"}, `{}`, "bot"},
		{"cloudflare page", map[string]string{"Retry-After": "0.15", "Content-Type": "text/html; charset=UTF-8"}, `<!doctype html><title>1015</title>`, "all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, f := newREST(t, func(n int, w http.ResponseWriter, _ *http.Request) {
				if n > 1 {
					discordtest.JSON(w, 200, `{"id":"1","channel_id":"1"}`)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				for k, v := range c.headers {
					w.Header().Set(k, v)
				}
				w.WriteHeader(429)
				_, _ = io.WriteString(w, c.body)
			})
			if _, err := r.Send(t.Context(), "1", message.Message{Text: "x"}, ""); err != nil {
				t.Fatal(err)
			}
			got := f.Requests()
			if len(got) != 2 || got[1].At.Sub(got[0].At) < 150*time.Millisecond {
				t.Fatalf("%d requests, wait %s", len(got), got[len(got)-1].At.Sub(got[0].At))
			}
			checkHeld(t, c.holds, c.headers, c.body)
		})
	}
}

// checkHeld looks at the limiter itself: which other requests wait?
func checkHeld(t *testing.T, holds string, headers map[string]string, body string) {
	t.Helper()
	l := newLimiter()
	h := http.Header{}
	for k, v := range headers {
		h.Set(k, v)
	}
	now := time.Now()
	l.refused(route{shape: "POST channels/messages", major: "1"}, h, []byte(body), now)
	same := l.reserve(route{shape: "POST channels/messages", major: "1"}, now) > 0
	other := l.reserve(route{shape: "POST channels/messages", major: "2"}, now) > 0
	interaction := l.reserve(route{exempt: true}, now) > 0
	want := map[string][3]bool{"route": {true, false, false}, "bot": {true, true, false}, "all": {true, true, true}}[holds]
	if got := [3]bool{same, other, interaction}; got != want {
		t.Errorf("held: same route, other channel, interaction = %v, want %v", got, want)
	}
}

func TestWaitingForA429EndsWithTheContext(t *testing.T) {
	r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		discordtest.JSON(w, 429, `{"retry_after":30,"global":true}`)
	})
	ctx, cancel := context.WithCancel(t.Context())
	WithObserver(func(string, string, time.Duration) { cancel() })(r) // once it is answered
	start := time.Now()
	_, err := r.Send(ctx, "1", message.Message{Text: "x"}, "n")
	if took := time.Since(start); took >= maxWait {
		t.Errorf("it took %s", took)
	}
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != KindRateLimited || e.RetryAfter != maxWait {
		t.Errorf("err = %v", err)
	}
	_, err = r.Send(contextFor(t, time.Second), "2", message.Message{Text: "x"}, "n")
	if KindOf(err) != KindRateLimited || len(f.Requests()) != 1 {
		t.Errorf("another channel during a global pause: %v, %d requests", err, len(f.Requests()))
	}
}

func contextFor(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestRemainingHeaderHoldsTheNextRequest(t *testing.T) {
	r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Bucket", "b")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset-After", "0.2")
		discordtest.JSON(w, 200, `{"id":"1","channel_id":"1"}`)
	})
	for range 2 {
		if _, err := r.Send(t.Context(), "1", message.Message{Text: "x"}, ""); err != nil {
			t.Fatal(err)
		}
	}
	got := f.Requests()
	if d := got[1].At.Sub(got[0].At); d < 190*time.Millisecond {
		t.Errorf("the second request came after %s", d)
	}
}

func TestInteractionTokensMakeNoRateLimitEntries(t *testing.T) {
	r, _ := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Bucket", "b")
		w.Header().Set("X-RateLimit-Remaining", "4")
		w.Header().Set("X-RateLimit-Reset-After", "60")
		w.WriteHeader(204)
	})
	for i := range 50 {
		if err := r.Defer(t.Context(), fmt.Sprint(i), fmt.Sprint("interaction-token-", i), false); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(r.limits.windows) + len(r.limits.buckets); n != 0 {
		t.Errorf("%d entries", n)
	}
	now := time.Now()
	for i := range 10 * maxRouteLimits {
		r.limits.set(route{shape: "x", major: fmt.Sprint(i)}, window{until: now.Add(time.Hour)}, now)
	}
	if n := len(r.limits.windows); n > maxRouteLimits {
		t.Errorf("%d windows", n)
	}
}

func TestADateToWaitForIsByTheClockOfTheAnswer(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, off := range []time.Duration{0, -365 * 24 * time.Hour, -8 * time.Hour, 8 * time.Hour} { // of this machine's clock
		h := http.Header{"Content-Type": {"text/html"}, "Date": {now.Format(http.TimeFormat)}, "Retry-After": {now.Add(5 * time.Second).Format(http.TimeFormat)}}
		if wait := newLimiter().refused(route{}, h, nil, now.Add(off)); wait != 5*time.Second {
			t.Errorf("with a clock that is %s off: a wait of %s, want 5 s", off, wait)
		}
	}
	undated := http.Header{"Retry-After": {now.Add(5 * time.Second).Format(http.TimeFormat)}}
	if wait := newLimiter().refused(route{}, undated, nil, now); wait != 5*time.Second {
		t.Errorf("without a date: a wait of %s, want 5 s", wait)
	}
}
