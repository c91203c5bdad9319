package moka

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// reply is one canned answer.
type reply struct {
	status int // 0 is 200
	body   string
	header map[string]string
}

// gateway answers in process, so that it works under synctest too.
type gateway struct {
	mu      sync.Mutex
	replies map[string]reply // by path
	delay   time.Duration
	seen    []*http.Request
}

func (g *gateway) RoundTrip(req *http.Request) (*http.Response, error) {
	g.mu.Lock()
	g.seen = append(g.seen, req)
	answer, ok := g.replies[req.URL.Path]
	g.mu.Unlock()
	if g.delay > 0 {
		select {
		case <-time.After(g.delay):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	if !ok {
		answer = reply{404, `{"error":{"message":"Invalid URL (GET ` + req.URL.Path + `)","type":"invalid_request_error","param":"","code":""}}`, nil}
	}
	w := httptest.NewRecorder()
	if answer.body != "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	for k, v := range answer.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(max(answer.status, http.StatusOK))
	if answer.status != 0 {
		w.Code = answer.status
	}
	_, _ = io.WriteString(w, answer.body)
	resp := w.Result()
	resp.Request = req
	return resp, nil
}

func (g *gateway) set(path string, r reply) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.replies[path] = r
}

func (g *gateway) count(path string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, req := range g.seen {
		if req.URL.Path == path {
			n++
		}
	}
	return n
}

// Credentials of the tests. Nothing that the client says may contain them.
const (
	testKey   = "sk-0123456789abcdefghijABCDEFGHIJ0123456789abcdefgh"
	testToken = "pQ7+rS/t0123456789abcdefghij=="
)

var bothCredentials = Credentials{APIKey: testKey, AccessToken: testToken, UserID: 2}

// Paths of the reads.
const (
	statusPath = "/api/status"
	limitPath  = "/v1/dashboard/billing/subscription"
	usedPath   = "/v1/dashboard/billing/usage"
	selfPath   = "/api/user/self"
	plansPath  = "/api/subscription/self"
	tokenPath  = "/api/usage/token/"
	modelsPath = "/v1/models"
	keysPath   = "/api/token/"
	dataPath   = "/api/data/self"
	statPath   = "/api/log/self/stat"
	pricePath  = "/api/pricing"
	noticePath = "/api/notice"
)

// Answers in the shapes of the family: a key with 2500000 left and 123457 used,
// an account with 5000000 left and 1234567 used.
const (
	statusUSD  = `{"data":{"version":"v1","system_name":"moka","start_time":1795418535,"quota_per_unit":500000,"display_in_currency":true,"quota_display_type":"USD","usd_exchange_rate":7.3,"price":7.3,"enable_data_export":true,"enable_batch_update":false},"message":"","success":true}`
	statusOne  = `{"data":{"version":"v0.6.11","system_name":"One API","quota_per_unit":500000,"display_in_currency":true},"message":"","success":true}`
	keyLimit   = `{"object":"billing_subscription","has_payment_method":true,"soft_limit_usd":5.246914,"hard_limit_usd":5.246914,"system_hard_limit_usd":5.246914,"access_until":0}`
	keyUsed    = `{"object":"list","total_usage":24.691399999999998}`
	account    = `{"data":{"id":2,"username":"alice","quota":5000000,"used_quota":1234567,"request_count":42,"group":"default","setting":"{\"webhook_secret\":\"x\"}"},"message":"","success":true}`
	noPlans    = `{"data":{"all_subscriptions":[],"billing_preference":"subscription_first","subscriptions":[]},"message":"","success":true}`
	onePlan    = `{"data":{"subscriptions":[{"subscription":{"id":1,"plan_id":1,"amount_total":10000000,"amount_used":2500000,"end_time":4102444800,"status":"active","next_reset_time":0}}]},"message":"","success":true}`
	tokenFine  = `{"code":true,"message":"ok","data":{"object":"token_usage","name":"normal","total_granted":2623457,"total_used":123457,"total_available":2500000,"unlimited_quota":false,"expires_at":0}}`
	tokenEmpty = `{"code":true,"message":"ok","data":{"object":"token_usage","name":"x","total_granted":500000,"total_used":501200,"total_available":-1200,"unlimited_quota":false,"expires_at":0}}`
	tokenOld   = `{"code":true,"message":"ok","data":{"object":"token_usage","name":"x","total_granted":500000,"total_used":100000,"total_available":400000,"unlimited_quota":false,"expires_at":1700000000}}`
	page       = "<!doctype html><html><head><title>New API</title></head></html>"
)

func limitOf(usd string) reply {
	return reply{body: `{"object":"billing_subscription","hard_limit_usd":` + usd + `,"access_until":0}`}
}

func usedOf(cents string) reply { return reply{body: `{"object":"list","total_usage":` + cents + `}`} }

func selfOf(quota, used string) reply {
	return reply{body: `{"data":{"quota":` + quota + `,"used_quota":` + used + `,"request_count":7},"success":true}`}
}

func statusWith(fields string) reply {
	return reply{body: `{"data":{"quota_per_unit":500000,"enable_data_export":true,` + fields + `},"success":true}`}
}

func refusal(status int, message, code string) reply {
	return reply{status: status, body: `{"error":{"code":"` + code + `","message":"` + message + ` (request id: 20261123072553760403590Q2aEXbue)","type":"new_api_error"}}`}
}

func saidNo(status int, message, code string) reply {
	field := ""
	if code != "" {
		field = `"code":"` + code + `",`
	}
	return reply{status: status, body: `{` + field + `"message":"` + message + `","success":false}`}
}

// noPath is how the family answers for a path it does not know.
var noPath = reply{status: 404, body: `{"error":{"message":"Invalid URL (GET /x)","type":"invalid_request_error","param":"","code":""}}`}

func webPage() reply {
	return reply{body: page, header: map[string]string{"Content-Type": "text/html"}}
}

// healthy is a gateway where everything is in order, changed by edits.
func healthy(edits map[string]reply) *gateway {
	g := &gateway{replies: map[string]reply{
		statusPath: {body: statusUSD},
		limitPath:  {body: keyLimit},
		usedPath:   {body: keyUsed},
		selfPath:   {body: account},
		plansPath:  {body: noPlans},
	}}
	maps.Copy(g.replies, edits)
	return g
}

func dial(t testing.TB, g http.RoundTripper, cred Credentials, opts ...Option) *Client {
	t.Helper()
	opts = append([]Option{WithHTTPClient(&http.Client{Transport: g})}, opts...)
	c, err := New("https://api.example.com", cred, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// kindOf is the error's kind and hint in short, "" for none.
func kindOf(e *Error) string {
	if e == nil {
		return ""
	}
	return strings.TrimSuffix(string(e.Kind)+"/"+string(e.Hint), "/")
}

func mustKind(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", want)
	}
	if got := kindOf(asError(err)); got != want {
		t.Errorf("kind %q, want %q (%v)", got, want, err)
	}
	for _, secret := range []string{testKey, testKey[3:], testToken} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("error carries a credential: %v", err)
		}
	}
}
