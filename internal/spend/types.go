// Package spend turns a row of readings into what no balance endpoint says:
// what was spent, what was topped up, how fast the money goes and how long it
// will last. It is pure.
//
// [Forecast] and [Expect] go by what the same hour of the week cost on average
// in the last four weeks, a newer week counting more, on the reader's clock (by
// the hour of the day, before there is a week). What the last hours cost against
// that scales the next day, and is taken off the days after. A level that the last
// seven days agree on is taken to last. An hour counts for at most a day and a half
// of spending beyond the middle of its like. The range is as wide as four of five
// forecasts of the last four weeks needed, and wider until a whole week was seen.
//
// [Usual] is what an hour has to be compared with to tell a spike.
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
	Covered  time.Duration // how much of the time is covered: none of a gap
	PerUnit  float64       // raw quota in a dollar, by which the amounts are dollars
}

// MaxDivided is the longest time between two readings around a midnight whose spending is
// divided between both days in proportion to time: about two intervals.
const MaxDivided = 10 * time.Minute

// Undivided is d without the time it covers where it reaches from one day into another in
// one of the zones, too far to divide what was spent: no reading dates it.
func (d Delta) Undivided(zones []*time.Location) Delta {
	if d.Spent == 0 && d.Refunds == 0 || d.To.Sub(d.From) <= MaxDivided {
		return d
	}
	for _, zone := range zones {
		if midnight := Day(d.To, zone).From; midnight.After(d.From) && midnight.Before(d.To) {
			d.Covered = 0
		}
	}
	return d
}

// After is d together with what happened before it and could not be stored.
func (d Delta) After(unstored *Delta) Delta {
	if unstored == nil || !unstored.Known {
		return d
	}
	sum := *unstored
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
	Ends           bool          // High, and perhaps Low and Mid, is the end of the plan or key that pays
	Low, Mid, High time.Duration // the range at the usual pace, and its middle
	AtThisPace     time.Duration // how long it lasts at the pace of the last minutes, if that is many times the usual; else 0
	Rising         bool          // so much was spent in the last minutes that none of these may hold
	PerDay         moka.Amount   // the burn rate behind it, per 24 hours of the coming week
	From           time.Time     // when the durations begin, on the reader's clock; zero: not told, and no dates follow from it
}

// EndsUnspent reports whether the plan or key that pays is likely to end, at Mid,
// before what is left is spent.
func (r Runway) EndsUnspent() bool { return r.Ends && r.Mid == r.High }
