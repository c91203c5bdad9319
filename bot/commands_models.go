package bot

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/message"
	"mokabot/moka"
)

// newModel is for how long a model counts as new.
const newModel = 7 * 24 * time.Hour

func models(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	m, err := b.modelList(ctx, in, in.Options["account"], in.Options["search"], 0)
	return b.orFirst(in, m, err)
}

// modelsPage answers "models:ACCOUNT:PAGE:SEARCH".
func modelsPage(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	page, ok := pageOf(in.Args)
	if !ok || len(in.Args) < 3 {
		return message.Message{}, errTooOld
	}
	return b.modelList(ctx, in, in.Args[0], strings.Join(in.Args[2:], ":"), page)
}

// pageOf is the page that a button "ACCOUNT:PAGE" turns to.
func pageOf(args []string) (page int, ok bool) {
	if len(args) < 2 {
		return 0, false
	}
	page, err := strconv.Atoi(args[1])
	return page, err == nil
}

func (b *Bot) modelList(ctx context.Context, in Input, name, search string, page int) (message.Message, error) {
	a, err := b.accountOrFirst(name)
	if err != nil {
		return message.Message{}, err
	}
	list, err := a.Client.Catalogue(ctx)
	if err != nil {
		return message.Message{}, err
	}
	b.lists.set(a, list.Models, b.now())
	search = strings.TrimSpace(search)
	if search != "" {
		list.Models = message.Matching(list.Models, search)
	}
	return message.Models(in.Words, message.ModelList{
		Account: a.Name, Search: search, Models: list.Models, Priced: list.Priced, Page: page,
		New: b.setup().History.NewModels(ctx, a.Name, b.now().Add(-newModel)),
	}), nil
}

const (
	listAge   = 6 * time.Hour   // of a list for completions
	warmEvery = 5 * time.Minute // how often lists that are missing or old are read
)

// modelLists keeps each gateway's last list of models for autocompletion, which
// Discord asks for at every key and which therefore never calls a gateway.
type modelLists struct {
	mu    sync.Mutex
	lists map[listKey]modelsAt
}

// listKey identifies an account's list. Which models there are depends on the gateway
// alone.
type listKey struct{ account, host string }

type modelsAt struct {
	at     time.Time
	models []moka.PricedModel
}

func keyOf(a *account.Account) listKey { return listKey{a.Name, a.Client.Host()} }

// retain drops the lists of accounts that are not in the book.
func (l *modelLists) retain(book *account.Book) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := map[listKey]modelsAt{}
	for _, a := range book.All() {
		if list, ok := l.lists[keyOf(a)]; ok {
			kept[keyOf(a)] = list
		}
	}
	l.lists = kept
}

func (l *modelLists) set(a *account.Account, models []moka.PricedModel, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lists == nil {
		l.lists = map[listKey]modelsAt{}
	}
	l.lists[keyOf(a)] = modelsAt{now, models}
}

func (l *modelLists) of(a *account.Account) modelsAt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lists[keyOf(a)]
}

// Warm reads the accounts' lists of models one after the other, and again when
// they are old, so that completions have something to offer.
func (b *Bot) Warm(ctx context.Context) error {
	ctx = moka.ForCommand(ctx)
	for {
		for _, a := range b.setup().Book.All() {
			known := b.lists.of(a)
			if age := b.now().Sub(known.at); known.models != nil && age >= 0 && age < listAge {
				continue
			}
			if list, err := a.Client.Models(ctx); err == nil {
				b.lists.set(a, priced(list), b.now())
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(warmEvery):
		}
	}
}

// priced holds models whose prices no command needs.
func priced(list []moka.Model) []moka.PricedModel {
	models := make([]moka.PricedModel, len(list))
	for i, m := range list {
		models[i].Model = m
	}
	return models
}

// suggestModels completes from the last list that was shown, else from what
// the model watch remembers.
func suggestModels(ctx context.Context, b *Bot, in Input) []string {
	a, err := b.accountOrFirst(in.Options["account"])
	if err != nil {
		return nil
	}
	known := b.lists.of(a).models
	if known == nil {
		known = b.setup().History.KnownModels(ctx, a.Name)
	}
	var ids []string
	for _, m := range message.Matching(known, in.Options["search"]) {
		ids = append(ids, m.ID)
	}
	return ids
}
