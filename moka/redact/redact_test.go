package redact

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"mokabot/internal/proof"
)

func TestRedactKnowsEverySpelling(t *testing.T) {
	const secret = "kX9/vQ2+mB7=zR4&tY8w"
	redact := func(text string) string { return Text(text, "***", secret, "", "short") }
	for what, text := range map[string]string{
		"as it is": secret, "its start": secret[:12], "its end": secret[8:], "the middle": secret[5:16],
		"query-escaped": url.QueryEscape(secret), "path-escaped": url.PathEscape(secret),
		"in an address": url.UserPassword("", secret).String()[1:],
		"hex":           hex.EncodeToString([]byte(secret)), "upper hex": strings.ToUpper(hex.EncodeToString([]byte(secret[4:]))),
		"base64":      base64.StdEncoding.EncodeToString([]byte(secret)),
		"a short one": "short",
		"lower case":  strings.ToLower(secret), "upper case": strings.ToUpper(secret), "its middle in lower case": strings.ToLower(secret[2:18]),
		"spaced": strings.Join(strings.Split(secret, ""), " "), "in lines": secret[:7] + "\r\n" + secret[7:14] + "\r\n" + secret[14:],
		"zero width":     strings.Join(strings.Split(secret, ""), "\u200b"),
		"with hyphens":   strings.Join(strings.Split(secret, ""), "-"),
		"full width":     wide(secret),
		"percent, whole": everyByte(secret, "%%%02X"), "percent, twice": url.QueryEscape(everyByte(secret, "%%%02x")),
		"HTML": html.EscapeString(secret), "HTML, decimal": everyByte(secret, "&#%d;"), "HTML, hex": everyByte(secret, "&#x%X;"),
		"JSON": everyByte(secret, "\\u%04x"), "JSON, slashes": strings.ReplaceAll(secret, "/", `\/`), "C": everyByte(secret, "\\x%02x"),
		"quoted-printable": everyByte(secret, "=%02X"),
		"hex with colons":  everyByte(secret, "%02x:"), "hex in lines": strings.ToUpper(everyByte(secret, "%02x\n")),
		"base32": base32.StdEncoding.EncodeToString([]byte(secret)), "base32 at 3": base32.StdEncoding.EncodeToString([]byte("abc" + secret))[5:37],
		"base64 of upper case": base64.StdEncoding.EncodeToString([]byte(strings.ToUpper(secret))),
		"base64 in lines":      base64.StdEncoding.EncodeToString([]byte(secret))[:13] + "\n" + base64.StdEncoding.EncodeToString([]byte(secret))[13:],
		"base64 in JSON":       strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(secret)), "/", `\/`),
	} {
		got := redact("before " + text + " after")
		if !strings.HasPrefix(got, "before ***") || !strings.HasSuffix(got, " after") || len(got) > len("before ***====*** after") {
			t.Errorf("%s: %q", what, got)
		}
	}
	for ahead := range 3 { // behind a user's name, as Basic has it
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", ahead) + secret + "tail"))
		if got := redact(text); strings.Contains(got, text[4:16]) {
			t.Errorf("base64 at %d: %q of %q", ahead, got, text)
		}
	}
}

// A stretch that case does not change, such as digits, is found as it is; what is before
// and behind it in other case is found all the same.
func TestRedactFindsOtherCaseAroundDigits(t *testing.T) {
	for _, secret := range []string{
		"sk-AbCdEfGhIjKlMnOp0123456789aBcDeFgH", "sk-AbCdEfGhIjKl0123-4567-89aBcDeFgHiJkLmNoP", "aBcDeF01234567GhIjKlMn89012345oPqRsT",
	} {
		for what, text := range map[string]string{
			"upper": strings.ToUpper(secret), "lower": strings.ToLower(secret), "upper, spaced": strings.Join(strings.Split(strings.ToUpper(secret), ""), " "),
			"percent": everyByte(strings.ToUpper(secret), "%%%02x"),
		} {
			if got := Text("before "+text+" after", "***", secret); strings.ReplaceAll(got, "******", "***") != "before *** after" {
				t.Errorf("%s of %s: %q", what, secret, got)
			}
		}
	}
	if got := Text("sk-AbCdEfGhIjKlMnOp and more", "***", "sk-AbCdEfGhIjKlMnOpAnDXyz"); got != "*** and more" {
		t.Errorf("an innocent word became %q", got)
	}
}

