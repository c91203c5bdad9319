package schedule

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/internal/clock"
	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/store"
	"mokabot/moka"
)

// The time between two checks of the budgets, and the shortest while their accounts
// spend. A check costs no request, unless a budget is about some keys.
const (
	budgetEvery = 30 * time.Second
	budgetSoon  = 5 * time.Second
)

// Budgets warns when a budget's thresholds are reached.
type Budgets struct {
	Budgets []budget.Budget
	Book    *account.Book
	Store   *store.DB
	History history.History
	Words   *lang.Words
	Log     *slog.Logger
	Times   *Timetable  // outlives reloads
	Sure    func() bool // whether the time was confirmed; nil: it is right
	Reached func() bool // whether Discord has answered; nil: it has

	// Observe is called with where each budget stands, for metrics; nil for none.
	Observe func(budget.Standing)
}

// Spent has the budgets checked soon, because an account of theirs spent.
func (b *Budgets) Spent(account string) {
	for _, one := range b.Budgets {
		if len(one.Keys) == 0 && one.Counts(account) {
			b.Times.wakeBudgets()
			return
		}
	}
}

// Left is how much an account may spend until one of its budgets reaches its next
// threshold, an equal part of what is left where several accounts count.
func (b *Budgets) Left(account string) []moka.Amount {
	var all []moka.Amount
	for _, one := range b.Budgets {
		if left, known := b.Times.budgetLeft(one.Name); known && one.Counts(account) {
			n := len(one.Accounts)
			if n == 0 {
				n = len(b.Book.All())
			}
			all = append(all, left/moka.Amount(n))
		}
	}
	return all
}

// Run checks the budgets until ctx ends: first at once when they have changed, and
// otherwise when the check from before a reload was due. Its requests to gateways
// count as readings, which no command delays.
func (b *Budgets) Run(ctx context.Context) error {
	ctx = moka.Reserved(ctx)
	if err := b.follow(ctx); err != nil && ctx.Err() == nil {
		b.Log.Error("budgets that have another name could not be followed", "err", err)
	}
	awaitTime(ctx, b.Sure, b.Reached)
	if err := b.closeOthers(ctx); err != nil && ctx.Err() == nil {
		b.Log.Error("warnings of budgets that left the configuration could not be closed", "err", err)
	}
	if len(b.Budgets) == 0 {
		return nil
	}
	var last time.Time
	for next := b.Times.nextBudgets(b.Budgets); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-b.Times.budgetWake():
			if soon := last.Add(budgetSoon); soon.After(time.Now()) {
				next = earlier(next, soon)
				continue
			}
		case <-time.After(time.Until(next)):
		}
		last = time.Now()
		for _, one := range b.Budgets {
			if err := b.Check(ctx, one); err != nil && ctx.Err() == nil {
				b.Log.Error("budget could not be checked", "budget", one.Name, "err", err)
			}
		}
		if ctx.Err() != nil {
			return nil // a reload interrupted it: the next configuration looks at once
		}
		next = time.Now().Add(clock.Together(budgetEvery))
		b.Times.setNextBudgets(next)
	}
}

// Check compares a budget with what is known, and stores its new state together with the
// posts, both or neither.
func (b *Budgets) Check(ctx context.Context, one budget.Budget) error {
	facts, err := b.History.Budget(ctx, one, b.Book, len(one.Keys) > 0)
	if err != nil {
		return err
	}
	standing := budget.Stand(one, facts)
	b.Times.setBudgetLeft(standing)
	if b.Observe != nil {
		b.Observe(standing)
	}
	return b.note(ctx, one, func(before budget.Memory) (budget.Memory, []budget.News) {
		if one.ChannelID == "" {
			return budget.Close(one, before, facts.At)
		}
		return budget.Step(one, before, facts)
	})
}

// budgetValues is the prefix of the names of budgets' stored memories.
const budgetValues = "budget/"

// follow moves what was posted about a budget to the name that it has now.
func (b *Budgets) follow(ctx context.Context) error {
	stored, err := b.Store.ValueNames(ctx, budgetValues)
	if err != nil {
		return err
	}
	known := map[string]budget.Memory{}
	for _, name := range stored {
		var m budget.Memory
		raw, _, err := b.Store.Value(ctx, name)
		if err != nil {
			return err
		}
		if json.Unmarshal(raw, &m) == nil {
			known[strings.TrimPrefix(name, budgetValues)] = m
		}
	}
	changed, earlier := budget.Follow(known, b.Budgets)
	values := map[string][]byte{}
	for name, m := range changed {
		if values[budgetValues+name], err = json.Marshal(m); err != nil {
			return err
		}
	}
	if err := b.Store.SetValues(ctx, values); err != nil {
		return err
	}
	for now, was := range earlier {
		b.Log.Info("a budget has another name now; what was told of it goes on", "budget", now, "earlier", was)
	}
	return nil
}

