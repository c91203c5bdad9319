package message

import (
	"strings"

	"mokabot/moka"
)

// zeroWidth after an @ or inside a link makes it plain text.
const zeroWidth = "\u200b"

// Disarm makes foreign text harmless in a Discord message: no mentions, links, markdown,
// control characters, or changes of the writing direction. [Message.String] shows it as
// it was.
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

// undisarm removes what Disarm added, for a terminal.
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
