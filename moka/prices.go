package moka

import (
	"context"
	"encoding/json"
	"math"
	"slices"
)

// Price is what a model costs the account's group. A model is priced by tokens
// or by call; what does not apply, or is not told, is unknown.
type Price struct {
	InputPerMTok  Maybe // a million prompt tokens
	OutputPerMTok Maybe // a million completion tokens
	PerCall       Maybe
}

// Prices are the prices of models by their ids.
type Prices map[string]Price

// defaultGroup is the group of an account that was given no other.
const defaultGroup = "default"

// Prices reads /api/pricing for the account's group, or for the group "default"
// when there is no access token to tell it. A key with a group of its own may
// pay other prices.
func (c *Client) Prices(ctx context.Context) (Prices, error) {
	status, err := c.status(ctx)
	if err != nil {
		return nil, err
	}
	group := c.memory.accountGroup()
	if group == "" && c.cred.AccessToken != "" {
		if _, err := c.self(ctx); err != nil {
			return nil, err
		}
		group = c.memory.accountGroup()
	}
	if group == "" {
		group = defaultGroup
	}
	r := request{op: "pricing", path: "/api/pricing", auth: maybeUser, further: true}
	prices, err := fetch(ctx, c, r, func(body []byte) (Prices, *Error) { return decodePrices(body, group, status.Units) })
	if err != nil {
		return nil, err
	}
	return prices, nil
}

// rawPrice is a model's price in ratios. A ratio of 1 is one unit of quota a
// prompt token (new-api model/pricing.go).
type rawPrice struct {
	Model      string   `json:"model_name"`
	Type       *int     `json:"quota_type"`
	Ratio      *float64 `json:"model_ratio"`
	Completion *float64 `json:"completion_ratio"`
	Price      *float64 `json:"model_price"`
	Groups     []string `json:"enable_groups"`
	Mode       string   `json:"billing_mode"`
}

func decodePrices(body []byte, group string, units Units) (Prices, *Error) {
	var answer struct {
		Data   *[]rawPrice                `json:"data"`
		Ratios map[string]json.RawMessage `json:"group_ratio"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil {
		return nil, mistyped("pricing", "not a list of prices")
	}
	ratio := math.NaN()
	if raw, ok := answer.Ratios[group]; ok && json.Unmarshal(raw, &ratio) != nil {
		ratio = math.NaN() // the group "auto" has a word for a ratio
	}
	prices := Prices{}
	for _, raw := range *answer.Data {
		if id := plain(raw.Model); id != "" {
			prices[id] = raw.price(group, ratio, units)
		}
	}
	return prices, nil
}

func (r rawPrice) price(group string, ratio float64, units Units) Price {
	offered := len(r.Groups) == 0 || slices.Contains(r.Groups, group) || slices.Contains(r.Groups, "all")
	plainMode := r.Mode == "" || r.Mode == "ratio" || r.Mode == "price"
	if !offered || !plainMode || r.Type == nil {
		return Price{}
	}
	const tokens = 1_000_000
	perUnit := units.QuotaPerUnit
	switch {
	case *r.Type == 0 && r.Ratio != nil && r.Completion != nil:
		input := *r.Ratio * tokens / perUnit * ratio
		return Price{InputPerMTok: priced(input), OutputPerMTok: priced(input * *r.Completion)}
	case *r.Type == 1 && r.Price != nil:
		return Price{PerCall: priced(*r.Price * ratio)}
	}
	return Price{}
}

func priced(usd float64) Maybe {
	amount, err := bounded(FromUSD(usd))
	if err != nil || amount < 0 {
		return Maybe{}
	}
	return Known(amount)
}
