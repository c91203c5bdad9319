package moka

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// APIKeyInfo is one of the account's API keys.
type APIKeyInfo struct {
	ID         int64
	Name       string
	Key        string   // masked, "abcd…wxyz": enough to recognise it, never enough to use it
	State      KeyState // by expiry and figures, too: the stored status lags behind
	Unlimited  bool
	Remaining  Maybe // unknown when unlimited
	Used       Amount
	RawUsed    int64     // the same in raw quota
	ExpiresAt  time.Time // zero: never
	CreatedAt  time.Time
	AccessedAt time.Time // zero: never
	Models     []string  // the only models of the key, nil for all
	Group      string    // "" is the account's own

	// NeedsEnabling says that the key was used up or expired, got more money or time, and
	// is refused until it is enabled again in the console.
	NeedsEnabling bool
}

// Bounds of the key list.
const (
	keyPageSize = 100 // the most a gateway gives
	keyPages    = 50
	maxKeys     = keyPages * keyPageSize
	// maxKeyLimits bounds the memory of the models that the keys are limited to, in bytes.
	maxKeyLimits = 1 << 20
	// keyPageFull: releases that ignore the asked size send ten; a shorter page is the last.
	keyPageFull = 10
)

// Keys lists the account's API keys in the order of their ids. It understands
// every paging style of the family: a bare array with pages from 0 (new-api until
// 2025-07), and an object with pages from 1, where page 0 is the first too, with
// the keys in items (new-api) or in data (one-hub and done-hub).
func (c *Client) Keys(ctx context.Context) ([]APIKeyInfo, error) {
	keys, err := c.listKeys(ctx)
	if e, ok := errors.AsType[*Error](err); ctx.Err() == nil && !(ok && e.Hint == HintCommands) { // which was not asked
		c.host.owners.set(c, PurposeOf(ctx), keys, err)
	}
	return keys, err
}

func (c *Client) listKeys(ctx context.Context) ([]APIKeyInfo, error) {
	var status Status
	var statusErr error
	var first sync.WaitGroup
	first.Go(func() { status, statusErr = c.Status(ctx) })
	byID := map[int64]APIKeyInfo{}
	page, limits := 0, 0
	for range keyPages {
		got, err := c.keyPage(ctx, page)
		if first.Wait(); statusErr != nil {
			return nil, statusErr
		}
		if err != nil {
			return nil, err
		}
		before := len(byID)
		for _, raw := range got.keys {
			info, err := raw.info(status.Units, c.now())
			if err != nil {
				return nil, err
			}
			byID[info.ID] = info
			for _, model := range info.Models {
				limits += len(model) + 16
			}
			if len(byID) > maxKeys || limits > maxKeyLimits {
				return nil, tooLarge("token")
			}
		}
		if len(byID) == before || len(got.keys) < keyPageFull || got.total > 0 && len(byID) >= got.total {
			return c.discreetKeys(inOrder(byID)), nil
		}
		page++
		if page == 1 && got.fromOne {
			page++ // 0 and 1 are the same page there
		}
	}
	return nil, mistyped("token", "more keys than can be listed")
}

// discreetKeys removes credentials from the names of keys.
func (c *Client) discreetKeys(keys []APIKeyInfo) []APIKeyInfo {
	var names []*string
	for i := range keys {
		k := &keys[i]
		names = append(names, &k.Name, &k.Group)
		for j := range k.Models {
			names = append(names, &k.Models[j])
		}
	}
	c.discreet(names...)
	return keys
}

func inOrder(byID map[int64]APIKeyInfo) []APIKeyInfo {
	keys := make([]APIKeyInfo, 0, len(byID))
	for _, k := range byID {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b APIKeyInfo) int { return cmp.Compare(a.ID, b.ID) })
	return keys
}

func (c *Client) keyPage(ctx context.Context, page int) (keyPage, error) {
	query := url.Values{
		"p":         {strconv.Itoa(page)},
		"page":      {strconv.Itoa(page)},        // one-hub
		"size":      {strconv.Itoa(keyPageSize)}, // until 2025-07
		"page_size": {strconv.Itoa(keyPageSize)},
	}
	r := request{op: "token", path: "/api/token/", query: query, auth: byUser, optional: true}
	return fetch(ctx, c, r, func(body []byte) (keyPage, error) {
		defer clear(body) // it may hold whole keys
		return decodeKeys(body)
	})
}

type keyPage struct {
	keys    []rawKey
	total   int
	fromOne bool
}

