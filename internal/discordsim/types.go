package discordsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// Errors of the methods that play the user.
var (
	ErrClosed       = errors.New("discordsim: the server is closed")
	ErrNotConnected = errors.New("discordsim: no bot is connected")
	ErrNoAck        = errors.New("discordsim: the bot did not acknowledge in time")
	ErrUnknown      = errors.New("discordsim: there is no such thing")
	ErrUsage        = errors.New("discordsim: a user could not do this")
)

const snowflakeEpoch = 1420070400000

func formatID(id uint64) string { return strconv.FormatUint(id, 10) }

// Time is a moment as Discord writes it.
type Time struct{ time.Time }

const timeLayout = `"2006-01-02T15:04:05.000000-07:00"`

// MarshalJSON writes microseconds and a numeric zone.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(timeLayout)), nil
}

func now() Time { return Time{time.Now().UTC().Truncate(time.Microsecond)} }

// User is a user object.
type User struct {
	ID            string  `json:"id"`
	Username      string  `json:"username"`
	Discriminator string  `json:"discriminator"`
	GlobalName    *string `json:"global_name"`
	Avatar        *string `json:"avatar"`
	Bot           bool    `json:"bot,omitempty"`
}

// Message is a message object.
type Message struct {
	ID                  string               `json:"id"`
	Type                int                  `json:"type"`
	ChannelID           string               `json:"channel_id"`
	GuildID             string               `json:"guild_id,omitempty"` // only in events
	Author              User                 `json:"author"`
	Content             string               `json:"content"`
	Timestamp           Time                 `json:"timestamp"`
	Edited              *Time                `json:"edited_timestamp"`
	TTS                 bool                 `json:"tts"`
	MentionEveryone     bool                 `json:"mention_everyone"`
	Mentions            []User               `json:"mentions"`
	MentionRoles        []string             `json:"mention_roles"`
	Attachments         []Attachment         `json:"attachments"`
	Embeds              []Embed              `json:"embeds"`
	Components          []Component          `json:"components"`
	Pinned              bool                 `json:"pinned"`
	Flags               int                  `json:"flags"`
	Nonce               string               `json:"nonce,omitempty"` // not in the history, as with Discord
	ApplicationID       string               `json:"application_id,omitempty"`
	WebhookID           string               `json:"webhook_id,omitempty"`
	InteractionMetadata *InteractionMetadata `json:"interaction_metadata,omitempty"`
	MessageReference    *Reference           `json:"message_reference,omitempty"`
}

// JSON is the message as Discord writes it.
func (m Message) JSON() json.RawMessage { return encode(m) }

// Ephemeral reports whether only the asker sees the message.
func (m Message) Ephemeral() bool { return m.Flags&FlagEphemeral != 0 }

// Thinking reports whether the bot has promised the answer and not given it yet.
func (m Message) Thinking() bool { return m.Flags&FlagLoading != 0 }

// Message flags.
const (
	FlagSuppressEmbeds = 1 << 2
	FlagEphemeral      = 1 << 6
	FlagLoading        = 1 << 7
	FlagNotInThread    = 1 << 8 // FAILED_TO_MENTION_SOME_ROLES_IN_THREAD
	FlagSilent         = 1 << 12
	FlagComponentsV2   = 1 << 15
)

// Reference names another message.
type Reference struct {
	MessageID string `json:"message_id,omitempty"`
	ChannelID string `json:"channel_id,omitempty"`
	GuildID   string `json:"guild_id,omitempty"`
}

// InteractionMetadata says who caused an answer.
type InteractionMetadata struct {
	ID   string `json:"id"`
	Type int    `json:"type"`
	User User   `json:"user"`
	Name string `json:"name,omitempty"`

	Installed map[string]string `json:"authorizing_integration_owners"`
}

// Attachment is a file of a message.
type Attachment struct {
	ID          string `json:"id"`
	Filename    string `json:"filename"`
	Description string `json:"description,omitempty"`
	ContentType string `json:"content_type,omitempty"`
	Size        int    `json:"size"`
	URL         string `json:"url"`
	ProxyURL    string `json:"proxy_url"`
	Width       int    `json:"width,omitempty"`
	Height      int    `json:"height,omitempty"`
	Ephemeral   bool   `json:"ephemeral,omitempty"`
	Data        []byte `json:"-"`
}

// Embed is an embed object.
type Embed struct {
	Type        string       `json:"type,omitempty"`
	Title       string       `json:"title,omitempty"`
	Description string       `json:"description,omitempty"`
	URL         string       `json:"url,omitempty"`
	Timestamp   string       `json:"timestamp,omitempty"`
	Color       int          `json:"color,omitempty"`
	Footer      *EmbedFooter `json:"footer,omitempty"`
	Image       *EmbedMedia  `json:"image,omitempty"`
	Thumbnail   *EmbedMedia  `json:"thumbnail,omitempty"`
	Author      *EmbedAuthor `json:"author,omitempty"`
	Fields      []EmbedField `json:"fields,omitempty"`
}

// EmbedFooter is an embed's last line.
type EmbedFooter struct {
	Text    string `json:"text"`
	IconURL string `json:"icon_url,omitempty"`
}

// EmbedMedia is an embed's picture.
type EmbedMedia struct {
	URL    string `json:"url"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

// EmbedAuthor is an embed's first line.
type EmbedAuthor struct {
	Name    string `json:"name"`
	URL     string `json:"url,omitempty"`
	IconURL string `json:"icon_url,omitempty"`
}

// EmbedField is a field of an embed.
type EmbedField struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline,omitempty"`
}

// Component is a row, a button or a select menu.
type Component struct {
	Type        int            `json:"type"`
	ID          int            `json:"id,omitempty"`
	Components  []Component    `json:"components,omitempty"`
	Style       int            `json:"style,omitempty"`
	Label       string         `json:"label,omitempty"`
	CustomID    string         `json:"custom_id,omitempty"`
	URL         string         `json:"url,omitempty"`
	Emoji       *Emoji         `json:"emoji,omitempty"`
	Disabled    bool           `json:"disabled,omitempty"`
	Placeholder string         `json:"placeholder,omitempty"`
	MinValues   *int           `json:"min_values,omitempty"`
	MaxValues   int            `json:"max_values,omitempty"`
	Options     []SelectOption `json:"options,omitempty"`
}

// Emoji is a partial emoji object.
type Emoji struct {
	ID       string `json:"id,omitempty"`
	Name     string `json:"name,omitempty"`
	Animated bool   `json:"animated,omitempty"`
}

// SelectOption is a choice of a select menu.
type SelectOption struct {
	Label       string `json:"label"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
	Default     bool   `json:"default,omitempty"`
}

// opt is a value of a request body that may be absent, or null.
type opt[T any] struct {
	set bool
	v   T
}

// UnmarshalJSON notes that the value is there.
func (o *opt[T]) UnmarshalJSON(raw []byte) error {
	o.set = true
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	return json.Unmarshal(raw, &o.v)
}
