package discord

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"

	"github.com/bwmarrin/discordgo"

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

var libraryLog sync.Once

// routeLibraryLog sends discordgo's own log lines to ours. Its logger is a
// variable of that package, so the first caller decides where they go.
func routeLibraryLog(log *slog.Logger, token string) {
	libraryLog.Do(func() { discordgo.Logger = filteredLog(log, token) })
}

// filteredLog leaves out the debug lines, which print the IDENTIFY with the
// token, and event bodies, which hold interaction tokens and what people
// wrote.
func filteredLog(log *slog.Logger, token string) func(level, caller int, format string, args ...any) {
	return func(level, _ int, format string, args ...any) {
		if level > discordgo.LogWarning || strings.Contains(format, "Data:") || strings.Contains(format, "%#v") {
			return
		}
		text := clip(oneLine(redact(fmt.Sprintf(format, args...), token)), longestErrorText)
		log.Debug("discordgo", "text", text)
	}
}
