package discord

import (
	"regexp"

	mokaredact "mokabot/moka/redact"
)

// secretShapes are what a credential of Discord's looks like: a bot token, a
// JSON member that holds one, and the token in an interaction's address.
var secretShapes = []*regexp.Regexp{
	regexp.MustCompile(`[\w-]{20,}\.[\w-]{5,}\.[\w-]{20,}`),
	regexp.MustCompile(`(?i)"?\btoken\\?"?\s*[:=]\s*\\?"?[^\s"\\,}]+`),
	regexp.MustCompile(`(?i)\b(?:bot|bearer|basic) [^\s"]{8,}`),
	regexp.MustCompile(`/(?:interactions|webhooks)/\d+/[^\s/"]+`),
	regexp.MustCompile(`//[^\s/@"]+@`),
}

const redacted = "<secret>"

// redact takes credentials out of a text of somebody else's: those given, in
// any spelling and in parts, and whatever looks like one.
func redact(text string, secrets ...string) string {
	text = mokaredact.Text(text, redacted, secrets...)
	for _, shape := range secretShapes {
		text = shape.ReplaceAllString(text, redacted)
	}
	return text
}
