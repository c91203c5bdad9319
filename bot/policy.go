package bot

import (
	"slices"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/config"
)

// standing is what a caller may do, in ascending order.
type standing int

// The standings, each with the rights of those before it.
const (
	notAllowed standing = iota // gets no answer
	member                     // of a home server: sees /help
	viewer                     // sees figures
	operator                   // changes things
)

// membership is what somebody is in a server.
type membership struct {
	GuildID string
	RoleIDs []string
	Manages bool // may manage the server
}

// caller is who uses a command and where, by the interaction.
type caller struct {
	UserID  string
	GuildID string // empty in a direct message
	// Memberships holds the caller's membership in the interaction's server, or in a
	// direct message those in the home servers that could be looked up.
	Memberships []membership
	Context     discordgo.InteractionContextType
	// Owners are the authorizing_integration_owners: for which server or person
	// the application was installed. Empty when Discord does not say.
	Owners map[discordgo.ApplicationIntegrationType]string
}

// accessRules are what the configuration says about access.
type accessRules struct {
	Operators config.Operators
	Viewers   config.Viewers
	Home      homeServers
}

// homeServers are the only servers in which commands are answered.
type homeServers struct {
	Known  bool     // false: nobody gets an answer anywhere
	Guilds []string // none: alerts go to a direct message, and people are answered in theirs
}

// denial is why somebody gets no answer.
type denial string

// The denials; the empty one allows.
const (
	allowed       denial = ""
	homeUnknown   denial = "the home server is not known"
	userInstalled denial = "the application was installed for a person and not for the server"
	elsewhere     denial = "not a home server"
	notViewer     denial = "not a viewer"
	notInDirect   denial = "a direct message from somebody who is not known to be a viewer"
	notOperator   denial = "not an operator"
)

// Error makes a denial an error that a handler can return.
func (d denial) Error() string { return string(d) }

// decide reports whether the caller has the standing that something needs, and
// if not, why. It is the only place that knows the rules of access:
//
//   - While the home servers are unknown, nobody gets an answer.
//   - Only home servers are answered, and only where the application was
//     installed for the server.
//   - In a direct message only viewers and operators get an answer.
func decide(rules accessRules, c caller, needed standing) denial {
	switch {
	case !rules.Home.Known:
		return homeUnknown
	case !c.installedForServer():
		return userInstalled
	case c.GuildID != "" && !slices.Contains(rules.Home.Guilds, c.GuildID):
		return elsewhere
	}
	has := rules.standing(c)
	switch {
	case c.GuildID == "" && has < viewer:
		return notInDirect
	case has >= needed:
		return allowed
	case needed == operator:
		return notOperator
	}
	return notViewer
}

// standing is what a caller is, wherever they ask.
func (r accessRules) standing(c caller) standing {
	if c.UserID == "" {
		return notAllowed
	}
	has := notAllowed
	for _, m := range c.Memberships {
		has = max(has, r.standingIn(m))
	}
	if slices.Contains(r.Viewers.Users, c.UserID) {
		has = max(has, viewer)
	}
	if slices.Contains(r.Operators.Users, c.UserID) {
		has = operator
	}
	return has
}

// standingIn returns what a membership lets somebody do. Discord lists the role
// @everyone, whose id is the server's own, with no member.
func (r accessRules) standingIn(m membership) standing {
	if !slices.Contains(r.Home.Guilds, m.GuildID) {
		return notAllowed
	}
	has := func(roles []string) bool {
		return slices.ContainsFunc(roles, func(role string) bool {
			return role == m.GuildID || slices.Contains(m.RoleIDs, role)
		})
	}
	switch {
	case has(r.Operators.Roles), !r.Operators.Named() && m.Manages:
		return operator
	case r.Viewers.Everyone, has(r.Viewers.Roles):
		return viewer
	}
	return member
}

// needsMembership reports whether roles or rights in a server can make a
// caller more than their user id does.
func (r accessRules) needsMembership(c caller) bool {
	switch {
	case slices.Contains(r.Operators.Users, c.UserID):
		return false
	case !r.Operators.Named(), len(r.Operators.Roles) > 0:
		return true
	case slices.Contains(r.Viewers.Users, c.UserID):
		return false
	}
	return r.Viewers.Everyone || len(r.Viewers.Roles) > 0
}

// installedForServer reports whether the interaction comes through an installation in the
// server or the bot's own direct messages, and not through one that a person made for
// themselves, which works in every server and group.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-authorizing-integration-owners-object
func (c caller) installedForServer() bool {
	if c.GuildID == "" && c.Context == discordgo.InteractionContextPrivateChannel {
		return false
	}
	if len(c.Owners) == 0 {
		return true
	}
	server, ok := c.Owners[discordgo.ApplicationIntegrationGuildInstall]
	return ok && (c.GuildID == "" || server == c.GuildID)
}
