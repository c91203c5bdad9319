package moka

import (
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
	if text == "" {
		return ""
	}
	text = plain(text)
	text = c.withoutCredentials(text)
	text = keyFragment.ReplaceAllString(text, "sk-***")
	text = requestID.ReplaceAllString(text, "")
	return cut(strings.Join(strings.Fields(text), " "), maxMessage)
}

// withoutCredentials replaces the client's own credentials, however they are spelled.
func (c *Client) withoutCredentials(text string) string {
	return Redact(text, "***", c.cred.APIKey, c.cred.AccessToken)
}

// discreet takes the credentials out of names that a gateway gave. It looks at
// all of them at once, because there is hardly ever anything to take out.
func (c *Client) discreet(names ...*string) {
	var all strings.Builder
	for _, name := range names {
		all.WriteString(*name + "\n")
	}
	if c.withoutCredentials(all.String()) == all.String() {
		return
	}
	for _, name := range names {
		*name = c.withoutCredentials(*name)
	}
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
