package moka

import (
	"context"
	"encoding/json"
)

// self is what /api/user/self says about the account, in raw quota. The answer
// also holds secrets; only these fields are taken from it.
type self struct {
	id       int64 // of the user; 0 when unknown
	quota    int64 // what is left, not what was granted
	used     int64
	requests int64
	group    string
}

func (c *Client) self(ctx context.Context) (self, error) {
	s, err := fetch(ctx, c, request{op: "user/self", path: "/api/user/self", auth: byUser}, func(body []byte) (self, error) {
		defer clear(body)
		return decodeSelf(body)
	})
	if err == nil {
		c.cache.user.Store(s.id)
	}
	return s, err
}

func decodeSelf(body []byte) (self, error) {
	var answer struct {
		Data *struct {
			ID       int64  `json:"id"`
			Quota    *int64 `json:"quota"`
			Used     *int64 `json:"used_quota"`
			Requests int64  `json:"request_count"`
			Group    string `json:"group"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil {
		return self{}, mistyped("user/self", "not an account")
	}
	d := answer.Data
	if d.Quota == nil || d.Used == nil {
		return self{}, mistyped("user/self", "no quota or used_quota")
	}
	return self{d.ID, *d.Quota, *d.Used, d.Requests, d.Group}, nil
}

// wallet is the account's part of a reading without amounts in dollars.
func (s self) wallet() *Wallet {
	return &Wallet{Requests: s.requests, Raw: &RawWallet{s.quota, s.used}, Preference: SubscriptionFirst}
}

// wallet converts the account's figures.
func (u Units) wallet(s self) (*Wallet, error) {
	left, err1 := u.quota(s.quota)
	used, err2 := u.quota(s.used)
	if err1 != nil || err2 != nil {
		return s.wallet(), mistyped("user/self", "a quota beyond any amount")
	}
	w := s.wallet()
	w.Remaining, w.Used = Known(left), Known(used)
	return w, nil
}
