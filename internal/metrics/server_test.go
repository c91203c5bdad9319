package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/budget"
	"mokabot/internal/spend"
	"mokabot/moka"
)

func get(t *testing.T, s *Server, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body)
}

func reading(spendable float64, err *moka.Error) moka.Reading {
	amount, _ := moka.FromUSD(spendable)
	r := moka.Reading{At: time.Unix(1_800_000_000, 0), Key: &moka.Key{State: moka.KeyOK, Remaining: moka.Known(amount)}, KeyErr: err}
	if err != nil {
		r.Key = &moka.Key{}
	}
	return r
}

func TestEverythingThatIsToldIsInTheMetrics(t *testing.T) {
	told := New("v1")
	told.Reading("team", reading(12.5, nil), moka.Known(moka.Dollar), spend.Runway{Known: true, Mid: time.Hour})
	told.Reading("ample", moka.Reading{Key: &moka.Key{State: moka.KeyOK, AtLeast: moka.Known(90 * moka.Dollar)}}, moka.Maybe{}, spend.Runway{})
	told.Reading("other", reading(0, &moka.Error{Kind: moka.Unavailable}), moka.Maybe{}, spend.Runway{Idle: true})
	told.Budget(budget.Standing{Budget: budget.Budget{Name: "monthly", Amount: 500 * moka.Dollar}, Spent: moka.Known(520 * moka.Dollar), Left: moka.Known(-20 * moka.Dollar)})
	told.Call("team", moka.Call{Op: "usage", Took: time.Second, Err: &moka.Error{Kind: moka.RateLimited}})
	told.Request("send message", "ok", time.Millisecond)
	told.Delivery("dead")
	told.Outbox(3, 1)
	told.Discord(true, 42*time.Millisecond)
	told.Identify()
	told.Storage(true)
	told.Leader(true, 7)
	told.Report("daily", true)
	told.Command("balance", errors.New("x"), time.Second)
	told.Reload(false)
	s := &Server{Recorder: told}
	status, text := get(t, s, "/metrics")
	for _, want := range []string{
		`mokabot_spendable_dollars{account="team"} 12.5`, `mokabot_key_remaining_dollars{account="team"} 12.5`, `mokabot_key_remaining_dollars{account="ample"} 90`, `mokabot_spent_today_dollars{account="team"} 1`,
		`mokabot_runway_seconds{account="team"} 3600`, `mokabot_polls_total{account="other",result="unavailable"} 1`, `mokabot_polls_total{account="team",result="ok"} 1`,
		`mokabot_last_good_reading_timestamp_seconds{account="team"} 1.8e+09`, `mokabot_gateway_call_seconds_count{account="team",op="usage",result="rate_limited"} 1`,
		`mokabot_budget_amount_dollars{budget="monthly"} 500`, `mokabot_budget_spent_dollars{budget="monthly"} 520`, `mokabot_budget_left_dollars{budget="monthly"} -20`,
		`mokabot_discord_request_seconds_count{result="ok",route="send message"} 1`, `mokabot_deliveries_total{result="dead"} 1`, `mokabot_outbox_waiting 3`,
		`mokabot_outbox_dead 1`, `mokabot_discord_connected 1`, `mokabot_discord_latency_seconds 0.042`, `mokabot_discord_identifies_total 1`,
		`mokabot_reports_total{delayed="yes",report="daily"} 1`, `mokabot_command_seconds_count{command="balance",result="failed"} 1`,
		`mokabot_reloads_total{result="kept"} 1`, `mokabot_build_info{version="v1"} 1`, "mokabot_storage_full 1", "mokabot_leader 1", "mokabot_leader_epoch 7", "go_goroutines ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if status != http.StatusOK || strings.Contains(text, `mokabot_spendable_dollars{account="other"}`) {
		t.Errorf("%d; an unknown balance is shown", status)
	}
	told.Reading("team", reading(0, &moka.Error{Kind: moka.Unavailable}), moka.Maybe{}, spend.Runway{})
	if _, text := get(t, s, "/metrics"); strings.Contains(text, `_dollars{account="team"}`) || strings.Contains(text, `mokabot_runway_seconds{`) {
		t.Error("figures stay that are no longer known")
	}
	told.Forget("team")
	if _, text := get(t, s, "/metrics"); strings.Contains(text, `timestamp_seconds{account="team"}`) {
		t.Error("an account that left is still shown")
	}
}

