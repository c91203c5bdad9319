package moka

import (
	"context"
	"encoding/json"
	"math"
	"time"
)

// Status is what a gateway says about itself to anybody.
type Status struct {
	Version     string
	SystemName  string
	StartedAt   time.Time
	Units       Units
	DataExport  bool // usage by model and hour is being recorded
	BatchUpdate bool // figures lag some seconds behind, and keys can be overdrawn
	ancestor    bool // of the shape of one-api, from which the family descends
}

// Status reads /api/status, at most every ten minutes.
func (c *Client) Status(ctx context.Context) (Status, error) {
	s, err := c.status(ctx)
	if err != nil {
		return s, err
	}
	return s, nil
}

// status returns the status last read when it is recent or when a new one
// cannot be had: what an operator set stays set as a rule. One that reads the
// figures differently counts when the gateway says it twice, so that a single
// odd answer changes nothing.
func (c *Client) status(ctx context.Context) (Status, *Error) {
	last, known, fresh := c.memory.lastStatus(c.now())
	if fresh {
		return last, nil
	}
	s, err := c.readStatus(ctx)
	if err == nil && known && !s.readsLike(last) {
		var again Status
		if again, err = c.readStatus(ctx); err == nil && !again.readsLike(s) {
			err = mistyped("status", "two answers that differ")
		}
	}
	switch {
	case err == nil:
		c.memory.setStatus(s, c.now())
		return s, nil
	case known:
		return last, nil
	}
	return s, err
}

// readsLike tells whether figures mean the same under both.
func (s Status) readsLike(other Status) bool {
	return s.Units == other.Units && s.ancestor == other.ancestor
}

// age is how long the status may be relied on. One whose unit nobody here
// knows is no help, and is asked for again with every reading.
func (s Status) age() time.Duration {
	if _, err := s.Units.amount(0); err != nil {
		return 0
	}
	return statusAge
}

func (c *Client) readStatus(ctx context.Context) (Status, *Error) {
	body, err := c.get(ctx, request{op: "status", path: "/api/status"})
	if err != nil {
		return Status{}, err
	}
	s, err := decodeStatus(body)
	if err != nil {
		return Status{}, err
	}
	s.Version, s.SystemName = c.clean(s.Version), c.clean(s.SystemName)
	return s, nil
}

// decodeStatus goes by fields: quota_display_type since 2025-09,
// display_in_currency before (new-api controller/misc.go).
func decodeStatus(body []byte) (Status, *Error) {
	var answer struct {
		Data *struct {
			Version      string   `json:"version"`
			SystemName   string   `json:"system_name"`
			StartTime    int64    `json:"start_time"`
			QuotaPerUnit *float64 `json:"quota_per_unit"`
			InCurrency   *bool    `json:"display_in_currency"`
			DisplayType  *string  `json:"quota_display_type"`
			ExchangeRate *float64 `json:"usd_exchange_rate"`
			DataExport   *bool    `json:"enable_data_export"`
			BatchUpdate  bool     `json:"enable_batch_update"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil {
		return Status{}, mistyped("status", "not a status")
	}
	d := answer.Data
	perUnit, ok := wholeNumber(d.QuotaPerUnit)
	if !ok || perUnit <= 0 {
		return Status{}, mistyped("status", "quota_per_unit is missing or not a whole positive number")
	}
	s := Status{
		Version: d.Version, SystemName: d.SystemName, StartedAt: unixTime(d.StartTime),
		DataExport:  d.DataExport != nil && *d.DataExport,
		BatchUpdate: d.BatchUpdate,
		ancestor:    d.DataExport == nil && d.DisplayType == nil,
	}
	s.Units = Units{displayOf(d.DisplayType, d.InCurrency), perUnit, 0}
	if s.Units.Display == DisplayCNY {
		if d.ExchangeRate == nil || *d.ExchangeRate <= 0 {
			return Status{}, mistyped("status", "usd_exchange_rate is missing or not positive")
		}
		s.Units.CNYPerUSD = *d.ExchangeRate
	}
	return s, nil
}

// displayOf goes by the newer option where there is one.
func displayOf(displayType *string, inCurrency *bool) Display {
	switch {
	case displayType != nil && *displayType != "":
		return Display(*displayType)
	case inCurrency != nil && !*inCurrency:
		return DisplayRaw
	}
	return DisplayUSD
}

// wholeNumber is f as an integer, when it is one that a float64 holds exactly.
func wholeNumber(f *float64) (int64, bool) {
	if f == nil || *f != math.Trunc(*f) || math.Abs(*f) > 1<<53 {
		return 0, false
	}
	return int64(*f), true
}

// unixTime is the time of Unix seconds; the gateways' 0 and -1 mean none.
func unixTime(seconds int64) time.Time {
	const year9999 = 253402300799
	if seconds <= 0 || seconds > year9999 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
