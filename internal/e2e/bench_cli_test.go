package e2e

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowGateway answers each request over TLS after the same delay, and counts the requests
// that had to wait for one another.
type slowGateway struct {
	*httptest.Server
	mu     sync.Mutex
	ended  []rounds
	chain  int // the longest
	number int // of requests
}

// rounds is how many requests ended one after the other up to a moment.
type rounds struct {
	at time.Time
	n  int
}

const slowAnswer = 100 * time.Millisecond

func newSlowGateway(b *testing.B, w *world) *slowGateway {
	g := &slowGateway{}
	g.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		came := time.Now()
		time.Sleep(slowAnswer)
		g.note(came)
		w.gateway.ServeHTTP(answer, r)
	}))
	g.EnableHTTP2 = true
	g.StartTLS()
	b.Cleanup(g.Close)
	return g
}

// trusted adds the gateway's certificate to the file that a variable of the environment
// has a program trust.
func (g *slowGateway) trusted(b *testing.B, trust string) (env []string) {
	b.Helper()
	_, file, _ := strings.Cut(trust, "=")
	others, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: g.Certificate().Raw})
	if err := os.WriteFile(file, append(others, own...), 0o600); err != nil {
		b.Fatal(err)
	}
	return []string{trust}
}

func (g *slowGateway) note(came time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 1
	for _, before := range g.ended {
		if !before.at.After(came) {
			n = max(n, before.n+1)
		}
	}
	g.ended = append(g.ended, rounds{time.Now(), n})
	g.chain, g.number = max(g.chain, n), g.number+1
}

func (g *slowGateway) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended, g.chain, g.number = nil, 0, 0
}

// BenchmarkCommandLine asks a gateway that takes 100 ms for each request, with the
// released program and with another build of it that MOKABOT_OTHER names: how many
// requests come one after the other, and how long a command takes beyond these.
func BenchmarkCommandLine(b *testing.B) {
	w := newWorld(b)
	g := newSlowGateway(b, w)
	proxy, trust := w.proxied(b)
	env := append(g.trusted(b, trust), "HTTPS_PROXY="+proxy.URL, "NO_PROXY=127.0.0.1")
	file := w.config(b, w.server.URL, g.URL)
	withBudget := file + "-budget"
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(withBudget, append(text, "budgets: [{name: monthly, period: month, amount: 500, accounts: [team]}]\n"...), 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	configs := map[bool]string{true: withBudget, false: file}
	for i := range 200 { // hours
		w.gateway.SpendAt(time.Now().Add(-time.Duration(i)*time.Hour), testKey, "openai/gpt-4o", 5000, 1000)
	}
	for _, args := range []string{"version", "balance", "models", "usage", "usage --period month", "budget", "report daily", "check", "help"} {
		for _, p := range builds(b) {
			b.Run(args+"/"+p.name, func(b *testing.B) {
				beyond, busy := &times{}, time.Duration(0)
				for b.Loop() {
					g.forget()
					fields := strings.Fields(args)
					if args != "version" && args != "help" {
						fields = append(fields, "--config", configs[args == "budget"])
					}
					cmd := exec.CommandContext(b.Context(), p.path, fields...)
					cmd.Env = env
					began := time.Now()
					_ = cmd.Run() // an older build may not know the command
					beyond.add(time.Since(began) - time.Duration(g.chain)*slowAnswer)
					busy += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
				}
				b.ReportMetric(milliseconds(beyond.at(0)), "beyond-least-ms")
				b.ReportMetric(milliseconds(beyond.at(50)), "beyond-p50-ms")
				b.ReportMetric(milliseconds(busy)/float64(b.N), "cpu-ms")
				b.ReportMetric(float64(g.chain), "rounds")
				b.ReportMetric(float64(g.number), "requests")
			})
		}
	}
}
