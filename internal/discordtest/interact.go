package discordtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// ackTime is how long an interaction waits for its first answer, and tokenTime
// how long its token lives after that.
// https://docs.discord.com/developers/interactions/receiving-and-responding
const (
	ackTime   = 3 * time.Second
	tokenTime = 15 * time.Minute
)

// ErrNotAnswered says that the bot did not acknowledge in time: users read
// "The application did not respond".
var ErrNotAnswered = errors.New("the application did not respond")

// Call is a use of a slash command.
type Call struct {
	User    string // an operator when empty
	Channel string // #alerts when empty
	Locale  string // en-US when empty
	Name    string
	Options map[string]any
}

// Press is a press of a button.
type Press struct {
	User, Locale, MessageID, CustomID string
}

// Choice is a suggestion for an option.
type Choice struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

type interaction struct {
	id, token, name, channel string
	at                       time.Time
	acked, blamed            bool
	reply                    *Message
	choices                  []Choice
	done                     chan struct{} // closed when the answer is there
}

const (
	typeCommand      = 2
	typeComponent    = 3
	typeAutocomplete = 4
)

// Slash uses a command and waits for the answer.
func (s *Server) Slash(ctx context.Context, c Call) (Message, error) {
	i, err := s.ask(c, typeCommand, map[string]any{"id": "9", "type": 1, "name": c.Name, "options": options(c.Options, "")}, nil)
	if err != nil {
		return Message{}, err
	}
	return s.await(ctx, i)
}

// Click presses a button and waits for the answer: the changed message.
func (s *Server) Click(ctx context.Context, p Press) (Message, error) {
	s.mu.Lock()
	m := s.message(p.MessageID)
	if m == nil {
		s.mu.Unlock()
		return Message{}, errors.New("there is no such message")
	}
	shown, channel := m.clone(), m.ChannelID
	s.mu.Unlock()
	c := Call{User: p.User, Channel: channel, Locale: p.Locale, Name: p.CustomID}
	i, err := s.ask(c, typeComponent, map[string]any{"custom_id": p.CustomID, "component_type": 2}, &shown)
	if err != nil {
		return Message{}, err
	}
	s.mu.Lock()
	i.reply = m
	s.mu.Unlock()
	return s.await(ctx, i)
}

// Autocomplete asks for suggestions while an option is being typed.
func (s *Server) Autocomplete(ctx context.Context, c Call, option, typed string) ([]Choice, error) {
	all := map[string]any{option: typed}
	for k, v := range c.Options {
		if k != option {
			all[k] = v
		}
	}
	i, err := s.ask(c, typeAutocomplete, map[string]any{"id": "9", "type": 1, "name": c.Name, "options": options(all, option)}, nil)
	if err != nil {
		return nil, err
	}
	_, err = s.await(ctx, i)
	s.mu.Lock()
	defer s.mu.Unlock()
	return i.choices, err
}

func options(given map[string]any, focused string) []any {
	list := []any{}
	for name, value := range given {
		kind := 3
		if _, flag := value.(bool); flag {
			kind = 5
		}
		o := map[string]any{"name": name, "type": kind, "value": value}
		if name == focused {
			o["focused"] = true
		}
		list = append(list, o)
	}
	return list
}

// ask sends an INTERACTION_CREATE to the connected bot.
func (s *Server) ask(c Call, kind int, data map[string]any, m *Message) (*interaction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.User == "" {
		c.User = OperatorID
	}
	if c.Channel == "" {
		c.Channel = AlertsChannel
	}
	if c.Locale == "" {
		c.Locale = "en-US"
	}
	if s.session == nil {
		return nil, errors.New("no bot is connected")
	}
	if kind != typeComponent && !s.offers(c) {
		return nil, fmt.Errorf("there is no command /%s here", c.Name)
	}
	i := &interaction{id: s.snowflake(), name: c.Name, channel: c.Channel, at: time.Now(), done: make(chan struct{})}
	i.token = "interaction-" + i.id
	s.byID[i.id], s.replies[i.token] = i, i
	s.dispatch("INTERACTION_CREATE", s.payload(i, c, kind, data, m))
	return i, nil
}

// offers tells whether the menu of a channel has the command: a guild's own
// commands are not to be had in direct messages.
func (s *Server) offers(c Call) bool {
	const direct = 1 // interaction context BOT_DM
	scopes := [][]Command{s.commands[GuildID], s.commands[""]}
	ch := s.channel(c.Channel)
	private := ch != nil && ch.Direct
	if private {
		scopes = scopes[1:]
	}
	for _, scope := range scopes {
		for _, known := range scope {
			if known.Name == c.Name && (!private || known.Contexts == nil || slices.Contains(known.Contexts, direct)) {
				return true
			}
		}
	}
	return false
}

