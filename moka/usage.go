package moka

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// UsageRow is what one model was used in one hour, by all keys of the account.
type UsageRow struct {
	Hour     time.Time // its beginning, UTC
	Model    string
	Spent    Amount
	Quota    int64 // Spent in raw quota
	Requests int64
	Tokens   int64
}

// usageWindow is the longest span /api/data/self answers for, both bounds included.
const usageWindow = 2_592_000

// Usage reads /api/data/self: the rows of the hours that begin in [from, to),
// sorted by hour and model. The gateway writes them some minutes late (five by
// default). Where it does not record them the error is [Unsupported], because
// its empty answer would look like nothing spent.
func (c *Client) Usage(ctx context.Context, from, to time.Time) ([]UsageRow, error) {
	unrecorded := &Error{Op: "data/self", Kind: Unsupported, Message: "the gateway does not record usage by hour"}
	if last := c.cache.status.Load(); last != nil && last.ancestor {
		return nil, unrecorded
	}
	sums := newUsageSums()
	status, err := c.besideStatus(ctx, func() error {
		return c.eachWindow(ctx, request{op: "data/self", path: "/api/data/self", auth: byUser, optional: true}, from, to, sums.add)
	})
	switch {
	case status.ancestor:
		return nil, unrecorded
	case err != nil:
		return nil, err
	case len(sums.rows) == 0 && !status.DataExport: // rows from before it was switched off count
		return nil, unrecorded
	}
	rows, err := sums.list(status.Units)
	if err != nil {
		return nil, err
	}
	names := make([]*string, len(rows))
	for i := range rows {
		names[i] = &rows[i].Model
	}
	c.discreet(names...)
	return rows, nil
}

// besideStatus makes a call and returns its error, and side by side with it reads
// the status that the answer is converted with. Without the status the answer is
// of no use, so its error comes first.
func (c *Client) besideStatus(ctx context.Context, call func() error) (Status, error) {
	var status Status
	var statusErr error
	var asking sync.WaitGroup
	asking.Go(func() { status, statusErr = c.Status(ctx) })
	err := call()
	if asking.Wait(); statusErr != nil {
		return Status{}, statusErr
	}
	return status, err
}

// eachWindow reads all windows of [from, to) side by side and hands the answers to
// add, one at a time.
func (c *Client) eachWindow(ctx context.Context, r request, from, to time.Time, add func(body []byte, w window) error) error {
	spans := windows(from, to, usageWindow)
	failed := make([]error, len(spans))
	var adding sync.Mutex
	var asking sync.WaitGroup
	for i, w := range spans {
		of := r
		of.query = w.query()
		asking.Go(func() {
			failed[i] = c.get(ctx, of, func(body []byte) error {
				adding.Lock()
				defer adding.Unlock()
				return add(body, w)
			})
		})
	}
	asking.Wait()
	return cmp.Or(failed...)
}

// SpentLog reads /api/log/self/stat: what the account spent in [from, to) by
// the log, which is up to the second and knows no longest span. It is 0 where
// the operator does not log use.
func (c *Client) SpentLog(ctx context.Context, from, to time.Time) (Amount, error) {
	return c.SpentLogOf(ctx, from, to, "", "")
}

// SpentLogOf is [Client.SpentLog] of one key and one model by their names; ""
// stands for all.
func (c *Client) SpentLogOf(ctx context.Context, from, to time.Time, key, model string) (Amount, error) {
	var quota int64
	status, err := c.besideStatus(ctx, func() (err error) {
		quota, err = c.stat(ctx, windowOf(from, to), key, model)
		return err
	})
	if err != nil {
		return 0, err
	}
	return status.Units.charged("log/self/stat", quota)
}

// stat is what the log says was charged, in raw quota.
func (c *Client) stat(ctx context.Context, w window, key, model string) (int64, error) {
	query := w.query()
	query.Set("type", strconv.Itoa(logConsume))
	if key != "" {
		query.Set("token_name", key)
	}
	if model != "" {
		query.Set("model_name", model)
	}
	return fetch(ctx, c, request{op: "log/self/stat", path: "/api/log/self/stat", query: query, auth: byUser, optional: true}, decodeStat)
}

