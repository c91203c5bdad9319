// Package bot answers slash commands and buttons, and decides who may use them.
// Handlers get an [Input] and return a [message.Message]; they do not see the connection
// to Discord.
package bot

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/budget"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/store"
)

// Incidents is what a bot may know and change about what is wrong.
type Incidents interface {
	// Open lists all incidents that are not over.
	Open(ctx context.Context) ([]message.OpenIncident, error)
	// OfMessage are the incidents that a message on Discord is about.
	OfMessage(ctx context.Context, messageID string) ([]alert.Ref, error)
	// Find is an open incident, false when it is over.
	Find(ctx context.Context, ref alert.Ref) (message.OpenIncident, bool, error)
	// Timeline is what happened to an incident so far.
	Timeline(ctx context.Context, o message.OpenIncident) ([]message.TimelineEntry, error)
	// Snooze changes an incident's snooze; false when there was nothing to change.
	Snooze(ctx context.Context, ref alert.Ref, q alert.SnoozeOptions) (message.OpenIncident, bool, error)
}

// Reports is what a bot may ask of the reports.
type Reports interface {
	Names() []string
	// PostNow builds a report and enqueues it for its channel; ok is false when there
	// is no report of that name. An empty name means the first. The same request posts once.
	PostNow(ctx context.Context, name, request string) (r message.Report, channel string, ok bool, err error)
}

// Budgets is what a bot may ask of the budgets.
type Budgets interface {
	Names() []string
	// Standing returns the standing of the named budget, or of all without a name.
	Standing(ctx context.Context, name string) ([]budget.Standing, error)
	// Open are the budgets whose running period people were warned of.
	Open(ctx context.Context) ([]budget.Standing, error)
	// BurnDown draws how a budget is used up.
	BurnDown(ctx context.Context, w *lang.Words, s budget.Standing) (message.Picture, error)
}

// Values remembers which commands were registered, and that the welcome was posted.
type Values interface {
	discord.Values
	// SetValueAndEnqueue stores a value together with messages to send, both or neither.
	SetValueAndEnqueue(ctx context.Context, name string, value []byte, out ...store.Outgoing) error
}

// Setup is the part of the bot that depends on the configuration. A reload replaces it
// as a whole.
type Setup struct {
	Book         *account.Book
	History      history.History
	Incidents    Incidents
	Reports      Reports
	Budgets      Budgets
	Operators    config.Operators
	Viewers      config.Viewers
	AlertChannel string
	Language     string // of posts; answers are in the caller's
	Welcome      bool   // explain the commands once, in the alerts' channel
}

func (s *Setup) words() *lang.Words { return lang.For(s.Language) }

// Bot answers commands. Fill in the fields, call [Bot.Use], then give
// [Bot.Interact] and [Bot.Ready] to a [discord.Gateway].
type Bot struct {
	REST     *discord.REST
	Values   Values
	GuildIDs []string // where commands are registered and answered; empty: everywhere
	Log      *slog.Logger
	Now      func() time.Time // nil for the real clock

	Health func(ctx context.Context, w *lang.Words) message.Health // for /status
	Reload func(ctx context.Context) message.Reloaded              // reads the configuration again
	Levels Levels
	// Test posts test alerts, once for each request.
	Test func(ctx context.Context, request string) []message.TestPing
	// TakesOver reports that another process may have worked before this one. Commands
	// that it acknowledged without answering are then answered here.
	TakesOver bool
	// Leads has an error once another replica may lead, which is sent again what is not
	// answered here; nil: there is none.
	Leads func() error
	// Observe is called after every answer, for metrics; nil for none.
	Observe func(command string, err error, took time.Duration)

	current  atomic.Pointer[Setup]
	identity botIdentity
	home     homeCache
	pace     pace
	lists    modelLists
	turns    sync.Once
	working  chan struct{} // one for each command that is being worked on
	failing  sync.Once
	failed   chan time.Duration // the commands could not be registered: how long until they are tried again
	wait     time.Duration      // that time; 0 for registerAgain or refusedAgain
}

