package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// Point is one step of a curve.
type Point struct {
	At      time.Time     // the beginning of the step
	Balance moka.Maybe    // the last known in the step
	Spent   moka.Amount   // in the step
	Covered time.Duration // how much of the step readings cover
}

const (
	maxPoints = 100_000
	fineSpan  = 31 * day // that is worth going through reading by reading
)

// Points divides [from, to) into steps, including those without figures; the last may be
// shorter. Where steps are not on full hours and the time is long, or readings
// were pruned, what was spent is divided in proportion to time.
func (db *DB) Points(ctx context.Context, account string, from, to time.Time, step time.Duration) ([]Point, error) {
	c := curve{from: from.UnixMilli(), to: to.UnixMilli(), step: step.Milliseconds()}
	if c.step <= 0 || (c.to-c.from)/c.step >= maxPoints {
		return nil, errors.New("the steps of the curve are too small")
	}
	for at := c.from; at < c.to; at += c.step {
		c.points = append(c.points, Point{At: time.UnixMilli(at).UTC()})
	}
	err := db.Past(ctx, account, func(p *Past) error {
		for _, s := range p.atLeast(c.level(), c.from, c.to) {
			if err := s.pieces(ctx, p.tx, account, func(p piece) { c.add(p, s) }); err != nil {
				return err
			}
		}
		return c.fill(ctx, p.tx, account, p.perUnit)
	})
	return c.points, err
}

// fill adds what the gateway recorded of hours that readings do not cover, where
// a step holds the whole hour.
func (c *curve) fill(ctx context.Context, tx *sql.Tx, account string, perUnit float64) error {
	recorded, err := list(ctx, tx, func(r row) (Recorded, error) { return scanRecorded(r, perUnit) }, sqlRecorded, account, floor(c.from+hour-1, hour), c.to)
	if err != nil || len(recorded) == 0 {
		return err
	}
	first, last := millis(recorded[0].Start), millis(recorded[len(recorded)-1].Start)
	read, err := list(ctx, tx, hourScan(perUnit), sqlHours, account, first, last+hour)
	if err != nil {
		return err
	}
	known := map[int64]spend.Hour{}
	for _, h := range read {
		known[millis(h.Start)] = h
	}
	for _, rec := range recorded {
		start := millis(rec.Start)
		i, had := (start-c.from)/c.step, known[start]
		if had.Covered >= minCovered || start+hour > c.to || (start+hour-1-c.from)/c.step != i {
			continue
		}
		c.points[i].Spent += max(0, rec.Spent-had.Spent)
		c.points[i].Covered += time.Hour - had.Covered
	}
	return nil
}

// curve is a row of points in the making.
type curve struct {
	from, to, step int64
	points         []Point
}

// level is the coarsest whose rows fit into the steps.
func (c *curve) level() level {
	fits := func(width int64) bool { return c.from == floor(c.from, width) && c.step%width == 0 }
	switch {
	case fits(day):
		return days
	case fits(hour), c.to-c.from > fineSpan:
		return hours
	}
	return readings
}

func (c *curve) add(p piece, s span) {
	if p.balance.Valid && p.balanceAt >= s.from && p.balanceAt < s.to {
		c.points[(p.balanceAt-c.from)/c.step].Balance = maybe(p.balance)
	}
	if !p.known {
		return
	}
	if p.until <= p.since { // in no time: in the step that ends there, or around it
		if part, ok := p.clip(s.from, s.to); ok {
			c.count(part, (p.until-1-c.from)/c.step)
		}
		return
	}
	begin, end := max(p.since, s.from), min(p.until, s.to)
	for i := (begin - c.from) / c.step; c.from+i*c.step < end; i++ {
		first := max(s.from, c.from+i*c.step)
		if part, ok := p.clip(first, min(s.to, c.from+(i+1)*c.step)); ok {
			c.count(part, i)
		}
	}
}

func (c *curve) count(p piece, i int64) {
	c.points[i].Spent += moka.Amount(p.spent)
	c.points[i].Covered += time.Duration(p.covered) * time.Millisecond
}

// TopUp is money that was added to an account.
type TopUp struct {
	At     time.Time // of the reading that showed it; the end of the day or hour where readings were pruned
	Amount moka.Amount
}

// TopUps is what was added to an account in (from, to], oldest first.
func (db *DB) TopUps(ctx context.Context, account string, from, to time.Time) ([]TopUp, error) {
	var found []TopUp
	err := db.Past(ctx, account, func(p *Past) error {
		for _, s := range p.atLeast(readings, from.UnixMilli(), to.UnixMilli()) {
			statement := sqlReadingTopUps
			if s.width > 0 {
				statement = in(s.table, sqlSumTopUps)
			}
			scan := func(r row) (TopUp, error) { return scanTopUp(r, s.perUnit) }
			some, err := list(ctx, p.tx, scan, statement, account, s.from, s.to)
			if err != nil {
				return err
			}
			found = append(found, some...)
		}
		return nil
	})
	return found, err
}

func scanTopUp(r row, unit float64) (t TopUp, err error) {
	var at, amount int64
	var perUnit float64
	err = r.Scan(&at, &amount, &perUnit)
	t.At, t.Amount = fromMillis(at), moka.Amount(rescaled(amount, perUnit, unit))
	return t, err
}
