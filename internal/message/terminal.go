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

// String is [Message.In] UTC.
func (m Message) String() string { return m.In(time.UTC) }

// In is the message for a terminal: no markdown, ordinary spaces, times in the reader's zone.
func (m Message) In(zone *time.Location) string {
	t := terminalText{zone: zone}
	t.block("", m.Text)
	for i, c := range m.Cards {
		if i > 0 || m.Text != "" {
			t.WriteByte('\n')
		}
		t.card(c)
	}
	return t.String()
}

type terminalText struct {
	strings.Builder
	zone *time.Location
}

func (t *terminalText) card(c Card) {
	t.block("", c.Title)
	t.block("  ", c.Text)
	for _, f := range c.Fields {
		t.block("  ", f.Name)
		t.block("    ", f.Value)
	}
	t.block("  ", c.Footer)
}

func (t *terminalText) block(indent, text string) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(PlainIn(text, t.zone), "\n") {
		t.WriteString(strings.TrimRight(indent+line, " ") + "\n")
	}
}

// PlainIn is one text of a message for a terminal, with times in the reader's zone.
func PlainIn(text string, zone *time.Location) string {
	layout := "2006-01-02 15:04 -07:00"
	if zone.String() == "UTC" {
		layout = "2006-01-02 15:04 UTC"
	}
	return Plain(stamp.ReplaceAllStringFunc(text, func(s string) string {
		seconds, err := strconv.ParseInt(stamp.FindStringSubmatch(s)[1], 10, 64)
		if err != nil {
			return s
		}
		return time.Unix(seconds, 0).In(zone).Format(layout)
	}))
}

// Plain is one text of a message, without times, for a terminal: no markdown.
func Plain(text string) string {
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
