package discord

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzTooMany: whatever a 429 says, in whichever of its three shapes, there is
// a pause, and it ends.
func FuzzTooMany(f *testing.F) {
	f.Add(`{"message":"You are being rate limited.","retry_after":0.35,"global":false}`, "1", "application/json", "user")
	f.Add(`{"message":"You are being rate limited.","retry_after":64.57,"global":true}`, "65", "application/json", "global")
	f.Add(`<!doctype html><title>1015</title>`, "30", "text/html; charset=UTF-8", "")
	f.Add(`{"retry_after":1e300}`, "", "application/json", "shared")
	f.Add(`{"retry_after":-1}`, "-5", "", "")
	f.Add(``, "Wed, 21 Oct 2099 07:28:00 GMT", "", "")
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body, after, kind, scope string) {
		l, rt := newLimiter(), route{shape: "POST channels/messages", major: "1"}
		h := http.Header{"Retry-After": {after}, "Content-Type": {kind}, "X-Ratelimit-Scope": {scope}}
		wait := l.refused(rt, h, []byte(body), now)
		if wait < 0 || wait > maxMemory {
			t.Fatalf("wait %s", wait)
		}
		if held := l.reserve(rt, now); held != wait {
			t.Errorf("the next request waits for %s and not for %s", held, wait)
		}
		if l.reserve(rt, now.Add(wait)) != 0 {
			t.Error("the pause does not end")
		}
	})
}

// FuzzWindow: no header makes a request wait for longer than an hour.
func FuzzWindow(f *testing.F) {
	f.Add("4", "1.5", "abcd", "0", "3600")
	f.Add("-1", "1e300", "", "9", "NaN")
	f.Add("0", "Inf", "b", "x", "-1")
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, left, after, bucket, left2, after2 string) {
		l, rt := newLimiter(), route{shape: "GET channels", major: "1"}
		for _, c := range [][2]string{{left, after}, {left2, after2}} {
			l.learn(rt, http.Header{"X-Ratelimit-Remaining": {c[0]}, "X-Ratelimit-Reset-After": {c[1]}, "X-Ratelimit-Bucket": {bucket}}, now)
		}
		if wait := l.reserve(rt, now); wait < 0 || wait > maxMemory {
			t.Errorf("wait %s", wait)
		}
	})
}

// FuzzRefusal: a refusal becomes one short line of a kind, without the token,
// and only Discord's own words end a message.
func FuzzRefusal(f *testing.F) {
	f.Add(401, []byte(`{"message":"401: Unauthorized","code":0}`))
	f.Add(400, []byte(`{"code":50035,"message":"Invalid Form Body","errors":{"embeds":{"0":{"title":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"too\nlong"}]}}}}}`))
	f.Add(404, []byte(`{"message":"Unknown Interaction","code":10062}`))
	f.Add(403, []byte(`<html>who are you</html>`))
	f.Add(400, []byte(`{"message":"`+testToken+`","errors":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}}}}}`))
	r := NewREST(testToken, nil, slog.New(slog.DiscardHandler))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 300 || status > 599 {
			return
		}
		e := r.refusal("send message", &http.Response{StatusCode: status, Header: http.Header{}}, body)
		text := e.Error()
		if kinds := []Kind{KindTransient, KindRateLimited, KindUnauthorized, KindPermanent, KindUnknownInteraction, KindAcknowledged}; !slices.Contains(kinds, e.Kind) {
			t.Errorf("kind %q", e.Kind)
		}
		if strings.ContainsAny(text, "\r\n\x00\x1b") || !utf8.ValidString(text) || units(e.Message) > maxErrorText || strings.Contains(text, testToken) {
			t.Errorf("%q", text)
		}
		if !json.Valid(body) && (e.Kind == KindUnauthorized || e.Kind == KindUnknownInteraction) {
			t.Errorf("somebody else's page is taken for Discord's word: %v", e)
		}
	})
}

// FuzzHistory: a page of a channel's history that is no page is an error, and
// no message of another author is ever taken for ours.
func FuzzHistory(f *testing.F) {
	sign := marker("n-1")
	f.Add([]byte(`[{"id":"5","author":{"id":"1"},"content":"x` + sign + `","nonce":"n-1"}]`))
	f.Add([]byte(`[{"id":"5","author":null,"embeds":[{"footer":{"text":"` + sign + `"}}],"nonce":7}]`))
	f.Add([]byte(`{"message":"no list"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var page []storedMessage
		if err := decodeAnswer("search history", 200, body, &page); err != nil {
			if !err.Reached || err.Kind != KindTransient {
				t.Errorf("%+v", err)
			}
			return
		}
		for _, m := range page {
			if m.carries("n-1") && !bytes.Contains(body, []byte("n-1")) && !strings.ContainsAny(m.Content+m.text(), alphabet) {
				t.Errorf("%+v is taken for ours", m)
			}
		}
	})
}

func (m *storedMessage) text() string {
	var b strings.Builder
	for _, e := range m.Embeds {
		b.WriteString(e.Title + e.Description)
		if e.Footer != nil {
			b.WriteString(e.Footer.Text)
		}
	}
	return b.String()
}
