package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mokabot/internal/discordtest"
	"mokabot/moka/mokatest"
)

// Credentials that look like real ones, and so are cleaned like real ones.
const (
	leakToken         = "MTE5ODc2NTQzMjEwOTg3NjU0.GzK4tQ.p7Wn-3vXyB_2LmQ9sRdE8fHjKcTaUoYiZ5xVbN"
	leakKey           = "sk-Qm7RtX2vBn9KpLs4WzEy8HcJd3FgUa6TiOq1VxYbMr5NkCeP"
	leakAccess        = "wJ4+kT9/zQ7mXr2vLp6BnYc8HsDf3Ge="
	leakProxyPassword = "dP7&kw/Zr3+xQm=9Vt%LbHn"
	leakFarPassword   = "gX2@hB5:Yk8?Jn4#Wc6sRfTz"
	leakStranger      = "sk-Zz9YyXxWwVvUuTtSsRrQqPpOoNnMmLlKkJjIiHhGgFfEeDdCc" // not the bot's, but nobody's business
)

var leakSecrets = map[string]string{
	"bot token": leakToken, "API key": leakKey, "access token": leakAccess,
	"proxy password": leakProxyPassword, "gateway proxy password": leakFarPassword,
}

// echoes are the forms in which somebody may send a credential back; the rarer
// ones only with MOKABOT_LONG.
func echoes(secret string) []string {
	likely := []string{secret, secret[:20] + " " + secret[len(secret)-16:] + " " + secret[4:18]}
	if os.Getenv("MOKABOT_LONG") == "" {
		return likely
	}
	return append(likely, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte("user:"+secret)), hex.EncodeToString([]byte(secret)))
}

// TestNoCredentialLeaks runs the program at debug level through every fault
// that both fakes know and looks for parts of its credentials in all that it
// says, sends and stores.
func TestNoCredentialLeaks(t *testing.T) {
	t.Parallel()
	found := newSearch(leakSecrets)
	var parts sync.WaitGroup
	for what, through := range map[string]func(*leak){
		"the gateway's faults": (*leak).throughGateway, "Discord's faults": (*leak).throughRequests, "faults of the connection": (*leak).throughConnections,
	} {
		parts.Go(func() {
			t.Run(what, func(t *testing.T) {
				l := newLeak(t, found)
				l.run(through)
			})
		})
	}
	parts.Wait()
	found.report(t)
}

// run has the program live through something, and searches what is left of it.
func (l *leak) run(through func(*leak)) {
	t := l.t
	p := l.start()
	if err := l.discord.Connected(deadline(t)); err != nil {
		t.Fatalf("%v\n%s", err, p.log.tail())
	}
	l.everything(4 * time.Second)
	through(l)
	l.discord.Heal()
	l.gateway.Clear()
	within(t, 90*time.Second, "the connection to heal", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		return l.discord.Connected(ctx) == nil
	})
	l.everything(10 * time.Second)
	p.terminate(t)
	l.search.in("stdout", p.out.String())
	l.search.in("the log", p.log.String())
	l.collect()
	for _, v := range l.discord.Violations() {
		if !outagesDoing(v) {
			t.Error(v)
		}
	}
}

func (l *leak) throughGateway() {
	for _, f := range l.gatewayFaults() {
		l.gateway.Fault(f)
		l.asks(2 * time.Second)
		l.gateway.Clear()
	}
}

func (l *leak) throughRequests() {
	c := client{"near", leakKey, 7, l.gateway}
	for i, f := range l.requestFaults() {
		c.holds(map[bool]float64{true: 3, false: 80}[i%2 == 0]) // makes for a post
		l.discord.Inject(f)
		l.asks(2 * time.Second)
		l.discord.Heal()
	}
	l.ends()
}

func (l *leak) throughConnections() {
	for _, f := range l.connectionFaults() {
		l.discord.InjectGateway(f)
		l.discord.Drop()
		l.asks(time.Second)
	}
}

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
	l := &leak{arena: newArena(t, discordtest.WithToken(leakToken)), search: found}
	l.gateway.AddAccount(mokatest.Account{ID: 7, Username: "carol", AccessToken: leakAccess, Quota: dollars(90), UsedQuota: dollars(3)})
	l.gateway.AddKey(7, mokatest.Key{Key: leakKey, Name: "leaky", Remain: dollars(80), Used: dollars(2)})
	l.server = httptest.NewServer(http.HandlerFunc(l.overhear))
	t.Cleanup(l.server.Close)
	guarded, err := l.discord.Proxy(discordtest.WithProxyAuth("discord", leakProxyPassword))
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.discord.Proxy(discordtest.WithProxyAuth("far", leakFarPassword), discordtest.WithHost("gateway.example", http.HandlerFunc(l.overhear)))
	if err != nil {
		t.Fatal(err)
	}
	l.trust(guarded, far)
	l.listen = freeAddress(t)
	l.write(guarded.URL, far.URL)
	return l
}

