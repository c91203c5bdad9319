package discord

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"mokabot/internal/message"
)

// Component types and button styles of
// https://docs.discord.com/developers/components/reference.
const (
	componentRow    = 1
	componentButton = 2

	buttonPrimary   = 1
	buttonSecondary = 2
	buttonDanger    = 4
	buttonLink      = 5
)

// Only the person who asked sees an ephemeral answer; a message with suppressed
// notifications arrives without a sound.
// https://docs.discord.com/developers/resources/message#message-object-message-flags
const (
	flagEphemeral             = 1 << 6
	flagLoading               = 1 << 7 // "is thinking"
	flagRolesNotInThread      = 1 << 8 // FAILED_TO_MENTION_SOME_ROLES_IN_THREAD, in answers
	flagSuppressNotifications = 1 << 12
)

// messagePayload is the body of every request that creates or edits a message.
// Its lists are always sent: an edit must not keep the buttons of the message
// it replaces, and a missing allowed_mentions would ping whomever the text
// names. Only the attachments may be left out, which keeps those that are there.
type messagePayload struct {
	Content         string          `json:"content"`
	Embeds          []embed         `json:"embeds"`
	Components      []buttonRow     `json:"components"`
	AllowedMentions allowedMentions `json:"allowed_mentions"`
	Attachments     *[]attachment   `json:"attachments,omitempty"`
	Flags           int             `json:"flags,omitempty"`
	Nonce           string          `json:"nonce,omitempty"`
	EnforceNonce    bool            `json:"enforce_nonce,omitempty"`

	files []message.File
}

type embed struct {
	Title       string       `json:"title,omitempty"`
	Description string       `json:"description,omitempty"`
	Color       int          `json:"color,omitempty"`
	Fields      []embedField `json:"fields,omitempty"`
	Footer      *embedFooter `json:"footer,omitempty"`
	Image       *embedImage  `json:"image,omitempty"`
	Timestamp   string       `json:"timestamp,omitempty"`
}

type embedField struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline,omitempty"`
}

type embedFooter struct {
	Text string `json:"text"`
}

type embedImage struct {
	URL string `json:"url"`
}

type buttonRow struct {
	Type       int      `json:"type"`
	Components []button `json:"components"`
}

type button struct {
	Type     int    `json:"type"`
	Style    int    `json:"style"`
	Label    string `json:"label"`
	CustomID string `json:"custom_id,omitempty"`
	URL      string `json:"url,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
}

type allowedMentions struct {
	Parse []string `json:"parse"`
	Roles []string `json:"roles"`
	Users []string `json:"users"`
}

type attachment struct {
	ID          string `json:"id"` // the n of files[n]
	Filename    string `json:"filename"`
	Description string `json:"description,omitempty"` // alt text
}

// colours are those of the cards' left edge.
var colours = map[message.Tone]int{
	message.ToneInfo:     0x5865F2,
	message.ToneGood:     0x2ECC71,
	message.ToneWarn:     0xF1C40F,
	message.ToneCritical: 0xE74C3C,
	message.ToneMuted:    0x95A5A6,
}

// toPayload turns a message into a request body within Discord's limits. What does not
// fit is cut with an ellipsis, so that a long report is shortened and not lost.
func toPayload(m message.Message) messagePayload {
	w := messagePayload{Components: toRows(m.Buttons), AllowedMentions: toAllowedMentions(m.Mentions)}
	var tooLarge []string
	w.Attachments, w.files, tooLarge = toAttachments(m.Files)
	text := strings.TrimSpace(m.Text)
	if len(tooLarge) > 0 {
		text = strings.TrimSpace(text + "\n" + ellipsis + " " + strings.Join(tooLarge, ", "))
	}
	w.Content = clip(strings.TrimSpace(mentionPrefix(w.AllowedMentions)+text), maxContent)
	w.Embeds = toEmbeds(m.Cards, m.Files)
	return w
}

// empty reports whether Discord would refuse the message for having nothing in
// it (code 50006).
func (m *messagePayload) empty() bool {
	return m.Content == "" && len(m.Embeds) == 0 && len(m.files) == 0 && len(m.Components) == 0
}

// toAllowedMentions allows exactly the given ids, without those that Discord would
// refuse the message for.
func toAllowedMentions(m message.Mentions) allowedMentions {
	return allowedMentions{Parse: []string{}, Roles: snowflakes(m.Roles), Users: snowflakes(m.Users)}
}

func snowflakes(all []string) []string {
	kept := ids(all)
	return append([]string{}, kept[:min(len(kept), maxMentions)]...)
}

// mentionPrefix names everybody who is to be pinged. Only the content pings: a
// mention inside an embed is only text.
func mentionPrefix(m allowedMentions) string {
	var b strings.Builder
	for _, id := range m.Roles {
		b.WriteString("<@&" + id + "> ")
	}
	for _, id := range m.Users {
		b.WriteString("<@" + id + "> ")
	}
	return b.String()
}

// toRows lays buttons out in rows. A button whose action does not fit or
// is there twice is left out, because Discord would refuse the whole message.
func toRows(buttons []message.Button) []buttonRow {
	rows := []buttonRow{}
	seen := map[string]bool{}
	for _, b := range buttons {
		target, limit := b.Action, maxCustomID
		if b.URL != "" {
			target, limit = b.URL, maxButtonURL
		}
		if target == "" || units(target) > limit || seen[target] {
			continue
		}
		seen[target] = true
		last := len(rows) - 1
		if last < 0 || b.NewRow || len(rows[last].Components) == maxRowButtons {
			if len(rows) == maxRows {
				break
			}
			rows = append(rows, buttonRow{Type: componentRow})
			last++
		}
		placed := button{
			Type:     componentButton,
			Style:    toStyle(b.Style),
			Label:    cmp.Or(clip(strings.TrimSpace(b.Label), maxLabel), ellipsis),
			CustomID: b.Action,
			Disabled: b.Disabled,
		}
		if b.URL != "" {
			placed.Style, placed.CustomID, placed.URL = buttonLink, "", b.URL
		}
		rows[last].Components = append(rows[last].Components, placed)
	}
	return rows
}

func toStyle(s message.ButtonStyle) int {
	switch s {
	case message.StylePrimary:
		return buttonPrimary
	case message.StyleDanger:
		return buttonDanger
	}
	return buttonSecondary
}

// toAttachments lists the attachments. A file without data stands for one that
// the edited message already has: then the list is left out, which keeps them.
func toAttachments(files []message.File) (*[]attachment, []message.File, []string) {
	list := []attachment{}
	var upload []message.File
	var tooLarge []string
	kept := false
	for _, f := range files {
		switch {
		case f.Data == nil:
			kept = true
		case len(f.Data) > maxFileBytes || len(upload) == maxFiles:
			tooLarge = append(tooLarge, fmt.Sprintf("%s (%.1f MiB)", fileName(f.Name), float64(len(f.Data))/(1<<20)))
		default:
			f.Name = fileName(f.Name)
			list = append(list, attachment{ID: strconv.Itoa(len(upload)), Filename: f.Name, Description: f.Alt})
			upload = append(upload, f)
		}
	}
	if kept && len(upload) == 0 {
		return nil, nil, tooLarge
	}
	return &list, upload, tooLarge
}

// fileName keeps the characters that Discord does not change, so that
// "attachment://name" finds the file.
func fileName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, name)
	return cmp.Or(strings.TrimLeft(clean, "."), "file")
}

// timestamp is empty for the zero time.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
