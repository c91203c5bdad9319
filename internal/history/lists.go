package history

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// maxKeys is how many keys get a request each.
const maxKeys = 16

// models are the rows of a period by model, the most expensive first. An hour at
// its edge is split by the log.
func (r *records) models(ctx context.Context, p spend.Period) []message.ModelUse {
	var rows []moka.UsageRow
	for _, row := range r.rows {
		hour := spend.Period{From: row.Hour, To: row.Hour.Add(time.Hour)}
		inside := spend.Period{From: later(hour.From, p.From), To: earlier(hour.To, p.To)}
		running := inside.From.Equal(hour.From) && hour.To.After(r.now)
		switch {
		case !inside.From.Before(inside.To):
			continue
		case !inside.Equal(hour) && !running:
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
func part(n int64, of, total moka.Amount) int64 {
	if total <= 0 || of <= 0 || n <= 0 {
		return 0
	}
	return max(1, int64(math.Round(float64(n)*float64(of)/float64(total))))
}

// keyRecords are the gateway's records of keys in a period, and its list of keys
// where they are known not to do.
type keyRecords struct {
	full spend.Period // the whole hours of the period
	flow []moka.KeyUse
	err  error

	listed  bool
	keys    []moka.APIKeyInfo
	listErr error
}

func (h History) recordsOfKeys(ctx context.Context, c *moka.Client, p spend.Period) keyRecords {
	k := keyRecords{full: spend.Period{From: p.From.Add(time.Hour - time.Nanosecond).Truncate(time.Hour), To: p.To}}
	if hour := p.To.Truncate(time.Hour); hour.Add(time.Hour).Before(h.now()) {
		k.full.To = hour
	}
	k.flow, k.err = c.UsageByKey(ctx, k.full.From, k.full.To)
	return k
}

// sum is what the records of keys add up to.
func (k keyRecords) sum() (sum moka.Amount) {
	for _, use := range k.flow {
		sum += use.Spent
	}
	return sum
}

// cover reports whether the records cover the whole period.
func (k keyRecords) cover(p spend.Period, r *records) bool {
	edges := r.inHour(k.full.From.Add(-time.Hour), p) || r.inHour(k.full.To, p)
	return k.err == nil && (k.full.Equal(p) || !edges)
}

// list reads the list of keys where the records do not do.
func (k *keyRecords) list(ctx context.Context, c *moka.Client, p spend.Period, r *records) {
	if !k.cover(p, r) {
		k.keys, k.listErr = c.Keys(ctx)
		k.listed = true
	}
}

// mostly is the part of what was spent that the records of keys must have for nothing else
// to be asked: they are some minutes late, and what was spent around midnight is divided.
const mostly = 0.8

// listKeys fills in what each key cost: by the gateway's records of keys where they have
// most of it, else by these, its log or the keys' counters, whichever sums to most.
func (h History) listKeys(ctx context.Context, c *moka.Client, p spend.Period, r *records, byKey keyRecords, u *message.Used) error {
	if spent, known := u.Spent.Get(); byKey.cover(p, r) && float64(byKey.sum()) >= mostly*float64(spent) && (known || len(byKey.flow) > 0) {
		u.Keys = recordedKeys(ctx, c, byKey.flow)
		return nil
	}
	keys, err := byKey.keys, byKey.listErr
	if !byKey.listed {
		keys, err = c.Keys(ctx)
	}
	if err == nil {
		book, failed := h.keyBook(ctx, c.WalletIdentity(), p)
		if failed != nil {
			return failed
		}
		logged, known := r.loggedKeys(ctx, p, keyNames(keys, book, byKey.flow, p.From))
		counted, ok := book.counted(keys, !p.To.Before(r.to), u.Spent)
		if u.Keys = logged; !known || ok && sumOf(counted) > sumOf(logged)+blur {
			u.Keys = counted
		}
		if !known && !ok {
			err = &moka.Error{Op: "log/self/stat", Kind: moka.Unsupported}
		}
	}
	if sum := byKey.sum(); sum > sumOf(u.Keys) {
		u.Keys = recordedKeys(ctx, c, byKey.flow)
	} else if err != nil {
		u.KeysErr = failure(err)
	}
	return nil
}

// recordedKeys are the gateway's records of keys. A key that was renamed has its present
// name, where it still exists.
func recordedKeys(ctx context.Context, c *moka.Client, flow []moka.KeyUse) []message.KeyUse {
	var present []moka.APIKeyInfo
	if slices.ContainsFunc(flow, func(k moka.KeyUse) bool { return len(k.Others) > 0 }) {
		present, _ = c.Keys(ctx) // else any of its names will do
	}
	var uses []message.KeyUse
	for _, k := range flow {
		if i := slices.IndexFunc(present, func(p moka.APIKeyInfo) bool { return p.ID == k.ID }); i >= 0 {
			k.Name = present[i].Name
		}
		uses = append(uses, message.KeyUse{Key: k.Name, Spent: k.Spent, Requests: k.Requests})
	}
	return uses
}

// namedKey is a key with all names under which the log may have it.
type namedKey struct {
	name  string // now, or the last one
	names []string
}

// keyNames are the keys that may have been used since a time, the most used first, then
// those that were deleted. A name that several keys had counts for the first alone.
func keyNames(keys []moka.APIKeyInfo, book keyBook, flow []moka.KeyUse, since time.Time) []namedKey {
	var named []namedKey
	taken := map[string]bool{"": true}
	add := func(name string, others ...string) {
		k := namedKey{name: name}
		for _, n := range append([]string{name}, others...) {
			if !taken[n] {
				taken[n], k.names = true, append(k.names, n)
			}
		}
		if len(k.names) > 0 && len(named) < maxKeys {
			named = append(named, k)
		}
	}
	there := map[int64]bool{}
	busy := busiest(keys, since)
	for _, k := range busy {
		taken[k.Name] = false
	}
	for _, k := range busy {
		there[k.ID] = true
		var former []string
		for _, n := range append(formerOf(flow, k.ID), book.names[k.ID]...) {
			if !slices.ContainsFunc(keys, func(o moka.APIKeyInfo) bool { return o.Name == n }) {
				former = append(former, n)
			}
		}
		add(k.Name, former...)
	}
	for _, k := range flow {
		if !there[k.ID] {
			there[k.ID] = true
			add(k.Name, k.Others...)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(book.names)) {
		if !there[id] && book.spent[id] > 0 {
			add(book.name(id), book.names[id]...)
		}
	}
	return named
}

func formerOf(flow []moka.KeyUse, id int64) []string {
	for _, k := range flow {
		if k.ID == id && id != 0 {
			return append([]string{k.Name}, k.Others...)
		}
	}
	return nil
}

// loggedKeys are what the log says of keys; false where it cannot be read.
func (r *records) loggedKeys(ctx context.Context, p spend.Period, keys []namedKey) (uses []message.KeyUse, known bool) {
	r.askOfKeys(ctx, p, keys)
	for _, k := range keys {
		use := message.KeyUse{Key: k.name}
		for _, name := range k.names {
			logged, ok := r.log(ctx, p.From, p.To, name, "")
			if !ok {
				return byCost(uses), len(uses) > 0
			}
			use.Spent += logged
		}
		if use.Spent > 0 {
			uses = append(uses, use)
		}
	}
	return byCost(uses), true
}

// askOfKeys asks the log of all keys side by side, once it has answered anything.
func (r *records) askOfKeys(ctx context.Context, p spend.Period, keys []namedKey) {
	var asking sync.WaitGroup
	for _, k := range keys {
		for _, name := range k.names {
			if !r.hasAnswered() {
				r.log(ctx, p.From, p.To, name, "")
				continue
			}
			asking.Go(func() { r.log(ctx, p.From, p.To, name, "") })
		}
	}
	asking.Wait()
}

func sumOf(uses []message.KeyUse) (sum moka.Amount) {
	for _, k := range uses {
		sum += k.Spent
	}
	return sum
}

// spikeKeys is how many keys get a request when an alert waits for the answer.
const spikeKeys = 6

// TopKey is the key that cost most in a stretch of time, by the gateway's log; false
// where that is unknown, or where the account has a single key.
func (h History) TopKey(ctx context.Context, c *moka.Client, from, to time.Time) (top message.KeyUse, ok bool) {
	keys, err := c.Keys(ctx)
	used := busiest(keys, from)
	if err != nil || len(keys) < 2 || len(used) == 0 {
		return top, false
	}
	used = used[:min(len(used), spikeKeys)]
	spent := make([]moka.Amount, len(used))
	var asking sync.WaitGroup
	for i, k := range used {
		asking.Go(func() {
			if logged, err := c.SpentLogOf(ctx, from, to, k.Name, ""); err == nil {
				spent[i] = logged
			}
		})
	}
	asking.Wait()
	for i, k := range used {
		if spent[i] > top.Spent {
			top = message.KeyUse{Key: k.Name, Spent: spent[i]}
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

// completeLists makes the lists of use add up to what was spent, by a line for
// refunds or for everything that no line names. A list that sums to more than
// refunds explain, and disagrees with the readings, stays as it is.
func completeLists(u *message.Used) {
	spent, known := u.Spent.Get()
	if !known {
		return
	}
	if rest := spent - costOf(u.Models); u.ModelsErr == nil {
		if name := restName(rest, spent, u.Refunds); name != "" {
			u.Models = append(u.Models, message.ModelUse{Model: name, Spent: rest})
		}
	}
	if rest := spent - sumOf(u.Keys); u.KeysErr == nil {
		if name := restName(rest, spent, u.Refunds); name != "" {
			u.Keys = append(u.Keys, message.KeyUse{Key: name, Spent: rest})
		}
	}
}

// restName is what a list's missing or excess sum is called; empty when the list
// stays as it is. A small excess is what readings and records date otherwise at the
// period's edges.
func restName(rest, spent, refunds moka.Amount) string {
	switch {
	case rest > 0, rest < 0 && -rest <= blur: // rounding
		return message.Others
	case rest < 0 && refunds > 0 && -rest <= refunds+blur:
		return message.Returned
	case rest < 0 && -rest <= far(spent):
		return message.Others
	}
	return ""
}
