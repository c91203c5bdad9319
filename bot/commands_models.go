package bot

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"mokabot/internal/message"
	"mokabot/moka"
)

// newModel is for how long a model counts as new.
const newModel = 7 * 24 * time.Hour

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
	a, err := b.first(name)
	if err != nil {
		return message.Message{}, err
	}
	list, err := a.Client.Catalogue(ctx)
	if err != nil {
		return message.Message{}, err
	}
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
	listAge  = 10 * time.Minute
	listTime = 2 * time.Second // completions wait for three seconds in all
)

// modelLists keeps lists for completing what somebody types.
type modelLists struct {
	mu    sync.Mutex
	lists map[*moka.Client]modelsAt
}

type modelsAt struct {
	at     time.Time
	models []moka.PricedModel
}

// forget drops all lists: their clients may never be asked again.
func (l *modelLists) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.lists)
}

func (l *modelLists) of(ctx context.Context, c *moka.Client, now time.Time) []moka.PricedModel {
	l.mu.Lock()
	known := l.lists[c]
	l.mu.Unlock()
	if now.Sub(known.at) < listAge {
		return known.models
	}
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	models, err := c.Models(ctx)
	if err != nil {
		return known.models
	}
	fresh := modelsAt{at: now}
	for _, m := range models {
		fresh.models = append(fresh.models, moka.PricedModel{Model: m})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lists == nil {
		l.lists = map[*moka.Client]modelsAt{}
	}
	l.lists[c] = fresh
	return fresh.models
}

func suggestModels(ctx context.Context, b *Bot, in Input) []string {
	a, err := b.first(in.Options["account"])
	if err != nil {
		return nil
	}
	var ids []string
	for _, m := range message.Matching(b.lists.of(ctx, a.Client, b.now()), in.Options["search"]) {
		ids = append(ids, m.ID)
	}
	return ids
}
