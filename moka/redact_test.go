package moka

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestRedactKnowsEverySpelling(t *testing.T) {
	const secret = "kX9/vQ2+mB7=zR4&tY8w"
	redact := func(text string) string { return Redact(text, "***", secret, "", "short") }
	for what, text := range map[string]string{
		"as it is": secret, "its start": secret[:12], "its end": secret[8:], "the middle": secret[5:16],
		"query-escaped": url.QueryEscape(secret), "path-escaped": url.PathEscape(secret),
		"in an address": url.UserPassword("", secret).String()[1:],
		"hex":           hex.EncodeToString([]byte(secret)), "upper hex": strings.ToUpper(hex.EncodeToString([]byte(secret[4:]))),
		"base64":      base64.StdEncoding.EncodeToString([]byte(secret)),
		"a short one": "short",
	} {
		got := redact("before " + text + " after")
		if !strings.HasPrefix(got, "before ***") || !strings.HasSuffix(got, " after") || len(got) > len("before ***==*** after") {
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

func TestRedactLeavesOtherTextsAlone(t *testing.T) {
	redact := func(text string) string { return Redact(text, "***", "kX9/vQ2+mB7=zR4&tY8w") }
	for _, text := range []string{"", "kX9/vQ2", "令牌不可用 kX9/ vQ2+ mB7=", "a text that is longer than a part"} {
		if got := redact(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := Redact("令牌abcdefgh令牌abcdefghabcdefgh", "***", "abcdefgh"); got != "令牌***令牌******" {
		t.Errorf("got %q", got)
	}
}

// A gateway knows the credentials, and may call its things by them.
func TestNamesHoldNoCredential(t *testing.T) {
	c := dial(t, healthy(map[string]reply{
		modelsPath: {body: `{"data":[{"id":"` + testKey + `","owned_by":"` + testToken + `"},{"id":"gpt-4o"}]}`},
		keysPath: {body: `{"data":[{"id":1,"key":"x","name":"for ` + testKey + `","group":"` + testToken + `","model_limits_enabled":true,"model_limits":"a,` +
			testKey + `","created_time":1,"used_quota":0,` + goodKey + `}]}`},
	}), bothCredentials)
	models, err := c.Models(t.Context())
	if want := []Model{{"***", "***"}, {"gpt-4o", ""}}; err != nil || !slices.Equal(models, want) {
		t.Errorf("models %v, %v; want %v", models, err, want)
	}
	keys, err := c.Keys(t.Context())
	if err != nil || len(keys) != 1 || keys[0].Name != "for ***" || keys[0].Group != "***" || !slices.Equal(keys[0].Models, []string{"a", "***"}) {
		t.Errorf("keys %+v, %v", keys, err)
	}
}
