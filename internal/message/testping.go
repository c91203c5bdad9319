package message

import (
	"strings"

	"mokabot/internal/lang"
)

// TestPing is the result of the test message in one channel.
type TestPing struct {
	Channel     string
	Posted      bool
	Pinged      []string // mentions that reached somebody
	Unpinged    []string // mentions that did not
	ThreadRoles bool     // members of a role could not be added to the thread
}

// TestAlert is a message that tests a channel and its mentions.
func TestAlert(w *lang.Words, roles, users []string) Message {
	return Message{Text: w.Command.TestAlert, Mentions: Mentions{Roles: roles, Users: users}}
}

// TestLine is a sentence about a test message.
type TestLine struct {
	Text   string
	Failed bool
}

// TestLines are the result of a test message in words.
func TestLines(w *lang.Words, p TestPing, channel string) []TestLine {
	c := &w.CLI.Check
	if !p.Posted {
		return []TestLine{{c.PostFailed(channel), true}}
	}
	first := c.Posted(channel)
	if len(p.Pinged) > 0 && !p.ThreadRoles {
		first = c.PostedPinging(channel, strings.Join(p.Pinged, w.And))
	}
	lines := []TestLine{{first, false}}
	if len(p.Unpinged) > 0 {
		lines = append(lines, TestLine{c.PingedNobody(channel, strings.Join(p.Unpinged, w.And)), true})
	}
	if p.ThreadRoles {
		lines = append(lines, TestLine{w.Delivery.InThread(channel), true})
	}
	return lines
}

// Tested answers /test.
func Tested(w *lang.Words, pings []TestPing) Message {
	var lines []string
	tone := ToneGood
	for _, p := range pings {
		for _, line := range TestLines(w, p, "<#"+p.Channel+">") {
			mark := "✅ "
			if line.Failed {
				mark, tone = "⚠️ ", ToneWarn
			}
			lines = append(lines, mark+line.Text)
		}
	}
	if len(pings) == 0 {
		return Note(w.Command.NoChannels, ToneMuted)
	}
	return Note(strings.Join(lines, "\n"), tone)
}
