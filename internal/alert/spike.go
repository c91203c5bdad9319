package alert

import (
	"slices"

	"mokabot/moka"
)

// spike decides on Spike: raised when an hour reaches the line, or a quarter of
// an hour half of it, and over below half of it, so that an hour that wavers
// about the line raises one incident. Ten times the usual takes a quarter of an hour to
// reach half of the default line, and a hundred times a minute or two. Readings of a part
// of the hour are enough to raise it, but not to end it.
func (p *pass) spike() {
	spent, known := p.facts.HourSpent.Get()
	quarter, hasQuarter := p.facts.QuarterSpent.Get()
	usual, hasUsual := p.facts.HourUsual.Get()
	line := p.rules.spikeLine(usual)
	sudden := hasQuarter && quarter >= line/2 && spent >= p.rules.SpikeAtLeast
	_, open := p.open(Spike)
	switch {
	case p.rules.SpikeFactor <= 0:
		p.drop(Spike, RulesChanged)
	case !known:
	case open && spent <= line/2 && !sudden && !p.facts.HourPart:
		p.end(Spike)
	case !open && hasUsual && spent > 0 && (spent >= line || sudden):
		p.raise(Incident{Condition: Spike, Level: -1})
	}
}

// spikeLine is what an hour has to cost to stand out.
func (r Rules) spikeLine(usual moka.Amount) moka.Amount {
	return max(r.SpikeAtLeast, scaled(usual, r.SpikeFactor))
}

// SpikeLine is one way for spending to become a spike.
type SpikeLine struct {
	Left    moka.Amount // to spend until then
	PerHour moka.Amount // a slower pace does not get there
}

// SpikeLines are the ways in which the spending that facts show may become a spike;
// none where it is one already or there is not enough history.
func (r Rules) SpikeLines(f Facts) []SpikeLine {
	usual, hasUsual := f.HourUsual.Get()
	spent, known := f.HourSpent.Get()
	if r.SpikeFactor <= 0 || !hasUsual || !known {
		return nil
	}
	line := r.spikeLine(usual)
	lines := []SpikeLine{{Left: line - spent, PerHour: line}}
	if quarter, ok := f.QuarterSpent.Get(); ok {
		lines = append(lines, SpikeLine{Left: max(line/2-quarter, r.SpikeAtLeast-spent), PerHour: 2 * line})
	}
	return slices.DeleteFunc(lines, func(l SpikeLine) bool { return l.Left <= 0 })
}
