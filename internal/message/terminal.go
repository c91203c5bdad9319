package message

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"mokabot/internal/lang"
)

var (
	stamp  = regexp.MustCompile(`<t:(-?\d+):[a-zA-Z]>`)
	strong = regexp.MustCompile(`\*\*(.+?)\*\*`)
	code   = regexp.MustCompile("`(.+?)`")
)

// String is the message for a terminal: no markdown, ordinary spaces, times in UTC.
func (m Message) String() string {
	var b strings.Builder
	writeBlock(&b, "", Plain(m.Text))
	for i, c := range m.Cards {
		if i > 0 || m.Text != "" {
			b.WriteByte('\n')
		}
		c.write(&b)
	}
	return b.String()
}

func (c Card) write(b *strings.Builder) {
	writeBlock(b, "", Plain(c.Title))
	writeBlock(b, "  ", Plain(c.Text))
	for _, f := range c.Fields {
		writeBlock(b, "  ", Plain(f.Name))
		writeBlock(b, "    ", Plain(f.Value))
	}
	writeBlock(b, "  ", Plain(c.Footer))
}

func writeBlock(b *strings.Builder, indent, text string) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(strings.TrimRight(indent+line, " ") + "\n")
	}
}

// Plain is one text of a message for a terminal: no markdown, times in UTC.
func Plain(text string) string {
	text = stamp.ReplaceAllStringFunc(text, func(s string) string {
		seconds, err := strconv.ParseInt(stamp.FindStringSubmatch(s)[1], 10, 64)
		if err != nil {
			return s
		}
		return time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04 UTC")
	})
	text = lang.PlainSpaces(strong.ReplaceAllString(text, "$1"))
	return undisarm(code.ReplaceAllString(text, "$1"))
}

// Relative is a moment as everybody's own Discord shows it: "5 minutes ago".
func Relative(t time.Time) string { return discordTime(t, "R") }

// Moment is a moment in the reader's own zone and language.
func Moment(t time.Time) string { return discordTime(t, "f") }

func discordTime(t time.Time, style string) string {
	return "<t:" + strconv.FormatInt(t.Unix(), 10) + ":" + style + ">"
}
