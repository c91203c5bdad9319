package bot

import (
	"context"
	"encoding/json"
	"sync"

	"mokabot/internal/account"
	"mokabot/internal/discord"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/store"
	"mokabot/moka"
)

// commands is the table of slash commands; a new one is one line and one function.
func commands() []command {
	account := text("account", suggestAccounts)
	return []command{
		{name: "balance", options: []option{account, share()}, needs: viewer, run: balance},
		{name: "models", options: []option{text("search", suggestModels), account, share()}, needs: viewer, run: models, onButton: modelsPage},
		{name: "usage", options: []option{periods(), usageLists(), account, share()}, needs: viewer, run: usage},
		{name: "keys", options: []option{account, share()}, needs: viewer, run: keys, onButton: keysPage},
		{name: "budget", options: []option{text("name", suggestBudgets), share()}, needs: viewer, run: budgets, onButton: onBudgetButton,
			repliesPrivately: func(Input) bool { return true }},
		{name: "report", options: []option{text("name", suggestReports), share()}, needs: operator, run: report},
		{name: "alerts", options: []option{share()}, needs: viewer, run: alerts, onButton: onAlertButton,
			buttonNeeds: alertButtonNeeds, form: snoozeForm, repliesPrivately: repliesToAlert},
		{name: "levels", options: []option{account, levelActions(), text("level", suggestLevels), text("below", nil), text("runway", nil), share()}, needs: viewer, run: levels},
		{name: "status", options: []option{share()}, needs: viewer, run: status},
		{name: "test", needs: operator, run: testPings},
		{name: "reload", needs: operator, run: reload},
		{name: "help", options: []option{share()}, needs: member, run: help},
	}
}

func periods() option {
	o := text("period", nil)
	o.choices, o.values = func(w *lang.Words) map[string]string { return w.Usage.Periods }, history.PeriodNames()
	return o
}

// usageLists is what the spending is listed by.
func usageLists() option {
	o := text("by", nil)
	o.choices, o.values = func(w *lang.Words) map[string]string { return w.Usage.By }, []string{"model", byKey}
	return o
}

func levelActions() option {
	o := text("action", nil)
	o.choices, o.values = func(w *lang.Words) map[string]string { return w.Levels.Actions }, []string{levelsShow, levelsSet, levelsReset}
	return o
}

func suggestAccounts(_ context.Context, b *Bot, in Input) []string {
	return containing(b.setup().Book.Names(), in.Options["account"])
}

// selected are the accounts that the option names: one, or all.
func (b *Bot) selected(in Input) ([]*account.Account, error) {
	if name := in.Options["account"]; name != "" {
		return b.setup().Book.Select(name)
	}
	return b.setup().Book.All(), nil
}

// accountOrFirst is the named account, or the first of all without a name.
func (b *Bot) accountOrFirst(name string) (*account.Account, error) {
	if name != "" {
		return b.setup().Book.Get(name)
	}
	return b.setup().Book.All()[0], nil
}

// orFirst adds to an answer that it is about the first of several accounts, when the option
// names none.
func (b *Bot) orFirst(in Input, m message.Message, err error) (message.Message, error) {
	if all := b.setup().Book.All(); err == nil && in.Options["account"] == "" && len(all) > 1 {
		m = m.OfFirst(in.Words, all[0].Name, len(all))
	}
	return m, err
}

func balance(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	accounts, err := b.selected(in)
	if err != nil {
		return message.Message{}, err
	}
	readings := account.Read(ctx, accounts)
	views := make([]message.Account, len(accounts))
	var wait sync.WaitGroup
	for i, a := range accounts {
		wait.Go(func() { views[i] = b.view(ctx, a, readings[i]) })
	}
	wait.Wait()
	return message.Balance(in.Words, views), nil
}

// view is an account as its cards show it, without its past where that cannot
// be read.
func (b *Bot) view(ctx context.Context, a *account.Account, r moka.Reading) message.Account {
	v, err := b.setup().History.View(ctx, a, r)
	if err != nil {
		b.Log.Error("the past could not be read", "account", a.Name, "err", err)
	}
	return v
}

func help(_ context.Context, b *Bot, in Input) (message.Message, error) {
	return message.Help(in.Words, b.guide(in.Standing)), nil
}

// guide is what somebody may do. Only viewers learn the accounts' names and the
// alerts' channel.
func (b *Bot) guide(has standing) message.Guide {
	g := message.Guide{Commands: usableBy(has), Shares: has == operator}
	if has >= viewer {
		s := b.setup()
		g.Accounts, g.AlertChannel = s.Book.Names(), s.AlertChannel
	}
	return g
}

// usableBy are the commands that somebody may use, as /help shows them.
func usableBy(s standing) []message.Command {
	var list []message.Command
	for _, c := range commands() {
		if c.needs > s {
			continue
		}
		listed := message.Command{Name: c.name}
		for _, o := range c.options {
			listed.Options = append(listed.Options, o.name)
		}
		list = append(list, listed)
	}
	return list
}

func status(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	return message.Status(in.Words, b.Health(ctx, in.Words), b.now()), nil
}

func testPings(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	if wait := b.pace.use("test", testsPerMinute, b.now()); wait > 0 {
		return message.Message{}, &tooFastError{wait}
	}
	return message.Tested(in.Words, b.Test(ctx, in.ID)), nil
}

func reload(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	return message.Reload(in.Words, b.Reload(ctx)), nil
}

// welcome explains the commands once in the alerts' channel, if that is configured.
// The message and the mark that it was sent are stored together.
func (b *Bot) welcome(ctx context.Context, r discord.Ready) {
	s := b.setup()
	if !s.Welcome || s.AlertChannel == "" {
		return
	}
	const mark = "welcomed"
	_, done, err := b.Values.Value(ctx, mark)
	if done {
		return
	}
	var payload []byte
	if err == nil {
		payload, err = json.Marshal(message.Welcome(s.words(), r.Name, b.guide(operator)))
	}
	if err == nil {
		err = b.Values.SetValueAndEnqueue(ctx, mark, []byte(r.ApplicationID), store.Outgoing{
			Key: "welcome/" + r.ApplicationID, Channel: s.AlertChannel, Lane: store.LanePost, Payload: payload, At: b.now(),
		})
	}
	if err != nil && ctx.Err() == nil {
		b.Log.Error("the welcome could not be put into the outbox", "err", err)
	}
}
