package discord

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mokabot/internal/discord/discordtest"
	"mokabot/internal/message"
	"mokabot/internal/proof"
)

func TestWhatIsRepeatedAfterItMayHaveArrived(t *testing.T) {
	send := func(nonce string) func(context.Context, *REST) error {
		return func(ctx context.Context, r *REST) error {
			_, err := r.Send(ctx, "1", message.Message{Text: "x"}, nonce)
			return err
		}
	}
	edit := func(ctx context.Context, r *REST) error { return r.Edit(ctx, "1", "2", message.Message{Text: "x"}, "") }
	answer := func(ctx context.Context, r *REST) error {
		return r.Reply(ctx, "1", "interaction-token", message.Message{Text: "x"}, nil)
	}
	deferred := func(ctx context.Context, r *REST) error { return r.Defer(ctx, "1", "interaction-token", true) }
	for _, c := range []struct {
		name string
		call func(context.Context, *REST) error
		want int
	}{
		{"a post with a nonce", send("n"), 1},
		{"a post without one", send(""), 1},
		{"an edit", edit, 2},
		{"an answer", answer, 2},
		{"an acknowledgement", deferred, 2},
	} {
		for fault, first := range map[string]func(http.ResponseWriter){
			"502":      func(w http.ResponseWriter) { discordtest.JSON(w, 502, "bad gateway") },
			"cut line": cutLine,
		} {
			t.Run(c.name+" after "+fault, func(t *testing.T) { checkRepetition(t, first, c.call, c.want) })
		}
	}
}

// checkRepetition makes a call whose first attempt ends in a fault.
func checkRepetition(t *testing.T, first func(http.ResponseWriter), call func(context.Context, *REST) error, want int) {
	t.Helper()
	r, f := newREST(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			first(w)
			return
		}
		discordtest.JSON(w, 200, `{"id":"2","channel_id":"1"}`)
	})
	err := call(t.Context(), r)
	if n := len(f.Requests()); n != want {
		t.Errorf("%d requests, want %d", n, want)
	}
	if (err == nil) != (want == 2) {
		t.Errorf("err = %v", err)
	}
	if e, ok := errors.AsType[*Error](err); ok && !e.Reached {
		t.Error("an attempt that may have arrived is said not to have")
	}
}

// A page of whatever stands in between says nothing of what Discord did.
func TestAnEditThatIsAnsweredByNobodyIsRepeated(t *testing.T) {
	for what, call := range map[string]func(context.Context, *REST) error{
		"an edit": func(ctx context.Context, r *REST) error { return r.Edit(ctx, "1", "2", message.Message{Text: "x"}, "") },
		"an answer": func(ctx context.Context, r *REST) error {
			return r.Reply(ctx, "1", "interaction-token", message.Message{Text: "x"}, nil)
		},
	} {
		page := func(w http.ResponseWriter) { discordtest.JSON(w, 200, "<html>welcome</html>") }
		t.Run(what, func(t *testing.T) { checkRepetition(t, page, call, 2) })
	}
}

func TestARefusedTokenIsNotUsedAgain(t *testing.T) {
	r, f := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		discordtest.JSON(w, 401, `{"message":"401: Unauthorized","code":0}`)
	})
	for range 5 {
		if _, err := r.Send(t.Context(), "1", message.Message{Text: "x"}, "n"); KindOf(err) != KindUnauthorized {
			t.Fatalf("err = %v", err)
		}
	}
	if n := len(f.Requests()); n != 2 || !r.refused.Load() { // the refusal, and its confirmation
		t.Errorf("%d requests, refused %v", n, r.refused.Load())
	}
}

