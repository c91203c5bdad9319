// Package bot is Discord for the rest of the program: it keeps the session
// alive, answers slash commands and delivers what waits in the outbox. It is
// the only package of the program that talks to Discord. Handlers get an
// [Input] and return a [message.Message]; none of them sees a session.
package bot

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

// History is what the bot knows of the past.
type History interface {
	// Today is what the account spent since midnight in the reader's zone;
	// unknown without readings.
	Today(ctx context.Context, account string) moka.Maybe
}

// Operators are the people who may see figures in direct messages and change
// things. With neither roles nor users, it is whoever may manage the server.
type Operators struct {
	Roles, Users []string
}

// Bot answers commands. Fill in the fields, then give [Bot.Interact] and
// [Bot.Ready] to a [Gateway].
type Bot struct {
	REST         *REST
	Values       Values // remembers which commands were registered
	Book         *account.Book
	History      History
	GuildIDs     []string // where commands are registered and answered; empty: everywhere
	Operators    Operators
	AlertChannel string
	Log          *slog.Logger
	Now          func() time.Time // nil for the real clock

	place place
}

// Ready registers the commands when they changed, and notes where the bot is.
func (b *Bot) Ready(ctx context.Context, r Ready) {
	b.Log.Info("connected to Discord", "as", r.Name, "servers", len(r.GuildIDs))
	b.place.set(r)
	b.register(ctx)
}

// Joined registers the commands in a server that the bot was let into.
func (b *Bot) Joined(ctx context.Context, guildID string) {
	b.Log.Info("the bot was added to a server", "guild", guildID)
	b.place.join(guildID)
	if slices.Contains(b.GuildIDs, guildID) {
		b.register(ctx)
	}
}

func (b *Bot) register(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, registerTime)
	defer cancel()
	app, _ := b.place.get()
	if err := b.REST.SyncCommands(ctx, app, b.GuildIDs, definitions(), b.Values); err != nil {
		b.Log.Error("commands could not be registered", "err", err)
	}
}

// registerTime is for registering the commands everywhere, rate limits included.
const registerTime = 5 * time.Minute

// place is who and where the bot is, as Discord told it.
type place struct {
	mu     sync.Mutex
	app    string
	guilds []string
}

func (p *place) set(r Ready) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.app, p.guilds = r.ApplicationID, slices.Clone(r.GuildIDs)
}

func (p *place) join(guildID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.guilds, guildID) {
		p.guilds = append(p.guilds, guildID)
	}
}

func (p *place) get() (app string, guilds []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.app, slices.Clone(p.guilds)
}

func (b *Bot) now() time.Time {
	if b.Now == nil {
		return time.Now()
	}
	return b.Now()
}

// Input is one call of a command or one press of a button.
type Input struct {
	Name    string            // of the command
	Options map[string]string // as given, by the option's English name
	Args    []string          // of a button: what stands behind the command's name
	Focused string            // of an autocompletion: the option being typed
	Share   bool              // everybody may see the answer

	UserID  string
	RoleIDs []string
	Manages bool   // the user may manage the server
	GuildID string // empty in a direct message
	Words   *lang.Words
}

// handler answers one call.
type handler func(ctx context.Context, b *Bot, in Input) (message.Message, error)
