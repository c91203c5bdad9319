package alert

// spike decides on Spike: raised when an hour reaches the line, or a quarter of
// an hour half of it, and over below half of it, so that an hour that wavers
// about the line is told once. Ten times the usual takes a quarter of an hour to
// reach half of the default line, and a hundred times a minute or two.
func (p *pass) spike() {
	spent, known := p.facts.HourSpent.Get()
	quarter, hasQuarter := p.facts.QuarterSpent.Get()
	usual, hasUsual := p.facts.HourUsual.Get()
	line := max(p.rules.SpikeAtLeast, scaled(usual, p.rules.SpikeFactor))
	sudden := hasQuarter && quarter >= line/2 && spent >= p.rules.SpikeAtLeast
	_, told := p.open(Spike)
	switch {
	case p.rules.SpikeFactor <= 0:
		p.drop(Spike, RulesChanged)
	case !known:
	case told && spent <= line/2 && !sudden:
		p.end(Spike)
	case !told && hasUsual && spent > 0 && (spent >= line || sudden):
		p.raise(Incident{Condition: Spike, Level: -1})
	}
}