func decodeKeys(body []byte) (keyPage, error) {
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return keyPage{}, mistyped("token", "not a list of keys")
	}
	defer clear(answer.Data)
	var page keyPage
	if bytes.HasPrefix(answer.Data, []byte("[")) {
		if json.Unmarshal(answer.Data, &page.keys) != nil {
			return keyPage{}, mistyped("token", "not a list of keys")
		}
		return page, page.check()
	}
	var paged struct {
		Total      int       `json:"total"`
		Items      *[]rawKey `json:"items"`
		TotalCount int       `json:"total_count"`
		Data       *[]rawKey `json:"data"`
	}
	if json.Unmarshal(answer.Data, &paged) != nil || paged.Items == nil && paged.Data == nil {
		return keyPage{}, mistyped("token", "not a list of keys")
	}
	page = keyPage{total: max(paged.Total, paged.TotalCount), fromOne: true}
	if paged.Items != nil {
		page.keys = *paged.Items
	} else {
		page.keys = *paged.Data
	}
	return page, page.check()
}

func (p keyPage) check() error {
	for _, k := range p.keys {
		if k.ID == nil || k.Remain == nil || k.Used == nil || k.Status == nil {
			return mistyped("token", "a key without id, status or quota")
		}
	}
	return nil
}

// rawKey is a key in raw quota.
type rawKey struct {
	ID        *int64     `json:"id"`
	Key       maskedText `json:"key"`
	Name      string     `json:"name"`
	Status    *int       `json:"status"`
	Created   int64      `json:"created_time"`
	Accessed  int64      `json:"accessed_time"`
	Expires   int64      `json:"expired_time"`
	Remain    *int64     `json:"remain_quota"`
	Used      *int64     `json:"used_quota"`
	Unlimited bool       `json:"unlimited_quota"`
	Limited   bool       `json:"model_limits_enabled"`
	Models    string     `json:"model_limits"`
	Group     string     `json:"group"`
	Setting   hubLimits  `json:"setting"`
}

// hubLimits are the models that one-hub and done-hub limit a key to; nil when
// they do not. Other members have other things, or nothing, in its place.
type hubLimits []string

// UnmarshalJSON never fails: what is not understood is no limit.
func (h *hubLimits) UnmarshalJSON(data []byte) error {
	var setting struct {
		Limits struct {
			Model struct {
				Enabled bool     `json:"enabled"`
				Models  []string `json:"models"`
			} `json:"limit_model_setting"`
		} `json:"limits"`
	}
	if json.Unmarshal(data, &setting) == nil && setting.Limits.Model.Enabled {
		*h = setting.Limits.Model.Models
	}
	return nil
}

// noEnds is shown for a secret that is too short to show any of it.
const noEnds = "…"

// maskedText keeps the ends of a secret only.
type maskedText string

// UnmarshalJSON masks before anything else sees the value.
func (m *maskedText) UnmarshalJSON(data []byte) error {
	text := strings.TrimPrefix(strings.Trim(string(data), `"`), "sk-")
	if len(text) < 12 {
		*m = noEnds
		return nil
	}
	// Cloned, because a substring would keep the whole key in memory.
	*m = maskedText(strings.Clone(Plain(text[:4])) + noEnds + strings.Clone(Plain(text[len(text)-4:])))
	return nil
}

// The statuses stored with a key (new-api common/constants.go).
const (
	storedEnabled  = 1
	storedDisabled = 2
)

func (r rawKey) info(units Units, now time.Time) (APIKeyInfo, error) {
	used, err1 := units.quota(*r.Used)
	left, err2 := units.quota(*r.Remain)
	if r.Unlimited {
		left, err2 = 0, nil // means nothing then, and can be any number
	}
	if err1 != nil || err2 != nil {
		return APIKeyInfo{}, mistyped("token", "a quota beyond any amount")
	}
	info := APIKeyInfo{
		ID: *r.ID, Name: cut(Plain(r.Name), maxMessage), Key: string(r.Key), Unlimited: r.Unlimited, Used: used, RawUsed: *r.Used,
		ExpiresAt: unixTime(r.Expires), CreatedAt: unixTime(r.Created), AccessedAt: unixTime(r.Accessed),
		Group: cut(Plain(r.Group), maxMessage),
	}
	if !r.Unlimited {
		info.Remaining = Known(left)
	}
	if r.Limited {
		info.Models = strings.FieldsFunc(Plain(r.Models), func(c rune) bool { return c == ',' || c == ' ' })
	}
	for _, model := range r.Setting {
		info.Models = append(info.Models, Plain(model))
	}
	info.State, info.NeedsEnabling = r.state(now)
	return info, nil
}

func (r rawKey) state(now time.Time) (state KeyState, needsEnabling bool) {
	switch {
	case *r.Status == storedDisabled:
		return KeyDisabled, false
	case r.Expires > 0 && r.Expires <= now.Unix():
		return KeyExpired, false
	case !r.Unlimited && *r.Remain <= 0:
		return KeyExhausted, false
	case *r.Status != storedEnabled:
		return KeyDisabled, true
	}
	return KeyOK, false
}
