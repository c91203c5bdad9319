package spend

import (
	"time"

	"mokabot/moka"
)

// Pace is what the last minutes cost.
type Pace struct {
	Spent moka.Amount
	Over  time.Duration // how much of them readings cover
}

const (
	fastFactor = 5                // times what is expected of an hour
	paceNeeds  = 10 * time.Minute // of readings
	fastSoon   = 72 * time.Hour   // in which all would be spent: later than that, the pace of now does not matter
)

// atThisPace is how long what is left lasts at the pace of now, 0 unless that is
// several times what is expected of such an hour.
func (m *model) atThisPace(q Question, left float64) time.Duration {
	if q.Pace.Over < paceNeeds || left <= 0 {
		return 0
	}
	expected := 0.0
	for _, from := range []time.Duration{-time.Hour, 0, time.Hour} { // habits do not keep the hour
		expected = max(expected, m.week[slotOf(q.Now.Add(from), q.Zone)]*m.lasting)
	}
	perHour := float64(q.Pace.Spent) / q.Pace.Over.Hours()
	if perHour <= fastFactor*expected {
		return 0
	}
	p := newPurse(left, q)
	for at := time.Duration(0); at < fastSoon; at += time.Hour {
		spent := perHour * (at + time.Hour).Hours()
		if paid := p.pay(q.Now.Add(at), time.Hour, spent); paid < 1 {
			return max(time.Second, (at + time.Duration(paid*float64(time.Hour))).Round(time.Second))
		}
	}
	return 0
}
