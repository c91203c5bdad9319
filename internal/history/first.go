package history

import (
	"context"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

// RecordLag is how long after an hour the gateway's rows of it are complete.
const RecordLag = 10 * time.Minute

// CompleteUntil is up to when the gateway's rows are complete: the end of an hour.
func CompleteUntil(now time.Time) time.Time { return now.Add(-RecordLag).Truncate(time.Hour) }

// FirstRecorded is the oldest hour whose rows are asked for from the start.
func FirstRecorded(now time.Time) time.Time {
	return now.Add(-RecordedDays * 24 * time.Hour).Truncate(time.Hour).Add(time.Hour)
}

// WholeHours are the sums of rows by hour, from the first one with a row to the last
// whole hour. In between, an hour without a row cost nothing.
func WholeHours(rows []moka.UsageRow, now time.Time) []store.Recorded {
	if len(rows) == 0 {
		return nil
	}
	sums := ByHour(rows)
	var all []store.Recorded
	for at := rows[0].Hour; !at.Add(time.Hour).After(CompleteUntil(now)); at = at.Add(time.Hour) {
		sum := sums[at.Unix()]
		sum.Start = at
		all = append(all, sum)
	}
	return all
}

// hoursOf are the hours that a forecast for an account uses: what is stored, or, where
// nothing is remembered, what the gateway recorded of the last days.
func (h History) hoursOf(ctx context.Context, a *account.Account, now time.Time) ([]spend.Hour, error) {
	if h.Store == nil {
		return recordedHours(ctx, a.Client, now), nil
	}
	return h.hours(ctx, a.Name, now)
}

// recordedHours are the gateway's records of the last days; none where it has none.
func recordedHours(ctx context.Context, c *moka.Client, now time.Time) (hours []spend.Hour) {
	rows, err := c.Usage(ctx, FirstRecorded(now), now)
	if err != nil {
		return nil
	}
	for _, r := range WholeHours(rows, now) {
		hours = append(hours, spend.Hour{Start: r.Start, Spent: r.Spent, Covered: time.Hour})
	}
	return hours
}
