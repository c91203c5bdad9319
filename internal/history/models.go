package history

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"mokabot/internal/message"
	"mokabot/internal/store"
	"mokabot/moka"
)

// ModelMemory is what is stored of an account's models: the list that was seen twice in a
// row, the one that was seen once, and what changed.
type ModelMemory struct {
	Since   time.Time              `json:"since"` // when the models below were confirmed; zero: never
	Models  map[string]moka.Price  `json:"models"`
	Pending map[string]moka.Price  `json:"pending,omitempty"`
	Log     []message.ModelChanges `json:"log,omitempty"` // oldest first
}

// The log of changes is bounded by their number and by the models in them: a
// gateway whose list is another one each time must not fill memory and disk.
const (
	maxLog    = 200
	maxLogged = 20_000
)

// ErrUnreadable says that what was stored cannot be read.
var ErrUnreadable = errors.New("it is not readable")

// Models is the memory of an account's models.
func Models(ctx context.Context, db *store.DB, account string) (ModelMemory, error) {
	var m ModelMemory
	raw, ok, err := db.Value(ctx, modelsValue(account))
	if err != nil || !ok {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return ModelMemory{}, fmt.Errorf("models of %s: %w: %w", account, ErrUnreadable, err)
	}
	return m, nil
}

// Keep stores the memory together with the messages about what is new in it.
func (m ModelMemory) Keep(ctx context.Context, db *store.DB, account string, out ...store.Outgoing) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return db.SetValueAndEnqueue(ctx, modelsValue(account), raw, out...)
}

func modelsValue(account string) string { return "models/" + account }

// Saw returns the memory after a list, and the changes that this list confirms because
// the one before it was the same. The first list of all is no change.
func (m ModelMemory) Saw(list moka.Catalogue, account string, now time.Time) (ModelMemory, message.ModelChanges) {
	seen := m.priced(list)
	none := message.ModelChanges{}
	if !m.Since.IsZero() && maps.Equal(seen, m.Models) {
		m.Pending = nil
		return m, none
	}
	if m.Pending == nil || !maps.Equal(seen, m.Pending) {
		m.Pending = seen
		return m, none
	}
	changes := m.changes(seen, list)
	changes.Account, changes.At = account, now
	first := m.Since.IsZero()
	m.Since, m.Models, m.Pending = now, seen, nil
	if first {
		return m, none
	}
	m.Log = shortened(append(m.Log, changes))
	return m, changes
}

// shortened keeps the newest of a log, always the last.
func shortened(log []message.ModelChanges) []message.ModelChanges {
	kept, models := 0, 0
	for kept < min(len(log), maxLog) {
		c := &log[len(log)-1-kept]
		models += len(c.Added) + len(c.Removed) + len(c.Repriced)
		if kept > 0 && models > maxLogged {
			break
		}
		kept++
	}
	return log[len(log)-kept:]
}

// priced is a list by id. Where prices could not be read, the known ones are kept: a
// failure is no change.
func (m ModelMemory) priced(list moka.Catalogue) map[string]moka.Price {
	seen := make(map[string]moka.Price, len(list.Models))
	for _, model := range list.Models {
		seen[model.ID] = model.Price
		if !list.Priced {
			seen[model.ID] = m.Models[model.ID]
		}
	}
	return seen
}

func (m ModelMemory) changes(seen map[string]moka.Price, list moka.Catalogue) message.ModelChanges {
	var c message.ModelChanges
	for _, model := range list.Models {
		was, known := m.Models[model.ID]
		switch now := seen[model.ID]; {
		case !known:
			c.Added = append(c.Added, moka.PricedModel{Model: model.Model, Price: now})
		case was != now:
			c.Repriced = append(c.Repriced, message.Repriced{Model: model.ID, Was: was, Now: now})
		}
	}
	for id := range m.Models {
		if _, there := seen[id]; !there {
			c.Removed = append(c.Removed, id)
		}
	}
	slices.Sort(c.Removed)
	return c
}

