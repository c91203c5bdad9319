package moka

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// KeyUse is the use of one of the account's keys in a stretch of time.
type KeyUse struct {
	ID       int64    // 0 where unknown
	Name     string   // one that the key had in that time
	Others   []string // the other ones, of a key that was renamed
	Spent    Amount
	Requests int64
}

// UsageByKey reads /api/data/flow/self: the use of the hours that begin in
// [from, to) by key, deleted keys included, the most expensive first. Gateways
// before 2026 do not offer it: [Unsupported].
func (c *Client) UsageByKey(ctx context.Context, from, to time.Time) ([]KeyUse, error) {
	sums := map[flowKey]*flowSum{}
	status, err := c.besideStatus(ctx, func() error {
		r := request{op: "data/flow/self", path: "/api/data/flow/self", auth: byUser, optional: true}
		return c.eachWindow(ctx, r, from, to, func(body []byte, _ window) error { return addFlow(sums, body) })
	})
	if err != nil {
		return nil, err
	}
	uses := make([]KeyUse, 0, len(sums))
	for key, sum := range sums {
		spent, err := status.Units.charged("data/flow/self", sum.quota)
		if err != nil {
			return nil, err
		}
		names := slices.Sorted(maps.Keys(sum.names))
		uses = append(uses, KeyUse{key.id, names[0], names[1:], spent, sum.requests})
	}
	var names []*string
	for i := range uses {
		names = append(names, &uses[i].Name)
		for j := range uses[i].Others {
			names = append(names, &uses[i].Others[j])
		}
	}
	c.discreet(names...)
	slices.SortFunc(uses, func(a, b KeyUse) int {
		return cmp.Or(cmp.Compare(b.Spent, a.Spent), cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Name, b.Name))
	})
	return uses, nil
}

// flowKey is one key; older rows have no ids.
type flowKey struct {
	id   int64
	name string // where there is no id
}

type flowSum struct {
	usageSum
	names map[string]bool
}

func addFlow(sums map[flowKey]*flowSum, body []byte) error {
	var answer struct {
		Data *[]struct {
			ID       int64  `json:"token_id"`
			Key      string `json:"token_name"`
			Quota    *int64 `json:"quota"`
			Requests int64  `json:"count"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil {
		return mistyped("data/flow/self", "not a list of rows")
	}
	for _, row := range *answer.Data {
		if row.Quota == nil {
			return mistyped("data/flow/self", "a row without quota")
		}
		name := cut(Plain(row.Key), maxMessage)
		key := flowKey{id: row.ID}
		if row.ID == 0 {
			key.name = name
		}
		if sums[key] == nil {
			sums[key] = &flowSum{names: map[string]bool{}}
		}
		sum := sums[key]
		if overflows(sum.quota, *row.Quota) || overflows(sum.requests, row.Requests) {
			return mistyped("data/flow/self", "figures beyond counting")
		}
		sum.quota, sum.requests, sum.names[name] = sum.quota+*row.Quota, sum.requests+row.Requests, true
	}
	return nil
}
