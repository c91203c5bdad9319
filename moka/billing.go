package moka

import (
	"context"
	"encoding/json"
	"time"
)

// unlimitedLimit is the hard limit of a key without one, in every unit
// (new-api controller/billing.go).
const unlimitedLimit = 100_000_000

// subscription is what /v1/dashboard/billing/subscription shows, in the
// gateway's display unit. The limit is all that was ever granted, not what is left.
type subscription struct {
	limit float64
	until time.Time // the key's expiry; always zero when the account is shown
}

func (c *Client) subscription(ctx context.Context) (subscription, error) {
	return fetch(ctx, c, request{op: "subscription", path: "/v1/dashboard/billing/subscription", auth: byKey}, decodeSubscription)
}

func decodeSubscription(body []byte) (subscription, error) {
	var answer struct {
		Object *string  `json:"object"`
		Limit  *float64 `json:"hard_limit_usd"`
		Until  int64    `json:"access_until"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Limit == nil || !fits(answer.Object, "billing_subscription") {
		return subscription{}, mistyped("subscription", "no hard_limit_usd")
	}
	return subscription{*answer.Limit, unixTime(answer.Until)}, nil
}

// used reads /v1/dashboard/billing/usage: all-time use in the display unit. The
// gateway sends hundredths, whatever the unit.
func (c *Client) used(ctx context.Context) (float64, error) {
	return fetch(ctx, c, request{op: "usage", path: "/v1/dashboard/billing/usage", auth: byKey}, decodeUsed)
}

func decodeUsed(body []byte) (float64, error) {
	var answer struct {
		Object *string  `json:"object"`
		Total  *float64 `json:"total_usage"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Total == nil || !fits(answer.Object, "list") {
		return 0, mistyped("usage", "no total_usage")
	}
	return *answer.Total / 100, nil
}
