package moka

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBaseIsUnderstoodInEverySpelling(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.moka-ai.com":          "https://api.moka-ai.com",
		"https://api.moka-ai.com/":         "https://api.moka-ai.com",
		"https://api.moka-ai.com/v1":       "https://api.moka-ai.com",
		" https://API.moka-ai.com//v1// ":  "https://api.moka-ai.com",
		"https://example.com/gate/way/v1/": "https://example.com/gate/way",
		"https://example.com:8443/gate":    "https://example.com:8443/gate",
		"http://localhost:3000/v1":         "http://localhost:3000",
		"http://127.0.0.1:3000":            "http://127.0.0.1:3000",
		"http://[::1]:3000":                "http://[::1]:3000",
		"HTTPS://example.com":              "https://example.com",
	} {
		c, err := New(base, Credentials{})
		if err != nil || c.base.String() != want {
			t.Errorf("%q: %v, %v; want %s", base, c, err, want)
		}
	}
}

func TestBadSetupSaysWhatToDoAndNoSecret(t *testing.T) {
	for name, c := range map[string]struct {
		base string
		cred Credentials
		says string
	}{
		"no scheme":      {"api.moka-ai.com", Credentials{}, "https://"},
		"empty":          {"", Credentials{}, "https://"},
		"no host":        {"https:///v1", Credentials{}, "https://HOST"},
		"not a URL":      {"https://a b:c", Credentials{}, "https://HOST"},
		"plain http":     {"http://api.moka-ai.com", Credentials{}, "write https"},
		"other scheme":   {"ftp://api.moka-ai.com", Credentials{}, "https://"},
		"password in it": {"https://me:hunter2@example.com", Credentials{}, "remove"},
		"query":          {"https://example.com/?key=hunter2", Credentials{}, "before the ?"},
		"broken key":     {"https://example.com", Credentials{APIKey: "sk-hunter2\nx"}, "API key"},
		"broken token":   {"https://example.com", Credentials{AccessToken: "hunter2—x"}, "access token"},
		"negative id":    {"https://example.com", Credentials{UserID: -1}, "user id"},
	} {
		_, err := New(c.base, c.cred)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Traps 23, 25 and 26: the header with the id always, the token with its + / and =,
// "Bearer" written exactly so, exact paths.
func TestRequestsCarryTheirCredentialVerbatim(t *testing.T) {
	g := healthy(nil)
	c := dial(t, g, Credentials{APIKey: " " + testKey + "\n", AccessToken: testToken + " ", UserID: 2})
	c.Read(t.Context())
	want := map[string][2]string{
		statusPath: {"", ""},
		limitPath:  {"Bearer " + testKey, ""},
		usedPath:   {"Bearer " + testKey, ""},
		selfPath:   {"Bearer " + testToken, "2"},
		plansPath:  {"Bearer " + testToken, "2"},
	}
	if len(g.seen) != len(want) {
		t.Errorf("%d requests, want %d", len(g.seen), len(want))
	}
	for _, req := range g.seen {
		got := [2]string{req.Header.Get("Authorization"), req.Header.Get("New-Api-User")}
		if got != want[req.URL.Path] || req.Method != http.MethodGet || !strings.HasPrefix(req.UserAgent(), "mokabot/") {
			t.Errorf("%s %s: %q", req.Method, req.URL, got)
		}
	}
}

func TestPrintingShowsNoCredential(t *testing.T) {
	c := dial(t, healthy(nil), bothCredentials)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(format+format, c, bothCredentials)
		if strings.Contains(text, testKey[3:]) || strings.Contains(text, testToken) {
			t.Errorf("%s shows %s", format, text)
		}
	}
}

func TestPathPrefixIsKept(t *testing.T) {
	g := &gateway{replies: map[string]reply{"/gate/v1/models": {body: `{"data":[]}`}}}
	c, err := New("https://example.com/gate/v1/", bothCredentials, WithHTTPClient(&http.Client{Transport: g}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Models(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNothingIsSentWithoutTheCredential(t *testing.T) {
	g := healthy(map[string]reply{dataPath: {body: `{"data":[]}`}})
	c := dial(t, g, Credentials{})
	ctx, now := t.Context(), time.Now()
	_, models := c.Models(ctx)
	_, usage := c.Usage(ctx, now.Add(-time.Hour), now)
	_, keys := c.Keys(ctx)
	_, plans := c.Plans(ctx)
	_, stat := c.SpentLog(ctx, now.Add(-time.Hour), now)
	for _, err := range []error{models, usage, keys, plans, stat} {
		mustKind(t, err, "not_supported/credential")
	}
	for _, req := range g.seen {
		if req.URL.Path != statusPath {
			t.Errorf("sent %s", req.URL)
		}
	}
	if r := c.Read(ctx); r.Key != nil || r.Wallet != nil || !r.OK() {
		t.Errorf("read %+v", r)
	}
}

// Trap 20: GET /api/user/token would replace the access token.
func TestNoCallEverDestroysTheAccessToken(t *testing.T) {
	g := healthy(nil)
	dial(t, g, bothCredentials).Probe(t.Context())
	if !slices.ContainsFunc(g.seen, func(r *http.Request) bool { return r.URL.Path == keysPath }) {
		t.Error("the probe did not try the keys")
	}
	for _, req := range g.seen {
		if strings.HasPrefix(req.URL.Path, "/api/user/token") {
			t.Errorf("sent %s", req.URL)
		}
	}
}

func TestReadingIsDatedWhenItWasComplete(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))
	r := dial(t, healthy(nil), bothCredentials, WithNow(func() time.Time { return at })).Read(t.Context())
	if !r.At.Equal(at) || r.At.Location() != time.UTC {
		t.Errorf("at %v", r.At)
	}
	if r.Units != (Units{Display: DisplayUSD, QuotaPerUnit: 500000}) {
		t.Errorf("units %+v", r.Units)
	}
}

func TestTransportTakesItsProxy(t *testing.T) {
	proxy, _ := url.Parse("http://127.0.0.1:3128")
	got, err := NewTransport(proxy).Proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: "x"}})
	if err != nil || got.String() != proxy.String() {
		t.Errorf("proxy %v, %v", got, err)
	}
}
