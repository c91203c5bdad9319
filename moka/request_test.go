package moka

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/proof"
)

// server answers every request with h over a real connection.
func server(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := New(s.URL, bothCredentials, WithTimeout(time.Minute)) // a busy machine is no slow gateway
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func asJSON(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/json; charset=utf-8") }

// Trap 29 and S7: a redirect to another host would carry the key away, and one
// to another path may be a call with an effect.
func TestOnlyRedirectsToTheSamePathAreFollowed(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	var reached atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer other.Close()
	for name, c := range map[string]struct {
		target string
		want   string // "" when the answer is used
	}{
		"another host":       {other.URL + modelsPath, "bad_response/redirect"},
		"another path":       {"/moved", "bad_response/redirect"},
		"the token's path":   {"/api/user/token", "bad_response/redirect"},
		"a dotted path":      {"/v1/models/../../api/user/token", "bad_response/redirect"},
		"an escaped path":    {"/v1%2Fmodels", "bad_response/redirect"},
		"a further slash":    {modelsPath + "/", "bad_response/redirect"},
		"another scheme":     {"gopher://x" + modelsPath, "bad_response/redirect"},
		"itself, forever":    {modelsPath, "bad_response/redirect"},
		"itself, once":       {modelsPath + "?checked=1", ""},
		"no address":         {"", "bad_response/redirect"},
		"a broken address":   {"http://[::1", "unavailable"},
		"a user in the host": {"//user@{host}" + modelsPath, "bad_response/redirect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := server(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path != modelsPath || r.URL.RawPath != "":
					reached.Add(1)
				case r.URL.Query().Get("checked") != "":
					asJSON(w)
					io.WriteString(w, `{"data":[]}`)
				default:
					w.Header().Set("Location", strings.ReplaceAll(c.target, "{host}", r.Host))
					w.WriteHeader(http.StatusFound)
				}
			})
			_, err := client.Models(t.Context())
			if c.want != "" {
				mustKind(t, err, c.want)
			} else if err != nil {
				t.Error(err)
			}
			if reached.Load() != 0 {
				t.Error("another address was called")
			}
		})
	}
}

func TestCookiesAreNotKept(t *testing.T) {
	var cookies atomic.Int32
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		cookies.Add(int32(len(r.Cookies())))
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "x"})
		asJSON(w)
		io.WriteString(w, `{"data":[]}`)
	})
	for range 2 {
		if _, err := c.Models(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if cookies.Load() != 0 {
		t.Error("a cookie was sent back")
	}
}

func TestOnlyPassingFailuresAreRepeated(t *testing.T) {
	for _, c := range []struct {
		name  string
		fails []reply
		sent  int
		ok    bool
	}{
		{"502 then fine", []reply{{status: 502}}, 2, true},
		{"503, 504, then fine", []reply{{status: 503}, {status: 504}}, 3, true},
		{"502 forever", []reply{{status: 502}, {status: 502}, {status: 502}, {status: 502}}, 3, false},
		{"500", []reply{{status: 500, body: "{}"}}, 1, false},
		{"401", []reply{refusal(401, "Invalid token", "")}, 1, false},
		{"429", []reply{{status: 429}}, 1, false},
		{"web page", []reply{webPage()}, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				fine := &gateway{replies: map[string]reply{modelsPath: {body: `{"data":[]}`}}}
				var calls []Call
				client := dial(t, tripper(func(req *http.Request) (*http.Response, error) {
					sent++
					if sent > len(c.fails) {
						return fine.RoundTrip(req)
					}
					return (&gateway{replies: map[string]reply{modelsPath: c.fails[sent-1]}}).RoundTrip(req)
				}), bothCredentials, WithObserver(func(call Call) { calls = append(calls, call) }))
				_, err := client.Models(t.Context())
				if sent != c.sent || (err == nil) != c.ok {
					t.Errorf("sent %d times, error %v", sent, err)
				}
				if len(calls) != 1 || calls[0].Op != "models" || calls[0].Status == 0 || (calls[0].Err == nil) != c.ok {
					t.Errorf("observed %+v", calls)
				}
			})
		})
	}
}

