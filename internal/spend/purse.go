package spend

import (
	"math"
	"time"
)

// purse is what is left on one of a forecast's paths. A plan in it starts again
// with its whole amount at each reset that is known: the next one, and those after
// it where the time between two is known. Resets that come more often than once an hour
// count together, because a path may be a year long.
type purse struct {
	left  float64 // that the key allows, or that there is in all
	spent float64
	funds []fund // nil: left is all there is to know
}

type fund struct {
	left   float64
	endsAt time.Time // zero: never

	resetsAt time.Time // zero: never
	every    time.Duration
	refill   float64 // what a reset leaves, until the next one
	most     float64 // that is left at any moment
}

func newPurse(left float64, q Question) *purse {
	p := &purse{left: left}
	sum := 0.0
	for _, f := range q.Funds {
		of := fund{float64(f.Left), f.EndsAt, f.ResetsAt, f.ResetsEvery, float64(f.Refill), float64(max(f.Left, f.Refill))}
		if f.Unlimited {
			of.left, of.most = math.Inf(1), math.Inf(1)
		}
		if of.every > 0 && of.every < time.Hour {
			of.refill, of.every = of.refill*float64(time.Hour)/float64(of.every), time.Hour
		}
		sum += of.left
		p.funds = append(p.funds, of)
	}
	if p.funds == nil {
		return p
	}
	if limit, known := q.Key.Get(); known {
		p.left = float64(limit)
	} else if left >= sum {
		p.left = math.Inf(1) // the sources are the limit, and resets raise it
	}
	return p
}

// pay spends up to a sum in the part of the path that begins at t, and returns
// the share of it that could be paid: below 1 when nothing is left afterwards.
func (p *purse) pay(t time.Time, part time.Duration, sum float64) (share float64) {
	due := sum - p.spent
	if due <= 0 {
		return 1
	}
	p.spent = sum
	if p.funds == nil {
		paid := min(due, p.left)
		if p.left -= paid; p.left > 0 {
			return 1
		}
		return min(paid/due, nearlyAll)
	}
	paid, end := 0.0, t.Add(part)
	for t.Before(end) {
		next := p.reset(t, end)
		now := due * next.Sub(t).Seconds() / part.Seconds()
		got := p.take(t, next.Sub(t), now)
		paid, t = paid+got, next
		if got < now || p.empty() && !p.isResetAt(next) {
			return min(paid/due, nearlyAll)
		}
	}
	return 1
}

// nearlyAll is the largest share below 1.
const nearlyAll = 1 - 1.0/(1<<53)

// take spends what is due in a part without resets, and returns how much the sources paid.
func (p *purse) take(t time.Time, part time.Duration, due float64) (paid float64) {
	paid = p.charge(t, part, min(due, p.left))
	p.left -= paid
	return paid
}

// reset resets what is due at t and returns when the next reset is, or the end.
func (p *purse) reset(t, end time.Time) time.Time {
	for i := range p.funds {
		f := &p.funds[i]
		for f.isResetAt(t) {
			f.left = f.refill
			if f.resetsAt = f.resetsAt.Add(f.every); f.every <= 0 {
				f.resetsAt = time.Time{}
			}
		}
		if f.isResetAt(end) && f.resetsAt.Before(end) {
			end = f.resetsAt
		}
	}
	return end
}

// isResetAt reports whether a reset is due at t.
func (f fund) isResetAt(t time.Time) bool {
	return !f.resetsAt.IsZero() && !f.resetsAt.After(t) && (f.endsAt.IsZero() || f.resetsAt.Before(f.endsAt))
}

func (p *purse) isResetAt(t time.Time) bool {
	for _, f := range p.funds {
		if f.isResetAt(t) && f.refill > 0 {
			return p.left > 0
		}
	}
	return false
}

// empty reports whether nothing is left, in a purse with sources.
func (p *purse) empty() bool {
	if p.left <= 0 {
		return true
	}
	for _, f := range p.funds {
		if f.left > 0 {
			return false
		}
	}
	return true
}

// charge takes what is due from the sources in their order, and returns how much
// they paid. A source that ends pays its share of the part until then.
func (p *purse) charge(t time.Time, part time.Duration, due float64) (paid float64) {
	for i := range p.funds {
		f := &p.funds[i]
		limit := due
		if !f.endsAt.IsZero() {
			limit *= min(1, max(0, f.endsAt.Sub(t).Seconds()/part.Seconds()))
		}
		from := max(0, min(due-paid, limit, f.left))
		paid, f.left = paid+from, f.left-from
	}
	return paid
}

// available is what is left at a moment, of the sources that have not ended.
func (p *purse) available(t time.Time) float64 {
	if p.funds == nil {
		return max(0, p.left)
	}
	sum := 0.0
	for _, f := range p.funds {
		switch {
		case f.isResetAt(t):
			sum += min(f.refill, f.most)
		case f.endsAt.IsZero() || f.endsAt.After(t):
			sum += min(f.left, f.most)
		}
	}
	return max(0, min(p.left, sum))
}
