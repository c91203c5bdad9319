package alert

import (
	"time"

	"mokabot/moka"
)

// expiry decides on Expiring and Expired. Both go by the expiry that the
// gateway told last, so a key expires in time even while nothing can be read.
func (p *pass) expiry() {
	key := p.facts.Reading.Key
	if key == nil && p.facts.Reading.KeyErr == nil && p.facts.Reading.Wallet != nil {
		p.noKey()
		return
	}
	valid := key != nil && key.State == moka.KeyOK
	if valid || key != nil && !key.ExpiresAt.IsZero() {
		p.state.Expires = key.ExpiresAt
	}
	if p.expired(key) {
		p.withdraw(Expiring, Expired)
		if _, told := p.open(Expired); !told {
			p.raise(Incident{Condition: Expired, Level: -1, Expires: p.state.Expires})
		}
		return
	}
	if i, told := p.open(Expired); told {
		if !valid || !p.renewed(i) {
			return
		}
		if p.expiresSoon() {
			p.withdraw(Expired, Expiring)
		}
		p.end(Expired)
	}
	p.expiring(valid)
}

// noKey forgets a key that was taken out of the settings.
func (p *pass) noKey() {
	p.state.Expires = time.Time{}
	p.withdraw(Expired, "")
	p.withdraw(Expiring, "")
}

// expired: the gateway says so, or the time has come.
func (p *pass) expired(key *moka.Key) bool {
	at := p.state.Expires
	return key != nil && key.State == moka.KeyExpired || !at.IsZero() && !at.After(p.now)
}

func (p *pass) expiring(valid bool) {
	soon := p.expiresSoon()
	i, told := p.open(Expiring)
	switch {
	case told && p.rules.KeyExpiry <= 0:
		p.withdraw(Expiring, "")
	case told && !soon && valid && p.renewed(i):
		p.end(Expiring)
	case told && valid && p.renewed(i):
		i.Expires = p.state.Expires
		p.tell(Updated, i, i.Level)
	case !told && soon:
		p.raise(Incident{Condition: Expiring, Level: -1, Expires: p.state.Expires})
	}
}

func (p *pass) expiresSoon() bool {
	at := p.state.Expires
	return !at.IsZero() && p.rules.KeyExpiry > 0 && at.Sub(p.now) <= p.rules.KeyExpiry
}

// renewed tells whether the expiry is another than the one told of. Time alone
// cannot renew a key: a clock set back does not end an incident.
func (p *pass) renewed(i Incident) bool {
	return p.state.Expires.IsZero() || !p.state.Expires.Equal(i.Expires)
}
