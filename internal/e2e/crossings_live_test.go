package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mokabot/internal/config"
)

// TestCrossingsLive has the released program watch fifty accounts on one host of
// loopback with the default request budget, for as long as MOKABOT_CROSSINGS says,
// and compares its posts with the books of those who spend. The program is new: what
// is crossed until the budget could have served everybody's first reading counts apart.
//
//	MOKABOT_CROSSINGS=20m go test ./internal/e2e -run TestCrossingsLive -v -timeout 1h
func TestCrossingsLive(t *testing.T) {
	lasts, err := time.ParseDuration(os.Getenv("MOKABOT_CROSSINGS"))
	if err != nil {
		t.Skip("set MOKABOT_CROSSINGS=20m to run it for that long")
	}
	const n = 50
	var accounts []config.Account
	s := newArena(t)
	s.path = release(t)
	w := &crossingWorld{t: t, gateway: s.gateway, discord: s.discord}
	s.hook(func(done bool) {
		if !done {
			w.mu.Lock()
			w.requests = append(w.requests, time.Now())
			w.mu.Unlock()
		}
	})
	dice := rand.New(rand.NewPCG(50, 1))
	w.shift = time.Date(2026, 1, 1, 1, 50, 0, 0, time.UTC).Sub(time.Now().UTC()) % (24 * time.Hour) // the nightly work begins in ten minutes
	w.offices = 7 * time.Hour                                                                       // half of them open then, the others later
	var lines strings.Builder
	for i := range n {
		limit := 20 + 6*dice.Float64()*dice.Float64()
		if habits[i%len(habits)].name == "runaway" {
			limit = 20 + 12*dice.Float64()
		}
		a := w.account(i, limit)
		accounts = append(accounts, a)
		fmt.Fprintf(&lines, "  - {name: %s, base_url: %q", a.Name, s.server.URL)
		if key := a.APIKey.Reveal(); key != "" {
			fmt.Fprintf(&lines, ", api_key: %q", key)
		}
		if token := a.AccessToken.Reveal(); token != "" {
			fmt.Fprintf(&lines, ", access_token: %q, user_id: %d", token, a.UserID)
		}
		lines.WriteString("}\n")
		w.rememberAtGateway(w.spenders[i], dice)
	}
	s.file = s.config(t)
	text, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), "  - name: team\n")
	_, after, _ := strings.Cut(rest, "alerts:\n")
	file := strings.NewReplacer("poll_interval: 1s", "poll_interval: 5m", "confirm_after: 1s", "confirm_after: 30s", "spike: {factor: 0,", "spike: {factor: 5,",
		"requests_per_180s: 5000\n", "", "* * * * *", "0 9 * * *").Replace(before + lines.String() + "alerts:\n" + after)
	if err := os.WriteFile(s.file, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	w.listen(t.Context())
	began := time.Now()
	w.served = began.Add(w.firstReadings(&config.Config{Accounts: accounts}))
	w.nearLevels(dice, began, w.served, began.Add(lasts))
	bot := s.start("run", "--config", s.file)
	if err := s.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, bot.log.Tail())
	}
	var spending sync.WaitGroup
	for i, one := range w.spenders {
		own := rand.New(rand.NewPCG(uint64(i), 1))
		spending.Go(func() { w.spend(one, own, began.Add(lasts)) })
	}
	spending.Wait()
	within(t, 5*time.Minute, "the last crossings", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return !slices.ContainsFunc(w.spenders, func(s *spender) bool {
			return slices.ContainsFunc(slices.Collect(maps.Values(s.below)), func(at time.Time) bool { return !at.IsZero() })
		})
	})
	w.mu.Lock()
	w.finish(time.Since(began))
	w.mu.Unlock()
	t.Logf("%8s  %-8s %9s %7s %7s %7s %7s %6s %6s %9s %8s", "accounts", "polling", "crossings", "median", "95 %", "99 %", "longest", "missed", "false", "requests", "in 180 s")
	t.Log(w.result.row(n, "planned"))
	t.Logf("%d crossings before all could have been read: median %s, 95 of 100 %s", len(w.result.first), quantile(w.result.first, 0.5), quantile(w.result.first, 0.95))
	for _, kind := range slices.Sorted(maps.Keys(w.result.byKind)) {
		t.Logf("%18s %s", "", part(kind, w.result.byKind[kind]))
	}
	bot.terminate(t)
	r := &w.result
	if r.at(0.5) > 30*time.Second || r.at(0.95) > 90*time.Second || r.most > defaultBudget || r.missed > 0 || r.untrue > 0 {
		t.Errorf("median %s, 95 of 100 %s; %d requests in 180 s, %d missed, %d false", r.at(0.5), r.at(0.95), r.most, r.missed, r.untrue)
	}
}

// rememberAtGateway gives an account a past of four weeks in the gateway's records.
func (w *crossingWorld) rememberAtGateway(s *spender, dice *rand.Rand) {
	var left, used int64
	for at := time.Now().Truncate(time.Hour).AddDate(0, 0, -28); at.Before(time.Now().Add(-time.Hour)); at = at.Add(time.Hour) {
		quota := s.usual(w.hour(s, at)+0.5, dice)
		w.gateway.SpendAt(at.Add(10*time.Minute), s.key, "gpt-4o", quota, 1000)
		left, used = left+quota, used+quota
	}
	w.refill(s, left)
}
