package discordsim

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Call is a slash command as a user gives it.
type Call struct {
	User    string         // id; empty: the operator
	DM      bool           // in the user's direct messages with the bot
	Channel string         // empty: #alerts, or the direct messages; another's direct messages mean the user's own
	Locale  string         // empty: en-US
	Name    string         // without the slash
	Options map[string]any // strings, booleans, numbers; ids as strings
	Stale   bool           // the user's client still offers a command that is no longer registered

	Granted  bool   // the server's settings show the command to the user, whatever permission it asks for
	Guild    string // another server, which belongs to the user and has invited the bot
	Personal bool   // by the user's own installation of the application; in direct messages, those with other people
}

// Press is a click on a button, or the choice from a menu.
type Press struct {
	User      string // id; empty: the operator
	Locale    string
	MessageID string
	CustomID  string
	Values    []string // of a menu
	Stale     bool     // the user's client still shows a button that the message no longer has
}

// locate finds user and channel of a call. The caller holds mu.
func (s *Server) locate(call Call) (User, *channel, error) {
	u, ok := s.users[cmp.Or(call.User, OperatorID)]
	if !ok {
		return User{}, nil, fmt.Errorf("%w: user %s", ErrUnknown, call.User)
	}
	c := s.channel(cmp.Or(call.Channel, AlertsChannel))
	switch {
	case call.DM || c != nil && c.Direct && c.User != u.ID:
		c = s.dm(u.ID)
	case c == nil:
		return User{}, nil, fmt.Errorf("%w: channel %s", ErrUnknown, call.Channel)
	}
	if !c.Direct && call.Guild == "" && s.guild.member(u.ID) == nil {
		return User{}, nil, fmt.Errorf("%w: the user is not in the guild", ErrUsage)
	}
	return u, c, nil
}

// Slash gives a command and returns the answer: it waits for the
// acknowledgement, at most the 3 s that Discord grants, and then until the
// promised answer is there. The command must be registered where it is given,
// or become so within 5 s: guild commands are not offered in direct messages.
func (s *Server) Slash(ctx context.Context, call Call) (Message, error) {
	i, err := s.send(ctx, interactionCommand, call, "")
	if err != nil {
		return Message{}, err
	}
	return s.result(ctx, i)
}

// Autocomplete gives the bot's suggestions while somebody types an option.
func (s *Server) Autocomplete(ctx context.Context, call Call, option, typed string) ([]Choice, error) {
	call.Options = maps.Clone(call.Options)
	if call.Options == nil {
		call.Options = map[string]any{}
	}
	call.Options[option] = typed
	i, err := s.send(ctx, interactionAutocomplete, call, option)
	if err != nil {
		return nil, err
	}
	if err := s.acked(ctx, i); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(i.choices), nil
}

// send tells the bot of a command or of an option being typed.
func (s *Server) send(ctx context.Context, kind int, call Call, focused string) (*interaction, error) {
	call.Name = strings.TrimPrefix(call.Name, "/")
	s.offered(ctx, call)
	s.mu.Lock()
	defer s.mu.Unlock()
	u, c, err := s.locate(call)
	if err != nil {
		return nil, err
	}
	data, err := s.commandData(call, u, c, kind, focused)
	if err != nil {
		return nil, err
	}
	if !s.reachable() {
		return nil, ErrNotConnected
	}
	i := s.begin(kind, u, c.ID, call.Name)
	i.locale, i.elsewhere, i.personal = call.Locale, call.Guild, call.Personal
	s.dispatch("INTERACTION_CREATE", 0, s.object(i, call.Locale, data))
	return i, nil
}

// offered waits a little for the command to appear in the user's menu.
func (s *Server) offered(ctx context.Context, call Call) {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = s.await(ctx, func() bool {
		_, c, err := s.locate(call)
		if err != nil || call.Stale || !s.reachable() {
			return true
		}
		_, ok := s.command(call.Name, c.Direct)
		return ok
	})
}

