package moka

import (
	"context"
	"encoding/json"
	"strings"
)

// withOwn looks the key up in the key list where the billing endpoints seem to
// show the account: its own limit is only to be had there. Figures that are just
// as well the key's own, as with a single key that spends a whole account, are
// taken for the key's; before anything is spent they prove nothing.
func (c *Client) withOwn(ctx context.Context, a *answers, key Key) Key {
	if key.Scope == ScopeAccount && c.cred.AccessToken != "" {
		if !a.keysAsked {
			a.keys, _ = c.Keys(ctx)
		}
		own, found := ownKey(a.keys, c.cred.APIKey)
		left, _ := own.Remaining.Get()
		used, _ := key.Used.Get()
		total, _ := key.Total.Get()
		switch {
		case found && own.Remaining.Known() && exact(used, own.Used) && exact(total, left+own.Used):
			key.Scope = ScopeKey
		case found:
			key.Own, key.OwnUnlimited = own.Remaining, own.Unlimited
		case used == 0:
			key.Scope = ScopeUnknown
		}
	}
	c.memory.setAccountView(key.Scope == ScopeAccount)
	return key
}

// ownKey finds the key in the list by its ends, which is all that a list shows.
// Two keys with the same ends are no find.
func ownKey(keys []APIKeyInfo, key string) (own APIKeyInfo, found bool) {
	key, _, _ = strings.Cut(strings.TrimPrefix(key, "sk-"), "-") // "-suffix" names a channel
	quoted, err := json.Marshal(key)
	var masked maskedText
	if err != nil || masked.UnmarshalJSON(quoted) != nil || masked == maskedText(noEnds) {
		return own, false
	}
	for _, k := range keys {
		if k.Key != string(masked) {
			continue
		}
		if found {
			return APIKeyInfo{}, false
		}
		own, found = k, true
	}
	return own, found
}
