package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// hidden is what a secret prints as.
const hidden = "<secret>"

// Secret is a credential that cannot be printed by accident: every verb of fmt
// and every marshaller writes "<secret>", or nothing when it is empty. The text
// is behind a pointer, so that even reflection over an unexported field, where
// fmt calls no methods, shows an address instead.
type Secret struct {
	text *string
}

// NewSecret holds text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal is the credential itself, "" when there is none.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty reports whether there is no credential.
func (s Secret) Empty() bool { return s.text == nil }

// Equal reports whether both hold the same credential.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String is "<secret>", or "" when there is none.
func (s Secret) String() string {
	if s.Empty() {
		return ""
	}
	return hidden
}

// Format prints like String for every verb; %q is quoted.
func (s Secret) Format(f fmt.State, verb rune) {
	text := s.String()
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	// A fmt.State has nowhere to report a failed write to.
	_, _ = io.WriteString(f, text)
}

// GoString is like String; it is for callers other than fmt.
func (s Secret) GoString() string { return s.String() }

// LogValue keeps the credential out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps the credential out of JSON, XML and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML keeps the credential out of YAML.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// Secrets are all credentials that the program holds: those of the
// configuration, and the passwords of proxies and of the database, the
// environment's included.
func (c *Config) Secrets() []string {
	secrets := []string{c.Discord.Token.Reveal(), c.Listen.Token.Reveal()}
	proxies := append([]string{c.Discord.Proxy}, c.environmentProxies...)
	for _, a := range c.Accounts {
		secrets = append(secrets, a.APIKey.Reveal(), a.AccessToken.Reveal())
		proxies = append(proxies, a.Proxy)
	}
	for _, proxy := range proxies {
		if u, err := url.Parse(proxy); err == nil && u.User != nil {
			password, _ := u.User.Password()
			secrets = append(secrets, password)
		}
	}
	secrets = append(secrets, DatabasePasswords(c.Storage.URL.Reveal())...)
	secrets = append(secrets, c.environmentPassword)
	return slices.DeleteFunc(secrets, func(s string) bool { return s == "" })
}

// proxyVariables are those that net/http uses.
var proxyVariables = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"}

// passwordVariable is the environment variable with the password of a PostgreSQL
// database whose URL holds none.
const passwordVariable = "PGPASSWORD"

func environmentProxies(lookup Lookup) (proxies []string) {
	for _, name := range proxyVariables {
		if address, ok := lookup(name); ok {
			if !strings.Contains(address, "://") {
				address = "http://" + address
			}
			proxies = append(proxies, address)
		}
	}
	return proxies
}
