package alert

// spike decides on Spike: raised at the line, over below half of it, so that
// an hour that wavers about the line is told once.
func (p *pass) spike() {
	spent, known := p.facts.HourSpent.Get()
	usual, hasUsual := p.facts.HourUsual.Get()
	line := max(p.rules.SpikeAtLeast, scaled(usual, p.rules.SpikeFactor))
	_, told := p.open(Spike)
	switch {
	case p.rules.SpikeFactor <= 0:
		p.drop(Spike, RulesChanged)
	case !known:
	case told && spent <= line/2:
		p.end(Spike)
	case !told && hasUsual && spent >= line && spent > 0:
		p.raise(Incident{Condition: Spike, Level: -1})
	}
}
