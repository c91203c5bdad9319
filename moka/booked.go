package moka

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Booked is what the gateway's log says of a stretch of time, in raw quota.
type Booked struct {
	Consumed int64 // what was charged
	Earlier  int64 // the part of Consumed that the reading before may have counted
	Refunded int64 // what was given back
	Returns  int   // refunds that older gateways note without their amount
	TopUps   int   // how often money was added; the log does not say how much
	Until    int64 // Unix time of the newest refund; 0 without one
}

// The types of log rows (new-api model/log.go).
const (
	logTopUp   = 1
	logConsume = 2
	logSystem  = 4
	logRefund  = 6
)

// bookedPages bounds how many rows of refunds are read at once.
const bookedPages = 5

// Booked reads /api/log/self and /api/log/self/stat: what happened in [from, to)
// besides the counters, whose reading before was at last.
func (c *Client) Booked(ctx context.Context, from, last, to time.Time) (Booked, error) {
	w := window{max(0, from.Unix()), max(0, to.Unix()-1)}
	var b Booked
	refunds, err := c.refunds(ctx, w)
	if err != nil {
		return b, err
	}
	b.Refunded, b.Until = refunds.quota, refunds.newest
	added, err := c.logRows(ctx, w, logTopUp, 1)
	if err != nil {
		return b, err
	}
	for _, row := range added.items {
		if row.Type == logTopUp {
			b.TopUps++
		}
	}
	if b.Refunded == 0 {
		notes, err := c.logRows(ctx, w, logSystem, 1)
		if err != nil {
			return b, err
		}
		for _, row := range notes.items {
			if row.Type == logSystem && returns(row.Content) {
				b.Returns, b.Until = b.Returns+1, max(b.Until, row.At)
			}
		}
		return b, nil
	}
	consumed, err := c.stat(ctx, w, "", "")
	if err != nil {
		return b, err
	}
	b.Consumed = consumed
	if w.last = min(w.last, last.Unix()); w.first > w.last {
		return b, nil
	}
	earlier, err := c.stat(ctx, w, "", "")
	if err != nil {
		return b, err
	}
	b.Earlier = min(earlier, consumed)
	return b, nil
}

// RefundedLog reads what the log says was given back in [from, to). Gateways
// before 2026-07 do not log it with its amount: 0. So many refunds that only a
// part could be read are an error.
func (c *Client) RefundedLog(ctx context.Context, from, to time.Time) (Amount, error) {
	status, err := c.status(ctx)
	if err != nil {
		return 0, err
	}
	refunds, err := c.refunds(ctx, window{max(0, from.Unix()), max(0, to.Unix()-1)})
	if err != nil {
		return 0, err
	}
	if refunds.more {
		return 0, mistyped("log/self", "more refunds than can be read")
	}
	amount, beyond := status.Units.quota(refunds.quota)
	if beyond != nil {
		return 0, mistyped("log/self", "a quota beyond any amount")
	}
	return amount, nil
}

// refundSum is what was given back in a window, in raw quota.
type refundSum struct {
	quota, newest int64
	more          bool // than was read
}

func (c *Client) refunds(ctx context.Context, w window) (sum refundSum, err error) {
	for page := 1; ; page++ {
		rows, err := c.logRows(ctx, w, logRefund, page)
		if err != nil {
			return sum, err
		}
		for _, row := range rows.items {
			if row.Type != logRefund || row.At < w.first || row.At > w.last || row.Quota <= 0 || overflows(sum.quota, row.Quota) {
				continue
			}
			sum.quota, sum.newest = sum.quota+row.Quota, max(sum.newest, row.At)
		}
		if len(rows.items) < keyPageSize {
			return sum, nil
		}
		if page == bookedPages {
			sum.more = true
			return sum, nil
		}
	}
}

// logPage is a page of /api/log/self.
type logPage struct{ items []logRow }

type logRow struct {
	At    int64 `json:"created_at"`
	Type  int   `json:"type"`
	Quota int64 `json:"quota"`

	Content string `json:"content"`
}

// returns reports whether a system record tells of a refund (new-api
// service/quota.go and relay/relay_task.go before 2026).
func returns(content string) bool {
	for _, word := range []string{"补偿", "退还", "退款", "refund"} {
		if strings.Contains(content, word) {
			return true
		}
	}
	return false
}

func (c *Client) logRows(ctx context.Context, w window, kind, page int) (logPage, error) {
	query := w.query()
	query.Set("type", strconv.Itoa(kind))
	query.Set("p", strconv.Itoa(page))
	query.Set("page_size", strconv.Itoa(keyPageSize))
	return fetch(ctx, c, request{op: "log/self", path: "/api/log/self", query: query, auth: byUser, further: true}, decodeLog)
}

func decodeLog(body []byte) (logPage, error) {
	var answer struct {
		Data *struct {
			Items *[]logRow `json:"items"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err == nil && answer.Data != nil && answer.Data.Items != nil {
		return logPage{*answer.Data.Items}, nil
	}
	var plain struct {
		Data *[]logRow `json:"data"`
	}
	if err := json.Unmarshal(body, &plain); err != nil || plain.Data == nil {
		return logPage{}, mistyped("log/self", "not a list of log rows")
	}
	return logPage{*plain.Data}, nil
}
