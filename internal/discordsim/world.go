package discordsim

import (
	"slices"
	"strconv"
)

// Who and what is there from the beginning.
const (
	Token         = "MTIz.simulated.bot-token-of-nobody"
	ApplicationID = "1100000000000000001"
	BotUserID     = "1100000000000000002"
	GuildID       = "1100000000000000010"
	AlertsChannel = "1100000000000000021"
	ReportChannel = "1100000000000000022"
	DirectChannel = "1100000000000000023" // between the operator and the bot
	OwnerID       = "1100000000000000030"
	OperatorID    = "1100000000000000031" // has the role ManagerRole
	MemberID      = "1100000000000000032" // a plain member
	ManagerRole   = "1100000000000000041" // with the permission Manage Server
	OnCallRole    = "1100000000000000042" // anybody may mention it
	botRole       = "1100000000000000043"
)

// Permissions, see https://docs.discord.com/developers/topics/permissions.
const (
	PermissionAdministrator   uint64 = 1 << 3
	PermissionManageGuild     uint64 = 1 << 5
	PermissionView            uint64 = 1 << 10
	PermissionSend            uint64 = 1 << 11
	PermissionManageMessages  uint64 = 1 << 13
	PermissionEmbed           uint64 = 1 << 14
	PermissionAttach          uint64 = 1 << 15
	PermissionHistory         uint64 = 1 << 16
	PermissionMentionEveryone uint64 = 1 << 17
	PermissionUseCommands     uint64 = 1 << 31

	// PermissionsUsual is what everybody may do.
	PermissionsUsual = PermissionView | PermissionSend | PermissionEmbed | PermissionAttach |
		PermissionHistory | PermissionUseCommands
	everyPermission uint64 = 1<<50 - 1
)

// Role is a role object.
type Role struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Color       int    `json:"color"`
	Hoist       bool   `json:"hoist"`
	Position    int    `json:"position"`
	Permissions string `json:"permissions"`
	Managed     bool   `json:"managed"`
	Mentionable bool   `json:"mentionable"`
	Crowded     bool   `json:"-"` // more than 100 members, whom a mention in a thread does not add; every channel counts as one
}

type member struct {
	User     User     `json:"user"`
	Nick     *string  `json:"nick"`
	Roles    []string `json:"roles"`
	JoinedAt Time     `json:"joined_at"`
	Deaf     bool     `json:"deaf"`
	Mute     bool     `json:"mute"`
	Flags    int      `json:"flags"`
}

type guild struct {
	id, name string
	joined   Time
	roles    []Role
	members  []member
}

// Channel is a text channel of the guild, or somebody's direct messages.
type Channel struct {
	ID     string
	Name   string
	Topic  string
	Direct bool
	User   string // with whom, of direct messages
}

type channel struct {
	Channel
	own      *uint64 // the bot's permissions; nil for those of its roles
	archived bool    // a thread that nobody wrote in lately: a post opens it again, edits are refused
}

const typeDirect = 1

func person(id, username, shown string) User {
	return User{ID: id, Username: username, Discriminator: "0", GlobalName: &shown}
}

// populate makes the world of the constants.
func (s *Server) populate() {
	bot := User{ID: BotUserID, Username: "mokabot", Discriminator: "0001", Bot: true}
	people := []User{bot, person(OwnerID, "owner", "Owner"), person(OperatorID, "operator", "Operator"), person(MemberID, "stranger", "Stranger")}
	s.users = map[string]User{}
	roles := map[string][]string{OperatorID: {ManagerRole}, BotUserID: {botRole}}
	s.guild = guild{id: GuildID, name: "Test Guild", joined: now()}
	for _, u := range people {
		s.users[u.ID] = u
		s.guild.members = append(s.guild.members, member{User: u, Roles: append([]string{}, roles[u.ID]...), JoinedAt: now()})
	}
	s.guild.roles = []Role{
		{ID: GuildID, Name: "@everyone", Permissions: permissionText(PermissionsUsual)},
		{ID: ManagerRole, Name: "managers", Position: 3, Permissions: permissionText(PermissionManageGuild)},
		{ID: OnCallRole, Name: "on-call", Position: 2, Permissions: "0", Mentionable: true},
		{ID: botRole, Name: "mokabot", Position: 1, Permissions: "0", Managed: true},
	}
	s.channels = []*channel{
		{Channel: Channel{ID: AlertsChannel, Name: "alerts", Topic: "What needs attention"}},
		{Channel: Channel{ID: ReportChannel, Name: "reports", Topic: "Daily and weekly figures"}},
		{Channel: Channel{ID: DirectChannel, Name: "mokabot", Direct: true, User: OperatorID}},
	}
}

func permissionText(p uint64) string { return strconv.FormatUint(p, 10) }

func permissionBits(text string) uint64 {
	n, _ := strconv.ParseUint(text, 10, 64) // anything else is no permission
	return n
}

func (s *Server) channel(id string) *channel {
	for _, c := range s.channels {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (g *guild) member(user string) *member {
	for i := range g.members {
		if g.members[i].User.ID == user {
			return &g.members[i]
		}
	}
	return nil
}

func (g *guild) role(id string) *Role {
	for i := range g.roles {
		if g.roles[i].ID == id {
			return &g.roles[i]
		}
	}
	return nil
}

// may gives a member's permissions in the guild.
func (g *guild) may(user string) uint64 {
	m := g.member(user)
	if m == nil {
		return 0
	}
	if user == OwnerID {
		return everyPermission
	}
	var p uint64
	for _, r := range g.roles {
		if r.ID == g.id || slices.Contains(m.Roles, r.ID) {
			p |= permissionBits(r.Permissions)
		}
	}
	if p&PermissionAdministrator != 0 {
		return everyPermission
	}
	return p
}

// botMay gives the bot's permissions in a channel, the implied ones applied:
// who cannot view can do nothing, who cannot send can neither embed nor attach.
func (s *Server) botMay(c *channel) uint64 {
	p := s.guild.may(BotUserID)
	if c.Direct {
		p = PermissionsUsual
	}
	if c.own != nil && p != everyPermission {
		p = *c.own
	}
	if p&PermissionView == 0 {
		return 0
	}
	if p&PermissionSend == 0 {
		p &^= PermissionEmbed | PermissionAttach | PermissionMentionEveryone
	}
	return p
}
