package moka

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Offer says whether the gateway answers a read with the client's credentials.
type Offer struct {
	Op  string // as in [Error]
	Err *Error // nil: it does
}

// Probe is what can be found out about a gateway and an account's credentials.
type Probe struct {
	Base      string // the address in use, without /v1
	Status    Status
	StatusErr *Error
	Models    int // how many models the key may call
	ModelsErr *Error
	Reading   Reading
	View      Scope   // whose figures the billing endpoints show, as far as can be found out
	Offers    []Offer // the optional reads, in a fixed order
	Unlisted  bool    // the key works and is none of the account's: another one pays for its calls

	CallsPerReading int           // what one poll costs of the budget
	Budget          int           // requests allowed to this host by our own limiter…
	BudgetWindow    time.Duration // …in any such stretch
}

// Probe tries everything once, side by side. It is meant for a person who
// checks a configuration, not for polling: it takes a place in the small budget
// of /api/usage/token/.
func (c *Client) Probe(ctx context.Context) Probe {
	p := Probe{Base: c.base.String()}
	p.Budget, p.BudgetWindow = c.limiter.Budget()
	var calls sync.WaitGroup
	calls.Go(func() {
		status, err := c.Status(ctx)
		p.Status, p.StatusErr = status, asError(err)
	})
	calls.Go(func() { p.Reading = c.Read(ctx) })
	calls.Go(func() { p.Offers = c.offers(ctx) })
	var own *explanation
	if c.cred.APIKey != "" {
		calls.Go(func() { own = c.explain(ctx) })
		calls.Go(func() {
			models, err := c.Models(ctx)
			p.Models, p.ModelsErr = len(models), asError(err)
		})
	}
	calls.Wait()
	p.CallsPerReading = c.CallsPerReading()
	p.View = ScopeUnknown
	if p.Reading.Key != nil {
		p.View = p.Reading.Key.Scope
		if own.err == nil {
			p.View = viewBeside(*p.Reading.Key, own.usage, p.Status.Units)
		}
		p.Offers = append(p.Offers, Offer{"usage/token", asError(own.err)})
		p.Unlisted = p.Reading.KeyErr == nil && p.Reading.Key.State == KeyOK && c.host.owners.lacks(c)
	}
	return p
}

// viewBeside settles the view with the key's own figures beside the billing pair's.
func viewBeside(key Key, own tokenUsage, units Units) Scope {
	mine, err := units.key(own)
	total, known := key.Total.Get()
	if err != nil || key.State != KeyOK || key.Scope != ScopeUnknown || !known {
		return key.Scope
	}
	if mine.Unlimited {
		return ScopeAccount // the key's view would have shown no limit
	}
	ownTotal, _ := mine.Total.Get()
	if near(total, ownTotal, max(2*cent, ownTotal.abs()/100)) {
		return ScopeKey
	}
	return ScopeAccount
}

// CallsPerReading counts the calls of one poll, the status among them. Accounts
// of one gateway that are read together share that one.
func (c *Client) CallsPerReading() int {
	calls := 1
	if c.cred.APIKey != "" {
		calls += 2
	}
	if c.cred.AccessToken != "" {
		calls += 2
	}
	if c.cache.last(ForReading).account {
		calls++ // the key list
	}
	return calls
}

// offers tries the optional reads.
func (c *Client) offers(ctx context.Context) []Offer {
	now := c.now()
	tries := []struct {
		op  string
		try func() error
	}{
		{"data/self", func() error { _, err := c.Usage(ctx, now.Add(-time.Hour), now); return err }},
		{"log/self/stat", func() error { _, err := c.SpentLog(ctx, now.Add(-time.Hour), now); return err }},
		{"token", func() error { _, err := c.Keys(ctx); return err }},
		{"subscription/self", func() error { _, err := c.Plans(ctx); return err }},
		{"pricing", func() error { _, err := c.Prices(ctx); return err }},
		{"notice", func() error { _, err := c.Notice(ctx); return err }},
	}
	offers := make([]Offer, len(tries))
	var calls sync.WaitGroup
	for i, t := range tries {
		calls.Go(func() { offers[i] = Offer{t.op, asError(t.try())} })
	}
	calls.Wait()
	return offers
}

// kindOfError is the kind of err, "" for none.
func kindOfError(err error) Kind {
	if e := asError(err); e != nil {
		return e.Kind
	}
	return ""
}

// asError is err as the type that every call fails with, nil for none.
func asError(err error) *Error {
	e, ok := errors.AsType[*Error](err)
	if err != nil && !ok {
		return &Error{Kind: BadResponse, Err: err}
	}
	return e
}
