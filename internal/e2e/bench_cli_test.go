package e2e

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowGateway takes the same time for every request, and notes how many of them
// came one after the other.
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
	g.Server = httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		came := time.Now()
		time.Sleep(slowAnswer)
		g.note(came)
		w.gateway.ServeHTTP(answer, r)
	}))
	b.Cleanup(g.Close)
	return g
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
	file, env := w.config(b, w.server.URL, g.URL), w.throughProxy(b)
	for i := range 200 { // hours
		w.gateway.SpendAt(time.Now().Add(-time.Duration(i)*time.Hour), testKey, "openai/gpt-4o", 5000, 1000)
	}
	for _, args := range []string{"version", "balance", "models", "usage", "usage --period month", "report daily", "check"} {
		for _, p := range builds(b) {
			b.Run(args+"/"+p.name, func(b *testing.B) {
				beyond := &times{}
				for b.Loop() {
					g.forget()
					fields := strings.Fields(args)
					if args != "version" {
						fields = append(fields, "--config", file)
					}
					cmd := exec.CommandContext(b.Context(), p.path, fields...)
					cmd.Env = env
					began := time.Now()
					_ = cmd.Run() // an older build may not know the command
					beyond.add(time.Since(began) - time.Duration(g.chain)*slowAnswer)
				}
				b.ReportMetric(milliseconds(beyond.at(50)), "beyond-p50-ms")
				b.ReportMetric(float64(g.chain), "rounds")
				b.ReportMetric(float64(g.number), "requests")
			})
		}
	}
}
