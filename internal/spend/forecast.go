package spend

import (
	"math"
	"time"

	"mokabot/moka"
)

const (
	enoughKnown = 24 * time.Hour // of readings before anything is forecast
	idleAfter   = 72 * time.Hour // without spending
	maxRunway   = 365 * 24 * time.Hour
)

// Question is what a forecast is asked for.
type Question struct {
	Left  moka.Maybe     // what can be spent
	Funds []moka.Fund    // the sources that pay for it, in their order; nil: one that does not end before Until
	Until time.Time      // when the plan or key that pays for it ends; zero: it does not
	Pace  Pace           // of the last minutes
	Now   time.Time      //
	Zone  *time.Location // of the reader's clock
}

// Forecast is how long what is left lasts, by the hours of the past. It is
// unknown with less than a day of readings, and idle when nothing was spent for
// days on which it was usual. It ends where what pays ends, and after a year.
func Forecast(hours []Hour, q Question) Runway {
	left, known := q.Left.Get()
	if !known || coveredBy(hours) < enoughKnown {
		return Runway{}
	}
	limit, ends := maxRunway, false
	if !q.Until.IsZero() && q.Until.Sub(q.Now) < limit {
		limit, ends = max(0, q.Until.Sub(q.Now)), true
	}
	if idle(hours, q.Now) {
		if ends && left > 0 {
			return Runway{Idle: true, Ends: true, Low: limit, Mid: limit, High: limit}
		}
		return Runway{Idle: true}
	}
	m := newModel(hours, q.Now, q.Zone)
	r := m.lasts(float64(left), q.Funds, q.Now, limit)
	r.From = q.Now.In(q.Zone)
	r.Ends = ends && r.High == limit && left > 0
	if pace := m.atThisPace(q, float64(left)); pace < r.Mid {
		r.AtThisPace = pace
	}
	return r
}

// lasts walks through the coming hours until left is spent, up to a limit.
func (m *model) lasts(left float64, funds []moka.Fund, now time.Time, limit time.Duration) Runway {
	r := Runway{Known: true, PerDay: m.perDay(now)}
	if left <= 0 {
		return r
	}
	r.Low, r.Mid, r.High = limit, limit, limit
	end := now.Add(limit)
	low, mid, high := newPurse(left, funds), newPurse(left, funds), newPurse(left, funds)
	for w := m.walk(now); w.t.Before(end) && r.High == limit; {
		t := w.t
		part := w.step(end)
		toLow, toHigh := m.around(w.cost, w.t.Sub(now).Hours())
		depletedBy(&r.Low, limit, t.Sub(now), part, high.pay(t, part, toHigh))
		depletedBy(&r.Mid, limit, t.Sub(now), part, mid.pay(t, part, w.cost))
		depletedBy(&r.High, limit, t.Sub(now), part, low.pay(t, part, toLow))
	}
	return r
}

// depletedBy notes when the money is spent, if only a share of a part could be paid.
func depletedBy(at *time.Duration, limit, begin, part time.Duration, paid float64) {
	if *at == limit && paid < 1 {
		*at = min(limit, begin+time.Duration(paid*float64(part)))
	}
}

// purse is what is left on one of a forecast's paths.
type purse struct {
	left  float64
	spent float64
	funds []fund // nil: left is all there is to know
}

type fund struct {
	left   float64
	endsAt time.Time // zero: never
}

