package history

import (
	"context"
	"slices"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/budget"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// ReplayBudget is what a running bot would have posted about a budget in [from, to), to
// the hour, by the stored hours of readings and of the gateway's records. A budget of
// some keys has no news: what each key cost is not stored.
func (h History) ReplayBudget(ctx context.Context, b budget.Budget, book *account.Book, from, to time.Time) ([]budget.News, error) {
	accounts, err := book.Select(b.Accounts...)
	if err != nil || len(b.Keys) > 0 || h.Store == nil {
		return nil, err
	}
	begin := b.PeriodAt(from).From
	var hours [][]spend.Hour // of each wallet
	for _, a := range walletsOnce(accounts) {
		of, err := h.Store.Hours(ctx, a.Name, begin.Add(-lookBack), to)
		if err != nil {
			return nil, err
		}
		hours = append(hours, of)
	}
	var posts []budget.News
	var memory budget.Memory
	for at := begin.Truncate(time.Hour).Add(time.Hour); at.Before(to); at = at.Add(time.Hour) {
		facts := factsAt(b, hours, at)
		facts.Quiet = quiet(accounts, at)
		var news []budget.News
		memory, news = budget.Step(b, memory, facts)
		for _, n := range news {
			if n.Kind != budget.Closed && !at.Before(from) {
				posts = append(posts, n)
			}
		}
	}
	return posts, nil
}

// factsAt are a budget's facts at a full hour, by the hours of its wallets.
func factsAt(b budget.Budget, hours [][]spend.Hour, at time.Time) budget.Facts {
	f := budget.Facts{At: at}
	f.Spent.Spent = moka.Known(0)
	if b.Forecast {
		f.Low, f.Expected, f.High = moka.Known(0), moka.Known(0), moka.Known(0)
	}
	period := b.PeriodAt(at)
	for _, of := range hours {
		first, end := startingAt(of, period.From), startingAt(of, at)
		f.Spent = f.Spent.Plus(soFarOf(of[first:end], at.Sub(period.From)))
		if b.Forecast {
			known := of[startingAt(of, at.Add(-lookBack)):end]
			expected := expectedUntil(known, at, period.To, b.Zone)
			f.Low, f.Expected, f.High = f.Low.Plus(expected.low), f.Expected.Plus(expected.mid), f.High.Plus(expected.high)
		}
	}
	return f
}

// startingAt is the index of the first hour that begins at a moment or later.
func startingAt(hours []spend.Hour, at time.Time) int {
	i, _ := slices.BinarySearchFunc(hours, at, func(h spend.Hour, t time.Time) int { return h.Start.Compare(t) })
	return i
}

// soFarOf adds up hours of a period that has lasted for length.
func soFarOf(hours []spend.Hour, length time.Duration) (s spend.SoFar) {
	if len(hours) == 0 {
		return s
	}
	sum, covered := moka.Amount(0), time.Duration(0)
	for _, hour := range hours {
		sum, covered = sum+hour.Spent, covered+hour.Covered
	}
	return spend.SoFar{Spent: moka.Known(sum), AtLeast: length-covered > time.Hour}
}