func decodeStat(body []byte) (int64, error) {
	var answer struct {
		Data *struct {
			Quota *int64 `json:"quota"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil || answer.Data.Quota == nil {
		return 0, mistyped("log/self/stat", "no quota")
	}
	return *answer.Data.Quota, nil
}

// window is a span in Unix seconds, both bounds included.
type window struct{ first, last int64 }

func (w window) query() url.Values {
	return url.Values{
		"start_timestamp": {strconv.FormatInt(w.first, 10)},
		"end_timestamp":   {strconv.FormatInt(w.last, 10)},
	}
}

// windowOf is [from, to).
func windowOf(from, to time.Time) window { return window{max(0, from.Unix()), max(0, to.Unix()-1)} }

// windows cuts [from, to) into spans that share no second.
func windows(from, to time.Time, maxSpan int64) []window {
	var all []window
	end := to.Unix()
	for first := max(0, from.Unix()); first < end; first += maxSpan {
		all = append(all, window{first, min(first+maxSpan, end) - 1})
	}
	return all
}

// usageHour names a row; the ids that the gateway sends do not.
type usageHour struct {
	at    int64
	model string
}

type usageSum struct{ quota, requests, tokens int64 }

// usageSums are the rows of several answers, and the names of their models, each kept once.
type usageSums struct {
	rows   map[usageHour]usageSum
	models map[string]string
	held   nameBytes
}

func newUsageSums() *usageSums {
	return &usageSums{rows: map[usageHour]usageSum{}, models: map[string]string{}}
}

// model is the name of a row's model; false beyond all that can be kept.
func (s *usageSums) model(raw string) (name string, ok bool) {
	if name, ok = s.models[raw]; ok {
		return name, true
	}
	name = Plain(raw)
	s.models[raw] = name
	return name, s.held.add(raw)
}

// add takes the rows of one answer. Rows outside the asked span are left out:
// they were not asked for.
func (s *usageSums) add(body []byte, w window) error {
	var answer struct {
		Data *[]struct {
			Model    string `json:"model_name"`
			At       *int64 `json:"created_at"`
			Quota    *int64 `json:"quota"`
			Requests int64  `json:"count"`
			Tokens   int64  `json:"token_used"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil {
		return mistyped("data/self", "not a list of rows")
	}
	for _, row := range *answer.Data {
		if row.At == nil || row.Quota == nil {
			return mistyped("data/self", "a row without created_at or quota")
		}
		if *row.At < w.first || *row.At > w.last {
			continue
		}
		model, ok := s.model(row.Model)
		if !ok {
			return tooLarge("data/self")
		}
		hour := usageHour{*row.At - *row.At%3600, model}
		sum := s.rows[hour]
		if overflows(sum.quota, *row.Quota) || overflows(sum.requests, row.Requests) || overflows(sum.tokens, row.Tokens) {
			return mistyped("data/self", "figures beyond counting")
		}
		s.rows[hour] = usageSum{sum.quota + *row.Quota, sum.requests + row.Requests, sum.tokens + row.Tokens}
	}
	return nil
}

func overflows(a, b int64) bool {
	sum := a + b
	return (sum > a) != (b > 0) && b != 0
}

func (s *usageSums) list(units Units) ([]UsageRow, error) {
	rows := make([]UsageRow, 0, len(s.rows))
	for hour, sum := range s.rows {
		spent, err := units.charged("data/self", sum.quota)
		if err != nil {
			return nil, err
		}
		rows = append(rows, UsageRow{time.Unix(hour.at, 0).UTC(), hour.model, spent, sum.quota, sum.requests, sum.tokens})
	}
	slices.SortFunc(rows, func(a, b UsageRow) int {
		return cmp.Or(a.Hour.Compare(b.Hour), cmp.Compare(a.Model, b.Model))
	})
	return rows, nil
}