func newPurse(left float64, funds []moka.Fund) *purse {
	p := &purse{left: left}
	for _, f := range funds {
		of := fund{float64(f.Left), f.EndsAt}
		if f.Unlimited {
			of.left = math.Inf(1)
		}
		p.funds = append(p.funds, of)
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
	paid := min(due, p.left)
	if p.funds != nil {
		paid = p.charge(t, part, paid)
	}
	p.left -= paid
	if paid < due || p.left <= 0 {
		return min(paid/due, math.Nextafter(1, 0))
	}
	return 1
}

// charge takes what is due from the sources in their order, and returns how much
// they paid. A source that ends pays its share of the part until then.
func (p *purse) charge(t time.Time, part time.Duration, due float64) (paid float64) {
	for i := range p.funds {
		f := &p.funds[i]
		most := due
		if !f.endsAt.IsZero() {
			most *= min(1, max(0, f.endsAt.Sub(t).Seconds()/part.Seconds()))
		}
		from := max(0, min(due-paid, most, f.left))
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
		if f.endsAt.IsZero() || f.endsAt.After(t) {
			sum += f.left
		}
	}
	return max(0, min(p.left, sum))
}

// Left is what is expected to be left at a moment: the middle, and the range in
// which four of five such forecasts lie.
type Left struct {
	At             time.Time
	Low, Mid, High moka.Amount
}

// Ahead is what is expected to be left from now to each full hour after it, until
// nothing is or what pays has ended, and no longer than to the end: the path to
// the end of the runway of [Forecast]. It is empty where that is unknown or idle,
// and when nothing is left.
func Ahead(hours []Hour, q Question, end time.Time) []Left {
	left, known := q.Left.Get()
	if !q.Until.IsZero() && q.Until.Before(end) {
		end = q.Until
	}
	if !known || left <= 0 || !end.After(q.Now) || coveredBy(hours) < enoughKnown || idle(hours, q.Now) {
		return nil
	}
	m := newModel(hours, q.Now, q.Zone)
	low, mid, high := newPurse(float64(left), q.Funds), newPurse(float64(left), q.Funds), newPurse(float64(left), q.Funds)
	path := []Left{{q.Now, left, left, left}}
	for w := m.walk(q.Now); w.t.Before(end); {
		t := w.t
		part := w.step(end)
		toLow, toHigh := m.around(w.cost, w.t.Sub(q.Now).Hours())
		low.pay(t, part, toHigh)
		mid.pay(t, part, w.cost)
		paid := high.pay(t, part, toLow)
		at := Left{w.t, amount(low.available(w.t)), amount(mid.available(w.t)), amount(high.available(w.t))}
		if paid < 1 {
			at.At, at.High = t.Add(time.Duration(paid*float64(part))), 0
			return append(path, at)
		}
		path = append(path, at)
	}
	return path
}

// perDay is what a day of the coming week costs on average.
func (m *model) perDay(now time.Time) moka.Amount {
	w := m.walk(now)
	for end := now.Add(hoursInWeek * time.Hour); w.t.Before(end); {
		w.step(end)
	}
	return amount(w.cost / 7)
}

// amount rounds to what an Amount can hold.
func amount(millionths float64) moka.Amount {
	return moka.Amount(min(millionths, math.MaxInt64/2))
}

// Expected is what will have been spent by a moment: the middle, and the range
// in which four of five such forecasts lie.
type Expected struct {
	At             time.Time
	Low, Mid, High moka.Amount
}

// Expect is what is expected to be spent from now to each full hour after it,
// and to the end, which is the last of the list. It is empty when the end is not
// after now, and with less than a day of readings. An idle account is expected
// to spend nothing.
func Expect(hours []Hour, now, end time.Time, loc *time.Location) []Expected {
	if !end.After(now) || coveredBy(hours) < enoughKnown {
		return nil
	}
	if idle(hours, now) {
		return []Expected{{At: end}}
	}
	m := newModel(hours, now, loc)
	var path []Expected
	for w := m.walk(now); w.t.Before(end); {
		w.step(end)
		low, high := m.around(w.cost, w.t.Sub(now).Hours())
		path = append(path, Expected{At: w.t, Low: amount(low), Mid: amount(w.cost), High: amount(high)})
	}
	for i := len(path) - 2; i >= 0; i-- { // a longer forecast may be surer than a shorter one; money is not unspent
		path[i].Low = min(path[i].Low, path[i+1].Low)
	}
	for i := 1; i < len(path); i++ {
		path[i].High = max(path[i].High, path[i-1].High)
	}
	return path
}

func coveredBy(hours []Hour) (d time.Duration) {
	for _, h := range hours {
		d += h.Covered
	}
	return d
}

// idle reports whether nothing was spent in three days; unless that is usual,
// because the same days a week before were quiet too and something was spent since.
func idle(hours []Hour, now time.Time) bool {
	const week = hoursInWeek * time.Hour
	if spent, _ := spentIn(hours, now.Add(-idleAfter), now); spent > 0 {
		return false
	}
	since, _ := spentIn(hours, now.Add(-week), now)
	before, covered := spentIn(hours, now.Add(-week-idleAfter), now.Add(-week))
	return since <= 0 || before > 0 || covered < idleAfter/2
}

// spentIn is what the hours of a time cost, and how much of them is covered.
func spentIn(hours []Hour, from, to time.Time) (spent moka.Amount, covered time.Duration) {
	for _, h := range hours {
		if h.Start.Add(time.Hour).After(from) && h.Start.Before(to) {
			spent, covered = spent+h.Spent, covered+h.Covered
		}
	}
	return spent, covered
}
