package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"mokabot/internal/discordsim"
	"mokabot/internal/discordsim/page"
	"mokabot/internal/lang"
)

// stage is a simulated Discord with the real bot on it, as the page shows it.
type stage struct {
	discord  *discordsim.Server
	bot      *restarting
	state    func(locale string) string // how the world behind the bot is; nil: nothing is said
	controls []control
	acting   sync.Mutex // one control at a time
	forms    forms

	mu     sync.Mutex
	topics map[string]both // by channel
	people []page.Person
	down   bool // Discord
}

// both is a text in the two languages.
type both struct{ en, zh string }

func (t both) in(locale string) string {
	if lang.For(locale).Tag == lang.Chinese().Tag {
		return t.zh
	}
	return t.en
}

func (t both) words() page.Words {
	return page.Words{lang.English().Tag: t.en, lang.Chinese().Tag: t.zh}
}

// keptRequests is how many requests to the simulated Discord are kept. Nobody looks at
// them, and with the pictures that some upload they are most of what a day leaves behind.
const keptRequests = 100

// newStage opens a simulated Discord with the people whom a visitor may play.
func newStage(opts ...discordsim.Option) *stage {
	s := &stage{discord: discordsim.New(append(opts, discordsim.WithRequests(keptRequests))...), topics: map[string]both{
		discordsim.AlertsChannel: {"what needs attention", "需要处理的事情"},
		discordsim.ReportChannel: {"summaries", "汇总报告"},
		discordsim.DirectChannel: {"between you and the bot", "你与机器人的私信"},
	}}
	s.giveOperator(nil)
	member := "Member"
	s.discord.AddUser(discordsim.User{ID: discordsim.MemberID, Username: "member", GlobalName: &member}, true)
	direct := s.discord.AddChannel(discordsim.Channel{Name: "mokabot", Direct: true, User: discordsim.MemberID})
	s.topics[direct] = s.topics[discordsim.DirectChannel]
	s.people = append(s.people, page.Person{ID: discordsim.MemberID, Name: member, About: both{"a plain member of the server", "服务器的普通成员"}.words()})
	return s
}

// giveOperator gives the operator more roles than the usual ones. The operator
// is the first of the people.
func (s *stage) giveOperator(more []string) {
	name := "Operator"
	roles := append([]string{discordsim.ManagerRole, discordsim.OnCallRole}, more...)
	s.discord.AddUser(discordsim.User{ID: discordsim.OperatorID, Username: "operator", GlobalName: &name}, true, roles...)
	s.mu.Lock()
	defer s.mu.Unlock()
	p := page.Person{ID: discordsim.OperatorID, Name: name, Roles: roles, About: both{"manages the server and is on call", "管理服务器，并负责值班"}.words()}
	if len(s.people) == 0 {
		s.people = append(s.people, p)
	}
	s.people[0] = p
}

// Channels implements page.Backend.
func (s *stage) Channels() []page.Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []page.Channel
	for _, c := range s.discord.Channels() {
		list = append(list, page.Channel{ID: c.ID, Name: c.Name, Topic: s.topics[c.ID].words(), Direct: c.Direct, Person: c.User})
	}
	return list
}

// People implements page.Backend.
func (s *stage) People() []page.Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.people)
}

// Messages implements page.Backend.
func (s *stage) Messages(channel string) []json.RawMessage {
	var list []json.RawMessage
	for _, m := range s.discord.Messages(channel) {
		list = append(list, m.JSON())
	}
	return list
}

