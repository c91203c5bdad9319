package discordtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Permissions that matter here. https://docs.discord.com/developers/topics/permissions
const (
	ViewChannel  = 1 << 10
	SendMessages = 1 << 11
	EmbedLinks   = 1 << 14
	AttachFiles  = 1 << 15
	manageGuild  = 1 << 5
	botMay       = ViewChannel | SendMessages | EmbedLinks | AttachFiles | 1<<16
)

func (s *Server) routes() {
	s.mux = http.NewServeMux()
	for _, version := range []string{"/api/v9", "/api/v10"} {
		s.route("GET "+version+"/gateway", s.gatewayURL)
		s.route("GET "+version+"/users/@me", s.me)
		s.route("GET "+version+"/oauth2/applications/@me", s.application)
		s.route("GET "+version+"/channels/{channel}", s.getChannel)
		s.route("GET "+version+"/channels/{channel}/messages", s.history)
		s.route("POST "+version+"/channels/{channel}/messages", s.post)
		s.route("PATCH "+version+"/channels/{channel}/messages/{message}", s.edit)
		s.route("GET "+version+"/guilds/{guild}", s.guild)
		s.route("GET "+version+"/guilds/{guild}/members/{user}", s.member)
		s.route("GET "+version+"/applications/{app}/commands", s.getCommands)
		s.route("PUT "+version+"/applications/{app}/commands", s.putCommands)
		s.route("GET "+version+"/applications/{app}/guilds/{guild}/commands", s.getCommands)
		s.route("PUT "+version+"/applications/{app}/guilds/{guild}/commands", s.putCommands)
		// These carry their right in the path: an interaction's token.
		s.mux.HandleFunc("POST "+version+"/interactions/{id}/{token}/callback", s.locked(s.callback))
		s.mux.HandleFunc("PATCH "+version+"/webhooks/{app}/{token}/messages/@original", s.locked(s.editReply))
		s.mux.HandleFunc("POST "+version+"/webhooks/{app}/{token}", s.locked(s.followUp))
	}
	s.mux.HandleFunc("/gateway/", s.gateway) // discordgo adds the slash
	s.mux.HandleFunc("/", s.unknown)
}

type handler func(r *http.Request) (any, *fault)

// errCut cuts the line instead of answering.
var errCut = &fault{}

// locked runs a handler under the lock and writes what it returns: a value, nil
// for 204, or the refusal.
func (s *Server) locked(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if r.Header.Get("User-Agent") == "" {
			s.blame("%s %s: no User-Agent", r.Method, r.URL.Path)
		}
		v, refused := h(r)
		s.mu.Unlock()
		switch {
		case refused == errCut:
			cut(w)
		case refused != nil:
			refused.write(w)
		case v == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			reply(w, http.StatusOK, v)
		}
	}
}

// route is a handler that needs the bot's token.
func (s *Server) route(pattern string, h handler) {
	s.mux.HandleFunc(pattern, s.locked(func(r *http.Request) (any, *fault) {
		if r.Header.Get("Authorization") != "Bot "+Token {
			return nil, &fault{401, 0, "401: Unauthorized"}
		}
		return h(r)
	}))
}

func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.blame("unknown route %s %s", r.Method, r.URL.Path)
	s.mu.Unlock()
	(&fault{404, 0, "404: Not Found"}).write(w)
}

func (s *Server) gatewayURL(r *http.Request) (any, *fault) {
	if proxied(r) {
		return map[string]string{"url": "wss://gateway.discord.gg"}, nil
	}
	return map[string]string{"url": "ws" + strings.TrimPrefix(s.listen.URL, "http") + "/gateway"}, nil
}

func (s *Server) me(*http.Request) (any, *fault) {
	return User{BotUserID, "mokabot", true}, nil
}

func (s *Server) application(*http.Request) (any, *fault) {
	return map[string]any{"id": ApplicationID, "name": "mokabot"}, nil
}

func (s *Server) getChannel(r *http.Request) (any, *fault) {
	c, refused := s.visible(r)
	if refused != nil {
		return nil, refused
	}
	if c.Direct {
		return map[string]any{"id": c.ID, "type": 1}, nil
	}
	overwrites := []any{}
	if c.Deny != 0 {
		overwrites = append(overwrites, map[string]any{"id": BotUserID, "type": 1, "allow": "0", "deny": strconv.FormatUint(c.Deny, 10)})
	}
	return map[string]any{"id": c.ID, "type": 0, "name": c.Name, "guild_id": GuildID, "permission_overwrites": overwrites}, nil
}

