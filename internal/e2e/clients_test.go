package e2e

import (
	"strings"
	"time"

	"mokabot/moka/mokatest"
)

// dollars is an amount in the gateway's raw units.
func dollars(d float64) int64 { return int64(d * 500_000) }

// client is an account of the gateway whose fortune changes.
type client struct {
	name, key string
	id        int64
	gateway   *mokatest.Server
}

// holds brings the key and its wallet to an amount, by spending or a top-up,
// and makes the key one that works.
func (c client) holds(amount float64) {
	c.gateway.Update(func(st *mokatest.State) {
		k, a := st.Key(c.key), st.Account(c.id)
		k.Status = mokatest.StatusEnabled
		if !k.ExpiresAt.IsZero() { // a key alone does not tell that it never expires
			k.ExpiresAt = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		if spent := k.Remain - dollars(amount); spent > 0 {
			k.Used, a.UsedQuota, a.Requests = k.Used+spent, a.UsedQuota+spent, a.Requests+1
		}
		k.Remain, a.Quota = dollars(amount), dollars(amount)
	})
}

// expires gives the key a time to expire; a past one has come.
func (c client) expires(at time.Time) {
	c.gateway.Update(func(st *mokatest.State) { st.Key(c.key).ExpiresAt = at })
}

func (c client) disabled() {
	c.gateway.Update(func(st *mokatest.State) { st.Key(c.key).Status = mokatest.StatusDisabled })
}

// clients gives the world two accounts more, and the lines of a configuration
// that name them. They warn in a channel of their own, where their posts may
// share a message.
func (s *arena) clients(channel string) (all []client, lines string) {
	all = []client{{"team", testKey, 2, s.gateway}}
	var b strings.Builder
	for i, name := range []string{"spare", "other"} {
		c := client{name, "sk-" + strings.Repeat(name, 10)[:48], int64(3 + i), s.gateway}
		s.gateway.AddAccount(mokatest.Account{ID: c.id, Username: name, Quota: dollars(90)})
		s.gateway.AddKey(c.id, mokatest.Key{Key: c.key, Name: name, Remain: dollars(90), Used: dollars(1)})
		b.WriteString("  - {name: " + name + ", base_url: " + s.server.URL + ", api_key: " + c.key +
			", alerts: {channel_id: \"" + channel + "\"}}\n")
		all = append(all, c)
	}
	return all, b.String()
}