// Subscribe implements page.Backend.
func (s *stage) Subscribe(ctx context.Context) <-chan page.Event {
	out := make(chan page.Event)
	go func() {
		defer close(out)
		for e := range s.discord.Subscribe(ctx) {
			select {
			case out <- page.Event{Type: e.Type, Channel: e.Message.ChannelID, Message: e.Message.JSON()}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// Commands implements page.Backend.
func (s *stage) Commands() []json.RawMessage {
	var list []json.RawMessage
	for _, c := range s.discord.Commands(discordsim.GuildID) {
		list = append(list, c.Raw)
	}
	return list
}

// Slash implements page.Backend.
func (s *stage) Slash(ctx context.Context, c page.Caller, name string, options map[string]any) error {
	if s.isDown() {
		return errors.New(discordIsDown.in(c.Locale))
	}
	_, err := s.discord.Slash(ctx, discordsim.Call{User: c.Person, Channel: c.Channel, Locale: c.Locale, Name: name, Options: options})
	return explained(c.Locale, err)
}

// Press implements page.Backend.
func (s *stage) Press(ctx context.Context, c page.Caller, messageID, customID string) (*page.Form, error) {
	if s.isDown() {
		return nil, errors.New(discordIsDown.in(c.Locale))
	}
	_, form, err := s.discord.Press(ctx, discordsim.Press{User: c.Person, Locale: c.Locale, MessageID: messageID, CustomID: customID})
	if err != nil || form == nil {
		return nil, explained(c.Locale, err)
	}
	return s.forms.keep(*form), nil
}

// Submit implements page.Backend.
func (s *stage) Submit(ctx context.Context, c page.Caller, id string, values map[string]string) error {
	form, ok := s.forms.get(id)
	switch {
	case s.isDown():
		return errors.New(discordIsDown.in(c.Locale))
	case !ok:
		return errors.New(formIsGone.in(c.Locale))
	}
	_, err := s.discord.Submit(ctx, form, values)
	return explained(c.Locale, err)
}

// Autocomplete implements page.Backend.
func (s *stage) Autocomplete(ctx context.Context, c page.Caller, name, option string, options map[string]any) ([]page.Choice, error) {
	if s.isDown() {
		return nil, errors.New(discordIsDown.in(c.Locale))
	}
	typed := fmt.Sprint(options[option])
	call := discordsim.Call{User: c.Person, Channel: c.Channel, Locale: c.Locale, Name: name, Options: options}
	found, err := s.discord.Autocomplete(ctx, call, option, typed)
	var list []page.Choice
	for _, c := range found {
		list = append(list, page.Choice{Name: c.Name, Value: c.Value})
	}
	return list, err
}

var (
	discordIsDown = both{"Discord is down: nobody can reach the bot.", "Discord 已下线：无法联系机器人。"}
	formIsGone    = both{"This form is no longer open.", "该表单已关闭。"}
	noResponse    = both{"The application did not respond.", "该应用程序未响应。"}
	notConnected  = both{"The application did not respond: the bot is not connected right now.", "该应用程序未响应：机器人目前没有连接。"}
)

// explained adds what Discord's user interface would say.
func explained(locale string, err error) error {
	switch {
	case errors.Is(err, discordsim.ErrNotConnected):
		return errors.New(notConnected.in(locale))
	case errors.Is(err, discordsim.ErrNoAck):
		return errors.New(noResponse.in(locale))
	}
	return err
}

// Attachments implements page.Backend.
func (s *stage) Attachments() http.Handler { return s.discord.Attachments() }

// Names implements page.Backend.
func (s *stage) Names() map[string]string { return s.discord.Names() }

// Panel implements page.Backend.
func (s *stage) Panel(locale string) page.Panel {
	var p page.Panel
	if s.state != nil {
		p.State = s.state(locale)
	}
	for _, c := range s.controls {
		p.Actions = append(p.Actions, page.Action{
			ID: c.id, Group: c.group.in(locale), Label: c.label.in(locale), Switch: c.active != nil, Active: c.active != nil && c.active(),
		})
	}
	return p
}

// Act implements page.Backend.
func (s *stage) Act(ctx context.Context, locale, id string) (string, error) {
	s.acting.Lock()
	defer s.acting.Unlock()
	for _, c := range s.controls {
		if c.id == id {
			done, err := c.do(ctx)
			return done.in(locale), err
		}
	}
	return "", fmt.Errorf("there is no control %q", id)
}
