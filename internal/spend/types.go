// Package spend turns a row of readings into what no balance endpoint says:
// what was spent, what was topped up, how fast the money goes and how long it
// will last. It is pure.
//
// [Forecast] looks at the hours of the last weeks in several simple ways: what
// such an hour of the day usually costs (from two weeks on: such an hour of the
// week); the same, scaled to what the last hours or days cost against it; and
// that growing on as the last week grew over the one before. Each day of the
// last four weeks asks each of these views what the next 6, 24, 72 and 168 hours
// would have cost, and compares it with what they did cost. The forecast is the
// average of all views, those that were closer counting far more; the range
// around it is as wide as four of five of these tests needed. So an account with
// office hours is foretold by its office hours, one without any pattern by its
// mean, and the range is wide where the past was hard to foretell: at least from
// 0.4 to 2.5 times until a whole week was seen. An hour that cost many times what
// any other did is an accident and taken for less.
package spend

import (
	"math"
	"time"

	"mokabot/moka"
)

// Delta is what happened between two readings of one account.
type Delta struct {
	From, To time.Time   // From is zero for a first reading
	Known    bool        // false: the two cannot be compared (first reading, other view, counters set back, …)
	Spent    moka.Amount // net of refunds, so it can be negative
	Refunds  moka.Amount
	TopUp    moka.Amount
	Requests int64
	Covered  time.Duration // how much of the time is covered: none of a long gap
	PerUnit  float64       // raw quota in a dollar, by which the amounts are dollars
}

// After is d together with what happened before it and could not be stored.
func (d Delta) After(owed *Delta) Delta {
	if owed == nil || !owed.Known {
		return d
	}
	sum := *owed
	if d.PerUnit > 0 && sum.PerUnit > 0 {
		for _, a := range []*moka.Amount{&sum.Spent, &sum.Refunds, &sum.TopUp} {
			*a = moka.Amount(math.Round(float64(*a) * (sum.PerUnit / d.PerUnit)))
		}
		sum.PerUnit = d.PerUnit
	}
	sum.To = d.To
	sum.Spent, sum.Refunds, sum.TopUp = sum.Spent+d.Spent, sum.Refunds+d.Refunds, sum.TopUp+d.TopUp
	sum.Requests, sum.Covered = sum.Requests+d.Requests, sum.Covered+d.Covered
	return sum
}

// Hour is what is known of one hour of an account's spending.
type Hour struct {
	Start   time.Time
	Spent   moka.Amount
	Covered time.Duration // how much of the hour the readings cover, at most an hour
}

// Runway is how long the money is likely to last. The zero value is "not
// enough data".
type Runway struct {
	Known          bool          // Low, Mid and High hold
	Idle           bool          // nothing is being spent
	Low, Mid, High time.Duration // the range, and its middle
	PerDay         moka.Amount   // the burn rate behind it, per 24 hours of the coming week
}
