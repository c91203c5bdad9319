package bot

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"mokabot/internal/account"
	"mokabot/internal/history"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// maxUsages is how many accounts one answer has room for.
const maxUsages = 10

// byKey is the option of /usage that lists the spending by key instead of by model.
const byKey = "key"

func usage(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	name := cmp.Or(in.Options["period"], history.Periods[0].Name)
	past := b.setup().History
	p, before, ok := history.Period(name, b.now(), past.Zone)
	if !ok {
		return message.Message{}, &unknownError{"period", name, history.PeriodNames()}
	}
	accounts, err := b.selected(in)
	if err != nil {
		return message.Message{}, err
	}
	left := max(0, len(accounts)-maxUsages)
	accounts = accounts[:len(accounts)-left]
	answers := make([]message.UsageAnswer, len(accounts))
	failed := make([]error, len(accounts))
	var wait sync.WaitGroup
	for i, a := range accounts {
		wait.Go(func() {
			answers[i], failed[i] = b.usageOf(ctx, in, a, p, before)
			answers[i].Period = name
		})
	}
	wait.Wait()
	m := message.Usage(in.Words, answers)
	if left > 0 {
		m.Text = in.Words.Incident.MoreOf(left)
	}
	return m, errors.Join(failed...)
}

func (b *Bot) usageOf(ctx context.Context, in Input, a *account.Account, p, before spend.Period) (message.UsageAnswer, error) {
	past, keys := b.setup().History, in.Options["by"] == byKey
	usedIn := past.UsedByModel
	if keys {
		usedIn = past.Used
	}
	var reading moka.Reading
	var wait sync.WaitGroup
	wait.Go(func() { reading = a.Read(ctx) })
	used, err := usedIn(ctx, a, p, before)
	wait.Wait()
	if err == nil {
		var undrawn error
		if used.Picture, undrawn = past.Picture(ctx, in.Words, a, past.Zone, used, reading); undrawn != nil {
			b.Log.Error("chart could not be drawn", "account", a.Name, "err", undrawn)
		}
	}
	return message.UsageAnswer{Account: b.view(ctx, a, reading), Used: used, ByKey: keys}, err
}

func keys(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	m, err := b.keyList(ctx, in, in.Options["account"], 0)
	return b.orFirst(in, m, err)
}

// keysPage answers "keys:ACCOUNT:PAGE".
func keysPage(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	page, ok := pageOf(in.Args)
	if !ok || len(in.Args) != 2 {
		return message.Message{}, errTooOld
	}
	return b.keyList(ctx, in, in.Args[0], page)
}

func (b *Bot) keyList(ctx context.Context, in Input, name string, page int) (message.Message, error) {
	a, err := b.accountOrFirst(name)
	if err != nil {
		return message.Message{}, err
	}
	list, err := a.Client.Keys(ctx)
	if refused, ok := errors.AsType[*moka.Error](err); ok && refused.Hint == moka.HintCredential {
		return message.Note(in.Words.Keys.NeedsToken, message.ToneMuted), nil
	}
	if err != nil {
		return message.Message{}, err
	}
	return message.Keys(in.Words, message.KeyList{Account: a.Name, Keys: list, Page: page, Now: b.now()}), nil
}
