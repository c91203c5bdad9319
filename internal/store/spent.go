package store

import (
	"context"
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// Total is the sum of the readings of a stretch of time.
type Total struct {
	Spent    moka.Amount // net of refunds
	Refunds  moka.Amount
	TopUps   moka.Amount
	Requests int64
	Covered  time.Duration // how much of the time readings cover
}

// Known reports whether readings date anything in the time.
func (t Total) Known() bool { return t.Covered > 0 || t.Spent != 0 || t.Refunds != 0 }

// Spent adds up what was spent in [from, to), as far as it can be dated; [DB.Gaps]
// has the rest. What was spent between two readings on both sides of a boundary
// is divided in proportion to time, so that the totals of adjoining periods add up.
func (db *DB) Spent(ctx context.Context, account string, from, to time.Time) (Total, error) {
	return inPast(ctx, db, account, func(p *Past) (Total, error) { return p.Spent(ctx, from, to) })
}

// QuietAcross reports whether nothing was spent or refunded between the two readings around a
// moment, so that [DB.Spent] divides nothing there; false where readings of that time are
// no longer kept.
func (db *DB) QuietAcross(ctx context.Context, account string, at time.Time) (quiet bool, err error) {
	err = db.Past(ctx, account, func(p *Past) error {
		moment := at.UnixMilli()
		quiet = moment >= p.readings
		around := span{readings, moment, moment + 1, p.perUnit}
		return around.pieces(ctx, p.tx, account, func(p piece) {
			if p.since < moment && p.until > moment && (p.spent != 0 || p.refunds != 0 || p.requests != 0) {
				quiet = false
			}
		})
	})
	return quiet, err
}

func (t *Total) add(p piece, s span) {
	part, ok := p.clip(s.from, s.to)
	if !ok {
		return
	}
	t.Spent += moka.Amount(part.spent)
	t.Refunds += moka.Amount(part.refunds)
	t.TopUps += moka.Amount(part.topUp)
	t.Requests += part.requests
	t.Covered += time.Duration(part.covered) * time.Millisecond
}

// Hours returns what was spent in each hour of [from, to) that readings or the gateway's
// records know something of. The first is the whole hour that from lies in.
func (db *DB) Hours(ctx context.Context, account string, from, to time.Time) ([]spend.Hour, error) {
	return inPast(ctx, db, account, func(p *Past) ([]spend.Hour, error) { return p.Hours(ctx, from, to) })
}

// hoursOf are the hours that begin in [from, to), by readings, and by the gateway's
// records where readings do not cover an hour.
func (p *Past) hoursOf(ctx context.Context, from, to int64) ([]spend.Hour, error) {
	most := (to - max(from, p.first)) / hour // and the hours at both ends
	read := make([]spend.Hour, 0, min(max(most, 0), maxHours)+2)
	scan := hourScan(p.perUnit)
	err := each(ctx, p.tx, func(r row) error {
		h, err := scan(r)
		read = append(read, h)
		return err
	}, sqlHours, p.account, from, to)
	if err != nil {
		return nil, err
	}
	recorded, err := listInUnit(ctx, p, scanRecorded, sqlRecordedBeside, from, to, minCovered.Milliseconds())
	if err != nil || len(recorded) == 0 {
		return read, err
	}
	return filled(read, recorded), nil
}

// maxHours is how many hours room is made for at once: a forecast uses no more.
const maxHours = 60 * 24

// minCovered is how much of an hour readings must cover to be believed alone.
const minCovered = 45 * time.Minute

// filled fills the hours that readings do not cover from the gateway's records of these.
// Both are sorted.
func filled(read []spend.Hour, recorded []Recorded) []spend.Hour {
	all := make([]spend.Hour, 0, len(read)+len(recorded))
	i := 0
	for _, rec := range recorded {
		for ; i < len(read) && read[i].Start.Before(rec.Start); i++ {
			all = append(all, read[i])
		}
		h := spend.Hour{Start: rec.Start, Spent: rec.Spent, Covered: time.Hour}
		if i < len(read) && read[i].Start.Equal(rec.Start) {
			h.Spent = max(h.Spent, read[i].Spent)
			i++
		}
		all = append(all, h)
	}
	return append(all, read[i:]...)
}

// hourScan reads rows of hours, with amounts in a unit. All go through the same variables.
func hourScan(unit float64) func(row) (spend.Hour, error) {
	var start, spent, covered int64
	var perUnit float64
	into := []any{&start, &spent, &covered, &perUnit}
	return func(r row) (spend.Hour, error) {
		err := r.Scan(into...)
		return spend.Hour{
			Start: fromMillis(start), Covered: min(time.Hour, time.Duration(covered)*time.Millisecond),
			Spent: moka.Amount(rescaled(spent, perUnit, unit)),
		}, err
	}
}
