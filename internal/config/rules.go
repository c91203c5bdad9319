package config

import (
	"time"

	"gopkg.in/yaml.v3"

	"mokabot/internal/alert"
	"mokabot/moka"
)

func defaultRules() alert.Rules {
	return alert.Rules{
		ConfirmAfter:     30 * time.Second,
		Margin:           0.05,
		UnreachableAfter: 15 * time.Minute,
		KeyExpiry:        7 * day,
		SpikeFactor:      5,
		SpikeAtLeast:     moka.Dollar,
		Levels: []alert.Level{
			{Name: "low", Below: moka.Known(20 * moka.Dollar), Runway: 3 * day, RemindEvery: day},
			{Name: "critical", Below: moka.Known(5 * moka.Dollar), Runway: day, RemindEvery: 6 * time.Hour},
		},
	}
}

// readRules changes what was written and leaves the rest; levels are one list,
// which is replaced as a whole.
func readRules(v value, rules *alert.Rules) {
	m := v.mapping()
	m.get("channel_id").snowflake(&rules.ChannelID)
	m.get("confirm_after").duration(&rules.ConfirmAfter, true)
	m.get("margin").share(&rules.Margin)
	m.get("unreachable_after").duration(&rules.UnreachableAfter, true)
	m.get("key_expiry").duration(&rules.KeyExpiry, true)
	spike := m.get("spike").mapping()
	spike.get("factor").factor(&rules.SpikeFactor)
	if amount, ok := spike.get("at_least").money().Get(); ok {
		rules.SpikeAtLeast = amount
	}
	spike.done()
	if levels := m.get("levels"); levels.given() {
		rules.Levels = readLevels(levels)
	}
	m.get("mention_on_recovery").yes(&rules.MentionOnRecovery)
	readQuietHours(m.get("quiet_hours"), rules)
	m.done()
}

// readLevels reads the ladder from the mildest rung to the worst.
func readLevels(v value) []alert.Level {
	levels := []alert.Level{}
	names := names{}
	var ladder ladder
	for _, item := range v.list() {
		if !item.given() {
			continue
		}
		var l alert.Level
		m := item.mapping()
		name, below, runway := m.get("name"), m.get("below"), m.get("runway")
		if isMapping(item) && name.name(&l.Name) {
			names.add(name, l.Name, "level")
		}
		l.Below = below.money()
		runway.duration(&l.Runway, true)
		m.get("remind_every").duration(&l.RemindEvery, true)
		m.get("mention_roles").snowflakes(&l.MentionRoles)
		m.get("mention_users").snowflakes(&l.MentionUsers)
		m.done()
		if isMapping(item) && !below.given() && l.Runway == 0 {
			item.problem(func(w *words) string { return w.LevelLimit })
		}
		ofBelow, ofRunway := ladder.step(l)
		if ofBelow != nil {
			below.problem(ofBelow)
		}
		if ofRunway != nil {
			runway.problem(ofRunway)
		}
		levels = append(levels, l)
	}
	return levels
}

// ladder holds the last rung by balance and the last one by runway. They are
// apart because a level may go by either alone.
type ladder struct {
	byBalance, byRunway alert.Level
}

// step takes the next rung, and returns what is wrong with its limits; nil: nothing is.
func (l *ladder) step(next alert.Level) (below, runway phrase) {
	if amount, ok := next.Below.Get(); ok {
		if last, ok := l.byBalance.Below.Get(); ok && amount >= last {
			milder := l.byBalance
			below = func(w *words) string { return w.NotBelow(plain(next.Below), plain(milder.Below), milder.Name) }
		}
		l.byBalance = next
	}
	if next.Runway > 0 {
		if last := l.byRunway.Runway; last > 0 && next.Runway >= last {
			milder := l.byRunway
			runway = func(w *words) string { return w.NotShorter(short(next.Runway), short(last), milder.Name) }
		}
		l.byRunway = next
	}
	return below, runway
}

// plain is an amount without the dollar sign, as the file has it.
func plain(m moka.Maybe) string { return m.String()[1:] }

func isMapping(v value) bool { return v.given() && v.node.Kind == yaml.MappingNode }

func isList(v value) bool { return v.given() && v.node.Kind == yaml.SequenceNode }
