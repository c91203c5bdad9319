package moka

import (
	"context"
	"sync"
)

// PricedModel is a model that may be called and what it costs.
type PricedModel struct {
	Model
	Price Price
}

// Catalogue is a list of models, sorted by id, with their prices.
type Catalogue struct {
	Models []PricedModel
	Priced bool // prices could be read; otherwise all are unknown
}

// Catalogue reads models and prices side by side. Prices that cannot be had are
// no failure.
func (c *Client) Catalogue(ctx context.Context) (Catalogue, error) {
	var prices Prices
	var failed error
	var calls sync.WaitGroup
	calls.Go(func() { prices, failed = c.Prices(ctx) })
	models, err := c.Models(ctx)
	calls.Wait()
	if err != nil {
		return Catalogue{}, err
	}
	list := Catalogue{Models: make([]PricedModel, len(models)), Priced: failed == nil}
	for i, m := range models {
		list.Models[i] = PricedModel{m, prices[m.ID]}
	}
	return list, nil
}
