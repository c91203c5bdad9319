package bot

import (
	"context"
	"strconv"
	"strings"

	"mokabot/internal/account"
	"mokabot/internal/message"
	"mokabot/moka"
)

// commands is the table of slash commands; a new one is one line and one function.
func commands() []command {
	return []command{
		{name: "balance", options: []option{text("account", suggestAccounts), share()}, run: balance},
		{name: "models", options: []option{text("search", nil), text("account", suggestAccounts), share()}, run: models, press: modelsPage},
		{name: "help", options: []option{share()}, run: help},
	}
}

func suggestAccounts(b *Bot, typed string) []string { return b.Book.Suggest(typed) }

// named are the accounts that the option names: one, or all.
func (b *Bot) named(in Input) ([]*account.Account, error) {
	if name := in.Options["account"]; name != "" {
		return b.Book.Some(name)
	}
	return b.Book.Some()
}

func balance(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	accounts, err := b.named(in)
	if err != nil {
		return message.Message{}, err
	}
	readings := account.Read(ctx, accounts)
	views := make([]message.Account, len(accounts))
	for i, a := range accounts {
		views[i] = b.view(ctx, a, readings[i])
	}
	return message.Balance(in.Words, views), nil
}

func (b *Bot) view(ctx context.Context, a *account.Account, r moka.Reading) message.Account {
	v := message.Account{Name: a.Name, Reading: r, Levels: a.Rules.Levels}
	if good, ok := a.Good(); ok && !r.OK() {
		v.Last = &good
	}
	if b.History != nil {
		v.Today = b.History.Today(ctx, a.Name)
	}
	return v
}

func models(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	return b.modelList(ctx, in, in.Options["account"], in.Options["search"], 0)
}

// modelsPage answers "models:ACCOUNT:PAGE:SEARCH".
func modelsPage(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	if len(in.Args) < 3 {
		return message.Message{}, errTooOld
	}
	page, err := strconv.Atoi(in.Args[1])
	if err != nil {
		return message.Message{}, errTooOld
	}
	return b.modelList(ctx, in, in.Args[0], strings.Join(in.Args[2:], ":"), page)
}

func (b *Bot) modelList(ctx context.Context, in Input, name, search string, page int) (message.Message, error) {
	accounts, err := b.Book.Some()
	if name != "" {
		accounts, err = b.Book.Some(name)
	}
	if err != nil {
		return message.Message{}, err
	}
	list, err := accounts[0].Client.Catalogue(ctx)
	if err != nil {
		return message.Message{}, err
	}
	search = strings.TrimSpace(search)
	if search != "" {
		list.Models = message.Matching(list.Models, search)
	}
	return message.Models(in.Words, message.ModelList{
		Account: accounts[0].Name, Search: search, Models: list.Models, Priced: list.Priced, Page: page,
	}), nil
}

func help(_ context.Context, b *Bot, in Input) (message.Message, error) {
	var list []message.Usage
	for _, c := range commands() {
		u := message.Usage{Name: c.name}
		for _, o := range c.options {
			u.Options = append(u.Options, o.name)
		}
		list = append(list, u)
	}
	return message.Help(in.Words, list, b.Book.Names(), b.AlertChannel), nil
}
