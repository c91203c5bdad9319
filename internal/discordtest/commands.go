package discordtest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Command is a registered command.
type Command struct {
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Names       map[string]string `json:"name_localizations"`
	Abouts      map[string]string `json:"description_localizations"`
	Options     []Option          `json:"options"`
	Contexts    []int             `json:"contexts"`

	Raw json.RawMessage `json:"-"` // as it was registered
}

// Option is an option of a command.
type Option struct {
	Type         int               `json:"type"`
	Name         string            `json:"name"`
	Description  string            `json:"description"`
	Names        map[string]string `json:"name_localizations"`
	Abouts       map[string]string `json:"description_localizations"`
	Required     bool              `json:"required"`
	Autocomplete bool              `json:"autocomplete"`
}

func (s *Server) getCommands(r *http.Request) (any, *fault) {
	list := []json.RawMessage{}
	for _, c := range s.commands[r.PathValue("guild")] {
		list = append(list, c.Raw)
	}
	return list, nil
}

func (s *Server) putCommands(r *http.Request) (any, *fault) {
	var raw []json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&raw); err != nil {
		return nil, &fault{400, 50109, "The request body contains invalid JSON."}
	}
	var list []Command
	for _, one := range raw {
		c := Command{Raw: one}
		if err := json.Unmarshal(one, &c); err != nil {
			return nil, &fault{400, 50035, "Invalid Form Body"}
		}
		if wrong := c.wrong(); wrong != "" {
			s.blame("command %s: %s", c.Name, wrong)
			return nil, &fault{400, 50035, "Invalid Form Body: " + wrong}
		}
		list = append(list, c)
	}
	s.registrations++
	s.announce()
	s.commands[r.PathValue("guild")] = list
	return raw, nil
}

// wrong says what Discord would refuse about a command.
// https://docs.discord.com/developers/interactions/application-commands#application-command-object
func (c Command) wrong() string {
	switch {
	case !named(c.Name, c.Names):
		return "name"
	case !about(c.Description, c.Abouts):
		return "description"
	case len(c.Options) > 25:
		return "too many options"
	}
	optional := false
	for _, o := range c.Options {
		if !named(o.Name, o.Names) || !about(o.Description, o.Abouts) {
			return fmt.Sprintf("option %q", o.Name)
		}
		if o.Required && optional {
			return "a required option behind an optional one"
		}
		optional = optional || !o.Required
	}
	return ""
}
