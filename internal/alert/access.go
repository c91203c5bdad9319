package alert

import (
	"time"

	"mokabot/moka"
)

// refusals is how many refusals in a row raise an incident. A new-api server whose
// database is in trouble answers 401 to good credentials, so one proves nothing.
const refusals = 3

// access decides on Unreachable and Refused. At most one of them is open: a refused
// credential implies that nothing can be read.
func (p *pass) access() {
	r := p.facts.Reading
	switch {
	case p.refused():
		p.noteRefusal()
	case r.OK() && (r.Key != nil || r.Wallet != nil):
		p.forgetFailures()
		if p.expiredNow() {
			p.withdraw(Refused, Expired)
		}
		p.end(Refused)
		p.end(Unreachable)
	case !r.OK() && p.onlyExpired():
		p.forgetFailures()
		p.withdraw(Refused, Expired)
		p.withdraw(Unreachable, Expired)
	case !r.OK():
		p.noteFailure()
	}
}

// noteRefusal raises Refused at the third refusal in a row, once they span twice
// ConfirmAfter, which matters when the gateway is polled every second.
func (p *pass) noteRefusal() {
	p.startFailing()
	if p.state.Refusals == 0 {
		p.state.Refusing = p.now
	}
	p.state.Refusals++
	if _, open := p.open(Refused); open {
		return
	}
	if p.state.Refusals >= refusals && p.now.Sub(p.state.Refusing) >= 2*p.rules.ConfirmAfter {
		p.withdraw(Unreachable, Refused)
		p.raise(Incident{Condition: Refused, Level: -1, Since: p.state.Refusing})
	}
}

// noteFailure raises Unreachable when readings are incomplete for UnreachableAfter. A
// failure between refusals suggests trouble at the gateway: the count starts over.
func (p *pass) noteFailure() {
	p.startFailing()
	p.state.Refusing, p.state.Refusals = time.Time{}, 0
	_, refused := p.open(Refused)
	_, open := p.open(Unreachable)
	if p.rules.UnreachableAfter > 0 && !refused && !open && p.now.Sub(p.state.Failing) >= p.rules.UnreachableAfter {
		p.raise(Incident{Condition: Unreachable, Level: -1, Since: p.state.Failing})
	}
}

func (p *pass) forgetFailures() {
	p.state.Failing, p.state.Refusing, p.state.Refusals = time.Time{}, time.Time{}, 0
}

func (p *pass) startFailing() {
	if p.state.Failing.IsZero() {
		p.state.Failing = p.now
	}
}

// refused reports whether a credential was refused. An expired key has an incident of
// its own.
func (p *pass) refused() bool {
	r := p.facts.Reading
	return refusal(r.WalletErr) || p.keyRefused() && !p.hasExpired()
}

func (p *pass) keyRefused() bool {
	r := p.facts.Reading
	return refusal(r.KeyErr) || r.Key != nil && (r.Key.State == moka.KeyDisabled || r.Key.State == moka.KeyRefused)
}

// onlyExpired reports whether all that is missing is missing because the key expired.
func (p *pass) onlyExpired() bool {
	return p.facts.Reading.WalletErr == nil && p.keyRefused() && p.hasExpired()
}

func (p *pass) hasExpired() bool {
	_, expired := p.open(Expired)
	return expired
}

// expiredNow reports whether this step found the expiry that explains an open refusal.
func (p *pass) expiredNow() bool {
	i, expired := p.open(Expired)
	return expired && i.Since.Equal(p.now)
}

func refusal(err *moka.Error) bool {
	return err != nil && (err.Kind == moka.Unauthorized || err.Kind == moka.Banned || err.Kind == moka.Forbidden)
}
