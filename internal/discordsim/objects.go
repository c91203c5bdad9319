package discordsim

import "slices"

func (s *Server) channelObject(c *channel) map[string]any {
	if c.Direct {
		return map[string]any{"id": c.ID, "type": typeDirect, "last_message_id": s.lastMessage(c.ID),
			"recipients": []User{s.users[c.User]}, "flags": 0}
	}
	overwrites := []map[string]any{}
	if c.own != nil {
		overwrites = append(overwrites, map[string]any{"id": BotUserID, "type": 1,
			"allow": permissionText(*c.own), "deny": permissionText(everyPermission &^ *c.own)})
	}
	return map[string]any{"id": c.ID, "type": 0, "guild_id": s.guild.id, "name": c.Name, "topic": c.Topic,
		"position": slices.Index(s.channels, c), "parent_id": nil, "nsfw": false, "rate_limit_per_user": 0,
		"last_message_id": s.lastMessage(c.ID), "permission_overwrites": overwrites, "flags": 0}
}

func (s *Server) lastMessage(channel string) any {
	if list := s.messages[channel]; len(list) > 0 {
		return list[len(list)-1].ID
	}
	return nil
}

func (s *Server) guildObject() map[string]any {
	return map[string]any{"id": s.guild.id, "name": s.guild.name, "icon": nil, "owner_id": OwnerID, "roles": s.guild.roles,
		"emojis": []any{}, "features": []string{}, "preferred_locale": "en-US", "afk_timeout": 300, "premium_tier": 0,
		"verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0,
		"nsfw_level": 0, "system_channel_flags": 0, "max_members": 500000}
}

func (s *Server) guildChannels() []map[string]any {
	list := []map[string]any{}
	for _, c := range s.channels {
		if !c.Direct {
			list = append(list, s.channelObject(c))
		}
	}
	return list
}
