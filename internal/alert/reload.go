package alert

import (
	"cmp"
	"time"

	"mokabot/moka"
)

// SubjectOf is the account's name in the incident's posts, which may be an earlier one;
// account is its name now.
func (i Incident) SubjectOf(account string) string { return cmp.Or(i.Subject, account) }

// Renamed is the state of an account that has another name now. Its open
// incidents keep the name under which they were posted.
func Renamed(s State, from string) State {
	s = s.clone()
	keep := func(incidents map[Condition]Incident) {
		for c, i := range incidents {
			if i.Subject == "" {
				i.Subject = from
			}
			incidents[c] = i
		}
	}
	keep(s.Incidents)
	keep(s.Ends)
	return s
}

// Close ends all incidents of an account that left the configuration, without a
// post. What it is compared with when it comes back is forgotten as well.
func Close(s State, now time.Time) (State, []Event) {
	p := &pass{state: s.clone(), now: now, facts: Facts{At: now}}
	p.state.clamp(now)
	for _, i := range p.state.Open() {
		p.drop(i.Condition, Removed)
	}
	return State{Sequence: p.state.Sequence}, p.events
}

// followRules finds the level of a balance incident in rules that may have changed since
// it was posted. A level that only the new rules make better is adopted without a post;
// a worse one is posted.
func (p *pass) followRules() {
	i, ok := p.open(Balance)
	if !ok {
		return
	}
	n := sameLevel(p.rules.Levels, i)
	if n < 0 {
		n = milderLevel(p.rules.Levels, i)
	}
	if n < 0 {
		p.drop(Balance, RulesChanged)
		return
	}
	l := p.rules.Levels[n]
	p.quiet = l.Below != i.Below || l.Runway != i.Runway
	i.Level, i.LevelName = n, l.Name
	p.state.Incidents[Balance] = i
}

// sameLevel finds the incident's level by its name, or by its limits when it was renamed.
func sameLevel(levels []Level, i Incident) int {
	for n, l := range levels {
		if l.Name == i.LevelName {
			return n
		}
	}
	for n, l := range levels {
		if l.Below == i.Below && l.Runway == i.Runway {
			return n
		}
	}
	return -1
}

// milderLevel finds the worst level that is no worse than one that was removed, so that
// no level counts as posted that never was.
func milderLevel(levels []Level, i Incident) int {
	found := -1
	for n, l := range levels {
		if atLeast(l.Below, i.Below) || !i.Below.Known() && i.Runway > 0 && l.Runway >= i.Runway {
			found = n
		}
	}
	return found
}

func atLeast(a, b moka.Maybe) bool {
	x, known := a.Get()
	y, both := b.Get()
	return known && both && x >= y
}
