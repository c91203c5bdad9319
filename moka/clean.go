package moka

import (
	"regexp"
	"strings"
	"unicode"
)

// maxMessage is how many runes of a gateway's words are kept.
const maxMessage = 200

// escapes are the sequences that a terminal obeys (ECMA-48): CSI with its parameters
// and final byte; OSC, DCS, SOS, PM and APC with the text up to its end; and short
// ones. They are removed before credentials are looked for, whose letters they may
// separate.
var escapes = regexp.MustCompile("(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]|\x1b[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)|\x1b[ -/]*[0-~]")

var (
	requestID   = regexp.MustCompile(`(?i)[(（]?\s*request[ _-]?id\s*[:：=]?\s*[\w-]*\s*[)）]?`)
	keyFragment = regexp.MustCompile(`\[?sk-[\w*.…-]+\]?`)
)

// maxWords is how many bytes of a gateway's words are looked at. What is left out of them
// while they are cleaned, such as escapes, has room in the rest.
const maxWords = 16 << 10

// head is the beginning of a foreign text, without the memory of the rest.
func head(text string, size int) string {
	if len(text) <= size {
		return text
	}
	return strings.Clone(text[:size])
}

// clean makes a gateway's words fit for a log or a message: no credential, no
// piece of a key, no request id, no control or formatting characters, and short.
func (c *Client) clean(text string) string {
	if text == "" {
		return ""
	}
	text = Plain(head(text, maxWords))
	text = c.withoutCredentials(text)
	text = keyFragment.ReplaceAllString(text, "sk-***")
	text = requestID.ReplaceAllString(text, "")
	return cut(strings.Join(strings.Fields(text), " "), maxMessage)
}

// withoutCredentials replaces all credentials that the client knows, however
// they are written.
func (c *Client) withoutCredentials(text string) string { return c.redactor.Redact(text) }

// discreet takes the credentials out of names that a gateway gave. It looks at many of
// them at once, because there is hardly ever anything to take out.
func (c *Client) discreet(names ...*string) {
	for len(names) > 0 {
		var some strings.Builder
		n := 0
		for ; n < len(names) && some.Len() < maxWords; n++ {
			some.WriteString(*names[n] + "\n")
		}
		if text := some.String(); c.withoutCredentials(text) != text {
			for _, name := range names[:n] {
				*name = c.withoutCredentials(*name)
			}
		}
		names = names[n:]
	}
}

// maxMarks is how many marks on one letter are kept. Languages need three.
const maxMarks = 3

// Plain removes from a foreign text everything that is not for reading:
// escape sequences, control characters, invisible ones, those that turn the direction,
// and heaps of marks on one letter. Line breaks and tabs become spaces.
func Plain(text string) string {
	marks := 0
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !legible(r), marks > maxMarks:
			return -1
		}
		return r
	}, withoutEscapes(text))
}

// PlainLines does the same for each line of a text.
func PlainLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Plain(line)
	}
	return strings.Join(lines, "\n")
}

func withoutEscapes(text string) string {
	if !strings.ContainsAny(text, "\x1b\u009b") {
		return text
	}
	return escapes.ReplaceAllString(text, "")
}

func legible(r rune) bool {
	return !unicode.IsControl(r) && !unicode.In(r, unicode.Cf, unicode.Co, unicode.Variation_Selector, invisible) && r != unicode.ReplacementChar
}

// invisible are the characters that take no ink although Unicode does not call
// them formatting: joiners, fillers and the blank of Braille.
var invisible = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x034F, Hi: 0x034F, Stride: 1}, {Lo: 0x115F, Hi: 0x1160, Stride: 1}, {Lo: 0x17B4, Hi: 0x17B5, Stride: 1},
	{Lo: 0x2800, Hi: 0x2800, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1},
}}

func cut(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}
