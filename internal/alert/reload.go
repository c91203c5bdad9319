package alert

import (
	"cmp"
	"time"

	"mokabot/moka"
)

// SubjectOf is the name by which an incident's posts call its account, which is
// called account now.
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

// followRules finds the level that a balance incident is on in rules that may
// have changed since it was told. What only the change of rules makes better is
// followed without a post; what it makes worse is news.
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

// sameLevel finds the level told of by its name, or renamed by its limits.
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

// milderLevel finds the worst level that is no worse than one that is gone, so
// that a level never told of is not taken for told.
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
