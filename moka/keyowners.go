package moka

import (
	"context"
	"sync"
	"time"
)

// keyListAge is how long a list of keys says whose they are.
const keyListAge = time.Hour

// keyOwners knows whose the keys at a host are, as far as accounts with an access
// token listed theirs: the gateway does not say it to a key alone. The zero value
// is ready for use.
type keyOwners struct {
	mu    sync.Mutex
	alone map[string]bool                 // base addresses with a client by key alone
	lists map[string]map[string]*keyOwner // by base address and [Client.Identity]
}

// keyOwner is an account, and its keys as its list shows them.
type keyOwner struct {
	client  *Client
	queried time.Time
	read    time.Time       // when a reading asked
	keys    map[string]bool // by their ends; false where those are not shown
	known   bool            // the list was read
}

// begin notes what a new client has.
func (o *keyOwners) begin(c *Client) {
	if c.cred.AccessToken != "" {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.alone == nil {
		o.alone = map[string]bool{}
	}
	o.alone[c.base.String()] = true
}

// due reports whether c should list its keys: somebody has a key alone. That a command
// asked spares no reading its request, so that readings are the same without commands.
func (o *keyOwners) due(c *Client, p Purpose) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	base := c.base.String()
	is := o.lists[base][c.Identity()]
	if c.cred.AccessToken == "" || !o.alone[base] {
		return false
	}
	if is == nil {
		return true
	}
	last := is.queried
	if p == ForReading {
		last = is.read
	}
	return !isRecent(last, c.now(), keyListAge)
}

// set notes the keys that c listed. A list that could not be read leaves what the
// one before said.
func (o *keyOwners) set(c *Client, p Purpose, keys []APIKeyInfo, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	base, identity := c.base.String(), c.Identity()
	if o.lists == nil {
		o.lists = map[string]map[string]*keyOwner{}
	}
	if o.lists[base] == nil {
		o.lists[base] = map[string]*keyOwner{}
	}
	is := &keyOwner{client: c, queried: c.now(), keys: map[string]bool{}}
	before := o.lists[base][identity]
	if before != nil {
		is.read = before.read
	}
	if p == ForReading {
		is.read = is.queried
	}
	if err != nil && before != nil {
		is.keys, is.known = before.keys, before.known
	}
	if err == nil {
		is.known = true
		for _, k := range keys {
			is.keys[k.Key] = k.Key != noEnds
		}
	}
	o.lists[base][identity] = is
}

// lacks reports whether the list that c read shows the ends of every key, and none has
// those of c's own.
func (o *keyOwners) lacks(c *Client) bool {
	ends := masked(c.cred.APIKey)
	o.mu.Lock()
	defer o.mu.Unlock()
	is := o.lists[c.base.String()][c.Identity()]
	if c.cred.APIKey == "" || ends == noEnds || is == nil || !is.known || is.keys[ends] {
		return false
	}
	for _, shown := range is.keys {
		if !shown {
			return false
		}
	}
	return true
}

// listed reports whether c was asked for its keys.
func (o *keyOwners) listed(c *Client) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lists[c.base.String()][c.Identity()] != nil
}

// of is the wallet of a client by key alone, "" when no list has the key, or those
// of two wallets do.
func (o *keyOwners) of(c *Client) (wallet string) {
	masked := masked(c.cred.APIKey)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, owner := range o.lists[c.base.String()] {
		if !owner.keys[masked] {
			continue
		}
		identity := owner.client.WalletIdentity()
		if wallet != "" && wallet != identity {
			return ""
		}
		wallet = identity
	}
	return wallet
}

// PayerIdentity names the wallet that pays for the client's calls. It is
// [Client.WalletIdentity], except for a key alone that another account's list of
// keys has: then it is that account's.
func (c *Client) PayerIdentity() string {
	if c.cred.AccessToken == "" {
		if wallet := c.host.owners.of(c); wallet != "" {
			return wallet
		}
	}
	return c.WalletIdentity()
}

// LearnKeys lists the account's keys where another account of the gateway is read
// by a key alone, at most once an hour, so that [Client.PayerIdentity] knows
// whether they share a wallet. [Client.Read] does it beside its other calls. A gateway's
// failure counts as a list without the key.
func (c *Client) LearnKeys(ctx context.Context) error {
	if !c.host.owners.due(c, PurposeOf(ctx)) {
		return nil
	}
	_, err := c.Keys(ctx)
	return err
}

// MayPayFor reports whether c, an account with an access token that was not asked
// for its keys yet, may turn out to pay for what other is read by, a key alone.
func (c *Client) MayPayFor(other *Client) bool {
	alone := c.cred.AccessToken != "" && other.cred.AccessToken == ""
	return alone && c.base.String() == other.base.String() && !c.host.owners.listed(c)
}
