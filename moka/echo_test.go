package moka

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mokabot/internal/proof"
	"mokabot/moka/redact"
)

// S6: whatever field a gateway writes a credential or an escape sequence into,
// neither comes out again.
func TestStatusIsRedactedAndDisarmed(t *testing.T) {
	evil := "\x1b[31m" + testKey + "\u202e\u200b" + strings.ToUpper(testToken) + " " + percentEncoded(testKey)
	body := fmt.Sprintf(`{"success":true,"data":{"version":%[1]q,"system_name":%[1]q,"quota_per_unit":500000,"quota_display_type":%[1]q,"usd_exchange_rate":7}}`,
		strings.ReplaceAll(evil, "\x1b", "?"))
	body = strings.ReplaceAll(body, "?", `\u001b`)
	s, err := dial(t, healthy(map[string]reply{statusPath: {body: body}}), bothCredentials).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{s.Version, s.SystemName, string(s.Units.Display)} {
		if text == "" || strings.ContainsAny(text, "\x1b\u202e\u200b") || strings.Contains(strings.ToLower(text), "456789abcdef") || strings.Contains(text, "PQ7+RS") || strings.Contains(text, "%73") {
			t.Errorf("%q", text)
		}
	}
}

// S9: a proxy that says the password, in all the places where it can.
func TestNoErrorCarriesAProxysPassword(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	const password = "dP7&kw/Zr3+xQm=9Vt%LbHn"
	for _, answer := range []string{
		"HTTP/1.1 407 " + password + "\r\n\r\n",
		"HTTP/1.1 " + password + "\r\n\r\n",
		password + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\n" + password + "\r\n\r\n",
		"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: " + password + "\r\nContent-Length: 23\r\n\r\n" + password,
		"HTTP/1.1 302 Found\r\nLocation: http://" + url.QueryEscape(password) + "\r\n\r\n",
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				go func() {
					defer conn.Close()
					_, _ = conn.Read(make([]byte, 4096))
					_, _ = io.WriteString(conn, answer)
				}()
			}
		}()
		for _, scheme := range []string{"http", "https", "socks5"} {
			proxy := &url.URL{Scheme: scheme, Host: listener.Addr().String(), User: url.UserPassword("me", password)}
			c, err := New("https://x.test", bothCredentials, WithHTTPClient(&http.Client{Transport: NewTransport(proxy)}), WithRedactor(redact.New("***", password)))
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Models(t.Context())
			e, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("%s %q: %v", scheme, answer, err)
			}
			text := fmt.Sprintf("%v %+v %#v %s", e, e, *e, e.Err)
			for i := 0; i+8 <= len(password); i++ {
				if strings.Contains(text, password[i:i+8]) {
					t.Errorf("%s %q: %s", scheme, answer, text)
					break
				}
			}
			if scheme == "http" && strings.HasPrefix(answer, "HTTP/1.1 407") && e.Hint != HintProxy {
				t.Errorf("%q: %v", answer, err)
			}
		}
	}
}

// percentEncoded writes every byte as an escape, which url.QueryEscape does not.
func percentEncoded(text string) string {
	var all strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&all, "%%%02X", c)
	}
	return all.String()
}
