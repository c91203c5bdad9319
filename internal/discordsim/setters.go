package discordsim

import "slices"

// Channels lists the channels, direct messages included.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Channel
	for _, c := range s.channels {
		list = append(list, c.Channel)
	}
	return list
}

// AddChannel makes a channel in the guild and gives its id. An empty ID is
// filled in.
func (s *Server) AddChannel(c Channel) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.ID == "" {
		c.ID = s.nextID()
	}
	added := &channel{Channel: c}
	s.channels = append(s.channels, added)
	if !c.Direct {
		s.dispatch("CHANNEL_CREATE", intentGuilds, s.channelObject(added))
	}
	s.changed()
	return c.ID
}

// RemoveChannel deletes a channel with its messages.
func (s *Server) RemoveChannel(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channel(id)
	if c == nil {
		return
	}
	object := s.channelObject(c)
	s.channels = slices.DeleteFunc(s.channels, func(o *channel) bool { return o.ID == id })
	delete(s.messages, id)
	s.dispatch("CHANNEL_DELETE", intentGuilds, object)
	s.changed()
}

// Archive makes a channel behave as a thread that Discord has archived: its messages
// cannot be edited until the next post, which opens it again.
// https://docs.discord.com/developers/topics/threads#active--archived-threads
func (s *Server) Archive(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channel(channel); c != nil {
		c.archived = true
		s.changed()
	}
}

// SetPermissions sets what the bot may do in a channel. In a direct message,
// without [PermissionSend] the user does not take messages from the bot.
func (s *Server) SetPermissions(channel string, p uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channel(channel); c != nil {
		c.own = &p
		if !c.Direct {
			s.dispatch("CHANNEL_UPDATE", intentGuilds, s.channelObject(c))
		}
		s.changed()
	}
}

// AddRole adds or replaces a role.
func (s *Server) AddRole(r Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Permissions == "" {
		r.Permissions = "0"
	}
	event := "GUILD_ROLE_CREATE"
	if old := s.guild.role(r.ID); old != nil {
		*old, event = r, "GUILD_ROLE_UPDATE"
	} else {
		s.guild.roles = append(s.guild.roles, r)
	}
	s.dispatch(event, intentGuilds, map[string]any{"guild_id": s.guild.id, "role": r})
}

// AddUser adds somebody who is in no guild, unless member is set.
func (s *Server) AddUser(u User, isMember bool, roles ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Discriminator == "" {
		u.Discriminator = "0"
	}
	s.users[u.ID] = u
	s.guild.members = slices.DeleteFunc(s.guild.members, func(m member) bool { return m.User.ID == u.ID })
	if isMember {
		s.guild.members = append(s.guild.members, member{User: u, Roles: append([]string{}, roles...), JoinedAt: now()})
	}
}

// Names gives the names of users, roles and channels by their ids.
func (s *Server) Names() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]string{}
	for id, u := range s.users {
		names[id] = u.Username
		if u.GlobalName != nil {
			names[id] = *u.GlobalName
		}
	}
	for _, r := range s.guild.roles {
		names[r.ID] = r.Name
	}
	for _, c := range s.channels {
		names[c.ID] = c.Name
	}
	return names
}

// Say posts a message as somebody else than the bot.
func (s *Server) Say(channel, user, content string) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[user]
	if !ok || s.channel(channel) == nil {
		return Message{}, ErrUnknown
	}
	m := s.blank(channel, u)
	m.Content = content
	s.store(m, "create")
	return m.clone(), nil
}

// Deny takes permissions in a channel from the bot.
func (s *Server) Deny(channel string, denied uint64) {
	s.SetPermissions(channel, PermissionsUsual&^denied)
}

// ForgetNonces ends the time in which Discord knows the nonces of messages.
func (s *Server) ForgetNonces() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sends)
}

// Delete removes a message, as a moderator would.
func (s *Server) Delete(channel, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.message(channel, id)
	if m == nil {
		return ErrUnknown
	}
	s.remove(m)
	return nil
}
