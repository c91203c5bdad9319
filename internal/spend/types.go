// Package spend turns a row of readings into what no balance endpoint says:
// what was spent, what was topped up, how fast the money goes and how long it
// will last. It is pure.
package spend

import (
	"time"

	"mokabot/moka"
)

// Delta is what happened between two readings of one account.
type Delta struct {
	From, To time.Time // From is zero for a first reading
	Known    bool      // false: the two cannot be compared (first reading, unit change, other view, …)
	Spent    moka.Amount
	TopUp    moka.Amount
	Requests int64
	Covered  time.Duration // how much of the time is covered: none of a long gap
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
	PerDay         moka.Amount   // the burn rate behind it, per 24 hours
}
