package e2e

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka/mokatest"
)

// encodings are what programs make of a text that they pass on.
func encodings() map[string]func(string) string {
	each := func(format string) func(string) string {
		return func(s string) string {
			var b strings.Builder
			for _, c := range []byte(s) {
				fmt.Fprintf(&b, format, c)
			}
			return b.String()
		}
	}
	between := func(sign string) func(string) string {
		return func(s string) string { return strings.Join(strings.Split(s, ""), sign) }
	}
	return map[string]func(string) string{
		"as it is": func(s string) string { return s },
		"in parts": func(s string) string { return s[:16] + " … " + s[8:] },
		"upper":    strings.ToUpper, "lower": strings.ToLower,
		"query": url.QueryEscape, "percent": each("%%%02X"), "percent, lower": each("%%%02x"),
		"percent, twice": func(s string) string { return url.QueryEscape(each("%%%02X")(s)) },
		"HTML":           each("&#%d;"), "HTML hex": each("&#x%x;"), "JSON": each(`\u%04x`),
		"hex": func(s string) string { return hex.EncodeToString([]byte(s)) }, "upper hex": each("%02X"), "hex with colons": func(s string) string {
			return strings.TrimSuffix(each("%02x:")(s), ":")
		},
		"base32": func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) },
		"base64": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"basic auth": func(s string) string {
			return base64.StdEncoding.EncodeToString([]byte("user:" + s))
		},
		"URL base64": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
		"dashes":     between("-"), "blanks": between(" "), "dots": between("."), "zero width": between("\u200b"),
	}
}

