package moka

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
)

// Redact puts mark in the place of secrets in a text that somebody else wrote:
// whole or in parts, as they are, escaped for a URL, in hex or in base64.
func Redact(text, mark string, secrets ...string) string {
	if text == "" {
		return ""
	}
	parts := map[string]bool{} // that give a secret away
	for _, secret := range secrets {
		for _, form := range spellings(secret) {
			if form != "" && len(form) < partSize {
				text = strings.ReplaceAll(text, form, mark)
			}
			for i := 0; i+partSize <= len(form); i++ {
				parts[form[i:i+partSize]] = true
			}
		}
	}
	return without(parts, text, mark)
}

// partSize is how many bytes of a spelling give it away.
const partSize = 8

// without puts one mark for each run of parts.
func without(parts map[string]bool, text, mark string) string {
	var clean strings.Builder
	kept := 0 // up to where text is dealt with
	for i := 0; i+partSize <= len(text); i++ {
		if !parts[text[i:i+partSize]] {
			continue
		}
		end := i + partSize
		for end < len(text) && parts[text[end-partSize+1:end+1]] {
			end++
		}
		clean.WriteString(text[kept:i])
		clean.WriteString(mark)
		kept, i = end, end-1
	}
	clean.WriteString(text[kept:])
	return clean.String()
}

// spellings are the ways in which a secret may be written. In base64 a text
// looks different by where in a group of three bytes it begins.
func spellings(secret string) []string {
	if secret == "" {
		return nil
	}
	low := hex.EncodeToString([]byte(secret))
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), url.UserPassword("", secret).String()[1:], low, strings.ToUpper(low)}
	for ahead, unsure := range []int{0, 2, 3} {
		padded := append(make([]byte, ahead), secret...)
		sure := len(padded) * 4 / 3
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if sure-unsure >= partSize {
				all = append(all, e.EncodeToString(padded)[unsure:sure])
			}
		}
	}
	return all
}
