package moka

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// Status is what a gateway says about itself, without credentials.
type Status struct {
	Version       string
	SystemName    string
	StartedAt     time.Time
	Units         Units
	DataExport    bool   // usage by model and hour is being recorded
	BatchUpdate   bool   // figures lag some seconds behind, and keys can be overdrawn
	TopUpLink     string // https address where money is added, "" when unknown
	ServerAddress string // https address of the console, "" when unknown or not public
	topUpApart    bool   // the status has no field for TopUpLink: another endpoint has it, for users
	ancestor      bool   // of the shape of one-api and of the forks that left it before new-api did
	hub           bool   // of these, of the shape of one-hub and done-hub
}

// Status reads /api/status. Clients that share a [Limiter] share one answer when
// they ask within a second.
func (c *Client) Status(ctx context.Context) (Status, error) {
	s, _, err := c.statusAfter(ctx, 0, statusRound)
	return s, err
}

// statusAfter returns a status whose request is newer than the given serial
// number and was sent within age, and its own number.
func (c *Client) statusAfter(ctx context.Context, serial int64, age time.Duration) (Status, int64, error) {
	s, number, err := c.host.status.read(ctx, c.base.String(), serial, age, func() (Status, error) {
		return fetch(ctx, c, request{op: "status", path: "/api/status"}, decodeStatus)
	})
	s.Version, s.SystemName = c.clean(s.Version), c.clean(s.SystemName)
	s.Units.Display, s.Units.Custom.Symbol = Display(c.clean(string(s.Units.Display))), c.clean(s.Units.Custom.Symbol)
	s.TopUpLink, s.ServerAddress = c.publicLink(s.TopUpLink), c.publicLink(s.ServerAddress)
	return s, number, err
}

// readsLike reports whether figures mean the same under both.
func (s Status) readsLike(other Status) bool {
	return s.Units == other.Units && s.ancestor == other.ancestor && s.hub == other.hub
}

// decodeStatus finds the release by the fields that there are: quota_display_type since
// 2025-09, display_in_currency before (new-api controller/misc.go).
func decodeStatus(body []byte) (Status, error) {
	var answer struct {
		Data *struct {
			Version       string          `json:"version"`
			SystemName    string          `json:"system_name"`
			StartTime     int64           `json:"start_time"`
			QuotaPerUnit  *float64        `json:"quota_per_unit"`
			InCurrency    *bool           `json:"display_in_currency"`
			DisplayType   *string         `json:"quota_display_type"`
			ExchangeRate  *float64        `json:"usd_exchange_rate"`
			CustomSymbol  json.RawMessage `json:"custom_currency_symbol"`
			CustomRate    json.RawMessage `json:"custom_currency_exchange_rate"`
			DataExport    *bool           `json:"enable_data_export"`
			BatchUpdate   bool            `json:"enable_batch_update"`
			PaymentRate   json.RawMessage `json:"PaymentUSDRate"`
			TopUpLink     json.RawMessage `json:"top_up_link"`
			ServerAddress json.RawMessage `json:"server_address"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil {
		return Status{}, mistyped("status", "not a status")
	}
	d := answer.Data
	if d.QuotaPerUnit == nil || !positive(*d.QuotaPerUnit) {
		return Status{}, mistyped("status", "quota_per_unit is missing or not positive")
	}
	s := Status{
		Version: head(d.Version, maxWords), SystemName: head(d.SystemName, maxWords), StartedAt: unixTime(d.StartTime),
		DataExport:  d.DataExport != nil && *d.DataExport,
		BatchUpdate: d.BatchUpdate,
		TopUpLink:   head(scalar(d.TopUpLink), maxWords), ServerAddress: head(scalar(d.ServerAddress), maxWords),
		topUpApart: d.TopUpLink == nil,
		ancestor:   d.DataExport == nil && d.DisplayType == nil,
	}
	s.hub = s.ancestor && d.PaymentRate != nil
	s.Units = Units{Display: displayOf(d.DisplayType, d.InCurrency), QuotaPerUnit: *d.QuotaPerUnit}
	if s.Units.Display == DisplayCNY {
		if d.ExchangeRate == nil || !positive(*d.ExchangeRate) {
			return Status{}, mistyped("status", "usd_exchange_rate is missing or not positive")
		}
		s.Units.CNYPerUSD = *d.ExchangeRate
	}
	if s.Units.Display == DisplayCustom {
		s.Units.Custom = currencyOf(scalar(d.CustomSymbol), scalar(d.CustomRate))
	}
	return s, nil
}

// currencyOf reads an operator's own currency as the gateway does: without a
// symbol it is "¤", and a rate that is not positive counts as 1 (new-api
// logger.LogQuota). An unknown rate is 0.
func currencyOf(symbol, rate string) Currency {
	c := Currency{Symbol: cmp.Or(head(symbol, maxWords), "¤")}
	perUSD, err := strconv.ParseFloat(rate, 64)
	switch {
	case err != nil:
	case positive(perUSD):
		c.PerUSD = perUSD
	case perUSD <= 0:
		c.PerUSD = 1
	}
	return c
}

func positive(f float64) bool { return f > 0 && !math.IsInf(f, 0) }

// displayOf uses the newer option where there is one.
func displayOf(displayType *string, inCurrency *bool) Display {
	switch {
	case displayType != nil && *displayType != "":
		return Display(head(*displayType, maxWords))
	case inCurrency != nil && !*inCurrency:
		return DisplayRaw
	}
	return DisplayUSD
}

// unixTime is the time of Unix seconds; the gateways' 0 and -1 mean none.
func unixTime(seconds int64) time.Time {
	const year9999 = 253402300799
	if seconds <= 0 || seconds > year9999 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
