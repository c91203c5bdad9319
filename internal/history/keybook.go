package history

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
)

// What each key cost comes from the gateway's records by key, where it has them (new-api
// since 2026), or from its log by the keys' names. For other gateways, and for names that
// keys no longer have, the counters of all keys are stored every hour.

// keyCount is what a key had used at a time.
type keyCount struct {
	ID   int64       `json:"id"`
	Name string      `json:"name"`
	Raw  int64       `json:"raw"`  // quota
	Used moka.Amount `json:"used"` // the same in dollars, in the unit of the time
}

// keyCounts are the counters of a wallet's keys at a time: all keys that were ever
// used, or, later on the same day, those that moved or changed their names.
type keyCounts struct {
	At   time.Time  `json:"at"`
	Keys []keyCount `json:"keys"`
}

// countedDay are the counts of one day, in UTC.
type countedDay struct {
	Day    string      `json:"day"`
	Counts []keyCounts `json:"counts"`
}

// countedDays is how many days are kept: two months and what a report looks back.
// A day takes the place of the one that long ago.
const countedDays = 70

// countedValue names the stored value for a day of a wallet's keys.
func countedValue(wallet string, day time.Time) string {
	return fmt.Sprintf("keys/%s/%d", wallet, day.Unix()/86400%countedDays)
}

// countedOn are the counts of a day, none where there are none.
func (h History) countedOn(ctx context.Context, wallet string, day time.Time) (countedDay, error) {
	is := countedDay{Day: day.Format(time.DateOnly)}
	if h.Store == nil {
		return is, nil
	}
	var kept countedDay
	raw, ok, err := h.Store.Value(ctx, countedValue(wallet, day))
	if err != nil || !ok || json.Unmarshal(raw, &kept) != nil || kept.Day != is.Day {
		return is, err
	}
	return kept, nil
}

// CountKeys stores what each of the account's keys has used so far, once in a clock hour;
// false when that was done before.
func (h History) CountKeys(ctx context.Context, c *moka.Client) (bool, error) {
	now := h.now().UTC()
	day, err := h.countedOn(ctx, c.WalletIdentity(), now.Truncate(24*time.Hour))
	if err != nil {
		return false, err
	}
	if n := len(day.Counts); n > 0 && !day.Counts[n-1].At.Before(now.Truncate(time.Hour)) {
		return false, nil
	}
	keys, err := c.Keys(ctx)
	if err != nil {
		return false, err
	}
	before := map[int64]keyCount{}
	for _, counts := range day.Counts {
		for _, k := range counts.Keys {
			before[k.ID] = k
		}
	}
	counts := keyCounts{At: now, Keys: []keyCount{}}
	for _, k := range countsOf(keys) {
		if was, known := before[k.ID]; !known || was.Raw != k.Raw || was.Name != k.Name {
			counts.Keys = append(counts.Keys, k)
		}
	}
	day.Counts = append(day.Counts, counts)
	raw, err := json.Marshal(day)
	if err != nil {
		return false, err
	}
	return true, h.Store.SetValue(ctx, countedValue(c.WalletIdentity(), now), raw)
}

// countsOf are the counters of the keys that were ever used.
func countsOf(keys []moka.APIKeyInfo) []keyCount {
	var counts []keyCount
	for _, k := range keys {
		if k.RawUsed > 0 {
			counts = append(counts, keyCount{k.ID, k.Name, k.RawUsed, k.Used})
		}
	}
	return counts
}

// keyBook is what is known of a wallet's keys in a stretch of time.
type keyBook struct {
	spent map[int64]moka.Amount // between the first count and the last
	names map[int64][]string    // all that a key had, the newest last
	last  map[int64]keyCount    // the newest counts
	begun bool                  // there was a count, so spent is known
}

