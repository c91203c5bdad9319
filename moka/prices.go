package moka

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"math"
	"slices"
	"sync"
)

// Price is what a model costs the key. A model is priced by tokens
// or by call; what does not apply, or is not told, is unknown.
type Price struct {
	InputPerMTok  Maybe // a million prompt tokens
	OutputPerMTok Maybe // a million completion tokens
	PerCall       Maybe
}

// Prices are the prices of models by their ids.
type Prices map[string]Price

// autoGroup is the group of keys that leave the choice to the gateway; they pay
// what the account pays.
const autoGroup = "auto"

// unsetRatio is the ratio that a gateway shows for a model without a price
// (new-api setting/ratio_setting/model_ratio.go, GetModelRatio).
const unsetRatio = 37.5

// Prices reads /api/pricing for the group of the key, or for the account's where
// the key has none. With the key alone its group is not known: a price is then
// known only where every group pays the same. What it needs is asked for side by
// side.
func (c *Client) Prices(ctx context.Context) (Prices, error) {
	var status Status
	var list rawPrices
	var pays payingGroup
	var statusErr, listErr, groupErr error
	var calls sync.WaitGroup
	calls.Go(func() { status, statusErr = c.Status(ctx) })
	calls.Go(func() {
		r := request{op: "pricing", path: "/api/pricing", auth: maybeUser, optional: true}
		list, listErr = fetch(ctx, c, r, decodePrices)
	})
	if c.cred.AccessToken != "" {
		calls.Go(func() { pays, groupErr = c.payingGroup(ctx) })
	}
	calls.Wait()
	switch {
	case statusErr != nil:
		return nil, statusErr
	case groupErr != nil:
		return nil, groupErr
	case listErr != nil:
		return nil, listErr
	}
	return list.of(pays, status.Units), nil
}

// payingGroup is the group whose prices a key pays.
type payingGroup struct {
	name  string   // "" when not known
	ratio *float64 // the account's own ratio for it, 0 where it is free; nil when it has none
}

func (c *Client) payingGroup(ctx context.Context) (payingGroup, error) {
	var account self
	var keys []APIKeyInfo
	var ratios map[string]float64
	var accountErr, keysErr, ratiosErr error
	var calls sync.WaitGroup
	calls.Go(func() { account, accountErr = c.self(ctx) })
	calls.Go(func() { ratios, ratiosErr = c.groupRatios(ctx) })
	if c.cred.APIKey != "" {
		calls.Go(func() { keys, keysErr = c.Keys(ctx) })
	}
	calls.Wait()
	switch {
	case accountErr != nil:
		return payingGroup{}, accountErr
	case keysErr != nil:
		return payingGroup{}, keysErr
	case ratiosErr != nil && kindOfError(ratiosErr) != Unsupported:
		return payingGroup{}, ratiosErr
	}
	pays := payingGroup{name: account.group}
	if c.cred.APIKey != "" {
		own, alike := ownKey(keys, c.cred.APIKey)
		switch {
		case alike != 1:
			return payingGroup{}, nil
		case own.Group != "" && own.Group != autoGroup:
			pays.name = own.Group
		}
		c.cache.own.Store(&own)
	}
	if ratio, ok := ratios[pays.name]; ok {
		pays.ratio = &ratio
	}
	return pays, nil
}

// groupRatios reads /api/user/self/groups: the ratios of the groups that the
// account may use. An account can have a special ratio, which /api/pricing shows
// only since 2026-07.
func (c *Client) groupRatios(ctx context.Context) (map[string]float64, error) {
	r := request{op: "user/self/groups", path: "/api/user/self/groups", auth: byUser, optional: true}
	return fetch(ctx, c, r, decodeGroups)
}

func decodeGroups(body []byte) (map[string]float64, error) {
	var answer struct {
		Data map[string]struct {
			Ratio json.RawMessage `json:"ratio"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil {
		return nil, mistyped("user/self/groups", "not a list of groups")
	}
	ratios := map[string]float64{}
	for name, group := range answer.Data {
		var ratio float64
		if json.Unmarshal(group.Ratio, &ratio) == nil { // a word for the group "auto"
			ratios[name] = ratio
		}
	}
	return ratios, nil
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

// rawPrices are the models' prices and the groups' ratios.
type rawPrices struct {
	models []rawPrice
	ratios map[string]float64
}

func decodePrices(body []byte) (rawPrices, error) {
	var answer struct {
		Data   *[]rawPrice                `json:"data"`
		Ratios map[string]json.RawMessage `json:"group_ratio"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil {
		return rawPrices{}, mistyped("pricing", "not a list of prices")
	}
	list := rawPrices{*answer.Data, map[string]float64{}}
	var held nameBytes
	for _, m := range list.models {
		if !held.add(m.Model) {
			return rawPrices{}, tooLarge("pricing")
		}
	}
	for name, raw := range answer.Ratios {
		var ratio float64
		if json.Unmarshal(raw, &ratio) == nil { // a word for the group "auto"
			list.ratios[name] = ratio
		}
	}
	return list, nil
}

// of are the prices of a group.
func (list rawPrices) of(pays payingGroup, units Units) Prices {
	if pays.ratio != nil {
		list.ratios[pays.name] = *pays.ratio
	}
	everybody := alike(maps.Keys(list.ratios), list.ratios)
	prices := Prices{}
	for _, raw := range list.models {
		ratio := everybody
		limited := len(raw.Groups) > 0 && !slices.Contains(raw.Groups, "all")
		switch own, known := list.ratios[pays.name]; {
		case pays.name == "" && limited:
			ratio = alike(slices.Values(raw.Groups), list.ratios)
		case pays.name == "":
		case !known || limited && !slices.Contains(raw.Groups, pays.name):
			ratio = math.NaN()
		default:
			ratio = own
		}
		if id := Plain(raw.Model); id != "" {
			prices[id] = raw.price(ratio, units)
		}
	}
	return prices
}

// alike is what all of the groups pay, of 1; NaN when they pay differently or that is not
// known.
func alike(groups iter.Seq[string], ratios map[string]float64) float64 {
	found := math.NaN()
	for name := range groups {
		ratio, known := ratios[name]
		switch {
		case !known:
		case math.IsNaN(found) || found == ratio:
			found = ratio
		default:
			return math.NaN()
		}
	}
	return found
}

// price is unknown for tiers and for other ways to price that a single figure
// does not say, and for a model without a price.
func (r rawPrice) price(ratio float64, units Units) Price {
	plainMode := r.Mode == "" || r.Mode == "ratio" || r.Mode == "price"
	if !plainMode || r.Type == nil {
		return Price{}
	}
	const tokens = 1_000_000
	perUnit := units.QuotaPerUnit
	switch {
	case *r.Type == 0 && r.Ratio != nil && *r.Ratio != unsetRatio && r.Completion != nil:
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
