package bot

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"mokabot/internal/account"
	"mokabot/internal/config"
	"mokabot/internal/discord"
	"mokabot/internal/message"
	"mokabot/moka"
)

const (
	workTime  = 45 * time.Second // for a command; its token lives fifteen minutes
	replyTime = 30 * time.Second // for the answer, also while shutting down
	lookAgain = time.Second      // between two looks for another replica's answer
	maxHints  = 25               // choices that Discord shows
)

// errTooOld reports that a command or a button belongs to another version of the
// program.
var errTooOld = errors.New("the command or button is of an unknown kind")

// Interact acknowledges an interaction at once and answers it when the work is done. A
// failure, and even a panic, becomes an answer, too.
func (b *Bot) Interact(ctx context.Context, i *discordgo.Interaction) {
	in := inputOf(i)
	switch i.Type {
	case discordgo.InteractionApplicationCommand:
		b.onCommand(ctx, i, in)
	case discordgo.InteractionMessageComponent, discordgo.InteractionModalSubmit:
		b.onButton(ctx, i, in)
	case discordgo.InteractionApplicationCommandAutocomplete:
		b.onCompletion(ctx, i, in)
	}
}

func (b *Bot) onCommand(ctx context.Context, i *discordgo.Interaction, in Input) {
	refused := b.throttle(in)
	wanted := in.Share
	// It is decided before the command is acknowledged, because the acknowledgement fixes
	// whether the answer is private.
	in.Share = wanted && refused == nil && b.may(ctx, in, operator)
	if err := b.REST.Defer(ctx, i.ID, i.Token, !in.Share); err != nil && !b.leftOver(ctx, i, err) {
		b.Log.Warn("interaction could not be acknowledged", "command", in.Name, "err", err)
		return
	}
	c, known := findCommand(in.Name)
	if !known {
		c = command{needs: member, run: tooOld}
	}
	m, err := b.answer(ctx, in, refused, c.needs, c.run)
	if err != nil && b.overtaken(ctx, i) {
		return
	}
	if err == nil && wanted && !in.Share {
		m.Text = strings.TrimSpace(in.Words.Command.NotShared + "\n" + m.Text)
	}
	b.reply(ctx, i, in.Name, m)
}

// leftOver reports whether an interaction could not be acknowledged because another
// replica had acknowledged it and ended before it answered.
func (b *Bot) leftOver(ctx context.Context, i *discordgo.Interaction, err error) bool {
	return b.TakesOver && b.leads() && discord.KindOf(err) == discord.KindAcknowledged && b.REST.Unanswered(ctx, i)
}

func (b *Bot) leads() bool { return b.Leads == nil || b.Leads() == nil }

// overtaken reports whether the next leader has answered what failed here because this
// replica no longer leads. Discord sends the interaction to that one again. It returns
// false when nobody has answered by the time that the work has to end.
func (b *Bot) overtaken(ctx context.Context, i *discordgo.Interaction) bool {
	if b.leads() {
		return false
	}
	waits := func() bool {
		short, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookAgain) // also when the work has to end
		defer cancel()
		return b.REST.Unanswered(short, i)
	}
	for waits() {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(lookAgain):
		}
	}
	return true
}

// may decides within decideTime.
func (b *Bot) may(ctx context.Context, in Input, needed standing) bool {
	ctx, cancel := context.WithTimeout(ctx, decideTime)
	defer cancel()
	_, why := b.standing(ctx, in, needed)
	return why == allowed
}

// onButton answers a button or a form by editing the message below which it is, or by a
// new private message. Whoever may not see the answer gets a private refusal, and the
// message stays as it is. A button that asks for something opens a form first, whose
// answer comes here again.
func (b *Bot) onButton(ctx context.Context, i *discordgo.Interaction, in Input) {
	c, known := findCommand(in.Name)
	if !known || c.onButton == nil {
		c = command{needs: member, onButton: tooOld, repliesPrivately: func(Input) bool { return true }}
	}
	needed := c.needs
	if c.buttonNeeds != nil {
		needed = c.buttonNeeds(in)
	}
	refused := b.throttle(in)
	if c.form != nil && i.Type == discordgo.InteractionMessageComponent && refused == nil {
		if f, ok := c.form(in); ok && b.may(ctx, in, needed) {
			if err := b.REST.Open(ctx, i.ID, i.Token, f); err != nil {
				b.Log.Warn("form could not be opened", "command", in.Name, "err", err)
			}
			return
		}
	}
	private := c.repliesPrivately != nil && c.repliesPrivately(in)
	if !private {
		private = refused != nil || !b.mayEdit(ctx, in, needed)
	}
	acknowledge := func() error { return b.REST.DeferUpdate(ctx, i.ID, i.Token) }
	if private {
		acknowledge = func() error { return b.REST.Defer(ctx, i.ID, i.Token, true) }
	}
	if err := acknowledge(); err != nil && !b.leftOver(ctx, i, err) {
		b.Log.Warn("button could not be acknowledged", "command", in.Name, "err", err)
		return
	}
	m, err := b.answer(ctx, in, refused, needed, c.onButton)
	if err != nil && b.overtaken(ctx, i) {
		return
	}
	b.reply(ctx, i, in.Name, m)
}

// mayEdit reports whether a button may change its message: the caller's own private
// answer, or for an operator also a shared one.
func (b *Bot) mayEdit(ctx context.Context, in Input, needed standing) bool {
	if !in.Private && in.GuildID != "" {
		needed = operator
	}
	return b.may(ctx, in, needed)
}

func tooOld(context.Context, *Bot, Input) (message.Message, error) {
	return message.Message{}, errTooOld
}

