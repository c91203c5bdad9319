package store

import (
	"context"
	"database/sql"
	"time"

	"mokabot/moka"
)

// Gap is a stretch of time between two readings too far apart to date what was
// spent in between.
type Gap struct {
	From, To time.Time
	Known    bool        // false: not even the sum is known
	Spent    moka.Amount // net of refunds
	Refunds  moka.Amount
	Requests int64
}

// Gaps are an account's gaps that overlap [from, to), oldest first.
func (db *DB) Gaps(ctx context.Context, account string, from, to time.Time) ([]Gap, error) {
	return inPast(ctx, db, account, func(p *Past) ([]Gap, error) { return p.Gaps(ctx, from, to) })
}

func scanGap(r row, unit float64) (g Gap, err error) {
	var since, until, spent, refunds int64
	var perUnit float64
	err = r.Scan(&since, &until, &g.Known, &spent, &refunds, &g.Requests, &perUnit)
	g.From, g.To = fromMillis(since), fromMillis(until)
	g.Spent, g.Refunds = moka.Amount(rescaled(spent, perUnit, unit)), moka.Amount(rescaled(refunds, perUnit, unit))
	return g, err
}

// addGap stores what was spent in a gap that a reading has found.
func addGap(ctx context.Context, tx writer, account string, s Sample) error {
	p := pieceOf(s)
	if p.known && !p.isGap() || !p.known && (p.since == 0 || p.until <= p.since || s.ErrKind != "") {
		return nil
	}
	return put(ctx, tx, sqlAddGap, account, p.until, p.since, flag(p.known), p.spent, p.refunds, p.requests, p.perUnit)
}

// Recorded is what the gateway itself recorded of one hour.
type Recorded struct {
	Start    time.Time // a full hour
	Quota    int64     // raw
	Spent    moka.Amount
	Requests int64
}

// AddRecorded stores the gateway's records of hours. The larger of two for one hour is
// kept, because records only ever lose rows.
func (db *DB) AddRecorded(ctx context.Context, account string, hours []Recorded) error {
	return db.tx(ctx, func(tx *sql.Tx) error {
		for _, h := range hours {
			if err := put(ctx, tx, sqlAddRecorded, account, floor(millis(h.Start), hour), h.Quota, h.Requests); err != nil {
				return err
			}
		}
		return nil
	})
}

// Recorded are the hours of [from, to) that the gateway's records were kept of.
func (db *DB) Recorded(ctx context.Context, account string, from, to time.Time) ([]Recorded, error) {
	return inPast(ctx, db, account, func(p *Past) ([]Recorded, error) {
		return listInUnit(ctx, p, scanRecorded, sqlRecorded, millis(from), millis(to))
	})
}

func scanRecorded(r row, perUnit float64) (h Recorded, err error) {
	var start int64
	err = r.Scan(&start, &h.Quota, &h.Requests)
	h.Start = fromMillis(start)
	h.Spent, _ = moka.Units{QuotaPerUnit: perUnit}.Quota(h.Quota).Get()
	return h, err
}