func (s *Server) payload(i *interaction, c Call, kind int, data map[string]any, m *Message) map[string]any {
	p := map[string]any{
		"id": i.id, "application_id": ApplicationID, "type": kind, "token": i.token, "version": 1,
		"channel_id": c.Channel, "locale": c.Locale, "data": data,
	}
	if m != nil {
		p["message"] = m
	}
	user := User{ID: c.User, Username: "visitor"}
	if ch := s.channel(c.Channel); ch != nil && ch.Direct {
		p["user"] = user // a direct message has no member
		return p
	}
	roles, may := []string{}, botMay
	if c.User == OperatorID {
		roles, may = []string{managerRole}, botMay|manageGuild
	}
	p["guild_id"], p["guild_locale"] = GuildID, "en-US"
	p["member"] = map[string]any{"user": user, "roles": roles, "permissions": fmt.Sprint(may)}
	return p
}

// await waits for the first answer, at most as long as Discord does, and then
// for the whole one.
func (s *Server) await(ctx context.Context, i *interaction) (Message, error) {
	deadline := time.NewTimer(ackTime)
	defer deadline.Stop()
	for {
		select {
		case <-i.done:
			s.mu.Lock()
			defer s.mu.Unlock()
			if i.reply == nil {
				return Message{}, nil
			}
			return i.reply.clone(), nil
		case <-deadline.C:
			s.mu.Lock()
			acked := i.acked
			s.mu.Unlock()
			if !acked {
				return Message{}, ErrNotAnswered
			}
		case <-ctx.Done():
			return Message{}, context.Cause(ctx)
		}
	}
}

func (s *Server) callback(r *http.Request) (any, *fault) {
	i := s.byID[r.PathValue("id")]
	if i == nil || i.token != r.PathValue("token") || time.Since(i.at) > ackTime && !i.acked {
		return nil, &fault{404, 10062, "Unknown interaction"}
	}
	if i.acked {
		s.blame("/%s was acknowledged twice", i.name)
		return nil, &fault{400, 40060, "Interaction has already been acknowledged."}
	}
	var body struct {
		Type int `json:"type"`
		Data struct {
			Flags   int       `json:"flags"`
			Choices *[]Choice `json:"choices"`
		} `json:"data"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, &fault{400, 50109, "The request body contains invalid JSON."}
	}
	i.acked = true
	switch body.Type {
	case 5: // deferred answer
		i.reply = &Message{ID: s.snowflake(), ChannelID: i.channel, Author: User{BotUserID, "mokabot", true},
			Timestamp: time.Now().UTC(), Flags: body.Data.Flags & 64, deferred: true}
		s.messages = append(s.messages, i.reply)
	case 6: // deferred update of the button's message
	case 8:
		if body.Data.Choices == nil || len(*body.Data.Choices) > 25 {
			s.blame("/%s: suggestions are not a list of at most 25", i.name)
			return nil, &fault{400, 50035, "Invalid Form Body: choices"}
		}
		i.choices = *body.Data.Choices
		close(i.done)
	default:
		s.blame("/%s: answered with type %d at once", i.name, body.Type)
		return nil, &fault{400, 50035, "Invalid Form Body: type"}
	}
	return nil, nil
}

func (s *Server) living(r *http.Request) (*interaction, *fault) {
	i := s.replies[r.PathValue("token")]
	if i == nil || !i.acked || time.Since(i.at) > tokenTime {
		return nil, &fault{404, 10015, "Unknown Webhook"}
	}
	return i, nil
}

func (s *Server) editReply(r *http.Request) (any, *fault) {
	i, refused := s.living(r)
	if refused != nil || i.reply == nil {
		return nil, &fault{404, 10008, "Unknown Message"}
	}
	v, refused := s.change(i.reply, r, "answer to /"+i.name)
	if refused == nil {
		select {
		case <-i.done:
		default:
			close(i.done)
		}
	}
	return v, refused
}

func (s *Server) followUp(r *http.Request) (any, *fault) {
	i, refused := s.living(r)
	if refused != nil {
		return nil, refused
	}
	m := &Message{ID: s.snowflake(), ChannelID: i.channel, Author: User{BotUserID, "mokabot", true}, Timestamp: time.Now().UTC(), deferred: true}
	if _, refused := s.change(m, r, "follow-up to /"+i.name); refused != nil {
		return nil, refused
	}
	s.messages = append(s.messages, m)
	return m.clone(), nil
}
