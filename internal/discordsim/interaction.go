package discordsim

import (
	"cmp"
	"crypto/rand"
	"time"
)

// Interaction types and the types of their first answers.
const (
	interactionCommand      = 2
	interactionComponent    = 3
	interactionAutocomplete = 4
	interactionSubmit       = 5

	answerMessage        = 4
	answerDeferred       = 5
	answerDeferredUpdate = 6
	answerUpdate         = 7
	answerChoices        = 8
	answerForm           = 9
)

// interaction is something a user did that the bot must answer.
type interaction struct {
	id, token string
	kind      int
	user      User
	channel   string
	name      string // of the command, or the custom id
	locale    string
	began     time.Time
	elsewhere string   // another server, where the user owns everything; empty: the guild
	personal  bool     // by the user's own installation
	source    *Message // below which the button stands, also that opened a form; nil: none

	sent     int         // how often its event was sent on a connection
	acked    int         // type of the first answer, 0 while there is none
	heard    func() bool // reports whether the bot may have got the answer to that
	repeated int         // how often it was acknowledged after that
	dead     bool        // not acknowledged in time
	original *Message
	finished *Message // what the user was waiting for
	choices  []Choice
	form     *Form // that it opened
}

// begin makes an interaction. The caller holds mu.
func (s *Server) begin(kind int, user User, channel, name string) *interaction {
	i := &interaction{id: s.nextID(), token: "interaction-" + rand.Text() + rand.Text(), kind: kind,
		user: user, channel: channel, name: name, began: time.Now()}
	s.tokens[i.token] = i
	s.byID[i.id] = i
	return i
}

// interactionEvent is the data of an INTERACTION_CREATE.
type interactionEvent map[string]any

// object is the interaction as the gateway tells it. In direct messages there
// is a user and no member.
func (s *Server) object(i *interaction, locale string, data any) interactionEvent {
	c := s.channel(i.channel)
	o := interactionEvent{"id": i.id, "application_id": ApplicationID, "type": i.kind, "token": i.token, "version": 1,
		"channel_id": i.channel, "channel": s.channelObject(c), "locale": cmp.Or(locale, "en-US"), "data": data,
		"entitlements": []any{}, "app_permissions": permissionText(s.botMay(c)), "attachment_size_limit": 10 << 20,
		"authorizing_integration_owners": i.owners(s.installed(c))}
	if c.Direct {
		o["user"], o["context"] = i.user, contextBotDM
		if i.personal {
			o["context"] = contextPrivate
		}
		return o
	}
	guild, m, may := i.elsewhere, &member{Roles: []string{}, JoinedAt: now()}, everyPermission
	if guild == "" {
		guild, m, may = s.guild.id, s.guild.member(i.user.ID), s.guild.may(i.user.ID)
	}
	o["context"], o["guild_id"], o["guild_locale"] = contextGuild, guild, "en-US"
	o["guild"] = map[string]any{"id": guild, "locale": "en-US", "features": []string{}}
	o["member"] = map[string]any{"user": i.user, "nick": nil, "roles": m.Roles, "joined_at": m.JoinedAt, "deaf": false,
		"mute": false, "flags": 0, "permissions": permissionText(may)}
	return o
}

// owners are for whom the application was installed that the interaction belongs
// to: as a rule of its place, the guild or "0" in direct messages.
func (i *interaction) owners(place map[string]string) map[string]string {
	switch {
	case i.personal:
		return map[string]string{"1": i.user.ID}
	case i.elsewhere != "":
		return map[string]string{"0": i.elsewhere}
	}
	return place
}

// installed says where the application was installed that an interaction in the
// channel belongs to: its guild, or "0" in direct messages.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-authorizing-integration-owners-object
func (s *Server) installed(c *channel) map[string]string {
	if c == nil || c.Direct {
		return map[string]string{"0": "0"}
	}
	return map[string]string{"0": s.guild.id}
}

// alive finds an interaction whose token still works.
func (c *call) alive() (*interaction, *problem) {
	i := c.s.tokens[c.r.PathValue("token")]
	switch {
	case c.r.PathValue("app") != ApplicationID || i == nil || i.acked == 0:
		return nil, unknownWebhook()
	case time.Since(i.began) > c.s.settings.tokenLife:
		return nil, deadToken()
	}
	return i, nil
}

// answered is a new message in answer to the interaction.
func (s *Server) answered(i *interaction, flags int) *Message {
	m := s.blank(i.channel, s.users[BotUserID])
	m.Type, m.Flags, m.ApplicationID, m.WebhookID = 0, flags, ApplicationID, ApplicationID
	if i.kind == interactionCommand {
		m.Type = typeCommand
	}
	m.InteractionMetadata = &InteractionMetadata{ID: i.id, Type: i.kind, User: i.user, Name: i.name, Installed: s.installed(s.channel(i.channel))}
	s.owners[m.ID] = i.token
	return m
}

func (i *interaction) finish(m *Message) {
	if i.finished == nil {
		i.finished = m
	}
}
