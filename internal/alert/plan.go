package alert

import "mokabot/moka"

// plan decides on PlanEnding, which follows the end of the first plan that pays.
// It is over when no plan ends soon: the plan was renewed, or it has ended, and the
// levels report what is left then.
func (p *pass) plan() {
	if p.rules.KeyExpiry <= 0 {
		p.drop(PlanEnding, RulesChanged)
		return
	}
	r := p.facts.Reading
	if r.Wallet == nil {
		if r.WalletErr == nil && r.OK() {
			p.drop(PlanEnding, RulesChanged) // the access token was taken out of the settings
		}
		return
	}
	if r.WalletErr != nil || r.Wallet.PlansFailed || p.facts.ClockUnsure {
		return
	}
	ends, known := r.Wallet.PlansEndAt()
	known = known && r.Wallet.Preference != moka.WalletOnly
	soon := known && ends.After(p.now) && ends.Sub(p.now) <= p.rules.KeyExpiry
	i, open := p.open(PlanEnding)
	switch {
	case !open && soon:
		p.raise(Incident{Condition: PlanEnding, Level: -1, Expires: ends, Lead: ends.Sub(p.now)})
	case open && soon && !ends.Equal(i.Expires):
		i.Expires, i.Lead = ends, ends.Sub(p.now)
		p.addEvent(Updated, i, i.Level)
	case open && known && ends.Equal(i.Expires) && ends.Sub(p.now) > i.Lead+clockSlack:
		p.drop(PlanEnding, Mistaken)
	case open && !soon && (!known || !ends.Equal(i.Expires) || !ends.After(p.now)):
		p.end(PlanEnding)
	}
}
