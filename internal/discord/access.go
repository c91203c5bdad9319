package discord

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bwmarrin/discordgo"
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

	mentionable map[string]bool   // role id -> its own switch
	names       map[string]string // of roles, by id
}

// RoleName is what a role of the guild is called, or its id.
func (a Access) RoleName(id string) string { return cmp.Or(a.names[id], id) }

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
	Name        string `json:"name"`
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

// ChannelGuild is the server that a channel is in, empty for a direct message.
// Its error is as that of [REST.Access].
func (r *REST) ChannelGuild(ctx context.Context, channelID string) (string, error) {
	var c accessChannel
	if err := r.read(ctx, "read channel", discordgo.EndpointChannel(url.PathEscape(channelID)), "channels", channelID, &c); err != nil {
		return "", channelError(err)
	}
	return c.GuildID, nil
}

// Membership is what a user is in a server: their roles, and whether they may
// manage it.
func (r *REST) Membership(ctx context.Context, guild, user string, now time.Time) (roles []string, manages bool, err error) {
	var g accessGuild
	if err := r.read(ctx, "guild", discordgo.EndpointGuild(guild), "guilds", guild, &g); err != nil {
		return nil, false, err
	}
	var m accessMember
	if err := r.read(ctx, "member", discordgo.EndpointGuildMember(guild, user), "guilds/members", guild, &m); err != nil {
		return nil, false, err
	}
	may := permissions(g, m, nil, user, now)
	return m.Roles, may&(discordgo.PermissionManageGuild|PermissionAdministrator) != 0, nil
}
