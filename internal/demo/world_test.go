package demo

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/moka/mokatest"
)

const (
	testKey   = "sk-testTESTtestTESTtestTESTtestTESTtestTESTtest1234"
	testToken = "test+access/token+of+nobody=="
)

// world is a gateway on loopback with one account, and a folder.
type world struct {
	gateway *mokatest.Server
	server  *httptest.Server
	dir     string
	reads   atomic.Int64 // of the wallet
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{gateway: mokatest.New(mokatest.V2026_08), dir: t.TempDir()}
	w.gateway.AddAccount(mokatest.Account{ID: 2, Username: "alice", AccessToken: testToken, Quota: 50_000_000, UsedQuota: 1_234_567, Requests: 42})
	w.gateway.AddKey(2, mokatest.Key{Key: testKey, Name: "normal", Remain: 45_005_000, Used: 101_150_000})
	w.server = httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
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

// polled waits until the account was read n times more.
func (w *world) polled(t *testing.T, n int64) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	end := deadline(t)
	for before := w.reads.Load(); w.reads.Load() < before+n; {
		select {
		case <-tick.C:
		case <-end.Done():
			t.Fatalf("the account was read %d times, want %d", w.reads.Load()-before, n)
		}
	}
}

// config writes a configuration; its lines may be changed in pairs of old and new.
func (w *world) config(t *testing.T, changes ...string) string {
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
reports:
  - {name: daily, cron: "* * * * *", period: day, channel_id: "%s"}
requests_per_180s: 5000
storage:
  path: %s
`, discordsim.Token, discordsim.GuildID, w.server.URL, testKey, testToken, discordsim.AlertsChannel,
		discordsim.OnCallRole, discordsim.ReportChannel, filepath.Join(w.dir, "mokabot.db")))
	file := filepath.Join(w.dir, "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	t.Cleanup(cancel)
	return ctx
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

// titled matches messages with an embed whose title or text holds that.
func titled(text string) func(discordsim.Message) bool {
	return func(m discordsim.Message) bool { return strings.Contains(string(m.JSON()), text) }
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
