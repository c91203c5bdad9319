package e2e

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
	"mokabot/internal/testbed"
	"mokabot/moka/mokatest"
)

const (
	testKey   = testbed.Key
	testToken = testbed.Token
)

type lockedBuffer = testbed.Buffer

// world is both fakes with the real program between them.
type world struct {
	discord *discordsim.Server
	bed     *testbed.Gateway
	gateway *mokatest.Server
	server  *httptest.Server // the gateway on loopback
	dir     string
}

func newWorld(t testing.TB, opts ...discordsim.Option) *world {
	t.Helper()
	opts = append([]discordsim.Option{discordsim.WithAckTime(patience)}, opts...) // how soon is for the benchmarks
	bed := testbed.New(t)
	w := &world{discord: discordsim.New(opts...), bed: bed, gateway: bed.Server, server: bed.HTTP, dir: t.TempDir()}
	t.Cleanup(w.discord.Close)
	w.gateway.Update(func(s *mokatest.State) {
		s.Models = []mokatest.Model{{ID: "openai/gpt-4o", OwnedBy: "openai", Ratio: 1.25, Completion: 4}, {ID: "moka/claude-sonnet-4-6", OwnedBy: "moka", Ratio: 1.5, Completion: 5}}
	})
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
	return testbed.WriteConfig(t, w.dir, w.server.URL, changes...)
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
			testbed.NoSecrets(t, "the log", log.String())
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
	testbed.NoSecrets(t, "the output", o.String()+e.String())
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}
