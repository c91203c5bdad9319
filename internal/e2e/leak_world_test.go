package e2e

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"mokabot/internal/discordsim"
	"mokabot/moka/mokatest"
)

// leak is an arena whose every part has a credential.
type leak struct {
	*arena
	search *search
	listen string // where the program serves metrics

	mu    sync.Mutex
	heard strings.Builder // what the gateway was sent, without the one header for it
}

func newLeak(t *testing.T, found *search) *leak {
	t.Helper()
	l := &leak{arena: newArena(t, discordsim.WithToken(leakToken)), search: found}
	l.gateway.AddAccount(mokatest.Account{ID: 7, Username: "carol", AccessToken: leakAccess, Quota: dollars(90), UsedQuota: dollars(3)})
	l.gateway.AddKey(7, mokatest.Key{Key: leakKey, Name: "leaky", Remain: dollars(80), Used: dollars(2)})
	l.server = httptest.NewServer(http.HandlerFunc(l.overhear))
	t.Cleanup(l.server.Close)
	guarded, err := l.discord.Proxy(discordsim.WithProxyAuth("discord", leakProxyPassword))
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.discord.Proxy(discordsim.WithProxyAuth("far", leakFarPassword), discordsim.WithHost("gateway.example", http.HandlerFunc(l.overhear)))
	if err != nil {
		t.Fatal(err)
	}
	l.trust(guarded, far)
	l.listen = freeAddress(t)
	l.write(guarded.URL, far.URL)
	return l
}

// trust makes the program trust both proxies' authorities.
func (l *leak) trust(proxies ...*discordsim.Proxy) {
	var all []byte
	file := filepath.Join(l.dir, "authority.pem")
	for _, p := range proxies {
		if err := p.WriteCA(file); err != nil {
			l.t.Fatal(err)
		}
		one, err := os.ReadFile(file)
		if err != nil {
			l.t.Fatal(err)
		}
		all = append(all, one...)
	}
	if err := os.WriteFile(file, all, 0o600); err != nil {
		l.t.Fatal(err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	return free.Addr().String()
}

func withPassword(address, user, password string) string {
	u, _ := url.Parse(address)
	u.User = url.UserPassword(user, password)
	return u.String()
}

// write configures accounts that are reached in every way that can fail.
func (l *leak) write(discord, far string) {
	untrusted := httptest.NewUnstartedServer(l.gateway)
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	l.t.Cleanup(untrusted.Close)
	var accounts strings.Builder
	add := func(name, base, proxy string) {
		fmt.Fprintf(&accounts, "  - {name: %s, base_url: %q, proxy: %q, api_key: %q, access_token: %q, user_id: 7}\n", name, base, proxy, leakKey, leakAccess)
	}
	add("near", l.server.URL, "")
	add("far", "https://gateway.example", withPassword(far, "far", leakFarPassword))
	add("untrusted", untrusted.URL, "")
	add("refused", "https://gateway.example", withPassword(far, "stranger", leakFarPassword))
	add("nowhere", "https://unknown.example", withPassword(far, "far", leakFarPassword))
	add("shut", "http://127.0.0.1:1", "")
	add("shut-proxy", "https://gateway.example", withPassword("http://127.0.0.1:1", "far", leakFarPassword))
	add("no-socks", "https://gateway.example", withPassword(strings.Replace(far, "http:", "socks5:", 1), "far", leakFarPassword))
	add("no-tls-proxy", "https://gateway.example", withPassword(strings.Replace(far, "http:", "https:", 1), "far", leakFarPassword))
	text := fmt.Sprintf(`
poll_interval: 2s
log: {level: debug}
listen: %s
discord: {token: %s, guild_ids: ["%s"], proxy: %q}
accounts:
%salerts:
  channel_id: "%s"
  confirm_after: 0s
  unreachable_after: 1s
  levels: [{name: low, below: 20.00}, {name: critical, below: 5.00}]
reports: [{name: daily, cron: "* * * * *", period: day, channel_id: "%s"}]
model_watch: {cron: "@every 1s", channel_id: "%s", file: models.txt}
requests_per_180s: 50000
storage: {path: %s}
`, l.listen, leakToken, discordsim.GuildID, withPassword(discord, "discord", leakProxyPassword), accounts.String(),
		discordsim.AlertsChannel, discordsim.ReportChannel, discordsim.ReportChannel, l.database())
	l.file = filepath.Join(l.dir, "config.yaml")
	if err := os.WriteFile(l.file, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
}