// closeOthers closes the warnings of budgets that left the configuration.
func (b *Budgets) closeOthers(ctx context.Context) error {
	stored, err := b.Store.ValueNames(ctx, budgetValues)
	if err != nil {
		return err
	}
	for _, name := range stored {
		name = strings.TrimPrefix(name, budgetValues)
		if slices.Contains(b.Names(), name) {
			continue
		}
		gone := budget.Budget{Name: name}
		err := b.note(ctx, gone, func(before budget.Memory) (budget.Memory, []budget.News) {
			return budget.Close(gone, before, b.now())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Budgets) now() time.Time { return timeBy(b.History.Now) }

// note updates a budget's memory and stores it together with the posts.
func (b *Budgets) note(ctx context.Context, one budget.Budget, step func(budget.Memory) (budget.Memory, []budget.News)) error {
	var before budget.Memory
	raw, ok, err := b.Store.Value(ctx, budgetValues+one.Name)
	if err != nil {
		return err
	}
	if ok && json.Unmarshal(raw, &before) != nil {
		b.Log.Error("what was told of a budget is not readable; it starts anew", "budget", one.Name)
		before = budget.Memory{}
	}
	after, news := step(before)
	after.Identity = ""
	if slices.Contains(b.Names(), one.Name) {
		after.Identity = one.Identity()
	}
	kept, err := json.Marshal(after)
	if err != nil || bytes.Equal(kept, raw) {
		return err
	}
	var out []store.Outgoing
	for _, n := range news {
		posts, err := b.outgoing(ctx, n)
		if err != nil {
			return err
		}
		out = append(out, posts...)
		b.Log.Info("budget", "budget", one.Name, "news", n.Kind, "threshold", n.Threshold)
	}
	return b.Store.SetValueAndEnqueue(ctx, budgetValues+one.Name, kept, out...)
}

// outgoing is what news of a budget sends: a post, or the closing of the posts
// of a period, where they are.
func (b *Budgets) outgoing(ctx context.Context, n budget.News) ([]store.Outgoing, error) {
	channel := n.Standing.Budget.ChannelID
	if n.Kind != budget.Closed {
		payload, err := json.Marshal(message.BudgetAlert(b.Words, message.BudgetWarning{News: n, Page: b.page(ctx, n.Standing.Budget), Picture: b.picture(ctx, n.Standing)}))
		return []store.Outgoing{{Key: budgetKey(n, n.Memory.Posts), Channel: channel, At: n.Standing.At, Payload: payload}}, err
	}
	closed := func(posted message.Message) message.Message {
		return message.CloseBudget(b.Words, posted, n.Standing.At)
	}
	var out []store.Outgoing
	for i := max(1, n.Memory.Posts-maxClosed+1); i <= n.Memory.Posts; i++ {
		of := budgetKey(n, i)
		out = append(out, store.Outgoing{Key: of + "/closed", EditOf: of, Channel: channel, At: n.Standing.At, Amend: amend(of, closed)})
	}
	return out, nil
}

// page is the console of a budget's accounts, empty where they do not share one.
func (b *Budgets) page(ctx context.Context, one budget.Budget) string {
	accounts, err := b.Book.Select(one.Accounts...)
	if err != nil || len(accounts) == 0 {
		return ""
	}
	for _, a := range accounts {
		a.LearnPage(ctx)
	}
	page := accounts[0].Page()
	if slices.ContainsFunc(accounts, func(a *account.Account) bool { return a.Page() != page }) {
		return ""
	}
	return page
}

// picture is an extra: without it a warning is posted all the same.
func (b *Budgets) picture(ctx context.Context, s budget.Standing) message.Picture {
	p, err := b.History.BurnDown(ctx, b.Words, b.Book, s)
	if err != nil {
		b.Log.Error("chart could not be drawn", "budget", s.Budget.Name, "err", err)
	}
	return p
}

// BurnDown draws how a budget is used up.
func (b *Budgets) BurnDown(ctx context.Context, w *lang.Words, s budget.Standing) (message.Picture, error) {
	return b.History.BurnDown(ctx, w, b.Book, s)
}

// budgetKey names the n-th post about a period of a budget.
func budgetKey(n budget.News, post int) string {
	name := n.Memory.NameOf(post, n.Standing.Budget.Name)
	return fmt.Sprintf("budget/%s/%d/%d", name, n.Memory.From.Unix(), post)
}

// Standing returns where the named budget stands now, or each of them without a name. It
// fails when the database does; what a gateway does not answer is unknown.
func (b *Budgets) Standing(ctx context.Context, name string) ([]budget.Standing, error) {
	selected := b.Budgets
	if name != "" {
		selected = slices.DeleteFunc(slices.Clone(selected), func(one budget.Budget) bool { return one.Name != name })
	}
	all, failed := make([]budget.Standing, len(selected)), make([]error, len(selected))
	var asking sync.WaitGroup
	for i, one := range selected {
		asking.Go(func() {
			var facts budget.Facts
			facts, failed[i] = b.History.Budget(ctx, one, b.Book, true)
			all[i] = budget.Stand(one, facts)
		})
	}
	asking.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err // one cause is enough to read
		}
	}
	return all, nil
}

// Open returns the budgets with a warning in the running period, with the standing that
// the next check would see.
func (b *Budgets) Open(ctx context.Context) ([]budget.Standing, error) {
	var open []budget.Standing
	for _, one := range b.Budgets {
		var memory budget.Memory
		raw, ok, err := b.Store.Value(ctx, budgetValues+one.Name)
		if err != nil {
			return nil, err
		}
		if !ok || json.Unmarshal(raw, &memory) != nil || memory.Mark == (budget.Mark{}) || !b.now().Before(memory.To) {
			continue
		}
		facts, err := b.History.Budget(ctx, one, b.Book, len(one.Keys) > 0)
		if err != nil {
			return nil, err
		}
		open = append(open, budget.Stand(one, facts))
	}
	return open, nil
}

// Names are the budgets' names, in the order of the configuration.
func (b *Budgets) Names() []string {
	names := make([]string, len(b.Budgets))
	for i, one := range b.Budgets {
		names[i] = one.Name
	}
	return names
}
