package discord

import (
	"context"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"
)

// running is a gateway under test.
type running struct {
	*Gateway
	log  *lockedBuffer
	stop context.CancelFunc
	done chan error
}

// startGateway runs a supervisor with times short enough for a test. When the
// test ends it must return, and leave no goroutine behind.
func startGateway(t *testing.T, f *fakeGateway, change func(*Gateway)) *running {
	t.Helper()
	log, buffer := testLog(t)
	transport := &http.Transport{DisableKeepAlives: true}
	g := &Gateway{
		Token: testToken, Log: log, REST: NewREST(testToken, &http.Client{Transport: rewriting{f.url, transport}}, log, WithBackoff(2*time.Millisecond)),
		Timing: Timing{Hello: time.Minute, Ready: time.Minute, Spacing: 100 * time.Millisecond, Retry: 50 * time.Millisecond, Drain: time.Second},
	}
	if change != nil {
		change(g)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{Gateway: g, log: buffer, stop: cancel, done: make(chan error, 1)}
	go func() { r.done <- g.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-r.done:
		case <-time.After(time.Minute):
			t.Fatal("Run does not return")
		}
	})
	return r
}

// rewriting is [discordtest.Redirect] with a transport of its own.
type rewriting struct {
	to   *url.URL
	base http.RoundTripper
}

func (t rewriting) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = t.to.Scheme, t.to.Host
	return t.base.RoundTrip(req)
}

// nothingLeft looks, when the test is over, for goroutines of gateways that did
// not end.
func nothingLeft(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		var stacks string
		until(t, "the goroutines of the gateway to end", func() bool {
			buf := make([]byte, 4<<20)
			stacks = string(buf[:runtime.Stack(buf, true)])
			return !strings.Contains(stacks, "discord.(*Gateway)") && !strings.Contains(stacks, "discord.(*connection)")
		})
		if t.Failed() {
			t.Log(stacks)
		}
	})
}