// Use puts a setup in force and drops what was kept for accounts that it does not
// have.
func (b *Bot) Use(s Setup) {
	b.current.Store(&s)
	b.lists.retain(s.Book)
}

func (b *Bot) setup() *Setup { return b.current.Load() }

// Ready registers the commands when they changed, and notes where the bot is.
func (b *Bot) Ready(ctx context.Context, r discord.Ready) {
	b.Log.Info("connected to Discord", "as", r.Name, "servers", len(r.GuildIDs))
	b.identity.set(r)
	if !b.homeServers(ctx).Known {
		b.Log.Warn("nobody is answered while the home server is unknown; set discord.guild_ids, or an alerts.channel_id that the bot can see")
	}
	b.Register(ctx)
	b.welcome(ctx, r)
}

// Joined registers the commands in a server that the bot was added to.
func (b *Bot) Joined(ctx context.Context, guildID string) {
	b.Log.Info("the bot was added to a server", "guild", guildID)
	b.identity.join(guildID)
	if slices.Contains(b.GuildIDs, guildID) {
		b.Register(ctx)
	}
}

// Register registers the commands with Discord where they changed. Before the first
// [Bot.Ready] it does nothing.
func (b *Bot) Register(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, registerTime)
	defer cancel()
	app, _ := b.identity.get()
	if app == "" {
		return
	}
	err := b.REST.SyncCommands(ctx, app, b.GuildIDs, definitions(b.setup()), b.Values)
	if err == nil {
		return
	}
	b.Log.Error("commands could not be registered", "err", err)
	wait := refusedAgain
	if discord.MayPass(err) {
		wait = registerAgain
	}
	select {
	case <-b.unregistered(): // what an earlier attempt said is out of date
	default:
	}
	select {
	case b.unregistered() <- cmp.Or(b.wait, wait):
	default: // another attempt has just failed
	}
}

const (
	registerTime  = 5 * time.Minute  // for registering the commands everywhere, rate limits included
	registerAgain = 15 * time.Second // until the next attempt, when it failed for a reason that may pass
	refusedAgain  = time.Hour        // when Discord refused it, such as without the scope applications.commands
)

// KeepRegistered registers the commands, and again after a failure, such as one of
// the database, until ctx ends.
func (b *Bot) KeepRegistered(ctx context.Context) error {
	b.Register(ctx)
	again := time.NewTimer(refusedAgain)
	defer again.Stop()
	again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case wait := <-b.unregistered():
			again.Reset(wait)
		case <-again.C:
			b.Register(ctx)
		}
	}
}

func (b *Bot) unregistered() chan time.Duration {
	b.failing.Do(func() { b.failed = make(chan time.Duration, 1) })
	return b.failed
}

// botIdentity is the bot's application and its servers, according to READY and later
// events.
type botIdentity struct {
	mu     sync.Mutex
	app    string
	guilds []string
}

func (p *botIdentity) set(r discord.Ready) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.app, p.guilds = r.ApplicationID, slices.Clone(r.GuildIDs)
}

func (p *botIdentity) join(guildID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.guilds, guildID) {
		p.guilds = append(p.guilds, guildID)
	}
}

func (p *botIdentity) get() (app string, guilds []string) {
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

// Input is one use of a command: a call, the press of a button, a completion
// or a form that was sent.
type Input struct {
	Name    string            // of the command
	Options map[string]string // as given, by the option's English name
	Args    []string          // of a button: its action's arguments
	Written string            // of a form: its text
	Focused string            // of a completion: the option being typed
	Share   bool              // everybody may see the answer

	ID        string // of the interaction
	MessageID string // of a button: the message below which it is
	Private   bool   // of a button: only the person who pressed it sees that message
	UserID    string
	RoleIDs   []string
	Manages   bool   // the user may manage the server
	GuildID   string // empty in a direct message
	ChannelID string
	Context   discordgo.InteractionContextType
	Owners    map[discordgo.ApplicationIntegrationType]string // authorizing_integration_owners
	Words     *lang.Words

	Standing standing // what the caller may do; set before a handler runs
}

// handler answers one call.
type handler func(ctx context.Context, b *Bot, in Input) (message.Message, error)
