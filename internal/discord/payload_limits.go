package discord

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a message, from
// https://docs.discord.com/developers/resources/message#embed-object-embed-limits,
// https://docs.discord.com/developers/resources/message#create-message and
// https://docs.discord.com/developers/components/reference. Lengths are in
// UTF-16 units: the documentation says "characters", and no reading of that
// word counts more of them.
const (
	maxContent     = 2000
	maxEmbeds      = 10
	maxEmbedTotal  = 6000 // title, description, fields and footer of all embeds together
	maxTitle       = 256
	maxDescription = 4096
	maxFields      = 25
	maxFieldName   = 256
	maxFieldValue  = 1024
	maxFooter      = 2048
	maxRows        = 5
	maxRowButtons  = 5
	maxLabel       = 80
	maxCustomID    = 100
	maxButtonURL   = 512
	maxFiles       = 10
	maxFileBytes   = 10 << 20
	maxMentions    = 100
	maxChoices     = 25
	maxChoiceName  = 100
	maxNonce       = 25
)

const (
	ellipsis = "…"
	blank    = "\u200b" // stands where Discord wants something and we have nothing
	fence    = "```"
)

// units counts UTF-16 code units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += unitsOf(r)
	}
	return n
}

func unitsOf(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

// clip shortens s to limit units, the ellipsis included. It leaves no half
// mention or timestamp behind and closes a code block it cuts open.
func clip(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if units(s) <= limit {
		return s
	}
	if limit < units(ellipsis) {
		return ""
	}
	room := limit - units(ellipsis)
	cut := wholeTokens(prefix(s, room))
	if strings.Count(cut, fence)%2 == 1 {
		end := "\n" + fence
		cut = strings.TrimRight(prefix(cut, max(0, room-units(end))), "`")
		if strings.Count(cut, fence)%2 == 1 {
			return cut + ellipsis + end
		}
	}
	return strings.TrimRight(cut, " \n") + ellipsis
}

// prefix gives the longest start of s within limit units.
func prefix(s string, limit int) string {
	for i, r := range s {
		if limit -= unitsOf(r); limit < 0 {
			return s[:i]
		}
	}
	return s
}

// wholeTokens drops a "<@&123" or "<t:17" that was cut before its ">".
func wholeTokens(s string) string {
	const maxToken = 64
	i := strings.LastIndexByte(s, '<')
	if i < 0 || len(s)-i > maxToken || strings.IndexByte(s[i:], '>') >= 0 {
		return s
	}
	if next, _ := utf8.DecodeRuneInString(s[i+1:]); strings.ContainsRune("@#t:a/", next) {
		return s[:i]
	}
	return s
}

// isSnowflake reports whether s is an id of Discord's.
func isSnowflake(s string) bool {
	id, err := strconv.ParseUint(s, 10, 64)
	return err == nil && id > 0
}
