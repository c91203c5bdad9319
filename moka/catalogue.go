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

// Catalogue reads models and prices side by side. Prices that cannot be read are
// no failure. For commands (see [ForCommand]) one reading serves five minutes;
// the result is shared and must not be changed.
func (c *Client) Catalogue(ctx context.Context) (Catalogue, error) {
	if PurposeOf(ctx) == Command {
		return c.catalogue.read(ctx, c.now, func() (Catalogue, error) { return c.readCatalogue(ctx) })
	}
	list, err := c.readCatalogue(ctx)
	if err == nil {
		c.catalogue.keep(c.now(), list, nil)
	}
	return list, err
}

func (c *Client) readCatalogue(ctx context.Context) (Catalogue, error) {
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
