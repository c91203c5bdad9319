package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
	"mokabot/moka/mokatest"
)

const (
	testKey   = "sk-testTESTtestTESTtestTESTtestTESTtestTESTtest1234"
	testToken = "test+access/token+of+nobody=="
)

// world is both fakes with the real program between them.
type world struct {
	discord *discordsim.Server
	gateway *mokatest.Server
	server  *httptest.Server // the gateway on loopback
	dir     string

	requests, reads atomic.Int64 // that reached the server; the gateway itself remembers only the last
}

func newWorld(t testing.TB, opts ...discordsim.Option) *world {
	t.Helper()
	opts = append([]discordsim.Option{discordsim.WithAckTime(patience)}, opts...) // how soon is for the benchmarks
	w := &world{discord: discordsim.New(opts...), gateway: mokatest.New(mokatest.V2026_08), dir: t.TempDir()}
	t.Cleanup(w.discord.Close)
	w.gateway.AddAccount(mokatest.Account{ID: 2, Username: "alice", AccessToken: testToken, Quota: 50_000_000, UsedQuota: 1_234_567, Requests: 42})
	w.gateway.AddKey(2, mokatest.Key{Key: testKey, Name: "normal", Remain: 45_005_000, Used: 101_150_000})
	w.gateway.Update(func(s *mokatest.State) {
		s.Models = []mokatest.Model{{ID: "openai/gpt-4o", OwnedBy: "openai", Ratio: 1.25, Completion: 4}, {ID: "moka/claude-sonnet-4-6", OwnedBy: "moka", Ratio: 1.5, Completion: 5}}
	})
	w.server = httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		w.requests.Add(1)
		if r.URL.Path == "/api/user/self" {
			w.reads.Add(1)
		}
		w.gateway.ServeHTTP(answer, r)
	}))
	t.Cleanup(w.server.Close)
	return w
}

// spend books one call that costs so much quota.
func (w *world) spend(quota int64) { w.gateway.Spend(testKey, "openai/gpt-4o", quota, 1000) }

// topUp adds quota to the account and to what its key may spend.
func (w *world) topUp(quota int64) {
	w.gateway.TopUp(2, quota)
	w.gateway.Update(func(s *mokatest.State) { s.Key(testKey).Remain += quota })
}

// config writes a configuration; its lines may be changed in pairs of old and new.
func (w *world) config(t testing.TB, changes ...string) string {
	t.Helper()
	text := strings.NewReplacer(changes...).Replace(fmt.Sprintf(`
poll_interval: 1s
discord:
  token: %s
  guild_ids: ["%s"]
accounts:
  - name: team
    base_url: %s
    api_key: %s
    access_token: %s
    user_id: 2
alerts:
  channel_id: "%s"
  confirm_after: 1s
  spike: {factor: 0, at_least: 1.00}
  levels:
    - {name: low, below: 20.00, remind_every: 24h, mention_roles: ["%s"]}
    - {name: critical, below: 5.00, remind_every: 6h, mention_roles: ["%s"]}
reports:
  - {name: daily, cron: "* * * * *", period: day, channel_id: "%s"}
requests_per_180s: 5000
storage:
  path: %s
`, discordsim.Token, discordsim.GuildID, w.server.URL, testKey, testToken, discordsim.AlertsChannel,
		discordsim.OnCallRole, discordsim.OnCallRole, discordsim.ReportChannel, filepath.Join(w.dir, "mokabot.db")))
	file := filepath.Join(w.dir, "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// proxied starts a proxy to the simulated Discord, and says how a program comes
// to trust it.
func (w *world) proxied(t testing.TB) (proxy *discordsim.Proxy, trust string) {
	t.Helper()
	proxy, err := w.discord.Proxy()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Close)
	authority := w.dir + "/authority.pem"
	if err := proxy.WriteCA(authority); err != nil {
		t.Fatal(err)
	}
	return proxy, "SSL_CERT_FILE=" + authority
}

// throughProxy is the environment of a program that takes such a proxy.
func (w *world) throughProxy(t testing.TB) (env []string) {
	t.Helper()
	proxy, trust := w.proxied(t)
	return []string{trust, "HTTPS_PROXY=" + proxy.URL}
}

// run starts the bot in this process and returns how to stop it.
func (w *world) run(t *testing.T, file string, clock func() time.Time) (stop func()) {
	t.Helper()
	proof.NotShort(t)
	c, err := config.LoadWith(file, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var log lockedBuffer
	var wg sync.WaitGroup
	wg.Go(func() {
		err := app.Serve(ctx, c, app.Environment{
			Discord: w.discord.Client(), Clock: clock,
			Reload: func() (*config.Config, error) { return config.LoadWith(file, os.LookupEnv) },
		}, app.NewLog(&log, c.Log))
		if err != nil {
			t.Errorf("the bot ended with %v", err)
		}
	})
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			wg.Wait()
			noSecrets(t, "the log", log.String())
			if t.Failed() {
				t.Log(log.String())
			}
		})
	}
	t.Cleanup(stop)
	if err := w.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("the bot did not connect: %v\n%s", err, log.String())
	}
	return stop
}

func noSecrets(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range []string{testKey, testToken, discordsim.Token} {
		for i := 0; i+12 <= len(secret); i++ {
			if strings.Contains(text, secret[i:i+12]) {
				t.Fatalf("%s holds a part of a secret", where)
			}
		}
	}
}

func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// program prepares a process of the program, with nothing of this process's
// environment but what it needs.
func program(t testing.TB, env []string, args ...string) (*exec.Cmd, *lockedBuffer, *lockedBuffer) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), build(t), args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	cmd.Dir = t.TempDir()
	out, log := &lockedBuffer{}, &lockedBuffer{}
	cmd.Stdout, cmd.Stderr = out, log
	return cmd, out, log
}

// command runs one command line to its end, in this process's folder.
func command(t *testing.T, env map[string]string, args ...string) (status int, out, log string) {
	t.Helper()
	var o, e bytes.Buffer
	binary := build(t) // before the time begins to run
	cmd := exec.CommandContext(deadline(t), binary, args...)
	cmd.Stdout, cmd.Stderr = &o, &e
	cmd.Env = []string{"HOME=" + t.TempDir()}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Run()
	noSecrets(t, "the output", o.String()+e.String())
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
