package discord

import (
	"slices"
	"strconv"
	"time"
)

// Permission is one right of the bot in a channel.
// https://docs.discord.com/developers/topics/permissions
type Permission uint64

// The permissions that matter for posting.
const (
	PermissionAdministrator   Permission = 1 << 3
	PermissionView            Permission = 1 << 10
	PermissionSend            Permission = 1 << 11
	PermissionEmbed           Permission = 1 << 14
	PermissionAttach          Permission = 1 << 15
	PermissionHistory         Permission = 1 << 16
	PermissionMentionEveryone Permission = 1 << 17
	PermissionConnect         Permission = 1 << 20
	PermissionManageThreads   Permission = 1 << 34
	PermissionSendInThreads   Permission = 1 << 38

	allPermissions Permission = 1<<63 - 1
)

// permissions follows
// https://docs.discord.com/developers/topics/permissions#permission-overwrites.
func permissions(g accessGuild, m accessMember, overwrites []overwrite, userID string, now time.Time) Permission {
	var base Permission
	for _, role := range g.Roles {
		if role.ID == g.ID || slices.Contains(m.Roles, role.ID) { // the guild's own id is @everyone
			base |= bits(role.Permissions)
		}
	}
	if base&PermissionAdministrator != 0 || g.OwnerID == userID {
		return allPermissions
	}
	var everyone, roles, own struct{ allow, deny Permission }
	for _, o := range overwrites {
		switch {
		case o.Type == 1 && o.ID == userID:
			own.allow, own.deny = bits(o.Allow), bits(o.Deny)
		case o.Type == 0 && o.ID == g.ID:
			everyone.allow, everyone.deny = bits(o.Allow), bits(o.Deny)
		case o.Type == 0 && slices.Contains(m.Roles, o.ID):
			roles.allow |= bits(o.Allow)
			roles.deny |= bits(o.Deny)
		}
	}
	for _, o := range []struct{ allow, deny Permission }{everyone, roles, own} {
		base = base&^o.deny | o.allow
	}
	if m.TimeoutUntil.After(now) {
		base &= PermissionView | PermissionHistory
	}
	return base
}

// bits reads a permission set, which Discord writes as a decimal string.
func bits(s string) Permission {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0
	}
	return Permission(n)
}

// accessOf applies the implicit rules: who cannot view a channel, or not
// connect to a voice channel, can do nothing there; who cannot send cannot mention.
// https://docs.discord.com/developers/topics/permissions#implicit-permissions
func accessOf(ch accessChannel, p Permission, roles []accessRole) Access {
	send := PermissionSend
	if ch.thread() {
		send = PermissionSendInThreads
	}
	moderates := p&PermissionManageThreads != 0
	view := p&PermissionView != 0 && (!ch.voice() || p&PermissionConnect != 0)
	a := Access{
		ChannelName: ch.Name,
		GuildID:     ch.GuildID,
		History:     view && p&PermissionHistory != 0,
		MentionAll:  view && p&send != 0 && p&PermissionMentionEveryone != 0,
		Needs:       ch.needs(),
		Archived:    ch.Thread.Archived,
		Locked:      ch.Thread.Locked && (!moderates || ch.Thread.Archived),
		missing:     ch.needs() &^ p,
		mentionable: map[string]bool{},
		names:       map[string]string{},
	}
	for _, role := range roles {
		a.mentionable[role.ID] = role.Mentionable
		a.names[role.ID] = role.Name
	}
	return a
}
