package schedule

import (
	"mokabot/internal/account"
	"mokabot/internal/alert"
	"mokabot/internal/history"
	"mokabot/moka"
)

// newcomer is the part of a level that an hour may cost while less than a day of the
// account is known.
const newcomer = 0.5

// targets are the lines that an account's money may reach next: the levels below,
// nothing left, a budget's threshold and unusual spending.
func (w *Watch) targets(a *account.Account, f alert.Facts, o history.Outlook) []target {
	such, _ := o.SuchHour.Get()
	dearest, _ := o.AnyHour.Get()
	at := func(why Reason, left moka.Amount) target {
		return target{why: why, left: left, such: such.USD(), any: dearest.USD()}
	}
	var all []target
	if left, known := f.Reading.Spendable().Get(); known && left > 0 {
		all = append(all, at(ReasonLevel, left))
		for _, l := range a.Rules.Levels {
			if below, ok := l.Below.Get(); ok && left >= below {
				t := at(ReasonLevel, left-below)
				if !f.Runway.Known {
					t.such = max(t.such, newcomer*below.USD())
				}
				all = append(all, t)
			}
			if l.Runway > 0 && f.Runway.Known && !f.Runway.Idle && f.Runway.Mid >= l.Runway {
				t := at(ReasonLevel, moka.Amount(float64(left)*(1-l.Runway.Hours()/f.Runway.Mid.Hours())))
				t.minGap = watchfulGap // an estimate is no exact line
				all = append(all, t)
			}
		}
	}
	if w.Budgets != nil {
		for _, left := range w.Budgets(a.Name) {
			all = append(all, at(ReasonBudget, left))
		}
	}
	for _, line := range a.Rules.SpikeLines(f) {
		all = append(all, target{why: ReasonPace, left: line.Left, from: line.PerHour.USD(), minGap: expectantGap})
	}
	return all
}
