package discordsim

import (
	"context"
	"slices"
	"time"
)

// sent remembers what an enforced nonce created.
type sent struct {
	message *Message
	at      time.Time
}

// Event is a change of a message.
type Event struct {
	Type    string // create, update, delete
	Message Message
}

func (m *Message) clone() Message {
	c := *m
	c.Mentions = slices.Clone(m.Mentions)
	c.MentionRoles = slices.Clone(m.MentionRoles)
	c.Attachments = slices.Clone(m.Attachments)
	c.Embeds = slices.Clone(m.Embeds)
	c.Components = slices.Clone(m.Components)
	return c
}

// blank is a new message that is not stored yet.
func (s *Server) blank(channel string, author User) *Message {
	return &Message{ID: s.nextID(), ChannelID: channel, Author: author, Timestamp: now(), Mentions: []User{},
		MentionRoles: []string{}, Attachments: []Attachment{}, Embeds: []Embed{}, Components: []Component{}}
}

func (s *Server) message(channel, id string) *Message {
	for _, m := range s.messages[channel] {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// find looks in all channels.
func (s *Server) find(id string) *Message {
	for channel := range s.messages {
		if m := s.message(channel, id); m != nil {
			return m
		}
	}
	return nil
}

// store keeps a new or changed message and tells everybody.
func (s *Server) store(m *Message, what string) {
	if what == "create" {
		s.messages[m.ChannelID] = append(s.messages[m.ChannelID], m)
	}
	s.publish(m, what)
}

func (s *Server) remove(m *Message) {
	s.messages[m.ChannelID] = slices.DeleteFunc(s.messages[m.ChannelID], func(o *Message) bool { return o == m })
	s.publish(m, "delete")
}

func (s *Server) publish(m *Message, what string) {
	for sub := range s.subs {
		sub.push(Event{what, m.clone()})
	}
	if !m.Ephemeral() {
		s.announce(m, what)
	}
	s.changed()
}

// announce sends the gateway's event.
func (s *Server) announce(m *Message, what string) {
	c := s.channel(m.ChannelID)
	if c == nil || s.botMay(c)&PermissionView == 0 {
		return
	}
	intent := intentGuildMessages
	event := m.clone()
	if c.Direct {
		intent = intentDirectMessages
	} else {
		event.GuildID = s.guild.id
	}
	switch what {
	case "create":
		s.dispatch("MESSAGE_CREATE", intent, event)
	case "update":
		s.dispatch("MESSAGE_UPDATE", intent, event)
	case "delete":
		s.dispatch("MESSAGE_DELETE", intent, map[string]string{"id": m.ID, "channel_id": m.ChannelID, "guild_id": event.GuildID})
	}
}

// Messages lists the messages of a channel, oldest first. Ephemeral answers
// and those that the bot is still thinking about are among them.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Message{}
	for _, m := range s.messages[channel] {
		list = append(list, m.clone())
	}
	return list
}

// WaitMessage waits for a message in a channel that is as wanted; one that is
// there already counts. An empty channel means any.
func (s *Server) WaitMessage(ctx context.Context, channel string, wanted func(Message) bool) (Message, error) {
	var found Message
	err := s.await(ctx, func() bool {
		for id, list := range s.messages {
			if channel != "" && id != channel {
				continue
			}
			for _, m := range list {
				if found = m.clone(); wanted(found) {
					return true
				}
			}
		}
		return false
	})
	if err != nil {
		return Message{}, err
	}
	return found, nil
}

// subscription hands events on in order, however slow the reader is.
type subscription struct {
	queue []Event // under Server.mu
	wake  chan struct{}
}

func (q *subscription) push(e Event) {
	q.queue = append(q.queue, e)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Subscribe reports every change of a message from now on. The channel is
// closed when ctx ends or the server is closed.
func (s *Server) Subscribe(ctx context.Context) <-chan Event {
	out := make(chan Event)
	sub := &subscription{wake: make(chan struct{}, 1)}
	s.mu.Lock()
	s.subs[sub] = true
	s.mu.Unlock()
	if !s.spawn(func() { defer close(out); s.pump(ctx, sub, out) }) {
		close(out)
	}
	return out
}

func (s *Server) pump(ctx context.Context, sub *subscription, out chan<- Event) {
	defer func() {
		s.mu.Lock()
		delete(s.subs, sub)
		s.mu.Unlock()
	}()
	for {
		s.mu.Lock()
		batch := sub.queue
		sub.queue = nil
		s.mu.Unlock()
		for _, e := range batch {
			select {
			case out <- e:
			case <-ctx.Done():
				return
			case <-s.done:
				return
			}
		}
		select {
		case <-sub.wake:
		case <-ctx.Done():
			return
		case <-s.done:
			return
		}
	}
}
