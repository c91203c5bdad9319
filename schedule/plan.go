package schedule

import (
	"time"

	"mokabot/moka"
)

// Reason is why an account is read when it is.
type Reason string

// The reasons.
const (
	ReasonFirst    Reason = "first"    // it was not read yet
	ReasonInterval Reason = "interval" // poll_interval
	ReasonLevel    Reason = "level"    // the money may soon reach a level
	ReasonBudget   Reason = "budget"   // spending may soon reach a budget's threshold
	ReasonPace     Reason = "pace"     // spending may soon be unusual
	ReasonConfirm  Reason = "confirm"  // something waits for a second look
	ReasonDay      Reason = "day"      // money goes, and a day begins for somebody who reads of it
)

// target is a line that an account's money may reach.
type target struct {
	why  Reason
	left moka.Amount // to spend until then, above zero

	// Dollars an hour: what such an hour cost at most lately, and any hour; 0 where
	// that is not known or does not matter.
	such, any float64
	from      float64       // the pace below which the line is out of reach
	minGap    time.Duration // between readings for this line
}

// The shortest times between two readings of an account.
const (
	minGap       = 10 * time.Second // while money goes
	expectantGap = 30 * time.Second // while it went at this time of day before
	watchfulGap  = 60 * time.Second // while it could go
)

// Into how many parts readings divide the time to a line: at the pace of now, and at the
// pace that such an hour had before.
const (
	approach  = 4
	expectant = 2.5
)

// gapFor is the wanted time between two readings: as long as the line that is
// nearest allows, and at most maxGap. With what is left until the line and a pace
// in dollars an hour,
//
//	time to the line ÷ 4     at the pace of now, and not less than 10 s,
//	time to the line ÷ 2.5   at the pace of the dearest such hour, and not less than 30 s,
//	time to the line         at the pace of the dearest hour of all, and not less than 60 s,
//
// the shortest of the three is wanted. So the readings draw closer as the line does,
// and an account that is far from all lines costs no more than poll_interval asks for.
func gapFor(targets []target, pace float64, maxGap time.Duration) (time.Duration, Reason) {
	gap, why := maxGap, ReasonInterval
	for _, t := range targets {
		if pace < t.from {
			continue
		}
		wanted := min(
			max(timeTo(t.left, pace, approach), minGap, t.minGap),
			max(timeTo(t.left, t.such, expectant), expectantGap, t.minGap),
			max(timeTo(t.left, t.any, 1), watchfulGap, t.minGap),
		)
		if wanted < gap {
			gap, why = wanted, t.why
		}
	}
	return gap, why
}

// forever is longer than any poll_interval.
const forever = 1000 * time.Hour

// timeTo is a part of the time in which an amount is spent.
func timeTo(left moka.Amount, perHour float64, parts float64) time.Duration {
	if perHour <= 0 {
		return forever
	}
	hours := max(0, left.USD()) / perHour / parts
	return time.Duration(min(hours, forever.Hours()) * float64(time.Hour))
}

// demand is what one account asks of its host's request budget.
type demand struct {
	gap  time.Duration // wanted between readings; more than poll_interval for an account far from all lines
	cost float64       // requests of a light reading
	full float64       // requests of a full one
}

// allotment is what a host's budget grants its accounts.
type allotment struct {
	stretch float64       // wanted gaps are longer by this factor, at least 1
	maxGap  time.Duration // poll_interval, or longer where that is beyond the budget
	fulls   time.Duration // between full readings
	busy    bool          // more than half of the rate is asked for
	rate    float64       // requests a second that this takes
}

const (
	fullShare = 1. / 8 // of a host's rate, which full readings may take beyond what light ones would
	nearShare = 1. / 2 // of what is left, for what is near a line where poll_interval takes more than there is
)

// allot divides a rate of requests a second. What full readings cost beyond light ones may
// take what the wanted gaps leave, and an eighth of the rate in any case: full readings are
// taken every poll_interval if that is enough, and so much less often otherwise. What is left
// goes to the wanted gaps: where they are beyond it all are longer by one factor, up to
// poll_interval; where that is not enough, poll_interval is longer for all alike, and half
// stays for those that are near a line.
func allot(demands []demand, interval time.Duration, rate float64) allotment {
	more, lights := 0.0, 0.0
	for _, d := range demands {
		more += d.full - d.cost
		lights += d.cost
	}
	al := allotment{stretch: 1, maxGap: interval}
	forFull := rate * fullShare
	if lights/(rate-forFull) > interval.Seconds() {
		al.maxGap = inSeconds(lights / (rate - forFull) / (1 - nearShare))
	}
	need := func(stretch float64) (perSecond float64) {
		for _, d := range demands {
			perSecond += d.cost / min(d.gap.Seconds()*stretch, al.maxGap.Seconds())
		}
		return perSecond
	}
	al.fulls = max(interval, inSeconds(more/max(forFull, rate-need(1))))
	all := rate
	rate -= more / al.fulls.Seconds()
	al.busy = need(1) > rate/2
	if need(1) <= rate {
		al.rate = need(1) + all - rate
		return al
	}
	al.rate = all
	low, high := 1.0, max(1, al.maxGap.Seconds()/minInterval(demands).Seconds())
	for range 24 {
		if middle := (low + high) / 2; need(middle) > rate {
			low = middle
		} else {
			high = middle
		}
	}
	al.stretch = high
	return al
}

// gap is what an account gets.
func (al allotment) gap(wanted time.Duration) time.Duration {
	return min(time.Duration(float64(wanted)*al.stretch), al.maxGap)
}

func minInterval(demands []demand) time.Duration {
	interval := forever
	for _, d := range demands {
		interval = min(interval, d.gap)
	}
	return max(interval, time.Millisecond)
}

func inSeconds(s float64) time.Duration {
	return time.Duration(min(s, forever.Seconds()) * float64(time.Second))
}