func wide(text string) string {
	return strings.Map(func(r rune) rune { return r - '!' + '\uFF01' }, text)
}

func everyByte(text, format string) string {
	var all strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&all, format, c)
	}
	return all.String()
}

// What a program prints is full of figures: they stay, whatever a key looks like.
func TestOutputKeepsItsFigures(t *testing.T) {
	r := ForOutput("<secret>", "sk-12345678901234567890", "hunter2", "team-account-key-for-tests")
	for _, text := range []string{
		`{"remaining_usd":12345678.901234,"used":12345678901234567890}`, `{"name":"team","account":"team-account"}`, "1234567890123456", "hunter",
	} {
		if got := r.Redact(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	for text, want := range map[string]string{
		"key sk-12345678901234567890.": "key <secret>.", "Team Account Key for Tests": "<secret>", "hunter2": "<secret>",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// A secret is found wherever in a long text it stands, in any spelling, and takes little
// memory to find.
func TestRedactSearchesLongTexts(t *testing.T) {
	proof.NotShort(t)
	const secret = "kX9/vQ2+mB7=zR4&tY8w"
	r := New("***", secret)
	for what, form := range map[string]string{
		"as it is": secret, "spaced": strings.Join(strings.Split(secret, ""), " "), "far apart": strings.Join(strings.Split(secret, ""), strings.Repeat(" ", 300)),
		"percent": everyByte(secret, "%%%02x"), "base64": base64.StdEncoding.EncodeToString([]byte(secret)),
	} {
		for _, ahead := range []int{0, blockSize - blockOverlap - 7, blockSize - 9, blockSize, 2*blockSize - 2*blockOverlap - 5, 2*blockSize - blockOverlap - 11} {
			before, after := strings.Repeat(".", ahead), strings.Repeat(".", 3*blockSize)
			got := r.Redact(before + form + after)
			if !strings.HasPrefix(got, before+"***") || !strings.HasSuffix(got, after) || len(got) > len(before+after)+10 {
				t.Errorf("%s at %d: %d bytes became %d", what, ahead, len(before+form+after), len(got))
			}
		}
	}
	text := strings.Repeat("%41 text ", 200_000)
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // so that the heap is what is in use, on a busy machine too
	runtime.GC()
	var start, end runtime.MemStats
	runtime.ReadMemStats(&start)
	heap := start.HeapSys
	if got := r.Redact(text); got != text {
		t.Error("a harmless text was changed")
	}
	runtime.ReadMemStats(&end)
	if grown := int64(end.HeapSys - heap); grown > 16<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("text", "secret-of-some-length")
	f.Add("%25%32&#x41;\\u0041\\", "kX9/vQ2+mB7=zR4&tY8w")
	f.Add("\xEF\xBC", "12345678901234567890")
	f.Fuzz(func(t *testing.T, text, secret string) {
		if got := Text(text, "***", secret); len(secret) >= foldedSize && strings.Contains(got, secret) && strings.Trim(secret, "0123456789*") != "" {
			t.Errorf("%q still has %q: %q", text, secret, got)
		}
	})
}

func TestRedactLeavesOtherTextsAlone(t *testing.T) {
	redact := func(text string) string { return Text(text, "***", "kX9/vQ2+mB7=zR4&tY8w") }
	for _, text := range []string{"", "kX9/vQ2", "令牌不可用 kX9/ vQ2+ m", "a text that is longer than a part"} {
		if got := redact(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := Text("令牌abcdefgh令牌abcdefghabcdefgh", "***", "abcdefgh"); got != "令牌***令牌******" {
		t.Errorf("got %q", got)
	}
}
