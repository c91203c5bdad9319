package config

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestSecretPrintsAsNothingElse(t *testing.T) {
	s := NewSecret("sk-hush")
	type hiding struct {
		inside Secret
		Inside Secret
	}
	holder := hiding{s, s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", &s)
		fmt.Fprintf(&out, verb+"\n", holder)
		fmt.Fprintf(&out, verb+"\n", &Config{Discord: Discord{Token: s}})
	}
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal, xml.Marshal} {
		text, err := marshal(holder)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "s", s, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "s", s, "holder", holder)
	out.WriteString(s.String() + s.GoString())
	if strings.Contains(out.String(), "hush") || strings.Contains(out.String(), "68757368") {
		t.Errorf("the secret came out:\n%s", out.String())
	}
	if got := fmt.Sprintf("%v|%s|%q|%#v", s, s, s, s); got != `<secret>|<secret>|"<secret>"|<secret>` {
		t.Errorf("got %s", got)
	}
	if s.Reveal() != "sk-hush" {
		t.Error("Reveal does not give it back")
	}
}

func TestEmptySecretPrintsAsNothing(t *testing.T) {
	var s Secret
	if got := fmt.Sprintf("%v|%q", s, NewSecret("")); got != `|""` {
		t.Errorf("got %s", got)
	}
	if !s.Empty() || s.Reveal() != "" || !s.Equal(NewSecret("")) || s.Equal(NewSecret("x")) {
		t.Error("an empty secret is not empty")
	}
}

func TestACredentialInAWrongPlaceIsNotShown(t *testing.T) {
	for _, c := range []struct{ text, shown string }{
		{"sk-Qm7RtX2vBn9KpLs4WzEy8HcJd3FgUa6T", "<hidden>"},
		{"[sk-Qm7RtX2vBn9KpLs4WzEy8HcJd3FgUa6T] is wrong", "<hidden> is wrong"},
		{"0123456789abcdef0123456789abcdef", "<hidden>"},
		{"Bearer wJ4+kT9/zQ7m", "Bearer <hidden>"},
		{"America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"},
		{"https://api.moka-ai.com/v1", "https://api.moka-ai.com/v1"},
		{"1098765432109876543", "1098765432109876543"},
		{"0 9 * * MON-FRI", "0 9 * * MON-FRI"},
		{"requests_per_180s", "requests_per_180s"},
		{"twelve hundred and thirty-four long words", "twelve hundred and thirty-four long word…"},
	} {
		if got := shorten(c.text); got != c.shown {
			t.Errorf("%q is shown as %q, want %q", c.text, got, c.shown)
		}
	}
}