// In an outage Discord refuses valid tokens too.
func TestATokenThatIsRefusedOnceStaysInUse(t *testing.T) {
	for what, second := range map[string]struct {
		status int
		body   string
	}{
		"accepted":   {200, `{"id":"9","username":"moka"}`},
		"unanswered": {503, `{"message":"503: Service Unavailable","code":0}`},
		"limited":    {429, `{"message":"slow down","retry_after":0.01}`},
	} {
		t.Run(what, func(t *testing.T) {
			r, f := newREST(t, func(n int, w http.ResponseWriter, req *http.Request) {
				switch n {
				case 1:
					discordtest.JSON(w, 401, `{"message":"401: Unauthorized","code":0}`)
				case 2:
					discordtest.JSON(w, second.status, second.body)
				default:
					discordtest.JSON(w, 200, `{"id":"7","channel_id":"1"}`)
				}
			})
			sent, err := r.Send(t.Context(), "1", message.Message{Text: "x"}, "n")
			if err != nil || sent.ID != "7" || r.refused.Load() {
				t.Errorf("id %q, err %v, refused %v", sent.ID, err, r.refused.Load())
			}
			if n := len(f.Requests()); n != 3 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestErrorsAreTypedAndHoldNoSecret(t *testing.T) {
	proof.NotShort(t)
	for _, c := range []struct {
		status int
		body   string
		kind   Kind
		text   string
	}{
		{404, `{"message":"Unknown Channel","code":10003}`, KindPermanent, "Unknown Channel (status 404, code 10003)"},
		{403, `{"message":"Missing Permissions","code":50013}`, KindPermanent, "Missing Permissions"},
		{404, `{"message":"Unknown interaction","code":10062}`, KindUnknownInteraction, "Unknown interaction"},
		{400, `{"message":"Interaction has already been acknowledged.","code":40060}`, KindAcknowledged, "acknowledged"},
		{400, `{"message":"Invalid Form Body","code":50035,"errors":{"embeds":{"0":{"title":{"_errors":[{"code":"X","message":"too long"}]}}}}}`, KindPermanent, "embeds.0.title: too long"},
		{500, `<html>`, KindTransient, "internal server error (status 500)"},
		{302, ``, KindTransient, "found (status 302)"},
		{401, `<html>Please log in</html>`, KindTransient, "unauthorized (status 401)"},
		{403, `<html>Access denied</html>`, KindTransient, "forbidden (status 403)"},
		{404, `<html>`, KindTransient, "not found (status 404)"},
		{404, `{"message":"404: Not Found","code":0}`, KindTransient, "404: Not Found"},
		{413, `<html>`, KindTransient, "too large"},
		{403, `{"message":"Cloudflare","code":40333}`, KindTransient, "Cloudflare"},
		{400, `{"message":"This feature has been temporarily disabled server-side","code":40006}`, KindTransient, "disabled"},
		{409, `{}`, KindTransient, "conflict"},
	} {
		r, _ := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://evil.example/")
			discordtest.JSON(w, c.status, c.body)
		})
		err := r.Defer(t.Context(), "1", "interaction-token", false)
		if KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "interaction-token") {
			t.Errorf("%d %s: kind %v, %v", c.status, c.body, KindOf(err), err)
		}
	}
	r := NewREST(testToken, &http.Client{Transport: discordtest.Redirect{To: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}}}, slog.New(slog.DiscardHandler), WithBackoff(time.Millisecond))
	err := r.Defer(t.Context(), "1", "interaction-token", false)
	if e, ok := errors.AsType[*Error](err); !ok || e.Reached || strings.Contains(err.Error(), "interaction-token") {
		t.Errorf("unreachable: %v", err)
	}
}

func TestDiscordsWordsHoldNoToken(t *testing.T) {
	for _, echo := range []string{testToken, testToken[5:40], url.QueryEscape(testToken), hex.EncodeToString([]byte(testToken))} {
		r, _ := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
			discordtest.JSON(w, 400, `{"code":50035,"message":"wrong: `+echo+`","errors":{"x":{"_errors":[{"message":"`+echo+`"}]}}}`)
		})
		_, err := r.Send(t.Context(), "1", message.Message{Text: "x"}, "n")
		if err == nil || strings.Contains(err.Error(), echo[:12]) || !strings.Contains(err.Error(), "wrong: <secret>") {
			t.Errorf("%s came back as %v", echo, err)
		}
	}
}

func TestALongAnswerIsNotReadToItsEnd(t *testing.T) {
	r, _ := newREST(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, io.LimitReader(zeros{}, 8<<20))
	})
	if _, err := r.Me(t.Context()); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("err = %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