func TestTransportFailuresSayWhatAPersonCanDo(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	reset := &net.OpError{Op: "read", Err: errors.New("connection reset")}
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(407) }))
	t.Cleanup(proxy.Close)
	through, _ := url.Parse(proxy.URL)
	deadProxy, _ := url.Parse("http://" + nobody.Addr().String())
	failing := func(err error) http.RoundTripper {
		return tripper(func(*http.Request) (*http.Response, error) { return nil, err })
	}
	for name, c := range map[string]struct {
		base      string
		transport http.RoundTripper
		want      string
	}{
		"nobody listens":      {"http://" + nobody.Addr().String(), NewTransport(nil), "unavailable/no_address"},
		"unknown name":        {"https://x.test", failing(&net.DNSError{Err: "no such host", Name: "x.test", IsNotFound: true}), "unavailable/no_address"},
		"untrusted":           {untrusted(t), NewTransport(nil), "unavailable/tls"},
		"proxy refuses":       {"https://x.test", NewTransport(through), "unavailable/proxy"},
		"nobody at the proxy": {"https://x.test", NewTransport(deadProxy), "unavailable/proxy"},
		"other":               {"https://x.test", failing(reset), "unavailable"},
		"says the key":        {"https://x.test", failing(errors.New("bad thing with " + testKey + " and " + testToken)), "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := New(c.base, bothCredentials, WithHTTPClient(&http.Client{Transport: c.transport}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Models(t.Context())
			mustKind(t, err, c.want)
		})
	}
}

// untrusted is the address of a server whose certificate nobody knows.
func untrusted(t *testing.T) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

func TestCancelledCallsSayThatTheyWere(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := dial(t, healthy(nil), bothCredentials).Models(ctx)
	mustKind(t, err, "unavailable")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Trap 22: words come with request ids, key fragments and in any language.
func TestWordsOfAGatewayAreCleaned(t *testing.T) {
	c := dial(t, healthy(nil), bothCredentials)
	for text, want := range map[string]string{
		"Invalid token (request id: 20261123abc)":                                               "Invalid token",
		"[sk-abc***xyz] 该令牌额度已用尽":                                                               "sk-*** 该令牌额度已用尽",
		"your key " + testKey + " is bad":                                                       "your key *** is bad",
		"token " + testToken + " is bad":                                                        "token *** is bad",
		"token " + url.QueryEscape(testToken) + " bad":                                          "token *** bad",
		"body " + testKey[3:]:                                                                   "body ***",
		"red\x1b[31m\u202Eline\r\n\tnext\x00":                                                   "redline next",
		"between escapes " + strings.Join(strings.Split(testKey, ""), "\x1b[31m") + "\u009b2K.": "between escapes ***.",
		"a title \x1b]0;" + testToken + "\x07here, \x1b(B" + strings.Join(strings.Split(testToken, ""), "\x1b]8;;a\x1b\\"): "a title here, ***",
		"an open one \x1b]0;text": "an open one 0;text",
		"bad \xff utf8":           "bad utf8",
		strings.Repeat("令", 500):  strings.Repeat("令", 199) + "…",
	} {
		if got := c.clean(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// Trap 21: what an answer echoes never comes out of an error.
func TestNoErrorCarriesACredential(t *testing.T) { synctest.Test(t, noErrorCarriesACredential) }

func noErrorCarriesACredential(t *testing.T) {
	echo, _ := json.Marshal(testKey + " " + testToken)
	for _, status := range []int{200, 400, 401, 403, 404, 418, 500, 503} {
		g := healthy(nil)
		for path := range g.replies {
			g.set(path, reply{status: status, body: fmt.Sprintf(`{"error":{"message":%s,"code":%s}}`, echo, echo)})
		}
		r := dial(t, g, bothCredentials).Read(t.Context())
		for _, e := range []*Error{r.KeyErr, r.WalletErr} {
			text := fmt.Sprintf("%v %+v %#v", e, e, *e)
			if strings.Contains(text, testKey[3:]) || strings.Contains(text, testToken) {
				t.Errorf("HTTP %d: %s", status, text)
			}
		}
	}
}
