package history

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// maxKeys is how many keys are asked for one by one.
const maxKeys = 16

// models are the rows of a period by model, the most expensive first. An hour at
// its edge is split by the log.
func (r *records) models(ctx context.Context, p spend.Period) []message.ModelUse {
	var rows []moka.UsageRow
	for _, row := range r.rows {
		hour := spend.Period{From: row.Hour, To: row.Hour.Add(time.Hour)}
		inside := spend.Period{From: later(hour.From, p.From), To: earlier(hour.To, p.To)}
		switch {
		case !inside.From.Before(inside.To):
			continue
		case !inside.Equal(hour) && !(inside.From.Equal(hour.From) && hour.To.After(r.now)):
			within, ok := r.log(ctx, inside.From, inside.To, "", row.Model)
			if !ok {
				continue
			}
			if within < row.Spent {
				row.Requests, row.Tokens = part(row.Requests, within, row.Spent), part(row.Tokens, within, row.Spent)
			}
			row.Spent = min(row.Spent, within)
			if row.Spent == 0 {
				continue
			}
		}
		rows = append(rows, row)
	}
	return byModel(rows)
}

// part is the share of a count that goes with a part of its cost: at least one
// where anything was spent.
func part(n int64, of, whole moka.Amount) int64 {
	if whole <= 0 || of <= 0 || n <= 0 {
		return 0
	}
	return max(1, int64(math.Round(float64(n)*float64(of)/float64(whole))))
}

// listKeys fills in what each key cost.
func (h History) listKeys(ctx context.Context, c *moka.Client, p spend.Period, r *records, u *message.Used) {
	full := spend.Period{From: p.From.Add(time.Hour - time.Nanosecond).Truncate(time.Hour), To: p.To}
	if hour := p.To.Truncate(time.Hour); hour.Add(time.Hour).Before(r.now) {
		full.To = hour
	}
	flow, err := c.UsageByKey(ctx, full.From, full.To)
	edges := r.inHour(full.From.Add(-time.Hour), p) || r.inHour(full.To, p)
	if err == nil && (len(flow) > 0 || u.Spent == moka.Known(0)) && (full.Equal(p) || !edges) {
		for _, k := range flow {
			u.Keys = append(u.Keys, message.KeyUse{Key: k.Name, Spent: k.Spent, Requests: k.Requests})
		}
		return
	}
	keys, err := c.Keys(ctx)
	if err != nil {
		u.KeysErr = failure(err)
		return
	}
	for _, k := range busiest(keys, p.From) {
		spent, ok := r.log(ctx, p.From, p.To, k.Name, "")
		if !ok {
			if u.Keys == nil {
				u.KeysErr = &moka.Error{Op: "log/self/stat", Kind: moka.Unsupported}
			}
			break
		}
		if spent > 0 {
			u.Keys = append(u.Keys, message.KeyUse{Key: k.Name, Spent: spent})
		}
	}
	slices.SortFunc(u.Keys, func(a, b message.KeyUse) int {
		return cmp.Or(cmp.Compare(b.Spent, a.Spent), cmp.Compare(a.Key, b.Key))
	})
}

// spikeKeys is how many keys are asked for when something must be told soon.
const spikeKeys = 6

// TopKey is the key that cost most in a stretch of time, by the gateway's log;
// false where it does not say, or where the account has a single key.
func (h History) TopKey(ctx context.Context, c *moka.Client, from, to time.Time) (top message.KeyUse, ok bool) {
	keys, err := c.Keys(ctx)
	used := busiest(keys, from)
	if err != nil || len(keys) < 2 || len(used) == 0 {
		return top, false
	}
	for _, k := range used[:min(len(used), spikeKeys)] {
		if spent, err := c.SpentLogOf(ctx, from, to, k.Name, ""); err == nil && spent > top.Spent {
			top = message.KeyUse{Key: k.Name, Spent: spent}
		}
	}
	return top, top.Spent > 0
}

// inHour reports whether anything was recorded in an hour that lies partly in p.
func (r *records) inHour(start time.Time, p spend.Period) bool {
	end := start.Add(time.Hour)
	cut := start.Before(p.From) && end.After(p.From) || start.Before(p.To) && end.After(p.To) && end.Before(r.now)
	return cut && r.hours[start.Unix()] > 0
}

// busiest are the keys that may have been used since a time, by name, the most
// used first.
func busiest(keys []moka.APIKeyInfo, since time.Time) []moka.APIKeyInfo {
	var used []moka.APIKeyInfo
	for _, k := range keys {
		named := slices.ContainsFunc(used, func(o moka.APIKeyInfo) bool { return o.Name == k.Name })
		if k.Used > 0 && k.Name != "" && !named && (k.AccessedAt.IsZero() || !k.AccessedAt.Before(since)) {
			used = append(used, k)
		}
	}
	slices.SortStableFunc(used, func(a, b moka.APIKeyInfo) int { return cmp.Compare(b.Used, a.Used) })
	return used[:min(len(used), maxKeys)]
}

// settleLists makes the lists of use add up to what was spent: refunds take off
// what was charged, and what no line names is other. A list that says more than
// was spent stays as it is.
func settleLists(u *message.Used) {
	spent, known := u.Spent.Get()
	if !known {
		return
	}
	if u.ModelsErr == nil {
		sum := moka.Amount(0)
		for _, m := range u.Models {
			sum += m.Spent
		}
		for _, extra := range difference(spent, sum, u.Refunds) {
			u.Models = append(u.Models, message.ModelUse{Model: extra.name, Spent: extra.spent})
		}
	}
	if u.KeysErr == nil {
		sum := moka.Amount(0)
		for _, k := range u.Keys {
			sum += k.Spent
		}
		for _, extra := range difference(spent, sum, u.Refunds) {
			u.Keys = append(u.Keys, message.KeyUse{Key: extra.name, Spent: extra.spent})
		}
	}
}

type extraLine struct {
	name  string
	spent moka.Amount
}

// difference is what a list lacks to add up.
func difference(spent, listed, refunds moka.Amount) []extraLine {
	switch rest := spent - listed; {
	case rest == 0:
		return nil
	case rest > 0:
		return []extraLine{{message.Others, rest}}
	case -rest <= blur:
		return []extraLine{{message.Others, rest}} // rounding
	case refunds > 0 && rest >= -refunds-blur:
		return []extraLine{{message.Returned, rest}}
	}
	return nil
}