// answer is the handler's answer, or the error in the caller's language. refused is a
// refusal that is known already; nil for none.
func (b *Bot) answer(ctx context.Context, in Input, refused error, needed standing, run handler) (message.Message, error) {
	began := b.now()
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	var m message.Message
	err := refused
	if err == nil {
		m, err = b.guarded(ctx, in, needed, run)
	}
	if b.Observe != nil {
		b.Observe(metricLabel(in.Name), err, b.now().Sub(began))
	}
	b.Log.Info("command", "name", in.Name, "user", in.UserID, "guild", in.GuildID, "took", b.now().Sub(began), "err", err)
	if err != nil {
		return message.Note(errorText(in, err), message.ToneMuted), err
	}
	return m, nil
}

// metricLabel is a command's name for the metrics. A button's action comes from
// outside, and every unknown one would add a series that never goes away.
func metricLabel(name string) string {
	if _, known := findCommand(name); known {
		return name
	}
	return "unknown"
}

// maxAtOnce is how many commands run at the same time. The others are acknowledged and
// wait.
const maxAtOnce = 128

// errBusy reports that a command's time was up before its turn came.
var errBusy = errors.New("too many commands at once")

// acquire waits for one of the maxAtOnce places, so that a crowd costs time and not
// memory.
func (b *Bot) acquire(ctx context.Context) (done func(), err error) {
	b.turns.Do(func() { b.working = make(chan struct{}, maxAtOnce) })
	select {
	case b.working <- struct{}{}:
		return func() { <-b.working }, nil
	case <-ctx.Done():
		return nil, errBusy
	}
}

func (b *Bot) guarded(ctx context.Context, in Input, needed standing, run handler) (m message.Message, err error) {
	defer func() {
		if v := recover(); v != nil {
			b.Log.Error("panic in a command", "name", in.Name, "panic", v, "stack", string(debug.Stack()))
			err = errPanicked
		}
	}()
	has, why := b.standing(ctx, in, needed)
	if why != allowed {
		return message.Message{}, why
	}
	in.Standing = has
	done, err := b.acquire(ctx)
	if err != nil {
		return message.Message{}, err
	}
	defer done()
	return run(moka.ForCommand(ctx), b, in)
}

var errPanicked = errors.New("the command panicked")

func errorText(in Input, err error) string {
	var unknown *account.UnknownError
	var name *unknownError
	var tooFast *tooFastError
	var why denial
	var level *UnknownLevelError
	switch {
	case errors.As(err, &unknown):
		return in.Words.Command.NoSuch(message.Disarm(unknown.Name), unknown.Known)
	case errors.As(err, &name):
		return name.text(in.Words)
	case errors.As(err, &why):
		return denialText(in, why)
	case errors.As(err, &tooFast):
		return in.Words.Command.TooFast(roundUp(tooFast.wait))
	case errors.As(err, &level):
		return in.Words.Command.NoLevel(level.Known)
	case errors.Is(err, config.ErrLevelOrder):
		return in.Words.Command.LevelOrder
	case errors.Is(err, config.ErrLevelLimit):
		return in.Words.Command.LevelLimit
	case errors.Is(err, errSnoozeTime):
		return in.Words.Incident.NoSnoozeTime(minSnooze, maxSnooze)
	case errors.Is(err, errTooOld):
		return in.Words.Command.TooOld
	case errors.Is(err, errBusy):
		return in.Words.Command.Busy
	case errors.Is(err, errPanicked):
		return in.Words.Command.Panicked
	}
	return message.Failure(in.Words, err)
}

func denialText(in Input, why denial) string {
	w := in.Words.Command
	switch why {
	case homeUnknown:
		return w.HomeUnknown
	case userInstalled:
		return w.UserInstalled
	case elsewhere:
		return w.NotFromHere
	case notInDirect:
		return w.NotAllowed
	case notOperator:
		return w.NotOperator
	}
	return w.NotViewer
}

// roundUp is at least d, in whole seconds.
func roundUp(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}

// reply has its own deadline, so that a finished answer is sent even while the program is
// shutting down.
func (b *Bot) reply(ctx context.Context, i *discordgo.Interaction, name string, m message.Message) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), replyTime)
	defer cancel()
	if err := b.REST.Reply(ctx, i.AppID, i.Token, m, i.Message); err != nil {
		b.Log.Error("answer could not be sent", "command", name, "err", err)
	}
}

// onCompletion completes an option. There are no suggestions for somebody who may not use
// the command or exceeds completionPerMinute.
func (b *Bot) onCompletion(ctx context.Context, i *discordgo.Interaction, in Input) {
	choices := []discord.Choice{}
	for _, s := range b.suggestions(ctx, in) {
		choices = append(choices, discord.Choice{Name: s, Value: s})
	}
	if err := b.REST.Choices(ctx, i.ID, i.Token, choices[:min(len(choices), maxHints)]); err != nil {
		b.Log.Warn("completion could not be sent", "command", in.Name, "err", err)
	}
}

func (b *Bot) suggestions(ctx context.Context, in Input) []string {
	ctx, cancel := context.WithTimeout(ctx, decideTime)
	defer cancel()
	c, known := findCommand(in.Name)
	if !known || b.pace.use("completion/"+in.UserID, completionPerMinute, b.now()) > 0 {
		return nil
	}
	if _, why := b.standing(ctx, in, c.needs); why != allowed {
		return nil
	}
	for _, o := range c.options {
		if o.name == in.Focused && o.suggest != nil {
			return o.suggest(ctx, b, in)
		}
	}
	return nil
}

// splitAction splits a button's action "command:argument:argument".
func splitAction(action string) (name string, args []string) {
	parts := strings.Split(action, ":")
	return parts[0], parts[1:]
}