// keyBook reads the counts from the start of a period to its end.
func (h History) keyBook(ctx context.Context, wallet string, p spend.Period) (keyBook, error) {
	b := keyBook{spent: map[int64]moka.Amount{}, names: map[int64][]string{}, last: map[int64]keyCount{}}
	for day := p.From.UTC().Truncate(24 * time.Hour); day.Before(p.To); day = day.Add(24 * time.Hour) {
		is, err := h.countedOn(ctx, wallet, day)
		if err != nil {
			return b, err
		}
		for _, counts := range is.Counts {
			if counts.At.After(p.To) {
				break
			}
			b.add(counts, !counts.At.Before(p.From))
		}
	}
	return b, nil
}

// add follows the keys to their next counts. Those within the period are its
// spending, but for the first, which it begins with.
func (b *keyBook) add(counts keyCounts, within bool) {
	for _, k := range counts.Keys {
		was, counted := b.last[k.ID]
		if within && b.begun {
			b.spent[k.ID] += k.since(was, counted)
		}
		b.last[k.ID] = k
		if names := b.names[k.ID]; !slices.Contains(names, k.Name) {
			b.names[k.ID] = append(names, k.Name)
		} else if names[len(names)-1] != k.Name { // it has an earlier name again
			names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == k.Name })
			b.names[k.ID] = append(names, k.Name)
		}
	}
	b.begun = b.begun || within
}

// since is what a key cost since an earlier count, less what was given back. A key
// that was not counted before had not been used; one that was set back to nothing
// starts anew.
func (k keyCount) since(was keyCount, counted bool) moka.Amount {
	switch {
	case !counted:
		return k.Used
	case k.Raw <= 0:
		return 0
	}
	return moka.Amount(math.Round(float64(k.Used) * float64(k.Raw-was.Raw) / float64(k.Raw)))
}

// name is what a key is called now, or was called last.
func (b keyBook) name(id int64) string {
	names := b.names[id]
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

// uses are the keys that cost something, the most expensive first.
func (b keyBook) uses() []message.KeyUse {
	sums := map[string]moka.Amount{}
	for id, spent := range b.spent {
		sums[b.name(id)] += spent
	}
	var uses []message.KeyUse
	for name, spent := range sums {
		if spent != 0 {
			uses = append(uses, message.KeyUse{Key: name, Spent: spent})
		}
	}
	return byCost(uses)
}

// of is what the keys cost that ever had one of the names.
func (b keyBook) of(names []string) moka.Amount {
	sum := moka.Amount(0)
	for id, spent := range b.spent {
		if slices.ContainsFunc(b.names[id], func(n string) bool { return slices.Contains(names, n) }) {
			sum += spent
		}
	}
	return sum
}

// allNames are the names with all others that the same keys had.
func (b keyBook) allNames(names []string) []string {
	all := slices.Clone(names)
	for _, own := range b.names {
		if slices.ContainsFunc(own, func(n string) bool { return slices.Contains(names, n) }) {
			all = append(all, own...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func byCost(uses []message.KeyUse) []message.KeyUse {
	slices.SortFunc(uses, func(a, b message.KeyUse) int {
		return cmp.Or(cmp.Compare(b.Spent, a.Spent), cmp.Compare(a.Key, b.Key))
	})
	return uses
}

// counted are the uses of a period by the keys' counters, up to their present values
// where the period reaches to now. It is false while the counters exceed what is known to
// be spent; the next reading settles that.
func (b keyBook) counted(now []moka.APIKeyInfo, upToNow bool, spent moka.Maybe) ([]message.KeyUse, bool) {
	sum, known := spent.Get()
	if !b.begun || !known {
		return nil, false
	}
	if upToNow {
		fresh := keyBook{maps.Clone(b.spent), maps.Clone(b.names), maps.Clone(b.last), true}
		if fresh.add(keyCounts{Keys: countsOf(now)}, true); total(fresh.spent) <= sum+blur {
			return fresh.uses(), true
		}
	}
	return b.uses(), total(b.spent) <= sum+blur
}

func total(sums map[int64]moka.Amount) (all moka.Amount) {
	for _, sum := range sums {
		all += sum
	}
	return all
}
