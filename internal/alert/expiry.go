package alert

import (
	"time"

	"mokabot/moka"
)

// expiry decides on Expiring and Expired, by the expiry that the gateway reported last,
// so a key expires in time even while nothing can be read.
func (p *pass) expiry() {
	key := p.facts.Reading.Key
	if key == nil && p.facts.Reading.KeyErr == nil && p.facts.Reading.Wallet != nil {
		p.noKey()
		return
	}
	valid := key != nil && key.State == moka.KeyOK
	p.noteExpiry(key, valid)
	if p.expired(key) {
		p.withdraw(Expiring, Expired)
		if _, open := p.open(Expired); !open {
			p.raise(Incident{Condition: Expired, Level: -1, Expires: p.state.Expires})
		}
		return
	}
	if i, open := p.open(Expired); open {
		if !valid || !p.renewed(i) && !p.state.Expires.After(p.now) {
			return
		}
		if p.expiresSoon() {
			p.withdraw(Expired, Expiring)
		}
		p.end(Expired)
	}
	p.expiring(valid)
}

// noteExpiry keeps the expiry that the gateway reports. Without one, the key never
// expires where the figures are the key's own; the account's view has none, and there a
// key that works after the known expiry has been renewed.
func (p *pass) noteExpiry(key *moka.Key, valid bool) {
	if key != nil && !key.ExpiresAt.IsZero() || valid && (key.Scope == moka.ScopeKey || !p.state.Expires.After(p.now)) {
		p.state.Expires = key.ExpiresAt
	}
}

// noKey forgets a key that was taken out of the settings.
func (p *pass) noKey() {
	p.state.Expires = time.Time{}
	p.drop(Expired, RulesChanged)
	p.drop(Expiring, RulesChanged)
}

// expired reports whether the key has expired, by the gateway or by the clock. A key
// that still works is not expired by a clock that no server confirmed.
func (p *pass) expired(key *moka.Key) bool {
	at := p.state.Expires
	if key != nil && key.State == moka.KeyOK && p.facts.ClockUnsure {
		return false
	}
	return key != nil && key.State == moka.KeyExpired || !at.IsZero() && !at.After(p.now)
}

func (p *pass) expiring(valid bool) {
	soon := p.expiresSoon()
	i, open := p.open(Expiring)
	switch {
	case open && p.rules.KeyExpiry <= 0:
		p.drop(Expiring, RulesChanged)
	case open && !soon && valid && p.renewed(i):
		p.end(Expiring)
	case open && valid && !p.renewed(i) && i.Expires.Sub(p.now) > max(p.rules.KeyExpiry, i.Lead)+clockSlack:
		p.drop(Expiring, Mistaken)
	case open && valid && p.renewed(i):
		i.Expires, i.Lead = p.state.Expires, p.state.Expires.Sub(p.now)
		p.addEvent(Updated, i, i.Level)
	case !open && soon && (!valid || !p.facts.ClockUnsure):
		p.raise(Incident{Condition: Expiring, Level: -1, Expires: p.state.Expires, Lead: p.state.Expires.Sub(p.now)})
	}
}

func (p *pass) expiresSoon() bool {
	at := p.state.Expires
	return !at.IsZero() && p.rules.KeyExpiry > 0 && at.Sub(p.now) <= p.rules.KeyExpiry
}

// clockSlack is how far a clock may be set back before the warning of a coming expiry
// is withdrawn.
const clockSlack = time.Hour

// renewed reports whether the expiry differs from the one in the incident.
func (p *pass) renewed(i Incident) bool {
	return p.state.Expires.IsZero() || !p.state.Expires.Equal(i.Expires)
}
