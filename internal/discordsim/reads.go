package discordsim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

func unescaped(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

func (c *call) ownUser() (any, *problem) { return c.s.users[BotUserID], nil }

func (c *call) readUser() (any, *problem) {
	u, ok := c.s.users[c.r.PathValue("user")]
	if !ok {
		return nil, unknownUser().excuse(true)
	}
	return u, nil
}

func (c *call) ownGuilds() (any, *problem) {
	return []map[string]any{{"id": c.s.guild.id, "name": c.s.guild.name, "icon": nil, "owner": false,
		"permissions": permissionText(c.s.guild.may(BotUserID)), "features": []string{}}}, nil
}

func (c *call) application() (any, *problem) {
	return map[string]any{"id": ApplicationID, "name": "mokabot", "icon": nil, "description": "", "bot_public": false,
		"bot_require_code_grant": false, "verify_key": "00", "flags": 0, "team": nil, "summary": "",
		"owner": c.s.users[OwnerID], "bot": c.s.users[BotUserID]}, nil
}

// openDM gives the channel for direct messages with somebody.
func (c *call) openDM() (any, *problem) {
	var in struct {
		Recipient string `json:"recipient_id"`
	}
	if json.Unmarshal(c.raw, &in) != nil {
		return nil, invalidJSON()
	}
	if _, ok := c.s.users[in.Recipient]; !ok || in.Recipient == BotUserID {
		return nil, cannotDM()
	}
	return c.s.channelObject(c.s.dm(in.Recipient)), nil
}

// dm finds or makes the direct messages of a user.
func (s *Server) dm(user string) *channel {
	for _, ch := range s.channels {
		if ch.Direct && ch.User == user {
			return ch
		}
	}
	ch := &channel{Channel: Channel{ID: s.nextID(), Name: s.users[user].Username, Direct: true, User: user}}
	s.channels = append(s.channels, ch)
	return ch
}

// visible finds the channel of the path, if the bot may see it.
func (c *call) visible() (*channel, uint64, *problem) {
	ch := c.s.channel(c.r.PathValue("channel"))
	reading := c.r.Method == http.MethodGet
	if ch == nil {
		return nil, 0, unknownChannel().excuse(reading)
	}
	may := c.s.botMay(ch)
	if may&PermissionView == 0 {
		return nil, 0, missingAccess().excuse(reading)
	}
	return ch, may, nil
}

func (c *call) readChannel() (any, *problem) {
	ch, _, p := c.visible()
	if p != nil {
		return nil, p
	}
	return c.s.channelObject(ch), nil
}

func (c *call) readMessage() (any, *problem) {
	ch, may, p := c.visible()
	if p != nil {
		return nil, p
	}
	if may&PermissionHistory == 0 {
		return nil, noPermission().excuse(true)
	}
	m := c.s.message(ch.ID, c.r.PathValue("message"))
	if m == nil || m.Ephemeral() {
		return nil, unknownMessage().excuse(true)
	}
	return m.stored(), nil
}

// stored is the message as the history tells it: without its nonce.
func (m *Message) stored() Message {
	c := m.clone()
	c.Nonce = ""
	return c
}

// history answers the newest first, like Discord, also for "after".
func (c *call) history() (any, *problem) {
	ch, may, p := c.visible()
	if p != nil {
		return nil, p
	}
	page, p := c.page()
	if p != nil {
		return nil, p
	}
	list := []Message{}
	if may&PermissionHistory == 0 {
		return list, nil
	}
	for _, m := range c.s.messages[ch.ID] {
		if !m.Ephemeral() {
			list = append(list, m.stored())
		}
	}
	list = page.cut(list)
	slices.Reverse(list)
	return list, nil
}

type page struct {
	before, after, around uint64
	limit                 int
}

func (c *call) page() (page, *problem) {
	const usual, most = 50, 100
	var f form
	p := page{limit: usual}
	query, named := c.r.URL.Query(), 0
	for name, to := range map[string]*uint64{"before": &p.before, "after": &p.after, "around": &p.around} {
		if !query.Has(name) {
			continue
		}
		named++
		if f.snowflake(name, query.Get(name)); f.tree == nil {
			*to, _ = strconv.ParseUint(query.Get(name), 10, 64)
		}
	}
	if named > 1 {
		c.s.violate("%s %s: before, after and around exclude each other", c.r.Method, c.path)
	}
	if text := query.Get("limit"); query.Has("limit") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			f.add("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and %d.", most)
		}
		p.limit = n
	}
	if p.after == 0 && query.Has("after") {
		p.after = 1
	}
	return p, f.problem()
}

// cut takes the page out of a list in the order of ids.
func (p page) cut(list []Message) []Message {
	id := func(m Message) uint64 { n, _ := strconv.ParseUint(m.ID, 10, 64); return n }
	switch {
	case p.after > 0:
		list = slices.DeleteFunc(list, func(m Message) bool { return id(m) <= p.after })
		return list[:min(len(list), p.limit)]
	case p.before > 0:
		list = slices.DeleteFunc(list, func(m Message) bool { return id(m) >= p.before })
	case p.around > 0:
		i := slices.IndexFunc(list, func(m Message) bool { return id(m) >= p.around })
		if i >= 0 {
			list = list[:min(len(list), i+(p.limit+1)/2)]
		}
	}
	return list[max(0, len(list)-p.limit):]
}

// ofGuild handles calls about the guild; there is only one.
func ofGuild(h handler) handler {
	return func(c *call) (any, *problem) {
		if c.r.PathValue("guild") != c.s.guild.id {
			return nil, unknownGuild().excuse(true)
		}
		return h(c)
	}
}

func (c *call) readGuild() (any, *problem)    { return c.s.guildObject(), nil }
func (c *call) readRoles() (any, *problem)    { return c.s.guild.roles, nil }
func (c *call) readChannels() (any, *problem) { return c.s.guildChannels(), nil }

func (c *call) readMember() (any, *problem) {
	user := c.r.PathValue("user")
	if m := c.s.guild.member(user); m != nil {
		return *m, nil
	}
	if _, known := c.s.users[user]; !known {
		return nil, unknownUser().excuse(true)
	}
	return nil, unknownMember().excuse(true)
}
