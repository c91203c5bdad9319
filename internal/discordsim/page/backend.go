// Package page is the web page of a simulated Discord: the messages of its channels as
// they come and change, a place to type commands, and controls of the simulation. A second
// page, the storybook, shows messages with made-up data.
package page

import (
	"context"
	"encoding/json"
	"net/http"
)

// Backend is the simulated Discord, and what drives it, as the page needs it.
// Its errors are shown to the visitor.
type Backend interface {
	// Channels are the places with messages.
	Channels() []Channel
	// People are those whom the visitor may play, the usual one first.
	People() []Person
	// Messages are Discord's message objects in a channel, oldest first.
	Messages(channel string) []json.RawMessage
	// Subscribe reports every change from now on, until ctx ends. A closed
	// channel makes the page connect again and read everything anew.
	Subscribe(ctx context.Context) <-chan Event
	// Commands are the slash commands as they were registered with Discord.
	Commands() []json.RawMessage
	// Slash uses a command; options hold strings, booleans, int64 and float64.
	Slash(ctx context.Context, c Caller, name string, options map[string]any) error
	// Press presses a button below a message. The result is the form that it
	// opens, nil for most.
	Press(ctx context.Context, c Caller, messageID, customID string) (*Form, error)
	// Submit sends an open form with what was written into it, by the inputs' ids.
	Submit(ctx context.Context, c Caller, id string, values map[string]string) error
	// Autocomplete asks the bot for the values of an option. What was typed for
	// it, and the options given before it, are in options.
	Autocomplete(ctx context.Context, c Caller, name, option string, options map[string]any) ([]Choice, error)
	// Attachments serves the files at /attachments/, a prefix that it is given, too.
	Attachments() http.Handler
	// Panel is the side panel; one without actions is not shown.
	Panel(locale string) Panel
	// Act does what one of the panel's actions says, and tells what it did.
	Act(ctx context.Context, locale, id string) (string, error)
	// Names are those of users and roles by their ids, without @.
	Names() map[string]string
}

// Words is a text by language tag, such as "en" and "zh-CN".
type Words map[string]string

// Caller is who does something on the page, and where.
type Caller struct {
	Channel string // id
	Person  string // id of one of [Backend.People]
	Locale  string // such as zh-CN
}

// Person is somebody whom the visitor may play.
type Person struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Roles []string `json:"roles,omitempty"` // ids; a mention of one pings the person
	About Words    `json:"about,omitempty"` // what the person may do
}

// Channel is a place with messages.
type Channel struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Topic  Words  `json:"topic,omitempty"`
	Direct bool   `json:"direct,omitempty"` // a direct message, not a server's channel
	Person string `json:"person,omitempty"` // of a direct message: the only one who sees it
}

// Form is a dialog that the bot opened for whoever pressed a button.
type Form struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	Inputs []Input `json:"inputs"`
}

// Input is a text in a form.
type Input struct {
	ID       string `json:"id"`
	Label    string `json:"label"`
	Hint     string `json:"hint,omitempty"`
	Value    string `json:"value,omitempty"` // that it begins with
	Required bool   `json:"required,omitempty"`
	Long     bool   `json:"long,omitempty"` // more than one line
	Min      int    `json:"min,omitempty"`  // characters
	Max      int    `json:"max"`
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

// Panel is the side panel.
type Panel struct {
	State   string   `json:"state,omitempty"` // how the simulated world is, in a line
	Actions []Action `json:"actions"`
}

// Action is a button of the side panel.
type Action struct {
	ID     string `json:"id"`
	Group  string `json:"group,omitempty"` // heading; the actions of a group follow each other
	Label  string `json:"label"`
	Switch bool   `json:"switch,omitempty"` // it is on or off
	Active bool   `json:"active,omitempty"` // on
}