// A wallet that two accounts share is counted once in what all have together.
func TestASharedWalletIsCountedOnce(t *testing.T) {
	told := New("v1")
	s := &Server{Recorder: told}
	of := func(identity string, left moka.Amount) moka.Reading {
		return moka.Reading{Identity: identity, Wallet: &moka.Wallet{Remaining: moka.Known(left), Used: moka.Known(0)}}
	}
	for _, c := range []struct {
		what      string
		tell      func()
		want, not []string
	}{
		{"two of one wallet, and another", func() {
			told.Reading("team", of("a", 42_500_000), moka.Known(3*moka.Dollar), spend.Runway{})
			told.Reading("dev", of("a", 42_500_000), moka.Known(2*moka.Dollar), spend.Runway{})
			told.Reading("other", of("b", 10*moka.Dollar), moka.Known(moka.Dollar), spend.Runway{})
		}, []string{"mokabot_all_spendable_dollars 52.5\n", "mokabot_all_spent_today_dollars 4\n"}, nil},
		{"one of them is not known", func() {
			told.Reading("other", reading(0, &moka.Error{Kind: moka.Unavailable}), moka.Maybe{}, spend.Runway{})
		}, nil, []string{"\nmokabot_all_spendable_dollars ", "\nmokabot_all_spent_today_dollars "}},
		{"it leaves the configuration", func() { told.Forget("other") }, []string{"mokabot_all_spendable_dollars 42.5\n", "mokabot_all_spent_today_dollars 3\n"}, nil},
		{"and so do the others", func() { told.Forget("team"); told.Forget("dev") }, nil, []string{"\nmokabot_all_spendable_dollars "}},
	} {
		c.tell()
		_, text := get(t, s, "/metrics")
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing", c.what, want)
			}
		}
		for _, not := range c.not {
			if strings.Contains(text, not) {
				t.Errorf("%s: %q is there", c.what, not)
			}
		}
	}
}

