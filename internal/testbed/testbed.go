// Package testbed sets up what tests of the whole program in internal/e2e and internal/demo
// need: a gateway on loopback with one account, and a configuration that reads it. Only
// tests import it.
package testbed

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"mokabot/internal/discordsim"
	"mokabot/moka/mokatest"
)

// Key and Token are the credentials of the account, whose id is 2.
const (
	Key   = "sk-testTESTtestTESTtestTESTtestTESTtestTESTtest1234"
	Token = "test+access/token+of+nobody=="
)

// Gateway is a simulated gateway on loopback. It has one account with $100.00,
// whose key may spend $90.01.
type Gateway struct {
	*mokatest.Server
	HTTP            *httptest.Server
	Requests, Reads atomic.Int64 // all of them, and those of the wallet
}

// New starts a gateway, which ends with the test.
func New(t testing.TB) *Gateway {
	t.Helper()
	g := &Gateway{Server: mokatest.New(mokatest.V2026_08)}
	g.AddAccount(mokatest.Account{ID: 2, Username: "alice", AccessToken: Token, Quota: 50_000_000, UsedQuota: 1_234_567, Requests: 42})
	g.AddKey(2, mokatest.Key{Key: Key, Name: "normal", Remain: 45_005_000, Used: 101_150_000})
	g.HTTP = httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		g.Requests.Add(1)
		if r.URL.Path == "/api/user/self" {
			g.Reads.Add(1)
		}
		g.ServeHTTP(answer, r)
	}))
	t.Cleanup(g.HTTP.Close)
	return g
}

// WriteConfig writes the configuration of a bot that reads the account at that
// address every second. Its lines may be changed in pairs of old and new.
func WriteConfig(t testing.TB, dir, address string, changes ...string) (file string) {
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
`, discordsim.Token, discordsim.GuildID, address, Key, Token, discordsim.AlertsChannel,
		discordsim.OnCallRole, discordsim.OnCallRole, discordsim.ReportChannel, filepath.Join(dir, "mokabot.db")))
	file = filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// NoSecrets fails when a text holds twelve characters in a row of a credential.
func NoSecrets(t testing.TB, where, text string) {
	t.Helper()
	for _, secret := range []string{Key, Token, discordsim.Token} {
		for i := 0; i+12 <= len(secret); i++ {
			if strings.Contains(text, secret[i:i+12]) {
				t.Fatalf("%s holds a part of a secret", where)
			}
		}
	}
}

// Buffer is a buffer that goroutines share.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *Buffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Buffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Tail is what a log tells most of how a program ended: a report of the race
// detector or of a panic, else the last lines.
func (l *Buffer) Tail() string {
	const size = 16 << 10
	text := l.String()
	for _, sign := range []string{"WARNING: DATA RACE", "panic: ", "fatal error: ", "SIGQUIT: quit"} {
		if i := strings.Index(text, sign); i >= 0 {
			return text[i:min(len(text), i+size)]
		}
	}
	return text[max(0, len(text)-size):]
}
