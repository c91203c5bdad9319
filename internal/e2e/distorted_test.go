//go:build unix

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"
	"unicode/utf8"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
)

var (
	numbers = regexp.MustCompile(`:(-?[0-9][0-9.e+-]*)`)
	texts   = regexp.MustCompile(`:"([^"\\]*)"`)
)

// distortions are what happens to each number or text of an otherwise honest answer.
var distortions = map[string]func(body string) string{
	"numbers beyond any":   func(body string) string { return numbers.ReplaceAllString(body, ":1e999999") },
	"numbers below any":    func(body string) string { return numbers.ReplaceAllString(body, ":-1e308") },
	"the largest numbers":  func(body string) string { return numbers.ReplaceAllString(body, ":9223372036854775807") },
	"the smallest numbers": func(body string) string { return numbers.ReplaceAllString(body, ":-9223372036854775808") },
	"fractions":            func(body string) string { return numbers.ReplaceAllString(body, ":0.5") },
	"tiny numbers":         func(body string) string { return numbers.ReplaceAllString(body, ":5e-324") },
	"negative zeros":       func(body string) string { return numbers.ReplaceAllString(body, ":-0") },
	"numbers as texts":     func(body string) string { return numbers.ReplaceAllString(body, `:"$1"`) },
	"NaN":                  func(body string) string { return numbers.ReplaceAllString(body, ":NaN") },
	"texts as numbers":     func(body string) string { return texts.ReplaceAllString(body, ":1") },
	"nulls": func(body string) string {
		return numbers.ReplaceAllString(texts.ReplaceAllString(body, ":null"), ":null")
	},
	"lone surrogates":         func(body string) string { return texts.ReplaceAllString(body, `:"$1\ud800\udfff\udc00"`) },
	"bytes that are no UTF-8": func(body string) string { return texts.ReplaceAllString(body, ":\"$1\xff\xfe\xc0\x80\xed\xa0\x80\"") },
	"control characters": func(body string) string {
		return texts.ReplaceAllString(body, `:"$1\u0000\u001b[31m\u009b2J\u0007\u007f\r\n"`)
	},
	"raw control characters": func(body string) string { return texts.ReplaceAllString(body, ":\"$1\x00\x1b[2J\"") },
	"directions": func(body string) string {
		return texts.ReplaceAllString(body, ":\"$1\u202e\u2066\u200b\ufeff\U000e0041\"")
	},
	"keys twice": func(body string) string {
		return strings.Replace(body, "{", `{"data":[],"success":false,"error":{"message":"x"},`, 1)
	},
	"keys twice, at the end": func(body string) string {
		return strings.TrimSuffix(strings.TrimSpace(body), "}") + `,"data":{},"success":true}`
	},
	"keys in other case": func(body string) string { return strings.ToUpper(body) },
	"a mark before":      func(body string) string { return "\ufeff" + body },
	"UTF-16":             func(body string) string { return "\xff\xfe" + strings.Join(strings.Split(body, ""), "\x00") + "\x00" },
	"two answers":        func(body string) string { return body + body },
	"a NUL behind":       func(body string) string { return body + "\x00" },
	"nested": func(body string) string {
		return `{"success":true,"data":` + strings.Repeat(`{"data":[`, 12) + body + strings.Repeat(`]}`, 12) + `}`
	},
}

// Whatever a gateway's answers look like, what the program prints is legible and, where it
// is JSON, JSON; and no figure appears out of nothing.
func TestDistortedAnswersArePrintedLegibly(t *testing.T) {
	proof.NeedsLong(t)
	t.Parallel()
	w := newWorld(t)
	var distort atomic.Pointer[func(body string) string]
	evil := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		honest := httptest.NewRecorder()
		w.gateway.ServeHTTP(honest, r)
		body := (*distort.Load())(honest.Body.String())
		for name := range honest.Header() {
			if name != "Content-Length" {
				answer.Header()[name] = honest.Header()[name]
			}
		}
		answer.WriteHeader(honest.Code)
		_, _ = answer.Write([]byte(body))
	}))
	t.Cleanup(evil.Close)
	file := w.config(t, w.server.URL, evil.URL, "  token: "+discordsim.Token, "  token: \"\"")
	for name, how := range distortions {
		distort.Store(&how)
		for _, args := range [][]string{{"balance", "--json"}, {"models", "--json"}, {"usage", "--json", "--period", "7d"}, {"check", "--json"}, {"check"}, {"balance"}} {
			status, out, log := command(t, nil, append(args, "--config", file)...)
			if status != 0 && status != 1 {
				t.Errorf("%s, %v: exit %d, %s", name, args, status, log)
			}
			if !legible(out) || !legible(log) {
				t.Errorf("%s, %v: %q %q", name, args, out, log)
			}
			if len(args) > 1 && out != "" {
				one := json.NewDecoder(bytes.NewReader([]byte(out)))
				var v any
				if err := one.Decode(&v); err != nil || one.More() {
					t.Errorf("%s, %v: %v, %s", name, args, err, out)
				}
			}
		}
	}
}

// legible reports whether a terminal shows a text as it is.
func legible(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
	})
}