// shapes are the answers in which a gateway sends a text back. A nil answer is
// left to the fake gateway.
func shapes() map[string]func(w http.ResponseWriter, r *http.Request, echo string) bool {
	answer := func(w http.ResponseWriter, status int, body any) bool {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
		return true
	}
	type object map[string]any
	at := func(path string, body func(string) any) func(http.ResponseWriter, *http.Request, string) bool {
		return func(w http.ResponseWriter, r *http.Request, echo string) bool {
			return r.URL.Path == path && answer(w, http.StatusOK, body(echo))
		}
	}
	return map[string]func(http.ResponseWriter, *http.Request, string) bool{
		"an error": func(w http.ResponseWriter, _ *http.Request, echo string) bool {
			return answer(w, http.StatusUnauthorized, object{"error": object{"message": "wrong key " + echo, "type": echo, "code": echo}})
		},
		"a refusal": func(w http.ResponseWriter, _ *http.Request, echo string) bool {
			return answer(w, http.StatusOK, object{"success": false, "message": echo})
		},
		"a page": func(w http.ResponseWriter, _ *http.Request, echo string) bool {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprintf(w, "<html><head><title>%s</title></head><body>%s</body></html>", echo, echo)
			return true
		},
		"a redirect": func(w http.ResponseWriter, _ *http.Request, echo string) bool {
			w.Header().Set("Location", "https://"+url.PathEscape(echo)+".example/"+url.PathEscape(echo)+"?k="+url.QueryEscape(echo))
			w.WriteHeader(http.StatusFound)
			return true
		},
		"headers": func(w http.ResponseWriter, _ *http.Request, echo string) bool {
			for _, name := range []string{"Retry-After", "X-RateLimit-Reset", "Content-Language", "Server", "Date"} {
				w.Header()[name] = []string{strings.Map(visible, echo)}
			}
			return answer(w, http.StatusTooManyRequests, object{"message": echo})
		},
		"not JSON": func(w http.ResponseWriter, _ *http.Request, echo string) bool {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"data": `+echo)
			return true
		},
		"the status": at("/api/status", func(echo string) any {
			return object{"success": true, "data": object{"version": echo, "system_name": echo, "quota_per_unit": 500000, "quota_display_type": echo, "top_up_link": "https://x.example/" + url.PathEscape(echo)}}
		}),
		"the models": at("/v1/models", func(echo string) any {
			return object{"success": true, "data": []object{{"id": echo, "owned_by": echo}, {"id": "gpt-" + echo, "owned_by": "x"}}}
		}),
		"the prices": at("/api/pricing", func(echo string) any {
			return object{"success": true, "data": []object{{"model_name": echo, "model_ratio": 1}}, "group_ratio": object{echo: 1}, "usable_group": object{echo: echo}}
		}),
		"the notice": at("/api/notice", func(echo string) any { return object{"success": true, "data": echo} }),
		"the use": at("/api/data/self", func(echo string) any {
			return object{"success": true, "data": []object{{"model_name": echo, "created_at": time.Now().Add(-time.Hour).Unix(), "quota": 5000, "count": 1, "token_used": 10, "username": echo}}}
		}),
		"the user": at("/api/user/self", func(echo string) any {
			return object{"success": true, "data": object{"id": 7, "username": echo, "display_name": echo, "group": echo, "quota": 50_000_000, "used_quota": 1, "request_count": 1, "setting": echo}}
		}),
	}
}

func visible(c rune) rune {
	if c < ' ' || c > '~' {
		return '_'
	}
	return c
}

// proxyAnswers are the ways in which a proxy says its password.
func proxyAnswers(echo string) map[string]string {
	line := strings.NewReplacer("\r", "", "\n", "").Replace(echo)
	return map[string]string{
		"status line": "HTTP/1.1 407 " + line + "\r\n\r\n",
		"no status":   "HTTP/1.1 " + line + "\r\n\r\n",
		"no HTTP":     line + "\r\n\r\n",
		"a header":    "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"" + line + "\"\r\nContent-Length: 0\r\n\r\n",
		"a body":      "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<title>" + echo + "</title>",
		"a tunnel":    "HTTP/1.1 200 OK\r\n\r\n" + echo,
	}
}

// TestNoCredentialComesBackEncoded has the real program ask gateways, in every
// way that it can, and go through proxies, that send its credentials back in all
// the forms that programs make of texts, with net/http told to print every
// header. Nothing that it prints holds a part of them in any form. Each form
// comes back in each place once, with one of the commands; with MOKABOT_LEAKS set,
// with all of them.
func TestNoCredentialComesBackEncoded(t *testing.T) {
	proof.NeedsLong(t, "MOKABOT_LEAKS")
	t.Parallel()
	all := os.Getenv("MOKABOT_LEAKS") != ""
	found := newSearch(map[string]string{"API key": leakKey, "access token": leakAccess, "proxy password": leakFarPassword, "bot token": leakToken})
	e := newEchoing(t)
	lines := [][]string{{"check"}, {"check", "--json"}, {"balance"}, {"balance", "--json"}, {"models"}, {"models", "--json"},
		{"usage", "--json"}, {"usage", "--by", "model", "--json"}, {"run"}}
	names := slices.Sorted(maps.Keys(encodings()))
	places := slices.Sorted(maps.Keys(shapes()))
	proxied := slices.Sorted(maps.Keys(proxyAnswers("")))
	runs := 0
	var asking sync.WaitGroup
	free := make(chan struct{}, 4)
	ask := func(where, file string, line []string) {
		runs++
		asking.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			e.says(found, where, append(slices.Clone(line), "--config", file)...)
		})
	}
	for i, encoding := range names {
		for j, place := range places {
			for k, line := range lines {
				if !all && (i+j+k)%len(lines) != 0 {
					continue
				}
				ask(encoding+" in "+place, e.config(encoding, place), line)
			}
		}
		for j, place := range proxied {
			if all || (i+j)%3 == 0 {
				ask(encoding+" by a proxy in "+place, e.proxied(encoding, place), []string{"check"})
			}
		}
	}
	asking.Wait()
	t.Logf("%d runs, %d encodings, %d places, %d ways of a proxy", runs, len(names), len(places), len(proxied))
	found.report(t)
}

// echoing is a gateway over TLS that sends back what it is told to by the
// address: /ENCODING/PLACE.
type echoing struct {
	t         *testing.T
	gateway   *mokatest.Server
	address   string
	authority string
	dir       string
	n         int
}

func newEchoing(t *testing.T) *echoing {
	t.Helper()
	e := &echoing{t: t, gateway: mokatest.New(mokatest.V2026_08), dir: t.TempDir()}
	e.gateway.AddAccount(mokatest.Account{ID: 7, Username: "carol", AccessToken: leakAccess, Quota: dollars(90)})
	e.gateway.AddKey(7, mokatest.Key{Key: leakKey, Name: "leaky", Remain: dollars(80), Used: dollars(2)})
	server := httptest.NewUnstartedServer(http.HandlerFunc(e.answer))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = quietLog()
	server.StartTLS()
	t.Cleanup(server.Close)
	e.address = server.URL
	e.authority = filepath.Join(e.dir, "authority.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(e.authority, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return e
}

// answer takes the encoding and the place off the path.
func (e *echoing) answer(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 3)
	if len(parts) < 3 {
		http.NotFound(w, r)
		return
	}
	encode, shape := encodings()[parts[0]], shapes()[parts[1]]
	r.URL.Path, r.URL.RawPath = "/"+parts[2], ""
	secret := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if secret == "" {
		secret = leakKey
	}
	if !shape(w, r, encode(secret)) {
		e.gateway.ServeHTTP(w, r)
	}
}

// config is a configuration with the gateway that echoes so.
func (e *echoing) config(encoding, place string) string {
	return e.write(e.address+"/"+url.PathEscape(encoding)+"/"+url.PathEscape(place), "")
}

// proxied is a configuration with a proxy that echoes so, for the gateway and
// for Discord.
func (e *echoing) proxied(encoding, place string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { listener.Close() })
	text := proxyAnswers(encodings()[encoding](leakFarPassword))[place]
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, text)
			}()
		}
	}()
	return e.write("https://gateway.example", withPassword("http://"+listener.Addr().String(), "far", leakFarPassword))
}

func (e *echoing) write(address, proxy string) string {
	e.n++
	file := filepath.Join(e.dir, fmt.Sprintf("config%d.yaml", e.n))
	discord := "http://127.0.0.1:1"
	if proxy != "" {
		discord = proxy
	}
	text := fmt.Sprintf("log: {level: debug}\npoll_interval: 1s\ndiscord: {token: %q, proxy: %q}\nalerts: {channel_id: \"1100000000000000011\"}\nstorage: {path: %q}\n"+
		"accounts: [{name: a, base_url: %q, proxy: %q, api_key: %q, access_token: %q, user_id: 7}]\n",
		leakToken, discord, file+".db", address, proxy, leakKey, leakAccess)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		e.t.Fatal(err)
	}
	return file
}

// says runs one command line and searches its output; the bot itself for two
// seconds from its first line on.
func (e *echoing) says(found *search, where string, args ...string) {
	path := build(e.t)
	ctx, cancel := context.WithTimeout(e.t.Context(), 2*time.Minute)
	defer cancel()
	cmd, out := exec.CommandContext(ctx, path, args...), &lockedBuffer{}
	if args[0] == "run" {
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		go func() {
			within(e.t, patience, "the first line of the log", func() bool { return out.String() != "" || ctx.Err() != nil })
			time.AfterFunc(2*time.Second, cancel)
		}()
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = []string{"HOME=" + e.dir, "SSL_CERT_FILE=" + e.authority, "GODEBUG=http2debug=2"}
	_ = cmd.Run()
	text := out.String()
	if len(text) == 0 {
		e.t.Errorf("%s: %v prints nothing", where, args)
	}
	found.in(where+", "+args[0], text)
	found.in(where+", "+args[0], strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">", `\\`, `\`).Replace(text))
}

func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }
