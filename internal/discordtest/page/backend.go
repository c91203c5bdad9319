// Package page is the web page that shows a simulated Discord as the people in
// its channels see it: their messages as they come and change, a place to type
// commands, and buttons for whatever the simulation can be made to do.
package page

import (
	"context"
	"encoding/json"
	"net/http"
)

// Backend is the simulated Discord, and what drives it, as the page needs it.
// Its errors are shown to the visitor.
type Backend interface {
	// Channels are the places with messages. The first is where a command goes
	// when nobody chose a place.
	Channels() []Channel
	// Messages are Discord's message objects in a channel, oldest first.
	Messages(channel string) []json.RawMessage
	// Subscribe reports every change from now on, until ctx ends. A closed
	// channel makes the page connect again and read everything anew.
	Subscribe(ctx context.Context) <-chan Event
	// Commands are the slash commands as they were registered with Discord.
	Commands() []json.RawMessage
	// Slash uses a command; options hold strings, booleans, int64 and float64.
	Slash(ctx context.Context, channel, locale, name string, options map[string]any) error
	// Press presses a button below a message.
	Press(ctx context.Context, channel, locale, messageID, customID string) error
	// Autocomplete asks the bot for the values of an option.
	Autocomplete(ctx context.Context, channel, locale, name, option, typed string) ([]Choice, error)
	// Attachments serves the files at /attachments/, a prefix that it is given, too.
	Attachments() http.Handler
	// Actions are the buttons of the side panel; none hides the panel.
	Actions(locale string) []Action
	// Act does what one of them says.
	Act(ctx context.Context, id string) error
}

// Namer is what a [Backend] may also be: it knows the names of users and roles
// by their ids, without @. Without it a role is shown by its number.
type Namer interface {
	Names() map[string]string
}

// Channel is a place with messages.
type Channel struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Topic  string `json:"topic,omitempty"`
	Direct bool   `json:"direct,omitempty"` // a direct message, not a server's channel
}

// Event is a change of a message.
type Event struct {
	Type    string          `json:"type"` // create, update, delete
	Channel string          `json:"channel"`
	Message json.RawMessage `json:"message"` // of a deleted one the id is enough
}

// Choice is a value that an option may have.
type Choice struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// Action is a button of the side panel.
type Action struct {
	ID     string `json:"id"`
	Label  string `json:"label"`
	Detail string `json:"detail,omitempty"` // a line below it
	Active bool   `json:"active,omitempty"` // it is a switch, and on
}
