package discordsim

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Flags that a bot may set.
const (
	sendFlags   = FlagSuppressEmbeds | FlagSilent
	answerFlags = sendFlags | FlagEphemeral
)

func (c *call) createMessage() (any, *problem) {
	ch, may, p := c.visible()
	if p != nil {
		return nil, p
	}
	d, p := c.draft()
	if p == nil {
		p = d.permitted(ch, may)
	}
	if p != nil {
		return nil, p
	}
	key := ch.ID + " " + d.nonce()
	if old, ok := c.s.sends[key]; ok && d.EnforceNonce && time.Since(old.at) < c.s.settings.nonceWindow {
		return old.message.clone(), nil
	}
	m := c.s.blank(ch.ID, c.s.users[BotUserID])
	if p := c.apply(m, d, may, sendFlags); p != nil {
		return nil, p
	}
	ch.archived = false
	m.Nonce, m.TTS = d.nonce(), d.TTS
	if d.Reference != nil {
		m.Type, m.MessageReference = typeReply, d.Reference
	}
	if m.Nonce != "" { // a later send with enforce_nonce finds this one, too
		c.s.sends[key] = sent{m, time.Now()}
	}
	c.s.store(m, "create")
	c.s.book(m, false)
	return m.clone(), nil
}

const (
	typeReply   = 19
	typeCommand = 20
)

// permitted checks what the bot may send.
func (d *draft) permitted(ch *channel, may uint64) *problem {
	if may&PermissionSend == 0 && ch.Direct {
		return cannotDM()
	}
	if may&PermissionSend == 0 || len(d.Embeds.v) > 0 && may&PermissionEmbed == 0 || len(d.files) > 0 && may&PermissionAttach == 0 {
		return noPermission()
	}
	return nil
}

func (c *call) editMessage() (any, *problem) {
	m, may, p := c.ownMessage()
	if p != nil {
		return nil, p
	}
	d, p := c.draft()
	if p == nil {
		p = d.permittedEdit(may)
	}
	if p == nil {
		p = c.edit(m, d, may, sendFlags)
	}
	if p != nil {
		return nil, p
	}
	c.s.book(m, true)
	return m.clone(), nil
}

// permittedEdit: who may no longer send may still change what is there.
func (d *draft) permittedEdit(may uint64) *problem {
	if len(d.Embeds.v) > 0 && may&PermissionEmbed == 0 && may&PermissionSend != 0 || len(d.files) > 0 && may&PermissionAttach == 0 {
		return noPermission()
	}
	return nil
}

func (c *call) deleteMessage() (any, *problem) {
	ch, may, p := c.visible()
	if p != nil {
		return nil, p
	}
	m := c.s.message(ch.ID, c.r.PathValue("message"))
	switch {
	case m == nil || m.Ephemeral():
		return nil, unknownMessage()
	case m.Author.ID != BotUserID && may&PermissionManageMessages == 0:
		return nil, noPermission()
	}
	c.s.remove(m)
	return nil, nil
}

func (c *call) typing() (any, *problem) {
	ch, may, p := c.visible()
	if p != nil {
		return nil, p
	}
	return nil, (&draft{}).permitted(ch, may)
}

// ownMessage is the message of the path, if the bot may edit it.
func (c *call) ownMessage() (*Message, uint64, *problem) {
	ch, may, p := c.visible()
	if p != nil {
		return nil, 0, p
	}
	m := c.s.message(ch.ID, c.r.PathValue("message"))
	switch {
	case m == nil || m.Ephemeral():
		return nil, 0, unknownMessage()
	case m.Author.ID != BotUserID:
		return nil, 0, notOwn()
	case ch.archived:
		return nil, 0, archivedThread()
	}
	return m, may, nil
}

// edit changes a stored message, or nothing when there is a problem.
func (c *call) edit(m *Message, d *draft, may uint64, flags int) *problem {
	changed := m.clone()
	if p := c.apply(&changed, d, may, flags); p != nil {
		return p
	}
	at := now()
	changed.Edited = &at
	*m = changed
	c.s.store(m, "update")
	return nil
}

// apply puts the parts that the draft has into the message.
func (c *call) apply(m *Message, d *draft, may uint64, flags int) *problem {
	if d.Content.set {
		m.Content = d.Content.v
	}
	if d.Embeds.set {
		m.Embeds = append([]Embed{}, d.Embeds.v...)
	}
	if d.Components.set {
		m.Components = append([]Component{}, d.Components.v...)
	}
	if d.Flags.set {
		m.Flags = m.Flags&^flags | d.Flags.v&flags
	}
	if p := c.attach(m, d); p != nil {
		return p
	}
	c.resolve(m)
	if m.Content == "" && len(m.Embeds) == 0 && len(m.Components) == 0 && len(m.Attachments) == 0 {
		return emptyMessage()
	}
	if d.Content.set || d.AllowedMentions.set {
		c.s.mention(m, d, may)
	}
	return nil
}

var (
	roleMention = regexp.MustCompile(`<@&(\d+)>`)
	userMention = regexp.MustCompile(`<@!?(\d+)>`)
)

// mention works out whom the text pings.
func (s *Server) mention(m *Message, d *draft, may uint64) {
	allowed := d.AllowedMentions.v
	if !d.AllowedMentions.set {
		allowed.Parse = []string{"roles", "users", "everyone"}
	}
	m.Mentions, m.MentionRoles = []User{}, []string{}
	for _, id := range found(roleMention, m.Content) {
		role := s.guild.role(id)
		wanted := slices.Contains(allowed.Parse, "roles") || slices.Contains(allowed.Roles, id)
		if role != nil && wanted && (role.Mentionable || may&PermissionMentionEveryone != 0) {
			m.MentionRoles = append(m.MentionRoles, id)
			if role.Crowded {
				m.Flags |= FlagNotInThread
			}
		}
	}
	for _, id := range found(userMention, m.Content) {
		u, ok := s.users[id]
		if ok && (slices.Contains(allowed.Parse, "users") || slices.Contains(allowed.Users, id)) {
			m.Mentions = append(m.Mentions, u)
		}
	}
	everyone := strings.Contains(m.Content, "@everyone") || strings.Contains(m.Content, "@here")
	m.MentionEveryone = everyone && slices.Contains(allowed.Parse, "everyone") && may&PermissionMentionEveryone != 0
}

func found(pattern *regexp.Regexp, text string) []string {
	var ids []string
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(ids, match[1]) {
			ids = append(ids, match[1])
		}
	}
	return ids
}
