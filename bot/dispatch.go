package bot

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/account"
	"mokabot/internal/discord"
	"mokabot/internal/history"
	"mokabot/internal/message"
	"mokabot/moka"
)

const (
	workTime  = 45 * time.Second // for a command; its token lives fifteen minutes
	replyTime = 30 * time.Second // for the answer, also while shutting down
	mostHints = 25               // choices that Discord shows
)

// errTooOld says that a command or a button is of another version of the program.
var errTooOld = errors.New("the command or button is of an unknown kind")

// Interact answers one interaction: acknowledged at once, answered when the
// work is done. A failure, and even a panic, becomes an answer too.
func (b *Bot) Interact(ctx context.Context, i *discordgo.Interaction) {
	in := inputOf(i)
	switch i.Type {
	case discordgo.InteractionApplicationCommand:
		b.command(ctx, i, in)
	case discordgo.InteractionMessageComponent:
		b.pressed(ctx, i, in)
	case discordgo.InteractionApplicationCommandAutocomplete:
		b.suggest(ctx, i, in)
	}
}

func (b *Bot) command(ctx context.Context, i *discordgo.Interaction, in Input) {
	if err := b.REST.Defer(ctx, i.ID, i.Token, !in.Share); err != nil {
		b.Log.Warn("interaction could not be acknowledged", "command", in.Name, "err", err)
		return
	}
	c, known := findCommand(in.Name)
	switch {
	case !known:
		c.run = tooOld
	case c.operators:
		c.run = byOperator(c.run)
	}
	b.reply(ctx, i, in.Name, b.answer(ctx, in, c.run))
}

// pressed answers a button: the message that it stands below is edited, or a
// private one is added.
func (b *Bot) pressed(ctx context.Context, i *discordgo.Interaction, in Input) {
	c, known := findCommand(in.Name)
	if !known || c.press == nil {
		c.press, c.adds = tooOld, func(Input) bool { return true } // the message stays as it is
	}
	acknowledge := func() error { return b.REST.DeferUpdate(ctx, i.ID, i.Token) }
	if c.adds != nil && c.adds(in) {
		acknowledge = func() error { return b.REST.Defer(ctx, i.ID, i.Token, true) }
	}
	if err := acknowledge(); err != nil {
		b.Log.Warn("button could not be acknowledged", "command", in.Name, "err", err)
		return
	}
	b.reply(ctx, i, in.Name, b.answer(ctx, in, c.press))
}

// byOperator refuses everybody else.
func byOperator(run handler) handler {
	return func(ctx context.Context, b *Bot, in Input) (message.Message, error) {
		if !b.operator(ctx, in) {
			return message.Message{}, errNotOperator
		}
		return run(ctx, b, in)
	}
}

func tooOld(context.Context, *Bot, Input) (message.Message, error) {
	return message.Message{}, errTooOld
}

// answer is the handler's answer, or what went wrong in the caller's language.
func (b *Bot) answer(ctx context.Context, in Input, run handler) message.Message {
	began := b.now()
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	m, err := b.guarded(ctx, in, run)
	if b.Observe != nil {
		b.Observe(labelOf(in.Name), err, b.now().Sub(began))
	}
	b.Log.Info("command", "name", in.Name, "user", in.UserID, "guild", in.GuildID, "took", b.now().Sub(began), "err", err)
	if err != nil {
		return message.Note(b.apology(in, err), message.ToneMuted)
	}
	return m
}

// labelOf is a command's name for the metrics. A button's action is text from
// outside, and every new text would be a series of its own for ever.
func labelOf(name string) string {
	if _, known := findCommand(name); known {
		return name
	}
	return "unknown"
}

// mostAtOnce is how many commands are worked on at the same time. The others
// are acknowledged, and wait.
const mostAtOnce = 128

// errBusy says that a command waited in vain for its turn.
var errBusy = errors.New("too many commands at once")

// inTurn waits for a turn, so that a crowd costs time and not memory.
func (b *Bot) inTurn(ctx context.Context) (done func(), err error) {
	b.turns.Do(func() { b.working = make(chan struct{}, mostAtOnce) })
	select {
	case b.working <- struct{}{}:
		return func() { <-b.working }, nil
	case <-ctx.Done():
		return nil, errBusy
	}
}

func (b *Bot) guarded(ctx context.Context, in Input, run handler) (m message.Message, err error) {
	defer func() {
		if v := recover(); v != nil {
			b.Log.Error("panic in a command", "name", in.Name, "panic", v, "stack", string(debug.Stack()))
			err = errPanicked
		}
	}()
	if err := b.admit(ctx, in); err != nil {
		return message.Message{}, err
	}
	done, err := b.inTurn(ctx)
	if err != nil {
		return message.Message{}, err
	}
	defer done()
	return run(ctx, b, in)
}

var errPanicked = errors.New("the command panicked")

func (b *Bot) apology(in Input, err error) string {
	var unknown *account.UnknownError
	var gateway *moka.Error
	var period *periodError
	var report *reportError
	switch {
	case errors.As(err, &unknown):
		return in.Words.Command.NoSuch(message.Disarm(unknown.Name), unknown.Known)
	case errors.As(err, &period):
		return in.Words.Command.NoPeriod(message.Disarm(period.name), history.PeriodNames())
	case errors.As(err, &report):
		return in.Words.Command.NoReport(message.Disarm(report.name), report.known)
	case errors.Is(err, errNotOperator):
		return in.Words.Command.NotOperator
	case errors.Is(err, errStranger):
		return in.Words.Command.NotAllowed
	case errors.Is(err, errElsewhere):
		return in.Words.Command.NotFromHere
	case errors.Is(err, errTooOld):
		return in.Words.Command.TooOld
	case errors.Is(err, errBusy):
		return in.Words.Command.Busy
	case errors.Is(err, errPanicked):
		return in.Words.Command.Panicked
	case errors.As(err, &gateway):
		return message.Failure(in.Words, gateway)
	}
	return message.Failure(in.Words, err)
}

// reply has its own deadline: an answer that is ready is sent even while the
// program is shutting down.
func (b *Bot) reply(ctx context.Context, i *discordgo.Interaction, name string, m message.Message) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), replyTime)
	defer cancel()
	if err := b.REST.Reply(ctx, i.AppID, i.Token, m); err != nil {
		b.Log.Error("answer could not be sent", "command", name, "err", err)
	}
}

// suggest completes an option. Strangers are offered nothing.
func (b *Bot) suggest(ctx context.Context, i *discordgo.Interaction, in Input) {
	choices := []discord.Choice{}
	if c, known := findCommand(in.Name); known && b.admit(ctx, in) == nil {
		for _, o := range c.options {
			if o.name != in.Focused || o.suggest == nil {
				continue
			}
			for _, s := range o.suggest(ctx, b, in) {
				choices = append(choices, discord.Choice{Name: s, Value: s})
			}
		}
	}
	if err := b.REST.Choices(ctx, i.ID, i.Token, choices[:min(len(choices), mostHints)]); err != nil {
		b.Log.Warn("completion could not be sent", "command", in.Name, "err", err)
	}
}

// splitAction takes a button's action apart: "command:argument:argument".
func splitAction(action string) (name string, args []string) {
	parts := strings.Split(action, ":")
	return parts[0], parts[1:]
}
