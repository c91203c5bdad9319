package discordsim

import (
	"net/http"
	"slices"
)

// Interaction contexts.
const (
	contextGuild   = 0
	contextBotDM   = 1
	contextPrivate = 2
)

// Commands gives what is registered in a guild, or globally for "".
func (s *Server) Commands(guild string) []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands[guild])
}

// Registrations counts the requests that changed commands.
func (s *Server) Registrations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// scope is the guild of the path, or "" for global commands.
func (c *call) scope() (string, *problem) {
	if c.r.PathValue("app") != ApplicationID {
		return "", wrongApplication()
	}
	scope := c.r.PathValue("guild")
	if scope != "" && scope != c.s.guild.id {
		return "", missingAccess().excuse(c.r.Method == http.MethodGet)
	}
	return scope, nil
}

func (c *call) readCommands() (any, *problem) {
	scope, p := c.scope()
	if p != nil {
		return nil, p
	}
	list := append([]Command{}, c.s.commands[scope]...)
	if c.r.URL.Query().Get("with_localizations") == "true" {
		return list, nil
	}
	for i := range list {
		list[i] = list[i].plain()
	}
	return list, nil
}

// plain is the command as a list tells it unless it is asked for more.
func (c Command) plain() Command {
	c.NameLocalizations, c.DescriptionLocalizations = nil, nil
	c.Options = plainOptions(c.Options)
	return c
}

func plainOptions(list []CommandOption) []CommandOption {
	list = slices.Clone(list)
	for i := range list {
		list[i].NameLocalizations, list[i].DescriptionLocalizations = nil, nil
		list[i].Options = plainOptions(list[i].Options)
	}
	return list
}

func (c *call) putCommands() (any, *problem) {
	scope, p := c.scope()
	if p != nil {
		return nil, p
	}
	var list []Command
	if _, p := c.decode(&list); p != nil {
		return nil, p
	}
	if list == nil {
		return nil, invalidJSON()
	}
	return c.register(scope, list)
}

func (c *call) postCommand() (any, *problem) {
	scope, p := c.scope()
	if p != nil {
		return nil, p
	}
	var one Command
	if _, p := c.decode(&one); p != nil {
		return nil, p
	}
	list := slices.DeleteFunc(slices.Clone(c.s.commands[scope]), one.same)
	list, p = c.register(scope, append(list, one))
	if p != nil {
		return nil, p
	}
	return list[len(list)-1], nil
}

func (c Command) same(o Command) bool { return o.Name == c.Name && max(1, o.Type) == max(1, c.Type) }

func (c *call) deleteCommand() (any, *problem) {
	scope, p := c.scope()
	if p != nil {
		return nil, p
	}
	id := c.r.PathValue("command")
	left := slices.DeleteFunc(slices.Clone(c.s.commands[scope]), func(o Command) bool { return o.ID == id })
	if len(left) == len(c.s.commands[scope]) {
		return nil, unknownCommand()
	}
	c.s.commands[scope] = left
	c.s.writes++
	c.s.changed()
	return nil, nil
}

// register stores the commands of a scope. Those whose names were there
// before keep their ids; the others count against the limit of a day.
func (c *call) register(scope string, list []Command) ([]Command, *problem) {
	const maxCreates = 200
	if p := checkCommands(list); p != nil {
		return nil, p
	}
	before := c.s.commands[scope]
	made := []Command{}
	creates := c.s.creates[scope]
	for _, cmd := range list {
		cmd.Type = max(1, cmd.Type)
		cmd.ApplicationID, cmd.GuildID, cmd.Version = ApplicationID, scope, c.s.nextID()
		if at := slices.IndexFunc(before, cmd.same); at >= 0 {
			cmd.ID = before[at].ID
		} else {
			cmd.ID = c.s.nextID()
			creates++
		}
		cmd.Raw = encode(cmd)
		made = append(made, cmd)
	}
	if creates > maxCreates {
		return nil, tooManyCreates()
	}
	c.s.creates[scope] = creates
	c.s.commands[scope] = made
	c.s.writes++
	c.s.changed()
	return made, nil
}

// command finds what a user can choose in a place: the guild's own commands
// come before the global ones.
func (s *Server) command(name string, direct bool) (Command, bool) {
	scopes := []string{s.guild.id, ""}
	if direct {
		scopes = scopes[1:]
	}
	for _, scope := range scopes {
		for _, cmd := range s.commands[scope] {
			if cmd.Name == name && cmd.offered(direct) {
				return cmd, true
			}
		}
	}
	return Command{}, false
}

// offered reports whether the command is shown in direct messages, or in a guild.
func (c Command) offered(direct bool) bool {
	if c.Contexts != nil && len(*c.Contexts) > 0 {
		wanted := contextGuild
		if direct {
			wanted = contextBotDM
		}
		return slices.Contains(*c.Contexts, wanted)
	}
	return !direct || c.DMPermission == nil || *c.DMPermission
}