// Prometheus' increase sees no rise in a counter that is first there at 1, so the alert about
// a wrong configuration would miss the first one.
func TestCountersBeginAtZero(t *testing.T) {
	told := New("v1")
	told.ExpectReport("daily")
	_, text := get(t, &Server{Recorder: told}, "/metrics")
	for _, want := range []string{
		`mokabot_reports_total{delayed="no",report="daily"} 0`, `mokabot_reports_total{delayed="yes",report="daily"} 0`,
		`mokabot_reloads_total{result="kept"} 0`, `mokabot_reloads_total{result="ok"} 0`, `mokabot_deliveries_total{result="dead"} 0`, `mokabot_discord_identifies_total 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("it does not begin with %s", want)
		}
	}
}

func TestAStandbyShowsNoFiguresOfALeader(t *testing.T) {
	told := New("v1")
	told.Reading("team", reading(12.5, nil), moka.Known(moka.Dollar), spend.Runway{Known: true, Mid: time.Hour})
	told.Outbox(3, 1)
	told.Discord(true, time.Second)
	told.PollInterval(time.Minute)
	told.StandBy()
	told.Leader(false, 0)
	_, text := get(t, &Server{Recorder: told}, "/metrics")
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "mokabot_") && !slices.Contains([]string{"mokabot_leader 0", "mokabot_leader_epoch 0", `mokabot_build_info{version="v1"} 1`}, line) &&
			!strings.Contains(line, "_total") {
			t.Errorf("it shows %s", line)
		}
	}
}

func TestABudgetIsShownWhileItIsKnownAndConfigured(t *testing.T) {
	told := New("v1")
	s := &Server{Recorder: told}
	known := budget.Standing{Budget: budget.Budget{Name: "monthly", Amount: 500 * moka.Dollar}, Spent: moka.Known(0), Left: moka.Known(500 * moka.Dollar)}
	unknown := budget.Standing{Budget: known.Budget}
	for _, c := range []struct {
		what    string
		tell    func()
		present []string
	}{
		{"known", func() { told.Budget(known) }, []string{"amount", "spent", "left"}},
		{"unknown", func() { told.Budget(unknown) }, []string{"amount"}},
		{"removed", func() { told.ForgetBudget("monthly") }, nil},
	} {
		c.tell()
		_, text := get(t, s, "/metrics")
		for _, figure := range []string{"amount", "spent", "left"} {
			if got := strings.Contains(text, "mokabot_budget_"+figure+"_dollars{"); got != slices.Contains(c.present, figure) {
				t.Errorf("%s: %s is shown: %v", c.what, figure, got)
			}
		}
	}
}

func TestNobodyHasToListen(t *testing.T) {
	var told *Recorder
	told.Budget(budget.Standing{})
	told.ForgetBudget("x")
	told.Reading("team", moka.Reading{}, moka.Maybe{}, spend.Runway{})
	told.Call("team", moka.Call{})
	told.Outbox(1, 1)
	told.Discord(false, 0)
	told.Forget("team")
	told.Command("x", nil, 0)
}

func TestReadiness(t *testing.T) {
	reasons := []string{"Discord is not connected", "1 message was refused"}
	s := &Server{Recorder: New("v1"), Ready: func(context.Context) []string { return reasons }}
	if status, text := get(t, s, "/readyz"); status != http.StatusServiceUnavailable || text != "Discord is not connected\n1 message was refused\n" {
		t.Errorf("%d %q", status, text)
	}
	reasons = nil
	if status, text := get(t, s, "/readyz"); status != http.StatusOK || text != "ok\n" {
		t.Errorf("%d %q", status, text)
	}
	s.Standby = func() bool { return true }
	if status, text := get(t, s, "/readyz"); status != http.StatusOK || text != "standby\n" {
		t.Errorf("a standby: %d %q", status, text)
	}
	reasons = []string{"standby: the database cannot be reached"}
	if status, text := get(t, s, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(text, "standby") {
		t.Errorf("a standby without a database: %d %q", status, text)
	}
	if status, text := get(t, s, "/healthz"); status != http.StatusOK || text != "ok\n" {
		t.Errorf("%d %q", status, text)
	}
	if status, _ := get(t, s, "/"); status != http.StatusNotFound {
		t.Errorf("another path: %d", status)
	}
}

func TestATakenAddressIsAClearError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := &Server{Address: taken.Addr().String(), Recorder: New("v1")}
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "choose another address") {
		t.Errorf("error %v", err)
	}
}

func TestItEndsWithTheProgram(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- (&Server{Address: "127.0.0.1:0", Recorder: New("v1")}).Run(ctx) }()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// S10: a web page that has its own name lead here reads nothing.
func TestForeignNamesAreRefused(t *testing.T) {
	for _, c := range []struct {
		listen string
		host   string
		fine   bool
	}{
		{"127.0.0.1:9464", "127.0.0.1:9464", true}, {"127.0.0.1:9464", "localhost:9464", true}, {"127.0.0.1:9464", "LOCALHOST", true},
		{"127.0.0.1:9464", "[::1]:9464", true}, {"127.0.0.1:9464", "evil.example", false}, {"127.0.0.1:9464", "evil.example:9464", false},
		{"127.0.0.1:9464", "10.0.0.1", false}, {"127.0.0.1:9464", "mokabot", false}, {"127.0.0.1:9464", "127.0.0.1.evil.example", false},
		{"127.0.0.1:9464", "localhost.evil.example", false}, {"127.0.0.1:9464", "", false}, {"127.0.0.1:9464", "metrics.example", true},
		{"0.0.0.0:9464", "10.0.0.1:9464", true}, {"0.0.0.0:9464", "mokabot:9464", true}, {"0.0.0.0:9464", "evil.example", false},
		{"0.0.0.0:9464", "Metrics.Example.", true}, {"0.0.0.0:9464", "evil.example.", false}, {"0.0.0.0:9464", "[fe80::1]", true},
	} {
		at, err := net.ResolveTCPAddr("tcp", c.listen)
		if err != nil {
			t.Fatal(err)
		}
		s := &Server{Address: c.listen, Hosts: []string{"metrics.example"}, Recorder: New("v1"), Ready: func(context.Context) []string { return nil }}
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Host = c.host
			w := httptest.NewRecorder()
			s.onlyFor(at, s.Handler()).ServeHTTP(w, r)
			if (w.Code == http.StatusOK) != c.fine || !c.fine && strings.Contains(w.Body.String(), "mokabot_") {
				t.Errorf("%s as %q, %s: %d", c.listen, c.host, path, w.Code)
			}
		}
	}
}

func TestATokenProtectsTheFigures(t *testing.T) {
	s := &Server{Token: "open-sesame", Recorder: New("v1"), Ready: func(context.Context) []string { return nil }}
	for _, c := range []struct {
		path, header string
		want         int
	}{
		{"/metrics", "", 401}, {"/readyz", "", 401}, {"/healthz", "", 200}, {"/metrics", "Bearer open-sesame", 200}, {"/metrics", "bearer open-sesame", 200},
		{"/metrics", "Bearer open", 401}, {"/metrics", "Basic open-sesame", 401}, {"/metrics", "Bearer ", 401}, {"/readyz", "Bearer open-sesame", 200},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, nil)
		r.Header.Set("Authorization", c.header)
		w := httptest.NewRecorder()
		if s.Handler().ServeHTTP(w, r); w.Code != c.want || strings.Contains(w.Body.String(), "sesame") {
			t.Errorf("%s with %q: %d, want %d", c.path, c.header, w.Code, c.want)
		}
	}
}

func TestListeningBeyondThisMachineIsWarnedOf(t *testing.T) {
	for _, c := range []struct {
		address, token string
		warned         bool
	}{{"127.0.0.1:0", "", false}, {"0.0.0.0:0", "", true}, {":0", "", true}, {"0.0.0.0:0", "token", false}} {
		var log strings.Builder
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := &Server{Address: c.address, Token: c.token, Recorder: New("v1"), Log: slog.New(slog.NewTextHandler(&log, nil))}
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
		if strings.Contains(log.String(), "read the balances") != c.warned {
			t.Errorf("%s: %q", c.address, log.String())
		}
	}
}

func TestNobodyHoldsALineForLong(t *testing.T) {
	s := (&Server{Recorder: New("v1")}).server(t.Context(), nil)
	for what, d := range map[string]time.Duration{"a header": s.ReadHeaderTimeout, "a request": s.ReadTimeout, "an answer": s.WriteTimeout, "a pause": s.IdleTimeout} {
		if d <= 0 || d > time.Minute {
			t.Errorf("%s may take %s", what, d)
		}
	}
	if s.MaxHeaderBytes <= 0 || s.MaxHeaderBytes > 1<<20 {
		t.Errorf("a header may have %d bytes", s.MaxHeaderBytes)
	}
}

// What a request can say besides its path, byte for byte.
func TestOddRequestsShowNoFigures(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: listener.Addr().String(), Recorder: New("v1"), Ready: func(context.Context) []string { return nil }}
	server := s.server(t.Context(), s.onlyFor(listener.Addr().(*net.TCPAddr), s.Handler()))
	go server.Serve(listener) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { server.Close() })
	for request, want := range map[string]int{
		"GET /metrics HTTP/1.1\r\nHost: localhost\r\n":                                              200,
		"GET /metrics HTTP/1.1\r\nHost: LocalHost.:9464\r\n":                                        200,
		"GET /metrics HTTP/1.1\r\nHost: [::ffff:127.0.0.1]:1\r\n":                                   200,
		"GET /metrics HTTP/1.1\r\nHost: [::1]\r\n":                                                  200,
		"GET http://localhost/metrics HTTP/1.1\r\nHost: localhost\r\n":                              200,
		"GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\n":                           421,
		"GET http://evil.example/metrics HTTP/1.1\r\nHost: evil.example\r\n":                        421,
		"GET //evil.example/metrics HTTP/1.1\r\nHost: evil.example\r\n":                             421,
		"GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n":                        400,
		"GET /metrics HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n":                        400,
		"GET /metrics HTTP/1.1\r\nHost: localhost, evil.example\r\n":                                400,
		"GET /metrics HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n":            421,
		"GET /metrics HTTP/1.1\r\nHost: evil.example\r\nForwarded: host=localhost\r\n":              421,
		"GET /metrics HTTP/1.1\r\nHost: localhost:9464@evil.example\r\n":                            400,
		"GET /metrics HTTP/1.1\r\nHost: localhost:evil.example\r\n":                                 421,
		"GET /metrics HTTP/1.1\r\nHost: localhost:9464:evil.example\r\n":                            421,
		"GET /metrics HTTP/1.1\r\nHost: localhost..\r\n":                                            421,
		"GET /metrics HTTP/1.1\r\nHost: evil.localhost\r\n":                                         421,
		"GET /metrics HTTP/1.1\r\nHost: [::1].evil.example\r\n":                                     421,
		"GET /metrics HTTP/1.1\r\nHost: [::1%25lo]\r\n":                                             421,
		"GET /metrics HTTP/1.1\r\nHost: [localhost]\r\n":                                            421,
		"GET /metrics HTTP/1.1\r\nHost: 2130706433\r\n":                                             421,
		"GET /metrics HTTP/1.1\r\nHost: 0x7f.1\r\n":                                                 421,
		"GET /metrics HTTP/1.1\r\nHost: \r\n":                                                       421,
		"GET /metrics HTTP/1.1\r\n":                                                                 400,
		"GET /metrics HTTP/1.0\r\n":                                                                 421,
		"GET /metrics HTTP/1.1\r\nHost: localho\xc5\xbft\r\n":                                       400,
		"GET /metrics HTTP/1.1\r\n Host: localhost\r\n":                                             400,
		"GET /metrics HTTP/1.1\r\nHost : localhost\r\n":                                             400,
		"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n":                        405,
		"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n":                                  421,
		"GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: x\r\n": 501,
	} {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, request+"Connection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(c)
		c.Close()
		got := 0
		fmt.Sscanf(string(text), "HTTP/1.1 %d", &got)
		if got == 0 {
			fmt.Sscanf(string(text), "HTTP/1.0 %d", &got)
		}
		if got != want || want != 200 && strings.Contains(string(text), "mokabot_") {
			t.Errorf("%q: %d, want %d", request, got, want)
		}
	}
}
