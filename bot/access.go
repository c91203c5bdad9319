package bot

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"
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
	PermissionSendInThreads   Permission = 1 << 38

	allPermissions Permission = 1<<63 - 1
)

// Channel types. https://docs.discord.com/developers/resources/channel#channel-object-channel-types
const (
	channelText         = 0
	channelDM           = 1
	channelVoice        = 2
	channelNews         = 5
	channelNewsThread   = 10
	channelPublicThread = 11
	channelPrivThread   = 12
)

// ErrUnknownChannel and ErrNoAccess are the two ways in which a channel can
// be out of reach. [REST.Access] wraps them.
var (
	ErrUnknownChannel = errors.New("there is no such channel")
	ErrNoAccess       = errors.New("the bot cannot see this channel; invite it to the server and give it View Channel there")
	ErrNotText        = errors.New("this is not a channel that takes messages")
)

// Access is what the bot may do in a channel.
type Access struct {
	ChannelName string
	GuildID     string // empty for a direct message
	View        bool
	Send        bool
	Embed       bool
	Attach      bool
	History     bool // to look for an earlier copy of a message before repeating it
	MentionAll  bool // may ping roles that are not mentionable by everybody

	mentionable map[string]bool // role id -> its own switch
}

// CanMention tells whether a mention of the role pings it.
func (a Access) CanMention(roleID string) bool { return a.MentionAll || a.mentionable[roleID] }

// HasRole tells whether the guild has the role.
func (a Access) HasRole(roleID string) bool {
	_, ok := a.mentionable[roleID]
	return ok
}

// Missing names the permissions, as Discord's settings call them, that the
// bot needs in the channel and does not have.
func (a Access) Missing() []string {
	var missing []string
	for _, p := range []struct {
		has  bool
		name string
	}{
		{a.View, "View Channel"}, {a.Send, "Send Messages"}, {a.Embed, "Embed Links"},
		{a.Attach, "Attach Files"}, {a.History, "Read Message History"},
	} {
		if !p.has {
			missing = append(missing, p.name)
		}
	}
	return missing
}

type accessChannel struct {
	Type       int         `json:"type"`
	Name       string      `json:"name"`
	GuildID    string      `json:"guild_id"`
	ParentID   string      `json:"parent_id"`
	Overwrites []overwrite `json:"permission_overwrites"`
}

type overwrite struct {
	ID    string `json:"id"`
	Type  int    `json:"type"` // 0 role, 1 member
	Allow string `json:"allow"`
	Deny  string `json:"deny"`
}

type accessGuild struct {
	ID      string       `json:"id"`
	OwnerID string       `json:"owner_id"`
	Roles   []accessRole `json:"roles"`
}

type accessRole struct {
	ID          string `json:"id"`
	Permissions string `json:"permissions"`
	Mentionable bool   `json:"mentionable"`
}

type accessMember struct {
	Roles        []string  `json:"roles"`
	TimeoutUntil time.Time `json:"communication_disabled_until"`
}

// Access computes what the bot may do in a channel from the guild's roles and
// the channel's overwrites. Its error is ErrUnknownChannel, ErrNoAccess or
// ErrNotText where one of them is the answer, else an [*Error].
func (r *REST) Access(ctx context.Context, channelID string) (Access, error) {
	var ch accessChannel
	if err := r.read(ctx, "read channel", discordgo.EndpointChannel(url.PathEscape(channelID)), "channels", channelID, &ch); err != nil {
		return Access{}, channelError(err)
	}
	if ch.Type == channelDM {
		return accessOf(ch, allPermissions, nil), nil
	}
	if !slices.Contains([]int{channelText, channelVoice, channelNews, channelNewsThread, channelPublicThread, channelPrivThread}, ch.Type) {
		return Access{}, ErrNotText
	}
	me, err := r.Me(ctx)
	if err != nil {
		return Access{}, err
	}
	var guild accessGuild
	if err := r.read(ctx, "read guild", discordgo.EndpointGuild(ch.GuildID), "guilds", ch.GuildID, &guild); err != nil {
		return Access{}, channelError(err)
	}
	var member accessMember
	if err := r.read(ctx, "read own member", discordgo.EndpointGuildMember(ch.GuildID, me.UserID), "guilds/members", ch.GuildID, &member); err != nil {
		return Access{}, channelError(err)
	}
	rules := ch
	if ch.thread() { // a thread has its parent's overwrites
		if err := r.read(ctx, "read channel", discordgo.EndpointChannel(url.PathEscape(ch.ParentID)), "channels", ch.ParentID, &rules); err != nil {
			return Access{}, channelError(err)
		}
	}
	return accessOf(ch, permissions(guild, member, rules.Overwrites, me.UserID, time.Now()), guild.Roles), nil
}

func (r *REST) read(ctx context.Context, op, address, shape, major string, out any) error {
	return r.do(ctx, request{
		op: op, method: http.MethodGet, url: address, route: route{shape: "GET " + shape, major: major},
	}, out)
}

// channelError makes the two usual answers recognisable.
func channelError(err error) error {
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
		return err
	case e.Code == codeUnknownChannel, e.Code == codeInvalidFormBody, e.Status == http.StatusNotFound && e.Code == 0:
		return because(ErrUnknownChannel, err)
	case e.Code == codeMissingAccess, e.Code == codeMissingPermissions, e.Status == http.StatusForbidden:
		return because(ErrNoAccess, err)
	}
	return err
}

func (c accessChannel) thread() bool {
	return c.Type == channelNewsThread || c.Type == channelPublicThread || c.Type == channelPrivThread
}

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

// accessOf applies the implicit rules: who cannot view can do nothing, who
// cannot send can neither embed nor attach nor mention.
func accessOf(ch accessChannel, p Permission, roles []accessRole) Access {
	send := PermissionSend
	if ch.thread() {
		send = PermissionSendInThreads
	}
	view := p&PermissionView != 0
	sends := view && p&send != 0
	a := Access{
		ChannelName: ch.Name,
		GuildID:     ch.GuildID,
		View:        view,
		Send:        sends,
		Embed:       sends && p&PermissionEmbed != 0,
		Attach:      sends && p&PermissionAttach != 0,
		History:     view && p&PermissionHistory != 0,
		MentionAll:  sends && p&PermissionMentionEveryone != 0,
		mentionable: map[string]bool{},
	}
	for _, role := range roles {
		a.mentionable[role.ID] = role.Mentionable
	}
	return a
}
