package moka

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"
)

// KeyUse is what one of the account's keys was used in a stretch of time.
type KeyUse struct {
	Name     string
	Spent    Amount
	Requests int64
}

// UsageByKey reads /api/data/flow/self: the use of the hours that begin in
// [from, to) by key, the most expensive first. Deleted keys are in it. Gateways
// before 2026 do not offer it: [Unsupported].
func (c *Client) UsageByKey(ctx context.Context, from, to time.Time) ([]KeyUse, error) {
	status, err := c.status(ctx)
	if err != nil {
		return nil, err
	}
	sums := map[string]usageSum{}
	for _, w := range windows(from, to, usageWindow) {
		r := request{op: "data/flow/self", path: "/api/data/flow/self", query: w.query(), auth: byUser, optional: true}
		if err := c.get(ctx, r, func(body []byte) error { return addFlow(sums, body) }); err != nil {
			return nil, err
		}
	}
	uses := make([]KeyUse, 0, len(sums))
	for name, sum := range sums {
		spent, err := status.Units.quota(sum.quota)
		if err != nil {
			return nil, mistyped("data/flow/self", "a quota beyond any amount")
		}
		uses = append(uses, KeyUse{name, spent, sum.requests})
	}
	names := make([]*string, len(uses))
	for i := range uses {
		names[i] = &uses[i].Name
	}
	c.discreet(names...)
	slices.SortFunc(uses, func(a, b KeyUse) int {
		return cmp.Or(cmp.Compare(b.Spent, a.Spent), cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Name, b.Name))
	})
	return uses, nil
}

func addFlow(sums map[string]usageSum, body []byte) error {
	var answer struct {
		Data *[]struct {
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
		sum := sums[name]
		if overflows(sum.quota, *row.Quota) || overflows(sum.requests, row.Requests) {
			return mistyped("data/flow/self", "figures beyond counting")
		}
		sums[name] = usageSum{quota: sum.quota + *row.Quota, requests: sum.requests + row.Requests}
	}
	return nil
}
