package discord

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
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
	channelStage        = 13
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
	History     bool   // to look for an earlier copy of a message before repeating it
	MentionAll  bool   // may ping roles that are not mentionable by everybody

	Needs    Permission // what the bot needs in a channel of this kind
	Archived bool       // a thread that the next post opens again
	Locked   bool       // a thread that only moderators can post in; the bot is none, or it is archived too
	Outside  bool       // a private thread that the bot is not in
	TimedOut time.Time  // until when the bot is timed out; zero: it is not

	missing     Permission        // of Needs, before what Discord implies
	mentionable map[string]bool   // role id -> its own switch
	names       map[string]string // of roles, by id
}

// RoleName is what a role of the guild is called, or its id.
func (a Access) RoleName(id string) string { return cmp.Or(a.names[id], id) }

// CanMention reports whether a mention of the role pings it.
func (a Access) CanMention(roleID string) bool { return a.MentionAll || a.mentionable[roleID] }

// HasRole reports whether the guild has the role.
func (a Access) HasRole(roleID string) bool {
	_, ok := a.mentionable[roleID]
	return ok
}

// IsEveryone reports whether the role is @everyone, which has the id of the
// guild. A mention of that role pings nobody.
func (a Access) IsEveryone(roleID string) bool { return a.GuildID != "" && a.GuildID == roleID }

// Missing names the permissions, as Discord's settings call them, that have to
// be granted. What Discord takes away because another one is missing is not
// among them: without View Channel nothing works, and granting it is enough.
func (a Access) Missing() []string {
	var missing []string
	for _, p := range permissionNames {
		if a.missing&p.permission != 0 {
			missing = append(missing, p.name)
		}
	}
	return missing
}

// permissionNames are the permissions that posting may need, by their English
// names in Discord's settings.
var permissionNames = []struct {
	permission Permission
	name       string
}{
	{PermissionView, "View Channel"}, {PermissionConnect, "Connect"}, {PermissionSend, "Send Messages"},
	{PermissionSendInThreads, "Send Messages in Threads"}, {PermissionManageThreads, "Manage Threads"},
	{PermissionEmbed, "Embed Links"}, {PermissionAttach, "Attach Files"}, {PermissionHistory, "Read Message History"},
}

type accessChannel struct {
	Type       int         `json:"type"`
	Name       string      `json:"name"`
	GuildID    string      `json:"guild_id"`
	ParentID   string      `json:"parent_id"`
	Overwrites []overwrite `json:"permission_overwrites"`
	Thread     struct {
		Archived bool `json:"archived"`
		Locked   bool `json:"locked"`
	} `json:"thread_metadata"`
	Member *struct{} `json:"member"` // of a thread: given when the bot is in it
}

type overwrite struct {
	ID    string `json:"id"`
	Type  int    `json:"type"` // 0 role, 1 member
	Allow string `json:"allow"`
	Deny  string `json:"deny"`
}

type accessGuild struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
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
	ch, err := r.channel(ctx, channelID)
	if err != nil {
		return Access{}, err
	}
	if ch.Type == channelDM {
		return accessOf(ch, allPermissions, nil), nil
	}
	if !slices.Contains([]int{channelText, channelVoice, channelNews, channelNewsThread, channelPublicThread, channelPrivThread, channelStage}, ch.Type) {
		return Access{}, ErrNotText
	}
	me, err := r.Me(ctx)
	if err != nil {
		return Access{}, err
	}
	var guild accessGuild
	var member accessMember
	var guildErr, memberErr, rulesErr error
	rules := ch
	var reading sync.WaitGroup
	reading.Go(func() {
		guildErr = channelError(r.read(ctx, "read guild", discordgo.EndpointGuild(ch.GuildID), "guilds", ch.GuildID, &guild))
	})
	reading.Go(func() {
		memberErr = channelError(r.read(ctx, "read own member", discordgo.EndpointGuildMember(ch.GuildID, me.UserID), "guilds/members", ch.GuildID, &member))
	})
	if ch.thread() { // a thread has its parent's overwrites
		rules, rulesErr = r.channel(ctx, ch.ParentID)
	}
	reading.Wait()
	if err := cmp.Or(guildErr, memberErr, rulesErr); err != nil {
		return Access{}, err
	}
	now := time.Now()
	has := permissions(guild, member, rules.Overwrites, me.UserID, now)
	a := accessOf(ch, has, guild.Roles)
	if member.TimeoutUntil.After(now) && has != allPermissions { // administrators cannot be timed out
		a.TimedOut = member.TimeoutUntil
	}
	if ch.Type == channelPrivThread && ch.Member == nil && has&PermissionManageThreads == 0 {
		a.Outside, err = r.outsideThread(ctx, channelID, me.UserID)
	}
	return a, err
}

// outsideThread reports whether the bot is not in a private thread.
func (r *REST) outsideThread(ctx context.Context, threadID, userID string) (bool, error) {
	var member struct{}
	address := discordgo.EndpointChannel(url.PathEscape(threadID)) + "/thread-members/" + url.PathEscape(userID)
	err := r.read(ctx, "read thread member", address, "channels/thread-members", threadID, &member)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusNotFound {
		return true, nil
	}
	return false, err
}

// Server is a server as far as access goes by it.
type Server struct {
	ID, Name string
	roles    map[string]string
}

// RoleName is what a role of the server is called; false when it has none of that id.
func (s Server) RoleName(id string) (string, bool) {
	name, ok := s.roles[id]
	return name, ok
}

// Server reads a server that the bot is in.
func (r *REST) Server(ctx context.Context, guildID string) (Server, error) {
	var g accessGuild
	if err := r.read(ctx, "read guild", discordgo.EndpointGuild(url.PathEscape(guildID)), "guilds", guildID, &g); err != nil {
		return Server{}, err
	}
	s := Server{ID: guildID, Name: g.Name, roles: map[string]string{}}
	for _, role := range g.Roles {
		s.roles[role.ID] = role.Name
	}
	return s, nil
}

func (r *REST) read(ctx context.Context, op, address, shape, major string, out any) error {
	return r.do(ctx, request{
		op: op, method: http.MethodGet, url: address, route: route{shape: "GET " + shape, major: major},
	}, out)
}

// channel reads a channel. Its error is as that of [REST.Access].
func (r *REST) channel(ctx context.Context, id string) (c accessChannel, err error) {
	err = r.read(ctx, "read channel", discordgo.EndpointChannel(url.PathEscape(id)), "channels", id, &c)
	return c, channelError(err)
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

// voice reports whether the channel is the chat of a voice or stage channel,
// which nobody sees without Connect.
func (c accessChannel) voice() bool { return c.Type == channelVoice || c.Type == channelStage }

// needs are the permissions that posting in the channel takes.
func (c accessChannel) needs() Permission {
	p := PermissionView | PermissionEmbed | PermissionAttach | PermissionHistory
	switch {
	case c.thread():
		return p | PermissionSendInThreads
	case c.voice():
		return p | PermissionSend | PermissionConnect
	}
	return p | PermissionSend
}

func (c accessChannel) thread() bool {
	return c.Type == channelNewsThread || c.Type == channelPublicThread || c.Type == channelPrivThread
}

// ChannelGuild is the server that a channel is in, empty for a direct message.
// Its error is as that of [REST.Access].
func (r *REST) ChannelGuild(ctx context.Context, channelID string) (string, error) {
	c, err := r.channel(ctx, channelID)
	return c.GuildID, err
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
