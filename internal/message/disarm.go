package message

import (
	"strings"

	"mokabot/moka"
)

// zeroWidth stands behind an @ or inside a link so that it is only text.
const zeroWidth = "\u200b"

// Disarm makes words from outside harmless in a Discord message: nobody is
// mentioned, nothing links, no markdown, no control characters, nothing that
// turns the writing direction. [Message.String] shows them as they were.
func Disarm(text string) string {
	var b strings.Builder
	for _, r := range moka.Plain(text) {
		switch {
		case r == '@' || r == '#':
			b.WriteRune(r)
			b.WriteString(zeroWidth)
		case strings.ContainsRune("\\*_~`|>[]()<", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "://", ":"+zeroWidth+"//")
}

// undisarm takes back what Disarm added, for a terminal.
func undisarm(text string) string {
	var b strings.Builder
	escaped := false
	for _, r := range text {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		if r != '\u200b' {
			b.WriteRune(r)
		}
	}
	return b.String()
}
