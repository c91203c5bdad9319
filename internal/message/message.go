// Package message turns data into what people read. It is pure: it fetches,
// sends and measures nothing. One [Message] can be shown by Discord
// (package discord) and by a terminal ([Message.String]) alike.
package message

import (
	"time"

	"mokabot/internal/lang"
)

// Tone is the colour of a card.
type Tone string

// The tones.
const (
	ToneInfo     Tone = "info"     // an answer
	ToneGood     Tone = "good"     // fine, or fine again
	ToneWarn     Tone = "warn"     // needs attention soon
	ToneCritical Tone = "critical" // needs attention now
	ToneMuted    Tone = "muted"    // unknown, snoozed, or old
)

// Message is one message, before Discord's limits are applied to it.
type Message struct {
	Text     string   `json:"text,omitempty"` // plain text above the cards
	Cards    []Card   `json:"cards,omitempty"`
	Buttons  []Button `json:"buttons,omitempty"`
	Files    []File   `json:"files,omitempty"`
	Mentions Mentions `json:"mentions,omitzero"`
	Silent   bool     `json:"silent,omitempty"` // phones show it without a sound
}

// OfFirst says above an answer that it is about an account only because that is the first
// of several and none was named.
func (m Message) OfFirst(w *lang.Words, account string, of int) Message {
	m.Text = w.FirstOf(Disarm(account), of)
	return m
}

// Card is an embed: a coloured box with a title, text and fields.
type Card struct {
	Title   string    `json:"title,omitempty"`
	Text    string    `json:"text,omitempty"` // Discord markdown; upstream text in it is disarmed
	Tone    Tone      `json:"tone,omitempty"`
	Fields  []Field   `json:"fields,omitempty"`
	Footer  string    `json:"footer,omitempty"`
	Picture string    `json:"picture,omitempty"` // name of the file in Files to show below
	At      time.Time `json:"at,omitzero"`
}

// add adds a field that may be in one row with others, unless its value is empty.
func (c *Card) add(name, value string) {
	if value != "" {
		c.Fields = append(c.Fields, Field{Name: name, Value: value, Inline: true})
	}
}

// row adds a field with a row of its own, for what is too long for a column of a phone,
// unless there are no lines.
func (c *Card) row(name string, lines ...string) {
	if value := joinLines(lines...); value != "" {
		c.Fields = append(c.Fields, Field{Name: name, Value: value})
	}
}

// Field is a small heading with a value under it.
type Field struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline,omitempty"` // may be in one row with others
}

// Button is something to press below the message. Its action is
// "command:argument:argument", at most 100 characters; it survives a restart.
// A button with a URL opens that page instead and has no action.
type Button struct {
	Label    string      `json:"label"`
	Action   string      `json:"action,omitempty"`
	URL      string      `json:"url,omitempty"` // https
	Style    ButtonStyle `json:"style,omitempty"`
	Disabled bool        `json:"disabled,omitempty"`
	NewRow   bool        `json:"new_row,omitempty"` // the first of a row
}

// Form asks for one line of text. It opens for the person who pressed a button.
type Form struct {
	Action string `json:"action"`         // of the answer, as a [Button]'s
	Title  string `json:"title"`          // at most 45 characters
	Label  string `json:"label"`          // above the line; at most 45 characters
	Hint   string `json:"hint,omitempty"` // in the empty line; at most 100 characters
	Max    int    `json:"max"`            // how many characters the answer may have
}

// ButtonStyle is a button's colour.
type ButtonStyle string

// The styles. The zero value is the plain grey one.
const (
	StylePlain   ButtonStyle = ""
	StylePrimary ButtonStyle = "primary"
	StyleDanger  ButtonStyle = "danger"
)

// File is an attachment.
type File struct {
	Name string `json:"name"`
	Type string `json:"type"` // media type
	Data []byte `json:"data"`
	Alt  string `json:"alt,omitempty"` // what a picture shows, for those who do not see it
}

// Mentions are the roles and users that a message pings. Nobody else is ever
// pinged, whatever its text says.
type Mentions struct {
	Roles []string `json:"roles,omitempty"`
	Users []string `json:"users,omitempty"`
}
