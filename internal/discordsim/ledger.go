package discordsim

import (
	"slices"
	"strings"
	"time"
)

// Entry is something that the bot did to a channel, in the server's own books.
type Entry struct {
	At        time.Time
	Channel   string
	MessageID string
	Edit      bool
	Nonce     string   // of a post
	Pinged    []string // roles and users who were really notified
	Files     int
	Content   string
}

// Ledger lists what the bot really posted and edited, in order. Attempts that
// were refused or repeated with an enforced nonce are not in it.
func (s *Server) Ledger() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger)
}

// book notes a post or an edit. The caller holds mu.
func (s *Server) book(m *Message, edit bool) {
	e := Entry{At: time.Now(), Channel: m.ChannelID, MessageID: m.ID, Edit: edit, Nonce: m.Nonce, Files: len(m.Attachments), Content: m.Content}
	if !edit { // an edit notifies nobody
		e.Pinged = slices.Clone(m.MentionRoles)
		for _, u := range m.Mentions {
			e.Pinged = append(e.Pinged, u.ID)
		}
	}
	s.ledger = append(s.ledger, e)
}

// Copies counts the bot's messages of a channel that show the text, in their
// content or an embed, as they are now.
func (s *Server) Copies(channel, text string) int {
	n := 0
	for _, m := range s.Messages(channel) {
		if m.Author.ID == BotUserID && m.shows(text) {
			n++
		}
	}
	return n
}

func (m *Message) shows(text string) bool {
	all := []string{m.Content}
	for _, e := range m.Embeds {
		all = append(all, e.Title, e.Description)
		for _, f := range e.Fields {
			all = append(all, f.Name, f.Value)
		}
	}
	return strings.Contains(strings.Join(all, "\n"), text)
}

// Duplicates lists the nonces that created more than one message, whatever
// happened to those since.
func (s *Server) Duplicates() []string {
	seen := map[string]int{}
	var twice []string
	for _, e := range s.Ledger() {
		if e.Edit || e.Nonce == "" {
			continue
		}
		if seen[e.Nonce]++; seen[e.Nonce] == 2 {
			twice = append(twice, e.Nonce)
		}
	}
	return twice
}