// trust makes the program trust both proxies' authorities.
func (l *leak) trust(proxies ...*discordtest.Proxy) {
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
`, l.listen, leakToken, discordtest.GuildID, withPassword(discord, "discord", leakProxyPassword), accounts.String(),
		discordtest.AlertsChannel, discordtest.ReportChannel, discordtest.ReportChannel, l.database())
	l.file = filepath.Join(l.dir, "config.yaml")
	if err := os.WriteFile(l.file, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

// overhear is the gateway, which notes what it is sent but for the headers
// that are there to carry a credential.
func (l *leak) overhear(w http.ResponseWriter, r *http.Request) {
	h := maps.Clone(r.Header)
	delete(h, "Authorization")
	l.mu.Lock()
	fmt.Fprintln(&l.heard, r.Method, r.URL, h)
	l.mu.Unlock()
	l.gateway.ServeHTTP(w, r)
}

// asks gives a few commands, and reads the metrics.
func (l *leak) asks(most time.Duration) {
	l.say(most, []string{"keys", "status"}, []string{"near"})
}

// everything gives every command for every account.
func (l *leak) everything(most time.Duration) {
	l.say(most, []string{"balance", "models", "keys", "report", "alerts", "status", "help", "reload"},
		[]string{"near", "far", "untrusted", "refused", "nowhere", "shut", "shut-proxy", "no-socks", "no-tls-proxy"})
}

// say gives each command, and asks for each account's balance, use and models.
func (l *leak) say(most time.Duration, commands, accounts []string) {
	ctx, cancel := context.WithTimeout(l.t.Context(), most)
	defer cancel()
	var users sync.WaitGroup
	give := func(name string, options map[string]any) {
		users.Go(func() { _, _ = l.discord.Slash(ctx, discordtest.Call{Name: name, Options: options}) })
	}
	for _, name := range commands {
		give(name, nil)
	}
	for _, account := range accounts {
		give("balance", map[string]any{"account": account, "share": true})
		give("usage", map[string]any{"account": account})
		give("models", map[string]any{"account": account})
	}
	users.Go(func() {
		_, _ = l.discord.Autocomplete(ctx, discordtest.Call{Name: "models", Options: map[string]any{"account": "near"}}, "search", "")
	})
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		users.Go(func() { l.fetch(ctx, path) })
	}
	users.Wait()
}

// fetch searches what the program serves.
func (l *leak) fetch(ctx context.Context, path string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.listen+path, nil)
	if err != nil {
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	l.search.in(path, string(text))
}

// collect searches what the program sent and stored.
func (l *leak) collect() {
	for _, r := range l.discord.Requests() {
		l.search.in("a request to Discord, "+r.Method+" "+strings.Split(r.Path, "/")[1], r.Path+"?"+r.Query+"\n"+string(r.Body))
	}
	l.mu.Lock()
	l.search.in("a request to the gateway", l.heard.String())
	l.mu.Unlock()
	files, err := filepath.Glob(filepath.Join(l.dir, "*"))
	if err != nil || len(files) < 2 {
		l.t.Errorf("files %v, %v", files, err)
	}
	for _, file := range files {
		if file == l.file {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			l.t.Error(err)
		}
		l.search.in("the file "+filepath.Base(file), string(text))
	}
}

// ends runs the program where it gives up, from an empty directory of its own.
func (l *leak) ends() {
	other := newLeak(l.t, l.search)
	for _, f := range []discordtest.GatewayFault{
		{Kind: discordtest.GatewayClose, Code: 4004, Text: leakToken}, {Kind: discordtest.GatewayClose, Code: 4013, Text: "Bot " + leakToken},
	} {
		other.discord.InjectGateway(f)
		other.end(fmt.Sprint("close ", f.Code))
	}
	other.discord.Inject(discordtest.Fault{Kind: discordtest.FaultStatus, Status: 401, Count: -1, Body: fmt.Sprintf(`{"message":"401: %s"}`, leakToken)})
	other.end("401")
}

func (l *leak) end(after string) {
	p := l.start()
	if code := p.wait(l.t, 30*time.Second); code != exitFailed {
		l.t.Errorf("after %s the program ended with %d\n%s", after, code, p.log.tail())
	}
	l.search.in("the log of an end", p.log.String()+p.out.String())
}