// visible is the channel of a request when the bot may see it.
func (s *Server) visible(r *http.Request) (*Channel, *fault) {
	c := s.channel(r.PathValue("channel"))
	switch {
	case c == nil:
		return nil, &fault{404, 10003, "Unknown Channel"}
	case c.Deny&ViewChannel != 0:
		return nil, &fault{403, 50001, "Missing Access"}
	}
	return c, nil
}

func (s *Server) guild(r *http.Request) (any, *fault) {
	if r.PathValue("guild") != GuildID {
		return nil, &fault{404, 10004, "Unknown Guild"}
	}
	return map[string]any{"id": GuildID, "name": "Moka", "owner_id": OperatorID, "roles": []any{
		map[string]any{"id": GuildID, "name": "@everyone", "permissions": strconv.Itoa(botMay), "mentionable": false},
		map[string]any{"id": OnCallRole, "name": "on-call", "permissions": "0", "mentionable": true},
		map[string]any{"id": managerRole, "name": "managers", "permissions": strconv.Itoa(manageGuild), "mentionable": false},
	}}, nil
}

func (s *Server) member(r *http.Request) (any, *fault) {
	roles := map[string][]string{OperatorID: {managerRole}, StrangerID: {}, BotUserID: {}}[r.PathValue("user")]
	if roles == nil || r.PathValue("guild") != GuildID {
		return nil, &fault{404, 10007, "Unknown Member"}
	}
	return map[string]any{"roles": roles, "user": User{ID: r.PathValue("user"), Username: "user"}}, nil
}

func (s *Server) history(r *http.Request) (any, *fault) {
	c, refused := s.visible(r)
	if refused != nil {
		return nil, refused
	}
	after, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		limit = 50
	}
	found := []Message{}
	for _, m := range s.messages { // oldest first: "after" gives those next to it
		id, _ := strconv.ParseUint(m.ID, 10, 64)
		if m.ChannelID == c.ID && id > after && !m.Ephemeral() && len(found) < limit {
			shown := m.clone()
			shown.Nonce = "" // the real history does not tell it
			found = append(found, shown)
		}
	}
	slices.Reverse(found)
	return found, nil
}

func (s *Server) post(r *http.Request) (any, *fault) {
	c, refused := s.visible(r)
	if refused != nil {
		return nil, refused
	}
	f, refused := readForm(r)
	if refused != nil {
		return nil, refused
	}
	if refused := s.check(f, "message in #"+c.Name); refused != nil {
		return nil, refused
	}
	if f.empty() {
		return nil, &fault{400, 50006, "Cannot send an empty message"}
	}
	if c.Deny&SendMessages != 0 || c.Deny&EmbedLinks != 0 && f.Embeds != nil || c.Deny&AttachFiles != 0 && len(f.files) > 0 {
		return nil, &fault{403, 50013, "Missing Permissions"}
	}
	m := s.store(c.ID, f)
	if s.cutAfterStore > 0 {
		s.cutAfterStore--
		return nil, errCut
	}
	return m.clone(), nil
}

// store keeps a new message, or finds the one that a known nonce stands for.
func (s *Server) store(channel string, f form) *Message {
	nonce := strings.Trim(string(f.Nonce), `"`)
	if m := s.known(channel, nonce); m != nil && f.EnforceNonce {
		return m
	}
	m := &Message{ID: s.snowflake(), ChannelID: channel, Author: User{BotUserID, "mokabot", true}, Timestamp: time.Now().UTC(), Nonce: nonce, Attachments: []Attachment{}}
	s.fill(m, f)
	s.messages = append(s.messages, m)
	s.publish("create", m)
	return m
}

// known is the message with that nonce while Discord still remembers it.
func (s *Server) known(channel, nonce string) *Message {
	for _, m := range s.messages {
		if nonce != "" && m.ChannelID == channel && m.Nonce == nonce && time.Since(m.Timestamp) < s.nonceMemory {
			return m
		}
	}
	return nil
}

// ForgetNonces makes a message with a known nonce a new one from now on.
func (s *Server) ForgetNonces() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nonceMemory = 0
}

func (s *Server) edit(r *http.Request) (any, *fault) {
	if _, refused := s.visible(r); refused != nil {
		return nil, refused
	}
	m := s.message(r.PathValue("message"))
	if m == nil {
		return nil, &fault{404, 10008, "Unknown Message"}
	}
	return s.change(m, r, "edit")
}

// change edits a message as a request says.
func (s *Server) change(m *Message, r *http.Request, where string) (any, *fault) {
	f, refused := readForm(r)
	if refused != nil {
		return nil, refused
	}
	if refused := s.check(f, where); refused != nil {
		return nil, refused
	}
	s.fill(m, f)
	kind := "update"
	if m.deferred {
		m.deferred, kind = false, "create"
	} else {
		now := time.Now().UTC()
		m.Edited = &now
	}
	s.publish(kind, m)
	return m.clone(), nil
}
