package moka

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// maxMessage is how many runes of a gateway's words are kept.
const maxMessage = 200

var (
	requestID   = regexp.MustCompile(`(?i)[(（]?\s*request[ _-]?id\s*[:：=]?\s*[\w-]*\s*[)）]?`)
	keyFragment = regexp.MustCompile(`\[?sk-[\w*.…-]+\]?`)
)

// clean makes a gateway's words fit for a log or a message: no credential, no
// piece of a key, no request id, no control or formatting characters, and short.
func (c *Client) clean(text string) string {
	text = plain(text)
	text = c.withoutCredentials(text)
	text = keyFragment.ReplaceAllString(text, "sk-***")
	text = requestID.ReplaceAllString(text, "")
	return cut(strings.Join(strings.Fields(text), " "), maxMessage)
}

// withoutCredentials replaces the client's own credentials, as they are and as
// an address would spell them.
func (c *Client) withoutCredentials(text string) string {
	for _, secret := range []string{c.cred.APIKey, strings.TrimPrefix(c.cred.APIKey, "sk-"), c.cred.AccessToken} {
		if secret == "" {
			continue
		}
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			text = strings.ReplaceAll(text, form, "***")
		}
	}
	return text
}

// plain drops what is invalid, invisible or steers a terminal; breaks become spaces.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
}

func cut(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}