// New are the models that were added since a moment.
func (m ModelMemory) New(since time.Time) map[string]bool {
	added := map[string]bool{}
	for _, c := range m.Log {
		if c.At.Before(since) {
			continue
		}
		for _, model := range c.Added {
			added[model.ID] = true
		}
		for _, id := range c.Removed {
			delete(added, id)
		}
	}
	return added
}

// Changes is the sum of the changes of an account's models in [from, to).
func Changes(ctx context.Context, db *store.DB, account string, from, to time.Time) (message.ModelChanges, error) {
	m, err := Models(ctx, db, account)
	sum := message.ModelChanges{Account: account}
	for _, c := range m.Log {
		if c.At.Before(from) || !c.At.Before(to) {
			continue
		}
		sum.At = c.At
		sum.Added = append(sum.Added, c.Added...)
		sum.Removed = append(sum.Removed, c.Removed...)
		sum.Repriced = append(sum.Repriced, c.Repriced...)
	}
	return sum, err
}

// IDs are the ids of all accounts' models, one a line, as model_ids.txt holds them.
func IDs(memories []ModelMemory) []byte {
	var ids []string
	for _, m := range memories {
		ids = slices.AppendSeq(ids, maps.Keys(m.Models))
	}
	slices.Sort(ids)
	var b bytes.Buffer
	for _, id := range slices.Compact(ids) {
		b.WriteString(id + "\n")
	}
	return b.Bytes()
}

// PerWeek is what a new price means for a week's use. The gateway counts prompt and
// completion tokens in one sum; their shares follow from the cost at the old price.
func PerWeek(was, now moka.Price, use message.ModelUse) moka.Maybe {
	if old, ok := was.PerCall.Get(); ok {
		fresh, ok := now.PerCall.Get()
		if !ok {
			return moka.Maybe{}
		}
		return moka.Known((fresh - old) * moka.Amount(use.Requests))
	}
	if fresh, ok := now.PerCall.Get(); ok {
		return moka.Known(fresh*moka.Amount(use.Requests) - use.Spent)
	}
	in, out, ok := split(was, use)
	inNow, inOK := now.InputPerMTok.Get()
	outNow, outOK := now.OutputPerMTok.Get()
	if !ok || !inOK || !outOK {
		return moka.Maybe{}
	}
	cost, err := moka.FromUSD((in*inNow.USD()+out*outNow.USD())/1e6 - use.Spent.USD())
	if err != nil {
		return moka.Maybe{}
	}
	return moka.Known(cost)
}

// split divides tokens into prompt and completion.
func split(p moka.Price, use message.ModelUse) (in, out float64, ok bool) {
	inPrice, inOK := p.InputPerMTok.Get()
	outPrice, outOK := p.OutputPerMTok.Get()
	tokens := float64(use.Tokens)
	if !inOK || !outOK || tokens <= 0 {
		return 0, 0, false
	}
	out = tokens / 2
	if inPrice != outPrice {
		out = (use.Spent.USD()*1e6 - tokens*inPrice.USD()) / (outPrice.USD() - inPrice.USD())
	}
	out = min(max(0, out), tokens)
	return tokens - out, out, true
}

// KnownModels are the stored models of an account, by id; none without a store.
func (h History) KnownModels(ctx context.Context, account string) []moka.PricedModel {
	if h.Store == nil {
		return nil
	}
	remembered, err := Models(ctx, h.Store, account)
	if err != nil {
		return nil
	}
	known := remembered.Models
	if len(known) == 0 {
		known = remembered.Pending
	}
	var models []moka.PricedModel
	for _, id := range slices.Sorted(maps.Keys(known)) {
		models = append(models, moka.PricedModel{Model: moka.Model{ID: id}})
	}
	return models
}

// NewModels are the models of an account that were added since a moment; nil when they
// are not watched.
func (h History) NewModels(ctx context.Context, account string, since time.Time) map[string]bool {
	if h.Store == nil {
		return nil
	}
	m, err := Models(ctx, h.Store, account)
	if err != nil {
		return nil
	}
	return m.New(since)
}
