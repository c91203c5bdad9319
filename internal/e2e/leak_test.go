package e2e

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
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
	if !proof.Long() {
		return likely
	}
	return append(likely, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte("user:"+secret)), hex.EncodeToString([]byte(secret)))
}

// TestNoCredentialLeaks runs the program at debug level through every fault
// that both fakes know and looks for parts of its credentials in all that it
// says, sends and stores.
func TestNoCredentialLeaks(t *testing.T) {
	proof.NeedsLong(t)
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
		t.Fatalf("%v\n%s", err, p.log.Tail())
	}
	l.everything(4 * time.Second)
	through(l)
	l.discord.Heal()
	l.gateway.Clear()
	within(t, patience, "the connection to heal", func() bool {
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
		users.Go(func() { _, _ = l.discord.Slash(ctx, discordsim.Call{Name: name, Options: options}) })
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
		_, _ = l.discord.Autocomplete(ctx, discordsim.Call{Name: "models", Options: map[string]any{"account": "near"}}, "search", "")
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
	for _, f := range []discordsim.GatewayFault{
		{Kind: discordsim.GatewayClose, Code: 4004, Text: leakToken}, {Kind: discordsim.GatewayClose, Code: 4013, Text: "Bot " + leakToken},
	} {
		other.discord.InjectGateway(f)
		other.end(fmt.Sprint("close ", f.Code))
	}
	other.discord.Inject(discordsim.Fault{Kind: discordsim.FaultStatus, Status: 401, Count: -1, Body: fmt.Sprintf(`{"message":"401: %s"}`, leakToken)})
	other.end("401")
}

func (l *leak) end(after string) {
	p := l.start()
	if code := p.wait(l.t, patience); code != 1 {
		l.t.Errorf("after %s the program ended with %d\n%s", after, code, p.log.Tail())
	}
	l.search.in("the log of an end", p.log.String()+p.out.String())
}
