package discord

import (
	"net/http"
	"time"
)

// An HTTP/2 connection that swallows everything is noticed by pings.
const (
	pingAfter = 10 * time.Second // without a frame from Discord
	pingTime  = 5 * time.Second  // for the answer
)

// guarded is the client with connections of its own that are given up when they
// no longer answer. A transport that is not net/http's is left as it is.
func guarded(hc *http.Client) *http.Client {
	t, ok := baseTransport(hc).(*http.Transport)
	if !ok {
		return hc
	}
	t = t.Clone()
	if t.HTTP2 == nil {
		t.HTTP2 = &http.HTTP2Config{}
	}
	t.HTTP2.SendPingTimeout, t.HTTP2.PingTimeout = pingAfter, pingTime
	return &http.Client{Transport: t}
}

func baseTransport(hc *http.Client) http.RoundTripper {
	if hc == nil || hc.Transport == nil {
		return http.DefaultTransport
	}
	return hc.Transport
}
