package discordtest

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Message is a message as Discord tells of it.
// https://docs.discord.com/developers/resources/message#message-object
type Message struct {
	ID           string       `json:"id"`
	ChannelID    string       `json:"channel_id"`
	Author       User         `json:"author"`
	Content      string       `json:"content"`
	Timestamp    time.Time    `json:"timestamp"`
	Edited       *time.Time   `json:"edited_timestamp"`
	Embeds       []Embed      `json:"embeds"`
	Components   []Component  `json:"components"`
	Attachments  []Attachment `json:"attachments"`
	MentionRoles []string     `json:"mention_roles"`
	Mentions     []User       `json:"mentions"`
	Flags        int          `json:"flags"`
	Nonce        string       `json:"nonce,omitempty"`

	deferred bool // only "is thinking" so far
}

// Ephemeral tells whether only one user sees the message.
func (m Message) Ephemeral() bool { return m.Flags&64 != 0 }

// User is a user or a bot.
type User struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Bot      bool   `json:"bot"`
}

// Embed is a card.
type Embed struct {
	Title       string  `json:"title,omitempty"`
	Description string  `json:"description,omitempty"`
	URL         string  `json:"url,omitempty"`
	Color       int     `json:"color,omitempty"`
	Timestamp   string  `json:"timestamp,omitempty"`
	Fields      []Field `json:"fields,omitempty"`
	Footer      *Footer `json:"footer,omitempty"`
	Image       *Image  `json:"image,omitempty"`
}

// Field is a field of an embed.
type Field struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline,omitempty"`
}

// Footer is an embed's last line.
type Footer struct {
	Text string `json:"text"`
}

// Image is an embed's picture.
type Image struct {
	URL string `json:"url"`
}

// Component is a row of buttons, or a button.
type Component struct {
	Type       int         `json:"type"`
	Style      int         `json:"style,omitempty"`
	Label      string      `json:"label,omitempty"`
	CustomID   string      `json:"custom_id,omitempty"`
	Disabled   bool        `json:"disabled,omitempty"`
	Components []Component `json:"components,omitempty"`
}

// Attachment is a file of a message.
type Attachment struct {
	ID       string `json:"id"`
	Filename string `json:"filename"`
	Size     int    `json:"size"`
	URL      string `json:"url"`

	Data []byte `json:"-"`
}

// Event is what happened to a message: "create", "update" or "delete".
type Event struct {
	Type    string
	Message Message
}

// Messages are a channel's messages, oldest first; of all channels for "".
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Message
	for _, m := range s.messages {
		if (channel == "" || m.ChannelID == channel) && !m.deferred {
			list = append(list, m.clone())
		}
	}
	return list
}

func (m *Message) clone() Message {
	c := *m
	c.Embeds, c.Attachments = slices.Clone(m.Embeds), slices.Clone(m.Attachments)
	return c
}

// Attachment is a file by its message's and its own id.
func (s *Server) Attachment(message, id string) (Attachment, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.message(message); m != nil {
		for _, a := range m.Attachments {
			if a.ID == id {
				return a, true
			}
		}
	}
	return Attachment{}, false
}

func (s *Server) message(id string) *Message {
	for _, m := range s.messages {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// Subscribe tells of every change to messages until ctx ends.
func (s *Server) Subscribe(ctx context.Context) <-chan Event {
	ch := make(chan Event, 256)
	s.mu.Lock()
	s.watchers[ch] = true
	s.mu.Unlock()
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.watchers[ch] {
			delete(s.watchers, ch)
			close(ch)
		}
	})
	return ch
}

// publish tells the watchers. One that does not listen is left out. The lock is held.
func (s *Server) publish(kind string, m *Message) {
	for ch := range s.watchers {
		select {
		case ch <- Event{kind, m.clone()}:
		default:
			delete(s.watchers, ch)
			close(ch)
		}
	}
}

// WaitMessage waits for a message in a channel ("" for any) that fits.
func (s *Server) WaitMessage(ctx context.Context, channel string, fits func(Message) bool) (Message, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := s.Subscribe(ctx)
	for _, m := range s.Messages(channel) {
		if fits(m) {
			return m, nil
		}
	}
	for e := range events {
		if (channel == "" || e.Message.ChannelID == channel) && !e.Message.deferred && fits(e.Message) {
			return e.Message, nil
		}
	}
	return Message{}, context.Cause(ctx)
}

// JSON is the message as Discord would send it.
func (m Message) JSON() json.RawMessage {
	raw, err := json.Marshal(m)
	if err != nil {
		return json.RawMessage("null") // a Message has nothing that cannot be encoded
	}
	return raw
}
