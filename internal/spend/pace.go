package spend

import (
	"time"

	"mokabot/moka"
)

// Pace is what the last minutes cost.
type Pace struct {
	Spent moka.Amount
	Over  time.Duration // how much of them readings cover

	Quarter    moka.Amount   // what the last fifteen minutes cost, however much of them readings cover
	Newest     moka.Amount   // what the last five of them cost
	NewestOver time.Duration // how much of these readings cover
}

const (
	fastFactor = 5                // times what is expected of an hour
	paceNeeds  = 10 * time.Minute // of readings
	fastSoon   = 72 * time.Hour   // in which all would be spent: later than that, the pace of now does not matter
	rises      = 1.5              // times the pace of the last fifteen minutes, which then is not the pace of now
)

// atThisPace is how long what is left lasts at the pace of now, 0 unless that is
// several times what is expected of such an hour.
func (m *model) atThisPace(q Question, left float64) time.Duration {
	if q.Pace.Over < paceNeeds || left <= 0 {
		return 0
	}
	perHour := float64(q.Pace.Spent) / q.Pace.Over.Hours()
	if perHour <= fastFactor*m.expectedNow(q) {
		return 0
	}
	return m.lastsAt(perHour, q, left)
}

// rising reports whether so much was spent in the last minutes that it is not known how
// long what is left lasts: it goes by far faster than usual, and the pace of now is not
// known yet.
func (m *model) rising(q Question, left float64) bool {
	p := q.Pace
	if left <= 0 || p.NewestOver <= 0 || float64(p.Quarter) <= fastFactor*m.expectedNow(q)/4 {
		return false
	}
	newest := float64(p.Newest) / p.NewestOver.Hours()
	known := p.Over >= paceNeeds && newest <= rises*float64(p.Spent)/p.Over.Hours()
	return !known && m.lastsAt(newest, q, left) > 0
}

// expectedNow is what is expected of such an hour, in millionths of a dollar.
func (m *model) expectedNow(q Question) (expected float64) {
	for _, from := range []time.Duration{-time.Hour, 0, time.Hour} { // habits do not keep the hour
		expected = max(expected, m.week[slotOf(q.Now.Add(from), q.Zone)]*m.lasting)
	}
	return expected
}

// lastsAt is how long what is left lasts at a pace, 0 where that is too long to matter.
func (m *model) lastsAt(perHour float64, q Question, left float64) time.Duration {
	p := newPurse(left, q)
	for at := time.Duration(0); at < fastSoon; at += time.Hour {
		spent := perHour * (at + time.Hour).Hours()
		if paid := p.pay(q.Now.Add(at), time.Hour, spent); paid < 1 {
			return max(time.Second, (at + time.Duration(paid*float64(time.Hour))).Round(time.Second))
		}
	}
	return 0
}