func (s *Server) commandData(call Call, u User, c *channel, kind int, focused string) (map[string]any, error) {
	cmd, ok := s.command(call.Name, c.Direct)
	if call.Stale && !ok {
		return map[string]any{"id": s.nextID(), "name": call.Name, "type": 1}, nil
	}
	if !ok {
		return nil, fmt.Errorf("%w: /%s is not registered here", ErrUnknown, call.Name)
	}
	if cmd.DefaultMemberPermissions != nil && !c.Direct && !call.Granted && call.Guild == "" {
		wanted, has := permissionBits(*cmd.DefaultMemberPermissions), s.guild.may(u.ID)
		if has != everyPermission && (wanted == 0 || has&wanted != wanted) {
			return nil, fmt.Errorf("%w: the user has no permission for /%s", ErrUsage, cmd.Name)
		}
	}
	return cmd.data(call, kind, focused)
}

// Click presses a button and returns what came of it: the edited message or a
// new one.
func (s *Server) Click(ctx context.Context, press Press) (Message, error) {
	m, f, err := s.Press(ctx, press)
	if err == nil && f != nil {
		err = fmt.Errorf("%w: the button %q opens a form", ErrUsage, press.CustomID)
	}
	return m, err
}

// Press presses a button and returns what came of it: a message, or the form
// that it opened.
func (s *Server) Press(ctx context.Context, press Press) (Message, *Form, error) {
	i, err := s.press(press)
	if err != nil {
		return Message{}, nil, err
	}
	if err := s.acked(ctx, i); err != nil {
		return Message{}, nil, err
	}
	s.mu.Lock()
	f := i.form
	s.mu.Unlock()
	if f != nil {
		return Message{}, f, nil
	}
	m, err := s.result(ctx, i)
	return m, nil, err
}

func (s *Server) press(press Press) (*interaction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(press.MessageID)
	if m == nil {
		return nil, fmt.Errorf("%w: message %s", ErrUnknown, press.MessageID)
	}
	part := m.component(press.CustomID)
	if part == nil && press.Stale {
		part = &Component{Type: componentButton}
	}
	switch {
	case part == nil || press.CustomID == "":
		return nil, fmt.Errorf("%w: button %q", ErrUnknown, press.CustomID)
	case part.Disabled:
		return nil, fmt.Errorf("%w: the button %q is disabled", ErrUsage, press.CustomID)
	case m.Ephemeral() && m.InteractionMetadata.User.ID != cmp.Or(press.User, OperatorID):
		return nil, fmt.Errorf("%w: only the asker sees that message", ErrUsage)
	}
	u, c, err := s.locate(Call{User: press.User, Channel: m.ChannelID})
	if err != nil {
		return nil, err
	}
	if c.ID != m.ChannelID {
		return nil, fmt.Errorf("%w: these are somebody else's direct messages", ErrUsage)
	}
	if !s.reachable() {
		return nil, ErrNotConnected
	}
	data := map[string]any{"custom_id": press.CustomID, "component_type": part.Type}
	if part.Type != componentButton {
		data["values"] = press.Values
	}
	i := s.begin(interactionComponent, u, c.ID, press.CustomID)
	i.source, i.locale = m, press.Locale
	o := s.object(i, press.Locale, data)
	o["message"] = m.stored()
	s.dispatch("INTERACTION_CREATE", 0, o)
	return i, nil
}

// acked waits for the first answer.
func (s *Server) acked(ctx context.Context, i *interaction) error {
	limited, cancel := context.WithDeadline(ctx, i.began.Add(s.settings.ackTime))
	defer cancel()
	err := s.await(limited, func() bool { return i.acked != 0 || i.dead })
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case i.acked != 0:
		return nil
	case i.dead || time.Since(i.began) >= s.settings.ackTime:
		i.dead = true
		s.violate("gateway: an interaction of type %d (%s) was not acknowledged within %s", i.kind, i.name, s.settings.ackTime)
		return ErrNoAck
	}
	return err
}

// result waits for the answer to the interaction.
func (s *Server) result(ctx context.Context, i *interaction) (Message, error) {
	if err := s.acked(ctx, i); err != nil {
		return Message{}, err
	}
	err := s.await(ctx, func() bool { return i.finished != nil })
	if err != nil {
		return Message{}, fmt.Errorf("acknowledged, but never answered: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return i.finished.clone(), nil
}
