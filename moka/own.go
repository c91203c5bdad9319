package moka

import (
	"context"
	"encoding/json"
	"strings"
)

// withOwn looks the key up in the key list where the billing endpoints seem to
// show the account: only the list shows the key's own limit. Where the
// figures of both agree, as with a single key that spends a whole account, they
// are taken for the key's; before anything is spent they prove nothing.
func (c *Client) withOwn(ctx context.Context, a *answers, key Key) Key {
	if key.Scope == ScopeAccount && c.cred.AccessToken != "" {
		if !a.keysAsked {
			a.keys, a.keysErr = c.Keys(ctx)
		}
		own, alike := ownKey(a.keys, c.cred.APIKey)
		found := alike == 1
		if found {
			c.cache.own.Store(&own)
		}
		left, _ := own.Remaining.Get()
		used, _ := key.Used.Get()
		total, _ := key.Total.Get()
		switch {
		case found && own.Remaining.Known() && exact(used, own.Used) && exact(total, left+own.Used):
			key.Scope = ScopeKey
		case found:
			key.Own, key.OwnUnlimited = own.Remaining, own.Unlimited
		case used == 0 && (a.keysErr == nil && alike == 0 || kindOfError(a.keysErr) == Unsupported):
			key.Scope = ScopeUnknown
		case a.keysErr == nil && alike == 0:
			key.OwnUnlimited = true // none of the account's keys: only its money is known
		}
	}
	c.cache.note(PurposeOf(ctx), func(s *seen) { s.account = key.Scope == ScopeAccount })
	if own := c.cache.own.Load(); own != nil {
		key.Name, key.Group = own.Name, own.Group
		if key.Scope == ScopeAccount {
			key.ExpiresAt = own.ExpiresAt // the account's view hides it
		}
	}
	return key
}

// ownKey finds the key in the list by its ends, which is all that a list shows,
// and counts those that could be it. Only one of its kind is a find.
func ownKey(keys []APIKeyInfo, key string) (own APIKeyInfo, alike int) {
	ends := masked(key)
	if ends == noEnds {
		return own, 0
	}
	for _, k := range keys {
		if k.Key != ends {
			continue
		}
		own = k
		alike++
	}
	return own, alike
}

// masked is a key as [APIKeyInfo.Key] shows it.
func masked(key string) string {
	key, _, _ = strings.Cut(strings.TrimPrefix(key, "sk-"), "-") // "-suffix" names a channel
	quoted, err := json.Marshal(key)
	var ends maskedText
	if err != nil || ends.UnmarshalJSON(quoted) != nil {
		return noEnds
	}
	return string(ends)
}
