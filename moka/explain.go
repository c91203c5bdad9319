package moka

import (
	"context"
	"encoding/json"
	"time"
)

// tokenUsage is what /api/usage/token/ says about a key, in raw quota. From
// 2026-02 on it answers for exhausted and expired keys too, and is then the
// only way to tell them from a wrong one (new-api middleware/auth.go,
// TokenAuthReadOnly).
type tokenUsage struct {
	unlimited bool
	granted   int64
	used      int64
	left      int64
	expires   time.Time
}

func (c *Client) tokenUsage(ctx context.Context) (tokenUsage, error) {
	return fetch(ctx, c, request{op: "usage/token", path: "/api/usage/token/", auth: byKey, optional: true, explain: true}, decodeTokenUsage)
}

func decodeTokenUsage(body []byte) (tokenUsage, error) {
	var answer struct {
		Data *struct {
			Granted   *int64 `json:"total_granted"`
			Used      *int64 `json:"total_used"`
			Left      *int64 `json:"total_available"`
			Unlimited bool   `json:"unlimited_quota"`
			Expires   int64  `json:"expires_at"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil {
		return tokenUsage{}, mistyped("usage/token", "not a key's usage")
	}
	d := answer.Data
	if d.Granted == nil || d.Used == nil || d.Left == nil {
		return tokenUsage{}, mistyped("usage/token", "no total_granted, total_used or total_available")
	}
	return tokenUsage{d.Unlimited, *d.Granted, *d.Used, *d.Left, unixTime(d.Expires)}, nil
}

// explanation is what a second look at a refused key showed: figures, or why not.
type explanation struct {
	at    time.Time
	usage tokenUsage
	err   error
}

// explain takes the second look, or remembers the last one: the gateway allows
// few of them, and what it says about a refused key seldom changes.
func (c *Client) explain(ctx context.Context) *explanation {
	purpose := PurposeOf(ctx)
	asking := c.explaining[purpose]
	select { // one at a time: who comes second has the answer of the first
	case asking <- struct{}{}:
		defer func() { <-asking }()
	case <-ctx.Done():
		return &explanation{err: &Error{Op: "usage/token", Kind: Unavailable, Hint: HintTimeout, Err: context.Cause(ctx)}}
	}
	if e := c.cache.last(purpose).explanation(c.now(), explainAge); e != nil {
		return e
	}
	usage, err := c.tokenUsage(ctx)
	if err != nil && !isRefusal(err) {
		if e := c.cache.last(purpose).explanation(c.now(), explainMax); e != nil {
			return e
		}
		return &explanation{err: err}
	}
	e := &explanation{at: c.now(), usage: usage, err: err}
	c.cache.note(purpose, func(s *seen) { s.explained = e })
	return e
}

// state is what the figures say about the key.
func (u tokenUsage) state(now time.Time) KeyState {
	switch {
	case !u.expires.IsZero() && !u.expires.After(now):
		return KeyExpired
	case !u.unlimited && u.left <= 0:
		return KeyExhausted
	}
	return KeyOK
}

// key converts the figures. They are always the key's own.
func (u Units) key(t tokenUsage) (Key, error) {
	key := Key{Scope: ScopeKey, Unlimited: t.unlimited, ExpiresAt: t.expires}
	used, err1 := u.quota(t.used)
	left, err2 := u.quota(t.left)
	if err1 != nil || err2 != nil {
		return key, mistyped("usage/token", "a quota beyond any amount")
	}
	key.Used = Known(used)
	if !t.unlimited {
		key.Remaining, key.Total = Known(left), Known(left+used)
	}
	return key, nil
}

// saidState is the state that a refusal names in its words, "" when it does not.
func saidState(err error) KeyState {
	e := asError(err)
	if e == nil || e.Kind != Unauthorized {
		return ""
	}
	words := failure{message: e.Message}
	switch {
	case words.says(exhaustedWords):
		return KeyExhausted
	case words.says(expiredWords):
		return KeyExpired
	case words.says(disabledWords):
		return KeyDisabled
	}
	return ""
}
